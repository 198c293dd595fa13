from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from geodata.domain.dispatch import distance_m
from geodata.domain.events import ENDED, State
from geodata.situation.columns import Codebook, EventBatch, values_of
from geodata.situation.situation import Situation
from geodata.store.events import EventNow
from tests.unit.situation.city import CATALOGUE, SUBTYPE, UNEVEN, an_event

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = 3_600_000
NOW = 40 * HOUR


def among(*rows: EventNow) -> Situation:
    book = Codebook(CATALOGUE)
    return Situation(UNEVEN, CATALOGUE, ZONE, NOW, events=EventBatch.of(values_of(rows), UNEVEN, book), book=book)


def codes(situation: Situation, code: str, within: range = range(len(UNEVEN))) -> list[str]:
    return [event.code for event, _ in situation.duplicates(code, [within])]


def test_the_same_subtype_near_in_place_and_time_is_suggested_nearest_first() -> None:
    other = next(code for code in CATALOGUE.subtypes if code != SUBTYPE)
    found = codes(among(
        an_event(1), an_event(2, lon=104.0004), an_event(3, lon=104.0002), an_event(4, lon=104.0006),
        an_event(5, subtype_code=other), an_event(6, reported_ms=24 * HOUR), an_event(7, reported_ms=24 * HOUR + 1),
        an_event(8, lon=None, lat=None),
    ), "E1")  # fmt: skip
    assert found == ["E6", "E3", "E2"], "4 lies 58 m away, 5 is another matter, 7 came a day later, 8 has no place"


def test_what_has_ended_or_stands_still_is_no_place_to_go_on_in() -> None:
    rows = [an_event(n + 2, state=s.value, ended_ms=NOW if s in ENDED else None) for n, s in enumerate(State)]
    found = set(codes(among(an_event(1), *rows), "E1"))
    assert found <= {f"E{n + 2}" for n, s in enumerate(State) if s not in ENDED and s != State.SUSPENDED}
    assert found


def test_only_what_the_asker_reaches_is_suggested() -> None:
    situation = among(an_event(1, area_id=101), an_event(2, area_id=101), an_event(3, area_id=102))
    assert codes(situation, "E1", range(1, int(UNEVEN.end[1]))) == ["E2"]
    assert set(codes(situation, "E1")) == {"E2", "E3"}


def test_an_event_that_is_not_held_or_has_no_place_has_no_duplicates() -> None:
    situation = among(an_event(1), an_event(2, lon=None, lat=None))
    assert codes(situation, "E9") == codes(situation, "E2") == []


def test_the_distances_are_those_on_the_ground() -> None:
    ((_, metres),) = among(an_event(1), an_event(2, lon=104.0002)).duplicates("E1", [range(len(UNEVEN))])
    assert metres == float(distance_m(104.0, 30.0, np.array([104.0002]), np.array([30.0]))[0])
