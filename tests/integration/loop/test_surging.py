"""Surges on a real store: found once whoever looks, kept over crashes, over by themselves, judged by whoever may."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from geodata.domain.figures import Figure, Span
from geodata.domain.roles import Role
from geodata.domain.surges import Verdict
from geodata.domain.view import Filters
from geodata.intake.surges import RulingRecord
from geodata.services import surge_verdicts
from geodata.services.actors import NotAllowedError
from geodata.services.leasing import LEASE_MS, Claims
from geodata.services.listing import KeptLists, kept_list
from geodata.services.looking import NotThereError
from geodata.services.outcomes import Refusal
from geodata.services.surge_verdicts import Ruling
from geodata.services.surging import EVERY_MS, JOB, Lookout
from geodata.situation.loading import load_situation
from geodata.store import changes, leases, surges
from geodata.store.engine import Store
from geodata.store.models import EventRow
from geodata.store.surges import SurgeNow
from tests.factories.access_city import DAY, HOUR, MINUTE, NOW, Town, at_once

DAYS = 20
_ids = iter(range(1, 10**9))


def reported(city: Town, at_ms: Sequence[int], area: str, code: str = "0101") -> None:
    """Events that stand there, whatever becomes of them."""
    area_id = city.tree.areas[city.tree.ordinal[area]].id
    rows = [
        {"id": (n := next(_ids)), "code": f"E{n}", "source": "hotline", "source_system": "t", "source_id": f"{n}",
         "subtype_code": code, "class_code": code[:2], "urgency": 3, "description": "", "area_id": area_id,
         "state": "closed", "rev": 1, "reported_ms": ms, "state_ms": ms, "ended_ms": ms, "on_pile": 0, "last_seq": 0,
         "marks": 0, "stood_ms": 0}
        for ms in at_ms
    ]  # fmt: skip
    if rows:
        with city.store.begin() as conn:
            conn.execute(sa.insert(EventRow), rows)


def grown(city: Town, per_hour: float = 2.0) -> None:
    """Weeks in which every leaf has that many events of class 01 an hour, up to a moment ago."""
    rng = np.random.default_rng(1)
    for area in ("G1", "G2", "G3", "D2"):
        n = rng.poisson(per_hour * DAYS * 24)
        reported(city, (NOW - rng.integers(0, DAYS * DAY, n)).tolist(), area)


def burst(city: Town, n: int, area: str = "G1", end_ms: int = NOW, code: str = "0101") -> None:
    """Events of the half hour before a moment."""
    reported(city, [end_ms - 1 - k * 30 * MINUTE // n for k in range(n)], area, code)


def all_surges(city: Town) -> list[SurgeNow]:
    with city.store.read() as conn:
        return surges.by_ids(conn, range(1, 200))


def kinds(city: Town) -> list[str]:
    with city.store.read() as conn:
        return [c.action for c in changes.tail(conn, 0) if c.kind == "surge"]


def at(city: Town, surge: SurgeNow) -> str:
    return city.tree.areas[city.tree.ordinal_by_id[surge.area_id]].code


def test_an_hour_as_usual_is_no_news_and_a_burst_is_with_its_numbers(city: Town) -> None:
    grown(city)
    look = Lookout()
    claims = Claims(city.store)
    assert look.look(city.desk, claims, NOW) == 0
    burst(city, 30, end_ms=NOW + EVERY_MS)
    assert look.look(city.desk, claims, NOW + EVERY_MS) == 1
    (surge,) = all_surges(city)
    assert (at(city, surge), surge.class_code, surge.verdict) == ("S1", "01", "")
    assert (surge.from_ms, surge.to_ms) == (NOW + EVERY_MS - HOUR, NOW + EVERY_MS)
    assert surge.n >= 30
    assert 2.5 < surge.expected < 6, "S1 has two leaves"
    assert surge.p < 1e-9
    assert kinds(city) == ["surge"]


def test_with_a_week_of_data_missing_nothing_is_said(small: Town) -> None:
    reported(small, [NOW - k * HOUR for k in range(4 * 24)], "G1")
    burst(small, 60)
    assert Lookout().look(small.desk, Claims(small.store), NOW) == 0
    assert all_surges(small) == []
    with small.store.read() as conn:
        lease = leases.find(conn, JOB)
    assert lease is not None
    assert lease.done_ms == NOW, "it was looked"


def test_it_goes_on_while_it_lasts_is_over_by_itself_and_keeps_its_height(small: Town) -> None:
    grown(small)
    burst(small, 30)
    look, claims = Lookout(), Claims(small.store)
    assert look.look(small.desk, claims, NOW) == 1
    burst(small, 40, end_ms=NOW + 10 * MINUTE)
    assert look.look(small.desk, claims, NOW + 10 * MINUTE) == 0
    (surge,) = all_surges(small)
    height = surge.n
    assert height >= 65
    assert (surge.to_ms, surge.peak_n) == (NOW + 10 * MINUTE, height)
    assert look.look(small.desk, claims, NOW + 50 * MINUTE) == 0
    (surge,) = all_surges(small)
    assert surge.ended_ms is None
    assert surge.n < height
    reported(small, [NOW + 100 * MINUTE], "G1")
    assert look.look(small.desk, claims, NOW + 105 * MINUTE) == 0
    (surge,) = all_surges(small)
    assert surge.ended_ms == NOW + 105 * MINUTE
    assert (surge.n, surge.to_ms) == (height, NOW + 10 * MINUTE)
    assert kinds(small) == ["surge", "surge_goes_on", "surge_goes_on", "surge_end"]
    assert look.look(small.desk, claims, NOW + 107 * MINUTE) == 0, "it is not begun anew"


def test_the_list_behind_a_surge_is_as_long_as_its_number_whatever_comes_later(city: Town) -> None:
    grown(city)
    burst(city, 30)
    assert Lookout().look(city.desk, Claims(city.store), NOW) == 1
    (surge,) = all_surges(city)
    situation = load_situation(city.store, city.desk.calendar.zone, NOW)

    def listed() -> int | None:
        what = kept_list(
            situation, city.actor("ling"), at(city, surge), Figure.SPAN, Filters(classes=(surge.class_code,)),
            span=Span(surge.from_ms, surge.to_ms, surge.last_id),
        )  # fmt: skip
        found = KeptLists(city.store).read(what, 0, 10)
        assert found.done
        assert len(found.ids) == found.total
        return found.total

    city.person("ling", Role.LEADER)
    assert listed() == surge.n
    burst(city, 7)
    burst(city, 5, code="0201")
    assert listed() == surge.n
    reported(city, [surge.to_ms], "G1")
    assert listed() == surge.n


def test_of_many_processes_one_looks_and_what_is_found_is_found_once(city: Town) -> None:
    grown(city)
    burst(city, 30)
    desks = [replace(city.desk, store=Store.open(city.store.url)) for _ in range(6)]
    got = at_once(6, lambda k: Lookout().look(desks[k], Claims(desks[k].store, f"p{k}"), NOW), threads=6)
    for desk in desks:
        desk.store.close()
    assert [n for n in got if isinstance(n, Exception)] == []
    assert sum(n for n in got if isinstance(n, int)) == 1
    assert len(all_surges(city)) == 1
    second = Claims(city.store, "second")
    assert Lookout().look(city.desk, second, NOW + LEASE_MS // 2) == 0, "another one has the lease"
    assert Lookout().look(city.desk, second, NOW + 2 * EVERY_MS) == 0
    assert kinds(city) == ["surge", "surge_goes_on"]


KILLED = f"""
import os, sys
from geodata.services.desk import Desk
from geodata.services.leasing import Claims
from geodata.services.surging import Lookout
from geodata.store import leases
from geodata.store.engine import Store
from geodata.store.folder import City

store = Store.open(sys.argv[1])
leases.done = lambda *_: os.kill(os.getpid(), 9)  # all was written, nothing is committed
Lookout().look(Desk.load(store, City()), Claims(store, "killed"), {NOW})
"""


def test_a_process_that_is_killed_loses_nothing_and_another_goes_on_with_what_stands(city: Town) -> None:
    grown(city)
    burst(city, 30)
    dead = subprocess.run([sys.executable, "-c", KILLED, city.store.url], check=False, capture_output=True)
    assert dead.returncode == -9, dead.stderr
    assert all_surges(city) == []
    first = Claims(city.store, "first")
    assert Lookout().look(city.desk, first, NOW + 1) == 0, "its lease still runs"
    assert Lookout().look(city.desk, first, NOW + LEASE_MS + 1) == 1
    again = Claims(city.store, "after a restart")
    assert Lookout().look(city.desk, again, NOW + 3 * EVERY_MS) == 0
    (surge,) = all_surges(city)
    assert surge.to_ms == NOW + 3 * EVERY_MS
    night = Claims(city.store, "after a night")
    assert Lookout().look(city.desk, night, NOW + 9 * HOUR) == 0
    assert all_surges(city)[0].ended_ms == NOW + 9 * HOUR
    with city.store.read() as conn:
        lease = leases.find(conn, JOB)
    assert lease is not None
    assert lease.done_ms == NOW + 9 * HOUR


def test_what_spreads_over_the_areas_beside_is_taken_in_by_the_area_above(small: Town) -> None:
    grown(small)
    burst(small, 30)
    look, claims = Lookout(), Claims(small.store)
    assert look.look(small.desk, claims, NOW) == 1
    for area in ("G1", "G2", "G3"):
        burst(small, 40, area, end_ms=NOW + 5 * MINUTE)
    assert look.look(small.desk, claims, NOW + 5 * MINUTE) == 1
    street, above = all_surges(small)
    assert (at(small, street), at(small, above)) == ("S1", "D1")
    assert (street.ended_ms, street.into_id) == (NOW + 5 * MINUTE, above.id)


def test_an_area_that_is_no_longer_in_force_has_no_surge(small: Town) -> None:
    grown(small)
    with small.store.begin() as conn:
        surges.begin(conn, [(4711, "01", surges.Hour(NOW, 1, 9, 1.0, 1e-9))], at_ms=NOW, actor="onescreen")
    assert Lookout().look(small.desk, Claims(small.store), NOW) == 0
    assert all_surges(small)[0].ended_ms == NOW


def test_it_is_judged_by_whoever_may_within_its_reach_and_that_is_kept_and_audited(city: Town) -> None:
    grown(city)
    burst(city, 30)
    assert Lookout().look(city.desk, Claims(city.store), NOW) == 1
    for login, role, area in (("ling", Role.SHIFT_LEADER, "D1"), ("far", Role.LEADER, "D2"), ("he", Role.VIEWER, "C")):
        city.person(login, role, areas=(area,))

    def judge(login: str, ruling: Ruling) -> SurgeNow:
        return surge_verdicts.judge(city.access, city.desk, city.actor(login), 1, ruling, NOW + MINUTE)

    with pytest.raises(NotAllowedError):
        judge("he", Ruling(Verdict.CONFIRMED))
    with pytest.raises(NotThereError):
        judge("far", Ruling(Verdict.CONFIRMED))
    with pytest.raises(NotThereError):
        surge_verdicts.surge(city.store, city.tree, city.actor("far"), 1)
    with pytest.raises(Refusal, match="why it is dismissed"):
        judge("ling", Ruling(Verdict.DISMISSED, "  "))
    with pytest.raises(Refusal, match="note"):
        judge("ling", Ruling(Verdict.CONFIRMED, "x" * 500))
    judged = judge("ling", Ruling(Verdict.CONFIRMED, "stalls at  the fair"))
    assert (judged.verdict, judged.judged_by, judged.note) == ("confirmed", "ling", "stalls at the fair")
    with pytest.raises(Refusal, match="ling confirmed it meanwhile"):
        judge("ling", Ruling(Verdict.DISMISSED, "no"))
    assert judge("ling", Ruling(Verdict.DISMISSED, "the fair", "confirmed")).verdict == "dismissed"
    assert [line.subject for line in city.lines("judge_surge")] == ["surge:1", "surge:1"]
    assert city.unbroken()
    assert Lookout().look(city.desk, Claims(city.store, "later"), NOW + 2 * EVERY_MS) == 0, "it is not news again"
    assert all_surges(city)[0].verdict == "dismissed"


def test_a_note_that_no_database_can_keep_is_refused_at_the_door() -> None:
    with pytest.raises(ValidationError) as wrong:
        RulingRecord.model_validate({"verdict": "dismissed", "note": "a fair\x00"})
    assert [e["loc"] for e in wrong.value.errors()] == [("note",)]


def test_who_reads_is_told_of_its_own_areas(city: Town) -> None:
    grown(city)
    burst(city, 30)
    burst(city, 40, "D2", code="0201")
    assert Lookout().look(city.desk, Claims(city.store), NOW) == 2
    for login, area in (("one", "D1"), ("two", "D2"), ("all", "C")):
        city.person(login, Role.LEADER, areas=(area,))

    def told(login: str, area: str | None = None) -> list[str]:
        return [at(city, s) for s in surge_verdicts.standing(city.desk, city.actor(login), area)]

    assert told("one") == ["S1"]
    assert told("two") == ["D2"]
    assert sorted(told("all")) == ["D2", "S1"]
    with pytest.raises(NotThereError):
        told("one", "D2")
    span = {"area": None, "from_ms": NOW - DAY, "to_ms": NOW + 1, "before_id": None, "limit": 5}
    past = surge_verdicts.past(city.desk, city.actor("two"), **span)  # type: ignore[arg-type]
    assert [at(city, s) for s in past] == ["D2"]


def test_frames_learn_of_it_by_the_change_log(small: Town) -> None:
    situation = load_situation(small.store, small.desk.calendar.zone, NOW)
    grown(small)
    burst(small, 30)
    assert Lookout().look(small.desk, Claims(small.store), NOW) == 1
    d1, d2 = situation.tree.ordinal["D1"], situation.tree.ordinal["D2"]
    before = situation.stamp("surges", d1), situation.stamp("surges", d2)
    assert situation.apply_surges(all_surges(small))
    assert situation.stamp("surges", d1) > before[0]
    assert situation.stamp("surges", d2) == before[1]
    assert [s.id for s in situation.surges(0)] == [1]
    assert situation.surges(d2) == []
    assert [s.id for s in load_situation(small.store, small.desk.calendar.zone, NOW).surges(0)] == [1]
    with small.store.begin() as conn:
        surges.end(conn, [(all_surges(small)[0], None)], at_ms=NOW, actor="onescreen")
    assert situation.apply_surges(all_surges(small))
    assert situation.surges(0) == []
