"""Briefings are kept when their time has come: once, as made, for as long as the city says."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from geodata.domain.briefing import Brief, Kind
from geodata.domain.roles import Role
from geodata.services import briefing, briefing_keeping
from geodata.services.briefing_keeping import KeepingError, due, keep_due, listed, shown, wanted
from geodata.services.leasing import Claims
from geodata.services.looking import NotThereError
from geodata.situation.loading import load_situation
from geodata.store import briefings
from geodata.store.briefing_rules import BriefingSaid
from geodata.store.folder import City
from geodata.store.models import EventRow
from tests.factories.access_city import OPERATOR, of
from tests.factories.little_city import HOUR
from tests.integration.briefing.conftest import CITY, DAY, TODAY, ZONE, Office

NINE = int(datetime.combine(TODAY, time(9), ZONE).timestamp() * 1000)
SOON = NINE - 90 * 60_000
YESTERDAY = Brief.of(Kind.DAY, TODAY - timedelta(days=1))


def at(office: Office, now_ms: int, **said: object) -> tuple[Office, City]:
    """The office at another time of the day, and a city with a schedule."""
    rules = BriefingSaid.model_validate(said)
    return Office(office.store, load_situation(office.store, ZONE, now_ms)), CITY.model_copy(update={"briefing": rules})


def run(office: Office, now_ms: int, claims: Claims | None = None, **said: Any) -> int:
    there, city = at(office, now_ms, **said)
    mine = claims or Claims(office.store)
    return keep_due(there.store, there.situation, city, mine, now_ms, lambda: now_ms)


def test_yesterday_is_kept_once_when_its_time_has_come_whichever_process_looks(office: Office) -> None:
    first, second = Claims(office.store), Claims(office.store)
    assert run(office, SOON, first) == 1, "before eight the day before is the newest that is due"
    assert run(office, SOON + 1000, second) == 0, "another one does it"
    assert run(office, NINE, first) == 1
    assert run(office, NINE + 60_000, first) == 0
    first.give_up()
    assert run(office, NINE + 120_000, second) == 0
    with office.store.read() as conn:
        kept = briefings.page(conn, None, "", None, 10)
    assert [k.period for k in kept] == [YESTERDAY.key, YESTERDAY.shifted(-1).key]


def test_what_was_kept_is_shown_as_made_whatever_came_later(small_office: Office) -> None:
    run(small_office, NINE)
    there, city = at(small_office, NINE)
    one = shown(there.store, there.situation, city, OPERATOR, "C", YESTERDAY)
    assert one.kept is not None
    assert (one.differs, one.kept.fingerprint) == (False, one.fingerprint)
    with small_office.store.begin() as conn:
        conn.execute(sa.update(EventRow).values(deadline_ms=EventRow.deadline_ms - 90 * DAY))
    again = shown(there.store, there.situation, city, OPERATOR, "C", YESTERDAY)
    assert (again.briefing, again.fingerprint, again.differs) == (one.briefing, one.fingerprint, True)
    anew = shown(there.store, there.situation, city, OPERATOR, "C", YESTERDAY, anew=True)
    assert anew.briefing != one.briefing
    with pytest.raises(NotThereError):
        shown(there.store, there.situation, city, of("lead", Role.LEADER, areas=("D1",)), "C", YESTERDAY)


def test_areas_kinds_and_years_are_the_citys(small_office: Office) -> None:
    said: dict[str, Any] = {"periods": ["day", "week", "month"], "areas": ["G1", "NOPE"], "depth": 1}
    there, city = at(small_office, NINE, **said)
    assert wanted(city.briefing, there.situation.tree) == ["C", "D1", "D2", "G1"]
    assert run(small_office, NINE, **said) == 12
    tree, mine = there.situation.tree, of("lead", Role.LEADER, areas=("D1",))
    reach = listed(there.store, tree, mine, area=None, kind=None, before_id=None, limit=100)
    assert {k.area_code for k in reach} == {"D1", "G1"}
    assert len(reach) == 6
    weeks = listed(there.store, tree, OPERATOR, area="D2", kind=Kind.WEEK, before_id=None, limit=100)
    assert [(k.area_code, k.period.partition(":")[0]) for k in weeks] == [("D2", "week")]
    with pytest.raises(NotThereError):
        listed(there.store, tree, mine, area="D2", kind=None, before_id=None, limit=5)
    later = NINE + 400 * DAY
    run(small_office, later, keep_days=300)
    with small_office.store.read() as conn:
        assert {k.made_ms for k in briefings.page(conn, None, "", None, 100)} == {later}


def test_after_a_time_without_a_server_what_was_missed_is_made_up_for(small_office: Office) -> None:
    there, city = at(small_office, NINE)
    missed = list(due(city.briefing, there.situation, NINE, NINE - 3 * DAY))
    assert missed == [YESTERDAY, YESTERDAY.shifted(-1), YESTERDAY.shifted(-1).shifted(-1)]
    assert list(due(city.briefing, there.situation, NINE, NINE - HOUR // 4)) == []
    assert len(list(due(city.briefing, there.situation, NINE, 0))) == 31


@pytest.mark.parametrize("back", [HOUR, DAY + HOUR])
def test_after_the_clock_leapt_forward_and_was_set_right_each_briefing_is_made_in_its_time(
    office: Office, back: int
) -> None:
    run(office, NINE)
    assert run(office, NINE + 3 * DAY) == 3, "of days that are not over"
    right, ready = NINE + back, back // DAY
    assert run(office, right) == ready
    assert run(office, right + 60_000) == 0
    assert run(office, NINE + 2 * DAY) == 2 - ready
    with office.store.read() as conn:
        kept = briefings.page(conn, None, "", None, 10)
    assert sorted(k.period for k in kept) == [YESTERDAY.shifted(n).key for n in (0, 1, 2)]
    assert all(k.made_ms <= NINE + 2 * DAY for k in kept)


def test_what_fails_for_one_area_holds_up_no_other_is_told_and_tried_again(
    small_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = briefing.made

    def fails_for_d1(*args: Any) -> Any:
        if args[4] == "D1":
            raise ValueError("no")
        return sound(*args)

    monkeypatch.setattr(briefing_keeping, "made", fails_for_d1)
    with pytest.raises(KeepingError, match="1 briefings could not be made, 2 were"):
        run(small_office, NINE, depth=1)
    monkeypatch.undo()
    assert run(small_office, NINE + 600_000, depth=1) == 1
    assert run(small_office, NINE + 700_000, depth=1) == 0


def test_nonsense_in_city_toml_is_refused() -> None:
    for wrong in ({"periods": ["hour"]}, {"at": "25:00"}, {"depth": 5}, {"keep_days": 0}, {"mail": "x"}):
        with pytest.raises(ValidationError):
            BriefingSaid.model_validate(wrong)
