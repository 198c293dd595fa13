"""Replays that do no more than the sender may, and exports that hold no more than the reader may see."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from geodata.domain.roles import Right, Role, Scope
from geodata.intake import door as door_module
from geodata.intake.door import Door
from geodata.services import looking
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.export import ExportError, export_bytes, export_list
from geodata.store import accounts
from geodata.store.folder import City
from tests.factories.access_city import HOUR, NOW, OPERATOR, POINT, Town, feed, kept_in, of

HEAD = of("head", Role.CENTRE_HEAD, areas=["D1"])


@pytest.fixture
def door(city: Town, monkeypatch: pytest.MonkeyPatch) -> Door:
    """A door to which a kiosk of D1 has sent one record from D1 with a fault, and one from D2."""
    monkeypatch.setattr(door_module, "now_ms", lambda: NOW)
    opened = Door(city.access, City())
    city.create("kiosk", ["feed"], ["D1"], scopes=["report", "quarantine"], systems=["12345"])
    records = [an_event("far", "D2"), an_event("near", "G1", subtype="9999")]
    said = opened.take("events", city.actor("kiosk"), None, json.dumps(records).encode())
    assert [o.status for o in said] == ["quarantined"] * 2
    return opened


def an_event(source_id: str, at: str, **other: Any) -> dict[str, Any]:
    return {
        "source": "hotline", "source_system": "12345", "source_id": source_id, "subtype": "0101",
        "reported_at": NOW - HOUR, "lon": POINT[at][0], "lat": POINT[at][1],
    } | other  # fmt: skip


def becomes(city: Town, login: str, **changes: Any) -> None:
    with city.store.begin() as conn:
        accounts.save(conn, replace(city.account(login), **changes))


def reported(city: Town) -> list[str]:
    return [row["source_id"] for row in kept_in(city.store, "event")]


def test_whoever_replays_the_record_goes_in_with_the_rights_of_its_sender(city: Town, door: Door) -> None:
    for actor in (OPERATOR, of("boss", Role.ADMIN), city.actor("kiosk")):
        assert door.replay(actor, None, 100) == {"quarantined": 2}
    assert reported(city) == []
    becomes(city, "kiosk", areas=("C",))
    assert door.replay(of("boss", Role.ADMIN), None, 100) == {"accepted": 1, "quarantined": 1}
    assert reported(city) == ["far"]
    assert len(kept_in(city.store, "quarantine")) == 2


LOST: list[dict[str, Any]] = [
    {"ended_ms": NOW}, {"scopes": ("quarantine",)}, {"scopes": ()}, {"systems": ("other",)}, {"areas": ()},
    {"areas": ("gone",)}, {"roles": ("screen",)},
]  # fmt: skip


def test_what_the_sender_may_no_longer_do_no_replay_does(city: Town, door: Door) -> None:
    becomes(city, "kiosk", areas=("C",))
    able = city.account("kiosk")
    for lost in LOST:
        becomes(city, "kiosk", **lost)
        assert door.replay(OPERATOR, None, 100) == {"quarantined": 2}, lost
        assert reported(city) == []
        becomes(city, "kiosk", **{name: getattr(able, name) for name in lost})
    assert door.replay(OPERATOR, None, 100) == {"accepted": 1, "quarantined": 1}


def test_a_replayer_without_rights_of_its_own_to_report_may_replay(city: Town, door: Door) -> None:
    becomes(city, "kiosk", areas=("C",))
    boss = of("boss", Role.ADMIN)
    assert not boss.may(Right.REPORT)
    assert door.replay(boss, "12345/events", 1) == {"accepted": 1}
    line = city.lines("replay")[0]
    assert (line.actor, line.subject, json.loads(line.new)) == ("boss", "feed:12345/events", {"accepted": 1})


def test_records_are_for_their_sender_and_for_an_admin_of_the_whole_city(city: Town, door: Door) -> None:
    def seen(actor: Actor, name: str | None = None) -> int:
        return len(looking.quarantined(city.access, city.tree, actor, name, 0, 100))

    assert seen(city.actor("kiosk")) == seen(of("boss", Role.ADMIN)) == seen(OPERATOR) == 2
    assert seen(of("boss", Role.ADMIN), "12345/events") == 2
    for name in ("other/events", "", "\x00"):
        assert seen(of("boss", Role.ADMIN), name) == 0
    assert seen(of("d1", Role.ADMIN, areas=["D1"])) == seen(of("d1", Role.ADMIN, areas=["gone"])) == 0
    assert seen(feed(Scope.QUARANTINE)) == 0
    assert door.replay(of("d1", Role.ADMIN, areas=["D1"]), None, 100) == {}
    assert door.replay(feed(Scope.QUARANTINE), "12345/events", 100) == {}
    for actor in (feed(Scope.READ), of("x", Role.CENTRE_HEAD), of("x", Role.AUDITOR)):
        with pytest.raises(NotAllowedError):
            seen(actor)
        with pytest.raises(NotAllowedError):
            door.replay(actor, None, 100)


def test_what_was_refused_before_there_were_accounts_is_replayed_by_the_machine(city: Town, door: Door) -> None:
    machine = json.dumps(an_event("old", "D2", subtype="9999")).encode()
    assert door.take("events", OPERATOR, "archive", machine)[0].status == "quarantined"
    assert kept_in(city.store, "quarantine")[-1]["account_id"] == 0
    assert len(looking.quarantined(city.access, city.tree, city.actor("kiosk"), None, 0, 100)) == 2


@pytest.fixture
def full(city: Town) -> Town:
    """Two events and a unit in D1, one event and one unit in D2."""
    for source_id, at in (("a", "G1"), ("b", "G3"), ("c", "D2")):
        assert city.report(source_id, at=at, description='=cmd|"/c calc"!A1').status == "accepted"
    city.enrol("U1", "G1", "on_duty", call_sign="@SUM(1)")
    city.enrol("U2", "D2", "on_duty")
    city.fix("U1", NOW)
    return city


def rows(city: Town, actor: Actor, what: str, area: str | None = None) -> list[dict[str, str]]:
    text = export_bytes(city.access, actor, what, "csv", area, NOW).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


SCOPED: list[tuple[str, str | None, list[str]]] = [
    ("events", None, ["a", "b"]), ("events", "S1", ["a"]), ("events", "S2", ["b"]), ("events", "D1", ["a", "b"]),
    ("units", None, ["U1"]), ("units", "S2", []), ("areas", None, ["D1", "S1", "G1", "G2", "S2", "G3"]),
    ("areas", "S1", ["S1", "G1", "G2"]),
]  # fmt: skip


def test_an_export_holds_what_lies_in_the_reach_and_is_written_down(full: Town) -> None:
    for what, area, expected in SCOPED:
        key = "source_id" if what == "events" else "code"
        assert [row[key] for row in rows(full, HEAD, what, area)] == expected
        line = full.lines("export")[-1]
        assert (line.actor, line.subject, line.area) == ("head", f"list:{what}.csv", area or "D1")
        assert json.loads(line.new) == {"rows": len(expected)}
    assert len(full.lines("export")) == len(SCOPED)


@pytest.mark.parametrize("what", ["areas", "events", "units"])
def test_an_area_beyond_the_reach_is_as_unknown_to_an_export_as_none(full: Town, what: str) -> None:
    texts = set()
    for area in ("D2", "C", "Atlantis", "\x00", "\ud800"):
        with pytest.raises(ExportError) as caught:
            rows(full, HEAD, what, area)
        texts.add(str(caught.value).replace(repr(area), "…"))
    assert texts == {"area: … is not an area of this city"}
    assert rows(full, of("x", Role.CENTRE_HEAD, areas=[]), what) == []


NO_LISTS = ["events.x.csv", "events.CSV", "events.", "events.exe", "events.c\x00sv", "nothing.csv", "events./csv",
            ".csv", "\ud800.csv", "events.x" * 99]  # fmt: skip


def test_a_list_or_a_format_that_is_none_is_an_export_error(full: Town) -> None:
    for name in NO_LISTS:
        what, _, ending = name.partition(".")
        with pytest.raises(ExportError):
            export_bytes(full.access, HEAD, what, ending, None, NOW)


def test_only_leaders_shift_leaders_and_heads_export(full: Town) -> None:
    takers = {Role.LEADER, Role.SHIFT_LEADER, Role.CENTRE_HEAD}
    for role in set(Role) - takers:
        with pytest.raises(NotAllowedError):
            rows(full, feed(*Scope) if role == Role.FEED else of("x", role), "events")
    assert full.lines("export") == []
    for role in takers:
        assert len(rows(full, of("x", role), "events")) == 3


FORMULAS = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x", '=HYPERLINK("http://x")']


def test_no_cell_of_a_csv_is_a_formula(city: Town) -> None:
    for n, text in enumerate(FORMULAS):
        city.report(f"{n:02}", description=text)
        city.enrol(f"U{n:02}", call_sign=text)
    disarmed = sorted(f"'{text}" for text in FORMULAS)
    assert sorted(row["description"] for row in rows(city, HEAD, "events")) == disarmed
    assert sorted(row["call_sign"] for row in rows(city, HEAD, "units")) == disarmed


def test_no_text_of_several_lines_begins_a_row_of_its_own(city: Town) -> None:
    texts = [f"x{end}=1+1" for end in ("\r", "\n", "\r\n")]
    for text in texts:
        city.report(repr(text), description=text)
    kept = export_bytes(city.access, HEAD, "events", "csv", None, NOW).decode("utf-8-sig")
    assert all(f'"{text}"' in kept for text in texts)
    assert sorted(row["description"] for row in rows(city, HEAD, "events")) == sorted(texts)


def test_numbers_and_plain_texts_stay_as_they_are(city: Town) -> None:
    city.report("a", description="垃圾 = 暴露 -1")
    row = rows(city, HEAD, "events")[0]
    assert (row["description"], row["lon"], row["urgency"]) == ("垃圾 = 暴露 -1", "0.5", "3")


@pytest.mark.parametrize("ending", ["geojson", "gpkg"])
def test_other_formats_are_scoped_as_well(full: Town, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"list.{ending}"
    path.write_bytes(export_bytes(full.access, HEAD, "events", ending, None, NOW))
    assert sorted(gpd.read_file(path)["source_id"]) == ["a", "b"]
    assert export_list(full.store, HEAD, "units", "", tmp_path / f"units.{ending}") == 1
    with pytest.raises(NotAllowedError):
        export_list(full.store, of("x", Role.ADMIN), "units", "", tmp_path / "x.csv")
