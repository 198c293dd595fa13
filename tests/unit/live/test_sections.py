from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from callbacks.live import lists, numbers
from callbacks.live.doors import MINUTE_MS, SILENT_AFTER_MS, DoorsNow, FeedAge
from callbacks.live.past import Hours, Month, by_local_hour, midnight
from callbacks.live.scene import Kept, Scene
from dashboard.words import words
from geodata.domain.coverage import NEVER_MET
from geodata.domain.focus import LOOKS, Focus
from geodata.domain.indicators import colour_of, is_small
from geodata.domain.view import Filters, MapView, focused
from geodata.situation.situation import Situation
from geodata.store.folder import City
from geodata.store.walks import Walks
from tests.unit.live.test_frames import NOW_MS, ZONE, a_situation
from tests.unit.situation.city import UNEVEN, a_unit, an_event

HOUR_MS = 3_600_000
TEN_PAST_FOUR = int(datetime(2026, 11, 21, 16, 10, tzinfo=ZONE).timestamp() * 1000)


def a_scene(area: str = "A000", lang: str = "zh", now_ms: int = NOW_MS, **changes: Any) -> Scene:
    situation = a_situation(now_ms)
    scene = Scene(
        situation, City(), MapView(area, lang=lang), UNEVEN.ordinal[area], None, None, DoorsNow(), Kept()
    )
    return replace(scene, **changes)


def a_month(due: dict[str, int], good: dict[str, int]) -> Month:
    def up_to(counts: dict[str, int]) -> Any:
        return np.cumsum([0, *(counts.get(a.code, 0) for a in UNEVEN.areas)])

    return Month(UNEVEN, up_to(due), up_to(good))


# -- where it is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("area", "depth", "leaf"), [("A000", 0, False), ("A001", 1, False), ("A011", 3, True)])
def test_a_frame_says_where_its_area_lies(area: str, depth: int, leaf: bool) -> None:
    bbox = UNEVEN.areas[UNEVEN.ordinal[area]].bbox
    told = lists.extent(a_scene(area))
    assert told.pop("bbox") == pytest.approx(list(bbox), abs=1e-5)
    assert told == {"code": area, "depth": depth, "leaf": leaf}


# -- figures ------------------------------------------------------------------------------------------------------


def test_every_figure_that_is_not_known_yet_is_absent_and_not_zero() -> None:
    kpi = numbers.kpi(a_scene())
    assert kpi["reported"]["prev"] is kpi["overdue"]["prev"] is None
    assert kpi["on_time"]["month_num"] is kpi["on_time"]["month_den"] is None


def test_the_stages_of_the_open_events_add_up_to_them() -> None:
    opened = numbers.kpi(a_scene())["open"]
    assert opened["n"] == 40
    assert sum(n for key, n in opened.items() if key != "n") == 40


def test_yesterday_counts_up_to_this_minute() -> None:
    hours = Hours(np.cumsum([0, *(1 if m // 60 in (15, 16) else 0 for m in range(1440))]), (0,) * 24)
    scene = a_scene(now_ms=TEN_PAST_FOUR, hours=hours)
    assert numbers.kpi(scene)["reported"]["prev"] == 60 + 10


def test_a_filtered_figure_is_not_compared_with_an_unfiltered_past() -> None:
    hours, month = Hours(np.arange(1441), (9,) * 24), a_month({"A001": 5}, {"A001": 5})
    scene = a_scene(hours=hours, month=month, view=MapView("A000", filters=Filters(urgencies=(1,))))
    kpi = numbers.kpi(scene)
    assert kpi["open"]["n"] == 10
    assert kpi["reported"]["prev"] is None
    assert kpi["on_time"]["month_den"] is None
    assert numbers.all_time(scene)["open"] == 40


def test_what_was_rejected_or_void_is_said_among_all_records() -> None:
    scene = a_scene()
    whole = replace(scene.unfiltered, reported_all=50, ended_all=10, closed_all=7)
    ever = numbers.all_time(cast(Scene, SimpleNamespace(unfiltered=whole, doors=scene.doors)))
    assert (ever["reported"], ever["open"], ever["closed"], ever["dropped"]) == (50, 40, 7, 3)


def test_the_curve_of_today_ends_with_this_hour() -> None:
    curve = numbers.curve(a_scene(now_ms=TEN_PAST_FOUR, hours=Hours(np.arange(1441), tuple(range(24)))))
    assert len(curve["today"]) == 17
    assert curve["base"] == list(range(24))
    assert numbers.curve(a_scene())["base"] == []


def test_all_classes_are_listed_and_the_busiest_comes_first() -> None:
    rows = numbers.classes(a_scene(lang="en"))
    assert len(rows) == 10
    assert [row[2] for row in rows] == sorted((row[2] for row in rows), reverse=True)
    assert all(name and not name.isdigit() for _, name, *_ in rows)


def test_children_are_ranked_by_rate_and_those_without_cases_come_last() -> None:
    month = a_month({"A001": 100, "A003": 100, "A002": 10}, {"A001": 90, "A003": 99, "A002": 10})
    ranking = numbers.ranking(a_scene(month=month))
    assert ranking["rows"] == [
        ("A002", "区2", 10, 10, "green", True),
        ("A001", "区1", 189, 200, "blue", False),
        ("A009", "区9", 0, 0, "none", True),
    ]
    assert ranking["reason"] == ""


def test_the_patrol_screen_ranks_by_what_was_walked_in_this_shift_and_without_colours() -> None:
    view = focused(MapView("A000"), Focus.PATROL, LOOKS[Focus.PATROL])
    evening = NOW_MS + 9 * HOUR_MS
    scene = a_scene(now_ms=evening, view=view)
    assert numbers.ranking(scene)["reason"] == words("zh", "coverage.unknown")
    walked = np.array([a.id for a in UNEVEN.areas if UNEVEN.is_leaf(UNEVEN.ordinal[a.code])][::2], np.int64)
    shift, last, met = (np.full(len(walked), ms) for ms in (scene.situation.coverage(0).from_ms, evening, NEVER_MET))
    rows = Walks(walked, shift, np.full(len(walked), 60 * MINUTE_MS), np.full(len(walked), 9), last, met)
    assert scene.situation.apply_walks(rows)
    ranking = numbers.ranking(scene)
    assert ranking["by"] == "coverage"
    assert [(row[0], *row[2:4]) for row in ranking["rows"]] == [("A002", 1, 1), ("A001", 2, 4), ("A009", 0, 0)]
    assert {row[4] for row in ranking["rows"]} == {"none"}


def test_a_ranking_that_is_empty_says_why() -> None:
    assert numbers.ranking(a_scene("A011", month=a_month({}, {})))["reason"]
    assert numbers.ranking(a_scene(month=a_month({}, {})))["reason"]


@pytest.mark.parametrize(
    ("num", "den", "colour"),
    [
        (0, 0, "none"), (95, 100, "green"), (9499, 10_000, "blue"), (90, 100, "blue"), (8999, 10_000, "yellow"),
        (80, 100, "yellow"), (79, 100, "orange"), (70, 100, "orange"), (69, 100, "red"), (0, 1, "red"),
    ],
)  # fmt: skip
def test_the_five_colours_begin_where_the_field_says(num: int, den: int, colour: str) -> None:
    assert colour_of(num, den) == colour


def test_fewer_than_twenty_cases_are_few() -> None:
    assert is_small(19)
    assert not is_small(20)


# -- lists --------------------------------------------------------------------------------------------------------


def test_the_road_to_an_area_and_its_levels_are_in_the_words_of_the_view() -> None:
    title = lists.title(a_scene("A003", lang="en"))
    assert title["path"] == [("A000", "区0"), ("A001", "区1"), ("A003", "区3")]
    assert (title["level"], title["children_level"]) == ("Level 2", "Level 3")
    assert lists.title(a_scene("A011"))["children_level"] is None


def test_a_city_from_which_nothing_comes_says_since_when_in_whole_minutes() -> None:
    scene = a_scene()
    assert lists.title(scene)["feed_quiet_ms"] is None
    scene.situation.change_ms = NOW_MS - 119_000
    assert lists.title(scene)["feed_quiet_ms"] is None
    scene.situation.change_ms = NOW_MS - 605_000
    assert lists.title(scene)["feed_quiet_ms"] == 600_000


def test_a_row_says_where_below_the_area_its_event_is() -> None:
    situation = Situation(UNEVEN, a_situation().catalogue, ZONE, NOW_MS)
    situation.apply_events([an_event(1, area_id=105, reported_ms=NOW_MS - 1), an_event(2, reported_ms=NOW_MS - 2)])
    rows = lists.feed(a_scene(situation=situation))
    assert [row[5] for row in rows] == ["区1 · 区3 · 区5", "区0"]
    assert [row[5] for row in lists.feed(a_scene("A003", situation=situation))] == ["区5"]


def test_the_worst_are_overdue_and_the_feed_is_bounded() -> None:
    scene = a_scene()
    assert len(lists.feed(scene)) == lists.FEED_ROWS
    worst = lists.worst(scene)
    assert len(worst) == lists.WORST_ROWS
    assert all(row[8] for row in worst)
    deadlines = [row[7] for row in worst if row[7] is not None]
    assert deadlines == sorted(deadlines)


def test_the_ticker_tells_only_what_needs_a_human() -> None:
    calm = Situation(UNEVEN, a_situation().catalogue, ZONE, NOW_MS)
    assert lists.ticker(a_scene(situation=calm)) == []
    doors = DoorsNow((FeedAge("热线", SILENT_AFTER_MS + 1), FeedAge("巡查", SILENT_AFTER_MS)), 7)
    late = an_event(1, urgency=1, reported_ms=NOW_MS - 9 * HOUR_MS, deadline_ms=NOW_MS - 3 * HOUR_MS)
    calm.apply_events([late])
    calm.apply_units([a_unit(1, fix_ms=NOW_MS - 2 * HOUR_MS)])
    lines = lists.ticker(a_scene(situation=calm, doors=doors))
    assert [line["kind"] for line in lines] == ["red_overdue", "feed_silent", "quarantine", "units_lost"]
    assert "3 小时" in lines[0]["text"]
    assert "热线" in lines[1]["text"]
    assert "7" in lines[2]["text"]
    assert [line["opens"] for line in lines] == ["", "", "quarantine?", "units?fresh=lost"]


def test_the_options_of_the_filters_count_all_open_events_whatever_is_filtered() -> None:
    scene = a_scene(view=MapView("A000", filters=Filters(urgencies=(1,))))
    options = lists.filters(scene)
    assert options["urgencies"] == {"1": 10, "2": 10, "3": 10, "4": 10}
    assert sum(options["classes"].values()) == sum(options["states"].values()) == sum(options["sources"].values()) == 40


def test_the_rate_is_that_of_the_last_ten_minutes() -> None:
    situation = Situation(UNEVEN, a_situation().catalogue, ZONE, NOW_MS)
    situation.apply_events([an_event(i, reported_ms=NOW_MS - i * 60_000) for i in range(1, 31)])
    assert lists.rate(a_scene(situation=situation)) == {"per_min": 1.0, "n": 10}


# -- what scenes share --------------------------------------------------------------------------------------------


def test_an_answer_is_kept_while_its_stamp_stands_and_the_least_used_goes_first() -> None:
    kept = Kept(2)
    made: list[str] = []

    def answer(name: str) -> str:
        made.append(name)
        return name

    for key, stamp in (("a", 1), ("a", 1), ("b", 1), ("a", 2), ("c", 1), ("a", 2), ("b", 1)):
        assert kept.get(key, stamp, partial(answer, f"{key}{stamp}")) == f"{key}{stamp}"
    assert made == ["a1", "b1", "a2", "c1", "b1"]


# -- days -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Asia/Shanghai", date(2026, 11, 21), 24), ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25), ("Asia/Kolkata", date(2026, 11, 21), 24),
    ],
)  # fmt: skip
def test_the_hours_of_a_local_day_are_all_counted_once(zone: str, day: date, hours: int) -> None:
    city = ZoneInfo(zone)
    start = int(midnight(day, city).timestamp())
    first = start // 3600
    counts = by_local_hour([1] * (hours + 3), first, day, city)
    begins = [datetime.fromtimestamp((first + i) * 3600, UTC).astimezone(city) for i in range(hours + 3)]
    assert sum(counts) == sum(b.date() == day for b in begins)
    assert sum(counts) == hours
    assert len(counts) == 24
