"""Figures: every number that the pages show of events, by name, and which list stands behind it.

A *live* figure is of the events that the situation holds (open, or of today) and follows the view's filters. A *kept*
figure is of all records, or of a month's cases, and is read from the store. A kept list runs along one time of its
events, newest first.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from geodata.domain.events import CLOSED, ENDED, OPEN, STAGE_OF, STATES, Stage, State


class Figure(StrEnum):
    """What the events of a list have in common."""

    REPORTED = "reported"
    OPEN = "open"
    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    CLOSED = "closed"
    JUDGED = "judged"
    ON_TIME = "on_time"
    LATE = "late"
    TIMED = "timed"
    UNPLACED = "unplaced"
    RECENT = "recent"
    ON_PILE = "on_pile"
    ALL = "all"
    ALL_CLOSED = "all_closed"
    ALL_ON_TIME = "all_on_time"
    ALL_OVERDUE = "all_overdue"
    ALL_UNJUDGED = "all_unjudged"
    ALL_DROPPED = "all_dropped"
    MONTH_DUE = "month_due"
    MONTH_ON_TIME = "month_on_time"
    MONTH_LATE = "month_late"
    LAST_WEEK = "last_week"
    YESTERDAY = "yesterday"
    OVERDUE_BEFORE = "overdue_before"
    SUSPENDED = "suspended"
    FORCED = "forced"
    REOPENED = "reopened"
    SUPERVISED = "supervised"
    PLACARDED = "placarded"
    ALL_FORCED = "all_forced"
    ALL_REOPENED = "all_reopened"
    TO_REPLY = "to_reply"
    PERIOD_REPORTED = "period_reported"
    PERIOD_REGISTERED = "period_registered"
    PERIOD_PROACTIVE = "period_proactive"
    PERIOD_DISPATCHED = "period_dispatched"
    PERIOD_SENT_RIGHT = "period_sent_right"
    PERIOD_REPEATED = "period_repeated"
    PERIOD_CLOSED = "period_closed"
    PERIOD_HANDLED = "period_handled"
    PERIOD_CHECKED = "period_checked"
    PERIOD_REWORKED = "period_reworked"
    PERIOD_ASKED = "period_asked"
    PERIOD_ANSWERED = "period_answered"
    PERIOD_LEVELLED = "period_levelled"
    PERIOD_LOCAL_1 = "period_local_1"
    PERIOD_LOCAL_2 = "period_local_2"
    PERIOD_LOCAL_3 = "period_local_3"
    PERIOD_LOCAL_4 = "period_local_4"
    PERIOD_LOCAL_5 = "period_local_5"
    PERIOD_DUE = "period_due"
    PERIOD_DUE_CLOSED = "period_due_closed"
    PERIOD_DUE_ON_TIME = "period_due_on_time"
    PERIOD_DUE_LATE = "period_due_late"
    SPAN = "span"


F = Figure
FIGURES: tuple[Figure, ...] = tuple(Figure)
BY_REPORT: tuple[Figure, ...] = (
    F.PERIOD_REPORTED, F.PERIOD_REGISTERED, F.PERIOD_PROACTIVE, F.PERIOD_DISPATCHED, F.PERIOD_SENT_RIGHT,
    F.PERIOD_REPEATED,
)  # fmt: skip
LOCAL: tuple[Figure, ...] = (
    F.PERIOD_LOCAL_1, F.PERIOD_LOCAL_2, F.PERIOD_LOCAL_3, F.PERIOD_LOCAL_4, F.PERIOD_LOCAL_5,
)  # fmt: skip
"""Closed by a unit that is at home at depth 1, 2 … of the city's levels, or further down."""
BY_END: tuple[Figure, ...] = (
    F.PERIOD_CLOSED, F.PERIOD_HANDLED, F.PERIOD_CHECKED, F.PERIOD_REWORKED, F.PERIOD_ASKED, F.PERIOD_ANSWERED,
    F.PERIOD_LEVELLED, *LOCAL,
)  # fmt: skip
BY_DEADLINE: tuple[Figure, ...] = (F.PERIOD_DUE, F.PERIOD_DUE_CLOSED, F.PERIOD_DUE_ON_TIME, F.PERIOD_DUE_LATE)
PERIODIC: tuple[Figure, ...] = (*BY_REPORT, *BY_END, *BY_DEADLINE)
"""Figures of any range of local days: of what was reported in it, of what ended in it, of what was due in it."""
KEPT: frozenset[Figure] = frozenset({
    *PERIODIC,
    F.ALL, F.ALL_CLOSED, F.ALL_ON_TIME, F.ALL_OVERDUE, F.ALL_UNJUDGED, F.ALL_DROPPED, F.MONTH_DUE, F.MONTH_ON_TIME,
    F.MONTH_LATE, F.LAST_WEEK, F.YESTERDAY, F.OVERDUE_BEFORE, F.ALL_FORCED, F.ALL_REOPENED, F.TO_REPLY,
    F.SPAN,
})  # fmt: skip
MONTHLY: frozenset[Figure] = frozenset({F.MONTH_DUE, F.MONTH_ON_TIME, F.MONTH_LATE})
HOURLY: frozenset[Figure] = frozenset({F.REPORTED, F.CLOSED, F.LAST_WEEK})
"""Figures of one local day, of which one hour can be listed by itself: by its report, or its end for ``closed``."""
LEDGER: frozenset[Figure] = frozenset({F.SUSPENDED})
"""Figures whose events stand in the ledger of suspensions: their lists tell since when, until when, and why."""
HOURS = range(24)
RECENT_MS = 600_000
"""How far back ``recent`` reaches: the time over which the reports per minute are counted."""

_CASES = (OPEN - {State.SUSPENDED}) | CLOSED
_HELD: Mapping[Figure, frozenset[State]] = MappingProxyType({
    **dict.fromkeys(
        (F.REPORTED, F.RECENT, F.LAST_WEEK, F.YESTERDAY, F.OVERDUE_BEFORE, F.ALL, F.SPAN), frozenset(STATES)
    ),
    **dict.fromkeys((F.CLOSED, F.JUDGED, F.ON_TIME, F.LATE, F.TIMED, F.ALL_CLOSED), CLOSED),
    **dict.fromkeys((F.ALL_ON_TIME, F.ALL_OVERDUE, F.ALL_UNJUDGED), OPEN | CLOSED),
    **dict.fromkeys((F.MONTH_DUE, F.MONTH_LATE), _CASES),
    F.MONTH_ON_TIME: CLOSED, F.ALL_DROPPED: ENDED - CLOSED,
    **dict.fromkeys((F.FORCED, F.ALL_FORCED), frozenset({State.FORCED_CLOSED})),
    **dict.fromkeys(BY_REPORT, frozenset(STATES)), **dict.fromkeys(BY_END, CLOSED),
    **dict.fromkeys((F.PERIOD_ASKED, F.PERIOD_ANSWERED), ENDED),
    **dict.fromkeys((F.PERIOD_DUE, F.PERIOD_DUE_LATE), _CASES),
    **dict.fromkeys((F.PERIOD_DUE_CLOSED, F.PERIOD_DUE_ON_TIME), CLOSED),
    F.SUSPENDED: frozenset({State.SUSPENDED}), F.ALL_REOPENED: frozenset(STATES), F.TO_REPLY: ENDED,
})  # fmt: skip


def held_by(figure: Figure) -> tuple[State, ...]:
    """The states that the events of a figure can be in, in their order; those that are open where nothing is said."""
    held = _HELD.get(figure, OPEN)
    return tuple(state for state in STATES if state in held)


class ListOrder(StrEnum):
    """In which order a live list stands; a kept one has the order of the time it runs along."""

    NEWEST = "newest"
    OLDEST = "oldest"
    DEADLINE = "deadline"
    URGENCY = "urgency"


LIST_ORDERS: tuple[ListOrder, ...] = tuple(ListOrder)
FIRST: Mapping[Figure, ListOrder] = MappingProxyType({F.OVERDUE: ListOrder.DEADLINE, F.DUE_SOON: ListOrder.DEADLINE})
"""The order that a list begins with, where it is not the newest first."""


def states_of(stage: Stage) -> tuple[str, ...]:
    """The states that make up a stage, as a view's filter names them."""
    return tuple(sorted(state.value for state, of in STAGE_OF.items() if of is stage))


class Span(NamedTuple):
    """What ``span`` counts: events reported in [``from_ms``, ``to_ms``), of those with numbers up to ``last_id`` (None:
    of all), so that a number that was told once has the same list for ever."""

    from_ms: int
    to_ms: int
    last_id: int | None = None

    def __str__(self) -> str:
        return ".".join(str(part) for part in self if part is not None)


SPAN_MAX_MS = 86_400_000
"""So long a span can be listed."""


class Spot(NamedTuple):
    """Where a page of a kept list ended: the time it runs along, and the event. The next page goes on after it."""

    ms: int
    event_id: int
