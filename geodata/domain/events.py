"""Events: states, stages, sources and the table of what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from types import MappingProxyType


class State(StrEnum):
    """The state of an event (案卷状态)."""

    REPORTED = "reported"
    TO_VERIFY = "to_verify"
    TO_REGISTER = "to_register"
    REJECTED = "rejected"
    TO_DISPATCH = "to_dispatch"
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    HANDLED = "handled"
    TO_CHECK = "to_check"
    TO_CLOSE = "to_close"
    CLOSED = "closed"
    FORCED_CLOSED = "forced_closed"
    RETURNED = "returned"
    SUSPENDED = "suspended"
    VOID = "void"
    MERGED = "merged"
    REOPENED = "reopened"


STATES: tuple[State, ...] = tuple(State)
ENDED: frozenset[State] = frozenset(
    {State.REJECTED, State.CLOSED, State.FORCED_CLOSED, State.VOID, State.MERGED}
)
CLOSED: frozenset[State] = frozenset({State.CLOSED, State.FORCED_CLOSED})


class Stage(StrEnum):
    """What an open event waits for: the groups that screens count."""

    ACCEPT = "accept"
    DISPATCH = "dispatch"
    HANDLE = "handle"
    CHECK = "check"
    PAUSED = "paused"


STAGE_OF: Mapping[State, Stage] = MappingProxyType({
    State.REPORTED: Stage.ACCEPT, State.TO_VERIFY: Stage.ACCEPT, State.TO_REGISTER: Stage.ACCEPT,
    State.TO_DISPATCH: Stage.DISPATCH, State.RETURNED: Stage.DISPATCH, State.REOPENED: Stage.DISPATCH,
    State.DISPATCHED: Stage.HANDLE, State.HANDLING: Stage.HANDLE,
    State.HANDLED: Stage.CHECK, State.TO_CHECK: Stage.CHECK, State.TO_CLOSE: Stage.CHECK,
    State.SUSPENDED: Stage.PAUSED,
})  # fmt: skip


class Source(StrEnum):
    """Where an event came from (事件来源)."""

    PATROL = "patrol"
    HOTLINE = "hotline"
    TRANSFER = "transfer"
    PUBLIC = "public"
    SENSOR = "sensor"
    VIDEO = "video"
    ORDER = "order"


SOURCES: tuple[Source, ...] = tuple(Source)
ASKING: frozenset[Source] = frozenset({Source.HOTLINE, Source.TRANSFER, Source.PUBLIC})
"""Sources behind which somebody waits for an answer."""
SEEN: frozenset[Source] = frozenset({Source.PATROL, Source.SENSOR, Source.VIDEO})
"""What the city finds by itself 主动发现."""
URGENCIES: tuple[int, ...] = (1, 2, 3, 4)


class Need(StrEnum):
    """What an action must carry, in the order in which it is asked for."""

    KIND = "kind"
    UNIT = "unit"
    INTO = "into"
    ACCOUNTABLE = "accountable"
    UNTIL = "until"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Step:
    """An action's row: from which states, to which state (None: the event stays where it is), and what it must carry.

    Some steps of a unit lead on only when all units of the event have taken them (``services.tasking``).
    """

    after: frozenset[State]
    to: State | None
    needs: frozenset[Need] = frozenset()

    @property
    def needs_reason(self) -> bool:
        """Whether it must say why."""
        return Need.REASON in self.needs

    @property
    def needs_unit(self) -> bool:
        """Whether it must name a unit."""
        return Need.UNIT in self.needs


OPEN: frozenset[State] = frozenset(STATES) - ENDED
AT_WORK: frozenset[State] = frozenset({State.DISPATCHED, State.HANDLING})
"""States in which the event's units have tasks."""


def _step(after: tuple[State, ...] | frozenset[State], to: State | None, *needs: Need) -> Step:
    return Step(frozenset(after), to, frozenset(needs))


S, N = State, Need
FOLLOWS: Mapping[str, Step] = MappingProxyType({
    "ask_verify": _step((S.REPORTED,), S.TO_VERIFY),
    "verify": _step((S.REPORTED, S.TO_VERIFY), S.TO_REGISTER),
    "register": _step((S.REPORTED, S.TO_REGISTER), S.TO_DISPATCH, N.REASON),
    "reject": _step((S.REPORTED, S.TO_VERIFY, S.TO_REGISTER), S.REJECTED, N.REASON),
    "dispatch": _step((S.TO_DISPATCH, S.REOPENED), S.DISPATCHED, N.UNIT),
    "accept": _step(AT_WORK, S.HANDLING),
    "arrive": _step(AT_WORK, None),
    "report_back": _step(AT_WORK, S.HANDLED),
    "return": _step(AT_WORK, S.RETURNED, N.REASON),
    "confirm_return": _step((S.RETURNED,), S.TO_DISPATCH),
    "refuse_return": _step((S.RETURNED,), S.DISPATCHED, N.REASON),
    "ask_extend": _step(AT_WORK, None, N.REASON, N.UNTIL),
    "grant_extend": _step(AT_WORK, None),
    "refuse_extend": _step(AT_WORK, None, N.REASON),
    "ask_check": _step((S.HANDLED,), S.TO_CHECK),
    "check": _step((S.HANDLED, S.TO_CHECK), S.TO_CLOSE),
    "rework": _step((S.HANDLED, S.TO_CHECK), S.HANDLING, N.REASON),
    "close": _step((S.TO_CLOSE,), S.CLOSED),
    "force_close": _step(OPEN, S.FORCED_CLOSED, N.REASON),
    "void": _step(OPEN, S.VOID, N.REASON),
    "merge": _step((S.REPORTED, S.TO_VERIFY, S.TO_REGISTER, S.TO_DISPATCH), S.MERGED, N.REASON, N.INTO),
    "suspend": _step((S.TO_DISPATCH, S.DISPATCHED, S.HANDLING), S.SUSPENDED, N.REASON, N.UNTIL),
    "resume": _step((S.SUSPENDED,), S.TO_DISPATCH),
    "reopen": _step((S.CLOSED, S.FORCED_CLOSED), S.REOPENED, N.REASON),
    "supervise": _step(OPEN, None, N.KIND, N.REASON, N.UNTIL),
    "answer": _step(frozenset(STATES), None, N.REASON),
    "placard": _step(OPEN, None, N.KIND, N.REASON, N.ACCOUNTABLE, N.UNTIL),
    "progress": _step(OPEN, None, N.REASON),
    "lift": _step(frozenset(STATES), None, N.REASON),
    "reply": _step(ENDED, None, N.REASON),
})  # fmt: skip


class Mark(IntFlag):
    """What an event carries besides its state (标识): under supervision 督办, on a placard 挂牌, extended 延期,
    reworked 返工, has been suspended 挂账, ended while its reporter waits for an answer 待答复, was reopened 重开."""

    SUPERVISED = 1
    PLACARDED = 2
    EXTENDED = 4
    REWORKED = 8
    SUSPENDED = 16
    TO_REPLY = 32
    REOPENED = 64


def marks_of(bits: int) -> list[str]:
    """The names of the marks that an event carries."""
    return [mark.name.lower() for mark in Mark if bits & mark and mark.name]


class OrderKind(StrEnum):
    """Why an event is supervised (督办类型)."""

    OVERDUE = "overdue"
    LEADER = "leader"
    KEY = "key"


class PlacardLevel(StrEnum):
    """At which level an event is on a placard (挂牌级别)."""

    CITY = "city"
    DISTRICT = "district"
    STREET = "street"


KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "supervise": tuple(OrderKind), "placard": tuple(PlacardLevel),
})  # fmt: skip
"""What the ``kind`` of an action may be."""
EXTENSIONS_MAX = 2
MERGE_WITHIN_M, MERGE_WITHIN_MS = 50.0, 24 * 3_600_000
"""A duplicate is suggested for the same subtype at most so far away, reported at most so long before or after."""
