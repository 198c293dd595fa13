"""Lists are the newest and the longest overdue; marks keep to their budget and say what they leave out."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from geodata.domain.view import Filters, Measure
from geodata.situation.runs import Longs
from geodata.situation.situation import Situation
from geodata.store.events import EventNow
from tests.unit.situation.city import CATALOGUE, CLASSES, UNEVEN, a_unit, an_event, inside, is_overdue, tree_of

NOW_MS = 1_777_780_800_000
ALL = Filters()
RED = Filters(urgencies=(1,))
WIDE = tree_of([None, *[0] * 12, *[1 + i // 12 for i in range(144)]])


@pytest.fixture(scope="module")
def rows() -> list[EventNow]:
    """Five thousand events; district A001 has only old ones, A012 only new ones, one leaf nearly all the reds."""
    rng = np.random.default_rng(3)
    out = []
    for i in range(1, 5001):
        o = int(rng.integers(13, 157))
        district = int(WIDE.parent[WIDE.ordinal[f"A{o:03}"]])
        age = int(rng.integers(0, 1000)) + {1: 100_000, WIDE.ordinal["A012"]: -2000}.get(district, 0)
        out.append(an_event(
            i, area_id=100 + o, reported_ms=NOW_MS - age * 60_000, urgency=1 if o == 60 else int(rng.integers(2, 5)),
            deadline_ms=NOW_MS - int(rng.integers(-5000, 5000)) * 1000, class_code=CLASSES[i % 3],
            on_pile=int(i % 10 == 0), lon=None if i % 50 == 0 else 104.0,
        ))  # fmt: skip
    return out


@pytest.fixture(scope="module")
def situation(rows: list[EventNow]) -> Situation:
    city = Situation(WIDE, CATALOGUE, ZoneInfo("Asia/Shanghai"), NOW_MS)
    city.apply_events(rows)
    return city


AREAS = range(0, len(WIDE), 7)


@pytest.mark.parametrize("filters", [ALL, RED, Filters(classes=(CLASSES[1],), urgencies=(2, 3))])
@pytest.mark.parametrize("n", [1, 20])
def test_lists_are_what_sorting_everything_would_say(
    situation: Situation, rows: list[EventNow], filters: Filters, n: int
) -> None:
    for o in AREAS:
        here = [
            e for e in rows
            if inside(WIDE, o, e.area_id)
            and (not filters.urgencies or e.urgency in filters.urgencies)
            and (not filters.classes or e.class_code in filters.classes)
        ]  # fmt: skip
        newest = sorted(here, key=lambda e: (-e.reported_ms, -e.id))
        assert [e.reported_ms for e in situation.feed(o, filters, n)] == [e.reported_ms for e in newest[:n]]
        late = sorted(e.deadline_ms or 0 for e in here if is_overdue(e, NOW_MS))
        assert [e.deadline_ms for e in situation.worst(o, filters, n)] == late[:n]


def test_only_whole_tiers_are_drawn_and_the_most_urgent_first(situation: Situation) -> None:
    for o in AREAS:
        for filters in (ALL, Filters(urgencies=(1, 2, 3, 4))):
            for budget in (0, 3, 40, 500, 10_000):
                for without_piles in (True, False):
                    marks = situation.event_marks(o, filters, budget, without_piles)
                    every = situation.event_marks(o, filters, 10**6, without_piles).shown
                    assert len(marks.codes) == sum(marks.shown) <= budget
                    tiers = sum(m == e for m, e in zip(marks.shown, every, strict=True))
                    first_hidden = next((i for i in range(4) if marks.shown[i] != every[i]), 4)
                    assert not any(marks.shown[first_hidden:])
                    assert first_hidden == 4 or sum(every[: first_hidden + 1]) > budget
                    assert tiers >= first_hidden
                    assert marks.total == situation.totals(o).by_urgency
                    assert np.bincount(marks.urgency, minlength=5)[1:].tolist() == list(marks.shown)


def test_what_is_not_drawn_is_said(situation: Situation, rows: list[EventNow]) -> None:
    marks = situation.event_marks(0, ALL, 10**6, True)
    assert marks.without_place == sum(e.lon is None for e in rows)
    assert marks.hidden_on_pile == sum(bool(e.on_pile) and e.lon is not None for e in rows)
    assert len(marks.codes) + marks.without_place + marks.hidden_on_pile == len(rows) == sum(marks.total)


@pytest.mark.parametrize("filters", [ALL, Filters(urgencies=(1, 2, 3, 4)), RED])
def test_density_weighs_every_placed_event_once_whatever_the_budget(situation: Situation, filters: Filters) -> None:
    for o in AREAS:
        whole = situation.density(o, filters, 10**6, False)
        assert whole.areas is None
        for budget in (1, 14, 30, 200):
            cells = situation.density(o, filters, budget, False)
            assert cells.weight.sum() == len(whole.weight)
            assert len(cells.weight) <= budget
            if cells.areas is not None:
                assert cells.lon.tolist() == WIDE.lon[cells.areas].tolist()


def test_units_that_do_not_fit_are_counted_at_the_finest_areas_that_do() -> None:
    city = Situation(UNEVEN, CATALOGUE, ZoneInfo("UTC"), NOW_MS)
    places = [0, 1, 1, 3, 5, 5, 6, 8, 11]
    city.apply_units([a_unit(i, fix_ms=NOW_MS, area_id=100 + p) for i, p in enumerate(places, 1)])
    assert city.unit_marks(0, 9).cells is None
    for budget in range(1, 9):
        marks = city.unit_marks(0, budget)
        assert marks.cells is not None
        assert marks.cells.areas is not None
        assert not marks.codes
        assert marks.cells.weight.sum() == 9
        assert len(marks.cells.areas) <= budget
    fine = city.unit_marks(0, 8).cells
    assert fine is not None
    assert fine.areas is not None
    assert len(fine.areas) > 1


def test_marks_of_units_never_carry_a_call_sign() -> None:
    city = Situation(UNEVEN, CATALOGUE, ZoneInfo("UTC"), NOW_MS)
    city.apply_units([a_unit(call_sign="SECRET", fix_ms=NOW_MS)])
    assert "SECRET" not in repr(city.unit_marks(0, 10))
    brief = city.unit("U1")
    assert brief is not None
    assert brief.call_sign == "SECRET"


def test_children_have_their_values_in_order_and_density_per_square_kilometre() -> None:
    city = Situation(UNEVEN, CATALOGUE, ZoneInfo("UTC"), NOW_MS)
    area = UNEVEN.areas[int(UNEVEN.children(0)[1])]
    city.apply_events([an_event(1, area_id=area.id), an_event(2, area_id=area.id), an_event(3)])
    kids, opened = city.children(0, Measure.OPEN)
    assert opened == [2.0 if k == UNEVEN.ordinal[area.code] else 0.0 for k in kids]
    assert max(city.children(0, Measure.DENSITY)[1]) == 1.0
    assert max(city.children(0, Measure.DENSITY, Filters(urgencies=(3,)))[1]) == 1.0
    assert city.unplaced(0, Measure.OPEN) == city.totals(0).unplaced == 1
    assert city.children(len(UNEVEN) - 1, Measure.OPEN)[1] == []


def test_a_filtered_answer_is_kept_until_something_changes_there(monkeypatch: pytest.MonkeyPatch) -> None:
    city = Situation(UNEVEN, CATALOGUE, ZoneInfo("UTC"), NOW_MS)
    city.apply_events([an_event(1, area_id=103, urgency=1)])
    scans: list[int] = []
    scan = city._select._scan

    def counted(o: int, filters: Filters) -> Longs:
        scans.append(o)
        return scan(o, filters)

    monkeypatch.setattr(city._select, "_scan", counted)
    o = UNEVEN.ordinal["A003"]
    for _ in range(3):
        assert city.totals(o, RED).open == 1
    assert len(scans) == 1
    city.apply_events([an_event(2, area_id=109, urgency=1)])
    assert city.totals(o, RED).open == 1
    assert len(scans) == 1
    city.apply_events([an_event(3, area_id=103, urgency=1)])
    assert city.totals(o, RED).open == 2


def test_an_event_is_found_by_its_code_while_it_is_held() -> None:
    city = Situation(UNEVEN, CATALOGUE, ZoneInfo("UTC"), NOW_MS)
    event = an_event(5, area_id=103, description="井盖缺失", lon=None, lat=None, unit_id=9, on_time=0)
    city.apply_events([event])
    brief = city.event("E5")
    assert brief is not None
    for name in ("id", "code", "source", "class_code", "subtype_code", "urgency", "state", "description", "lon", "lat",
                 "reported_ms", "deadline_ms", "ended_ms", "on_time", "unit_id"):  # fmt: skip
        assert getattr(brief, name) == getattr(event, name), name
    assert UNEVEN.areas[brief.area].id == 103
    assert city.event("E6") is None
    assert city.unit("U6") is None


def test_reports_of_the_last_minutes_are_counted_where_they_are(situation: Situation, rows: list[EventNow]) -> None:
    for minutes in (0, 15, 600):
        since = NOW_MS - minutes * 60_000
        for o in AREAS:
            expected = sum(e.reported_ms >= since and inside(WIDE, o, e.area_id) for e in rows)
            assert situation.reported_since(o, since) == expected


def test_a_code_of_an_area_that_is_no_longer_in_force_counts_for_the_city() -> None:
    city = Situation(UNEVEN, CATALOGUE, ZoneInfo("UTC"), NOW_MS)
    city.apply_events([an_event(1, area_id=99_999)])
    assert (city.totals(0).open, city.totals(0).unplaced) == (1, 1)
