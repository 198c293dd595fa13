"""What the situation answers: frozen values, raw numbers, times in epoch ms, areas as ordinals of the AreaTree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from geodata.domain.events import Stage, State
from geodata.domain.units import Freshness, UnitStatus

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Topic = Literal["events", "units", "areas", "clock", "alerts", "surges", "walks"]
TOPICS: tuple[Topic, ...] = ("events", "units", "areas", "clock", "alerts", "surges", "walks")


class ClassCount(NamedTuple):
    """Of one class: how many were reported today (whatever became of them) and how many are open now."""

    reported_today: int
    open: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of one area and all below it.

    Today is the local day of the city's zone. An event counts by its present state: one that was closed today and
    opened again counts as open and no longer as closed. ``by_class`` has every class of the catalogue in its order,
    zero included; ``by_urgency`` is urgency 1, 2, 3, 4; ``by_source`` and ``by_state`` count open events.
    ``unplaced`` open events stand directly at this area although it has children. ``handling_*`` is over the events
    closed today that have both times: seconds from dispatch to handled.

    All time (``*_all``) ignores filters. ``on_time_all`` = closed on time + open and not overdue; ``overdue_all`` =
    closed late + open and overdue; ``unjudged_all`` is the rest, which has no judgement. ``to_reply``: ended at any
    time, and the reporter waits for an answer. ``reopened`` ones are open again, ``reopened_all`` ever were.
    """

    open: int
    by_stage: Mapping[Stage, int]
    by_state: Mapping[State, int]
    by_urgency: tuple[int, int, int, int]
    by_class: Mapping[str, ClassCount]
    by_source: Mapping[str, int]
    overdue: int
    due_soon: int
    unplaced: int
    reported_today: int
    ended_today: int
    closed_today: int
    on_time_today: int
    late_today: int
    forced_today: int
    reopened: int
    handling_n: int
    handling_mean_s: float | None
    handling_median_s: float | None
    reported_all: int
    ended_all: int
    closed_all: int
    closed_on_time_all: int
    closed_late_all: int
    on_time_all: int
    overdue_all: int
    unjudged_all: int
    forced_all: int
    reopened_all: int
    to_reply: int


@dataclass(frozen=True, slots=True)
class EventBrief:
    """One event for a line of a list or a card. ``area`` is the ordinal of the deepest area it could be placed in."""

    id: int
    code: str
    source: str
    subtype_code: str
    class_code: str
    urgency: int
    state: str
    description: str
    area: int
    lon: float | None
    lat: float | None
    on_pile: bool
    reported_ms: int
    state_ms: int
    dispatched_ms: int | None
    handled_ms: int | None
    ended_ms: int | None
    deadline_ms: int | None
    on_time: int | None
    unit_id: int | None
    overdue: bool
    due_soon: bool
    marks: int = 0
    stage_ms: int | None = None


@dataclass(frozen=True, slots=True)
class EventMarks:
    """Open events to draw one by one: parallel columns, in no order that matters.

    ``total[u - 1]`` open events of urgency ``u`` are in the area; ``shown[u - 1]`` of them are in the columns: all of
    a tier that can be drawn, or none. ``hidden_on_pile`` are left out because they lie on a suspicious pile,
    ``without_place`` because they have no coordinates: both belong to ``total`` and never to ``shown``. ``overdue_n``
    are overdue, drawn or not.
    """

    codes: list[str]
    lon: Floats
    lat: Floats
    urgency: npt.NDArray[np.int8]
    class_codes: list[str]
    subtype_codes: list[str]
    states: list[str]
    overdue: Bools
    due_soon: Bools
    reported_ms: npt.NDArray[np.int64]
    shown: tuple[int, int, int, int]
    total: tuple[int, int, int, int]
    hidden_on_pile: int
    without_place: int
    overdue_n: int


@dataclass(frozen=True, slots=True)
class Cells:
    """Weights at points: one per event, or one per area (its label point) where the events are too many."""

    lon: Floats
    lat: Floats
    weight: Floats
    areas: Ints | None
    """The areas that the points stand for; None when every point is one event."""


@dataclass(frozen=True, slots=True)
class UnitTotals:
    """Units of an area and all below it: signed-on ones where they are, the others at their home area."""

    total: int
    on: int
    by_status: Mapping[UnitStatus, int]
    by_freshness: Mapping[Freshness, int]
    """Of the signed-on ones; those without any fix count as lost."""


@dataclass(frozen=True, slots=True)
class UnitBrief:
    """One unit for a card. ``area`` is where it is, or its home area while it is signed off or not placed."""

    id: int
    code: str
    call_sign: str
    kind: str
    skills: str
    status: UnitStatus
    status_ms: int
    area: int
    home_area: int
    lon: float | None
    lat: float | None
    fix_ms: int | None
    speed_ms: float | None
    battery: float | None
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class UnitMarks:
    """Signed-on units with a fix: one by one (``cells`` is None), or counted per area below (columns are empty).

    ``codes`` are unit codes, never call signs: marks go to walls.
    """

    codes: list[str]
    lon: Floats
    lat: Floats
    kinds: list[str]
    statuses: list[str]
    freshness: list[str]
    cells: Cells | None
    total: int
