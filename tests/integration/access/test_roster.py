"""Planning shifts: by those who may enrol units, for units in their reach; what breaks a rule is refused and kept."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from geodata.domain.roles import Role, Scope
from geodata.intake.roster_file import RosterFileError, import_roster
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.keeping import forget
from geodata.services.outcomes import Outcome, Submitted
from geodata.services.rostering import AHEAD_MAX_MS, ShiftPlan, plan_roster
from geodata.situation.loading import load_situation
from geodata.situation.tailing import read_news
from geodata.store import quarantine, roster
from geodata.store.folder import City, DataFolder
from geodata.store.roster import Shift
from tests.factories.access_city import DAY, HOUR, NOW, OPERATOR, Town, feed, of

LEADER = of("leader-1", Role.SHIFT_LEADER)


def plan(city: Town, *plans: tuple[str, int, int, bool], by: Actor = OPERATOR) -> list[Outcome]:
    """Plan shifts: (unit, from, to, leave), in hours from now."""
    items = [ShiftPlan(u, NOW + a * HOUR, NOW + b * HOUR, leave) for u, a, b, leave in plans]
    sent = [Submitted({"unit": i.unit_code}, i) for i in items]
    return plan_roster(city.desk, by, sent, feed="t/roster", now_ms=NOW, audit=city.access.audit)


def kept(city: Town) -> list[tuple[int, int, int]]:
    """(from, to, leave) of every shift, in hours from now."""
    with city.store.read() as conn:
        found = roster.around(conn, 0, NOW + 1000 * DAY)
    return sorted(((begin - NOW) // HOUR, (end - NOW) // HOUR, leave) for _, begin, end, leave in found.tolist())


def test_a_shift_is_planned_once_and_planned_anew_from_the_same_beginning(city: Town) -> None:
    city.enrol("U1")
    assert [o.status for o in plan(city, ("U1", 0, 8, False))] == ["accepted"]
    assert [o.status for o in plan(city, ("U1", 0, 8, False))] == ["duplicate"]
    assert [o.status for o in plan(city, ("U1", 0, 6, True))] == ["accepted"]
    assert kept(city) == [(0, 6, 1)]
    with city.store.read() as conn:
        assert roster.of_units(conn, [1], NOW, NOW + 1) == [Shift(1, NOW, NOW + 6 * HOUR, 1, "t")]
        assert roster.around(conn, NOW, NOW + 1).tolist() == [[1, NOW, NOW + 6 * HOUR, 1]]
        assert roster.around(conn, NOW + 6 * HOUR, NOW + 7 * HOUR).tolist() == []
        assert roster.around(conn, NOW - HOUR, NOW).tolist() == []


@pytest.mark.parametrize(
    ("shift", "field", "rule"),
    [
        (("U9", 0, 8, False), "unit", "is not a unit of this city"),
        (("U1", 8, 8, False), "to", "is not after the shift's beginning"),
        (("U1", 8, 0, False), "to", "is not after the shift's beginning"),
        (("U1", 0, 25, False), "to", "is more than 24 hours after"),
        (("U1", AHEAD_MAX_MS // HOUR + 1, AHEAD_MAX_MS // HOUR + 2, False), "from", "400 days"),
        (("U1", -1_000_000, -999_999, False), "from", "between 1990"),
        (("U1", 23, 30, False), "from", "overlaps the unit's shift from"),
        (("U1", 25, 26, False), "from", "overlaps"),
        (("U1", 20, 33, False), "from", "overlaps"),
    ],
)
def test_a_shift_that_breaks_a_rule_is_refused_with_field_value_and_rule_and_kept(
    city: Town, shift: tuple[str, int, int, bool], field: str, rule: str
) -> None:
    city.enrol("U1")
    assert plan(city, ("U1", 24, 32, False))[0].status == "accepted"
    refused = plan(city, shift)[0]
    assert (refused.status, refused.field) == ("quarantined", field)
    assert rule in refused.rule
    assert refused.value
    assert kept(city) == [(24, 32, 0)]
    with city.store.read() as conn:
        assert [q.feed for q in quarantine.waiting(conn)] == ["t/roster"]


def test_shifts_that_touch_do_not_overlap_even_within_one_batch(city: Town) -> None:
    city.enrol("U1")
    told = plan(city, ("U1", 8, 16, False), ("U1", 0, 8, False), ("U1", 16, 24, True), ("U1", 15, 17, False))
    assert [o.status for o in told] == ["accepted"] * 3 + ["quarantined"]


def test_only_who_may_enrol_units_plans_and_only_for_units_in_its_reach(small: Town) -> None:
    small.enrol("U1", "G1")
    small.enrol("U2", "D2")
    for role in (Role.VIEWER, Role.LEADER, Role.INTAKE, Role.DUTY_OFFICER, Role.UNIT_MEMBER, Role.ADMIN):
        with pytest.raises(NotAllowedError):
            plan(small, ("U1", 0, 8, False), by=of("x", role))
    with pytest.raises(NotAllowedError):
        plan(small, ("U1", 0, 8, False), by=feed(Scope.REPORT, Scope.READ))
    here = of("leader-1", Role.SHIFT_LEADER, areas=("D1",))
    told = plan(small, ("U1", 0, 8, False), ("U2", 0, 8, False), ("U9", 0, 8, False), by=here)
    assert [o.status for o in told] == ["accepted", "quarantined", "quarantined"]
    assert {(o.field, o.rule) for o in told[1:]} == {("unit", "is not a unit of this city")}
    assert plan(small, ("U2", 0, 8, False), by=feed(Scope.ENROL))[0].status == "accepted"


def test_who_planned_which_shift_stands_in_the_audit(small: Town) -> None:
    small.enrol("U1")
    plan(small, ("U1", 0, 8, False), by=LEADER)
    plan(small, ("U1", 0, 8, True), by=LEADER)
    first, second = small.lines("plan_roster")
    assert (first.actor, first.subject) == ("leader-1", "unit:U1")
    assert '"leave": false' in str(second.old) or '"leave":false' in str(second.old)
    assert small.unbroken()


def test_the_live_picture_follows_the_roster(city: Town) -> None:
    city.enrol("U1", "G1", "on_duty")
    city.fix("U1", NOW)
    situation = load_situation(city.store, ZoneInfo("Asia/Shanghai"), NOW)
    assert (situation.on_post(0).due, situation.roster_runs_out()) == (0, False)
    plan(city, ("U1", 0, 8, False))
    news = read_news(city.store, situation)
    assert news is not None
    assert news.roster is not None
    situation.set_roster(news.roster)
    rate = situation.on_post(situation.tree.ordinal["S1"])
    assert (rate.due, rate.present) == (1, 1)
    assert load_situation(city.store, ZoneInfo("Asia/Shanghai"), NOW).on_post(0) == situation.on_post(0)


def test_shifts_are_forgotten_with_the_tracks(city: Town) -> None:
    city.enrol("U1")
    plan(city, ("U1", 0, 8, False), ("U1", 24, 32, False))
    forgotten = forget(city.access, City(track_days=30), NOW + 30 * DAY + 9 * HOUR)
    assert forgotten.shifts == 1
    assert kept(city) == [(24, 32, 0)]


def file_of(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_is_taken_as_a_spreadsheet_saves_it_and_may_be_taken_again(
    small: Town, tmp_path: Path, encoding: str
) -> None:
    small.enrol("U1", call_sign="巡1")
    text = (
        "Unit,From,To,Leave,备注\n"
        "U1,2026-09-21 08:00,2026-09-21 16:00,,早班\n"
        "U1,2026/9/21 16:00,2026/09/22 0:00,是,中班\n"
        "U1,2026-09-22T08:00:00+08:00,2026-09-22T16:00:00+08:00,0,早班\n"
        "U7,2026-09-21 08:00,2026-09-21 16:00,,\n"
        "U1,morning,2026-09-21 16:00,,\n"
        "U1,2026-09-23 08:00,2026-09-23 16:00,maybe,\n"
    )
    file = file_of(tmp_path, text, encoding)
    folder = DataFolder(tmp_path / "city")
    first, again = (import_roster(small.store, folder, file) for _ in range(2))
    assert first.counts == {"accepted": 3, "quarantined": 3}
    assert again.counts == {"duplicate": 3, "quarantined": 3}
    assert [(n, o.field) for n, o in first.refused] == [(5, "unit"), (6, "from"), (7, "leave")]
    assert "line 5: unit: U7 is not a unit of this city" in "\n".join(first.lines())
    with small.store.read() as conn:
        found = sorted(roster.around(conn, 0, 2 * NOW).tolist(), key=lambda shift: shift[1])
    assert [leave for *_, leave in found] == [0, 1, 0]
    assert found[1][2] - found[1][1] == 8 * HOUR
    assert found[2][1] - found[0][1] == DAY, "a time without an offset is the city's"


def test_a_file_without_the_columns_is_refused_with_their_names(small: Town, tmp_path: Path) -> None:
    with pytest.raises(RosterFileError, match="the column 'to' is missing; found: unit, from"):
        import_roster(small.store, DataFolder(tmp_path / "city"), file_of(tmp_path, "unit,from\n"))


