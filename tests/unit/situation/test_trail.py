"""What was overdue an hour ago is known after an hour, of every area, whatever has become of it since."""

from __future__ import annotations

from geodata.domain.figures import ListOrder
from geodata.domain.view import Filters
from geodata.situation.situation import Situation
from geodata.situation.trail import HOUR_MS, SAMPLE_MS
from tests.unit.live.test_frames import NOW_MS, ZONE, a_situation
from tests.unit.situation.city import UNEVEN, an_event

MINUTE_MS = 60_000


def overdue(situation: Situation, o: int) -> set[int]:
    return set(situation.events_listed(o, "overdue", Filters(), ListOrder.NEWEST).tolist())


def test_what_was_overdue_an_hour_ago_is_what_the_list_held_then() -> None:
    situation = Situation(UNEVEN, a_situation().catalogue, ZONE, NOW_MS)
    leaves = [a.id for o, a in enumerate(UNEVEN.areas) if UNEVEN.is_leaf(o)]
    events = [
        an_event(i, area_id=leaves[i % len(leaves)], reported_ms=NOW_MS, deadline_ms=NOW_MS + i * 2 * MINUTE_MS)
        for i in range(1, 90)
    ]
    situation.apply_events(events)
    held: dict[int, list[set[int]]] = {}
    compared = 0
    for minute in range(1, 150):
        now = NOW_MS + minute * MINUTE_MS
        situation.advance(now)
        held[now] = [overdue(situation, o) for o in range(len(UNEVEN))]
        before = situation.overdue_before(0)
        if before is None:
            assert minute < 62
            continue
        at_ms, ids = before
        assert HOUR_MS - SAMPLE_MS <= now - at_ms <= HOUR_MS + 2 * SAMPLE_MS
        assert set(ids.tolist()) == held[at_ms][0]
        assert len(ids) == len(set(ids.tolist()))
        for o in range(len(UNEVEN)):
            found = situation.overdue_before(o)
            assert found is not None
            assert set(found[1].tolist()) == held[at_ms][o], UNEVEN.areas[o].code
        compared += len(ids)
    assert compared > 100


def test_where_nobody_looked_an_hour_ago_nothing_is_known() -> None:
    situation = Situation(UNEVEN, a_situation().catalogue, ZONE, NOW_MS)
    situation.advance(NOW_MS + MINUTE_MS)
    situation.advance(NOW_MS + 5 * HOUR_MS)
    assert situation.overdue_before(0) is None
