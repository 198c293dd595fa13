"""Events: states, stages, sources and the table of what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
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
URGENCIES: tuple[int, ...] = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Step:
    """An action's row: from which states, to which state, and whether it must carry a reason or a unit."""

    after: frozenset[State]
    to: State
    needs_reason: bool = False
    needs_unit: bool = False


OPEN: frozenset[State] = frozenset(STATES) - ENDED


def _step(after: tuple[State, ...] | frozenset[State], to: State, *, reason: bool = False, unit: bool = False) -> Step:
    return Step(frozenset(after), to, reason, unit)


S = State
FOLLOWS: Mapping[str, Step] = MappingProxyType({
    "ask_verify": _step((S.REPORTED,), S.TO_VERIFY),
    "verify": _step((S.REPORTED, S.TO_VERIFY), S.TO_REGISTER),
    "register": _step((S.REPORTED, S.TO_REGISTER), S.TO_DISPATCH),
    "reject": _step((S.REPORTED, S.TO_VERIFY, S.TO_REGISTER), S.REJECTED, reason=True),
    "dispatch": _step((S.TO_DISPATCH, S.RETURNED, S.REOPENED), S.DISPATCHED, unit=True),
    "accept": _step((S.DISPATCHED,), S.HANDLING),
    "arrive": _step((S.HANDLING,), S.HANDLING),
    "report_back": _step((S.HANDLING,), S.HANDLED),
    "return": _step((S.DISPATCHED, S.HANDLING), S.RETURNED, reason=True),
    "ask_check": _step((S.HANDLED,), S.TO_CHECK),
    "check": _step((S.HANDLED, S.TO_CHECK), S.TO_CLOSE),
    "rework": _step((S.HANDLED, S.TO_CHECK), S.HANDLING, reason=True),
    "close": _step((S.TO_CLOSE,), S.CLOSED),
    "force_close": _step(OPEN, S.FORCED_CLOSED, reason=True),
    "void": _step(OPEN, S.VOID, reason=True),
    "merge": _step((S.REPORTED, S.TO_VERIFY, S.TO_REGISTER, S.TO_DISPATCH), S.MERGED, reason=True),
    "suspend": _step((S.TO_DISPATCH, S.DISPATCHED, S.HANDLING), S.SUSPENDED, reason=True),
    "resume": _step((S.SUSPENDED,), S.TO_DISPATCH),
    "reopen": _step((S.CLOSED, S.FORCED_CLOSED), S.REOPENED, reason=True),
})  # fmt: skip
