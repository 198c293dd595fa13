"""The city's past: days of events with their whole lives, as columns for the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from geodata.demo.deadlines import Deadlines
from geodata.demo.lives import PATHS, STEPS_MAX, Lives, draw_lives, states_of
from geodata.demo.mix import Mix
from geodata.demo.places import POOL, place_pool
from geodata.demo.rhythm import EVENTS_PER_GRID_DAY, HOUR_MS, draw_times, midnight_ms
from geodata.demo.roster import KINDS, Roster
from geodata.demo.stage import Stage
from geodata.demo.terrain import Floats
from geodata.domain.catalogue import Catalogue
from geodata.domain.clocks import WorkCalendar
from geodata.domain.dispatch import answering_kind
from geodata.domain.events import ENDED, SOURCES, STATES, State
from geodata.services.reporting import LETTER_OF
from geodata.store.bulk import NONE
from geodata.store.history import EventHistory

Longs = npt.NDArray[np.int64]

SOURCE_SYSTEM = "demo"
STORM_DAYS_AGO, STORM_HOURS, STORM_SHARE = 9, 5, 0.035
LATE_URGENT = 0.3  # red events miss their deadlines less often
_STATE_INDEX = {s: i for i, s in enumerate(STATES)}
_NAMES = np.array([s.value for s in STATES], object)


@dataclass(frozen=True, slots=True)
class Reports:
    """n events as reported, by time: grid, subtype, source (indexes), place, deadline, and whether they get late."""

    at_ms: Longs
    grid: Longs
    subtype: Longs
    source: Longs
    lon: Floats
    lat: Floats
    deadline_ms: Longs
    late: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Past:
    """A generator of history for one city. ``area_id`` and ``unit_id`` are the store's ids of grids and units."""

    stage: Stage
    roster: Roster
    catalogue: Catalogue
    calendar: WorkCalendar
    area_id: Longs
    unit_id: Longs

    @property
    def per_day(self) -> float:
        """Events a day."""
        return len(self.stage) * EVENTS_PER_GRID_DAY

    def span(
        self, rng: np.random.Generator, from_ms: int, to_ms: int, *, now_ms: int, first_number: int
    ) -> EventHistory:
        """The events reported in a span, each as far in its life as it is now."""
        reports = self.reports(rng, from_ms, to_ms, now_ms)
        day_ms = (reports.at_ms + _offset_ms(now_ms, self.calendar)) % (24 * HOUR_MS)
        lives = draw_lives(
            rng, reports.at_ms, reports.deadline_ms, reports.subtype, reports.source, reports.late,
            day_ms, list(self.catalogue.subtypes.values()),
        )  # fmt: skip
        return self._columns(rng, reports, lives, now_ms, first_number)

    def reports(self, rng: np.random.Generator, from_ms: int, to_ms: int, now_ms: int) -> Reports:
        """What is reported in a span: the daily rhythm, and a storm in two districts some days ago."""
        stage, mix = self.stage, Mix.of(self.catalogue)
        at = draw_times(rng, from_ms, to_ms, self.per_day, self.calendar.zone)
        grid = draw_grids(rng, stage.weight, len(at))
        subtype, source = mix.draw(rng, stage.kind[grid])
        storm = self._storm(rng, from_ms, to_ms, now_ms)
        if len(storm[0]):
            more = mix.draw_storm(rng, len(storm[0]))
            at, grid = np.r_[at, storm[0]], np.r_[grid, storm[1]]
            subtype, source = np.r_[subtype, more[0]], np.r_[source, more[1]]
            order = np.argsort(at, kind="stable")
            at, grid, subtype, source = at[order], grid[order], subtype[order], source[order]
        lon, lat = stage.points(rng, grid)
        subtypes = list(self.catalogue.subtypes.values())
        deadline = Deadlines(self.calendar, from_ms, to_ms).of(at, subtype, subtypes)
        urgent = np.array([s.urgency == 1 for s in subtypes])[subtype]
        late = rng.random(len(at)) < stage.late[stage.district[grid]] * np.where(urgent, LATE_URGENT, 1.0)
        return Reports(at, grid, subtype, source, lon, lat, deadline, late)

    def _storm(self, rng: np.random.Generator, from_ms: int, to_ms: int, now_ms: int) -> tuple[Longs, Longs]:
        begin = midnight_ms(now_ms, self.calendar.zone, STORM_DAYS_AGO) + 14 * HOUR_MS
        if begin < from_ms or begin + STORM_HOURS * HOUR_MS > to_ms:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        hit = rng.choice(len(self.stage.late), min(2, len(self.stage.late)), replace=False)
        weight = np.where(np.isin(self.stage.district, hit), self.stage.weight, 0)
        n = int(self.per_day * STORM_SHARE)
        at = begin + (rng.beta(1.8, 2.6, n) * STORM_HOURS * HOUR_MS).astype(np.int64)
        return at, draw_grids(rng, weight / weight.sum(), n)

    def _columns(
        self, rng: np.random.Generator, reports: Reports, lives: Lives, now_ms: int, first_number: int
    ) -> EventHistory:
        n = len(reports.at_ms)
        taken = lives.at_ms <= now_ms
        taken &= np.arange(STEPS_MAX) < np.array([len(p.steps) for p in PATHS])[lives.path][:, None]
        done = taken.sum(1)
        state, state_ms, left = _so_far(reports.at_ms, lives, done)
        subtypes = list(self.catalogue.subtypes.values())
        unit = self.unit_id[answering(self.roster, reports.grid, reports.subtype, self.catalogue)]
        ended = np.isin(state, [_STATE_INDEX[s] for s in ENDED])
        dispatched = _first(lives, taken, "dispatch")
        handled = _last(lives, taken, "report_back")
        reworked = _last(lives, taken, "rework")
        handled = np.where(reworked > handled, NONE, handled)
        has_unit = (dispatched != NONE) & ~np.isin(
            state, [_STATE_INDEX[s] for s in (State.RETURNED, State.TO_DISPATCH, State.MERGED)]
        )
        return EventHistory(
            code=event_codes(reports, first_number, self.calendar),
            source=_named([s.value for s in SOURCES], reports.source),
            source_system=[SOURCE_SYSTEM] * n,
            source_id=[f"h{first_number + k}" for k in range(n)],
            subtype_code=_named([s.code for s in subtypes], reports.subtype),
            class_code=_named([s.class_code for s in subtypes], reports.subtype),
            description=describe(rng, self.stage.kind[reports.grid], reports.subtype, self.catalogue),
            state=_NAMES[state].tolist(),
            urgency=np.array([s.urgency for s in subtypes])[reports.subtype],
            lon=reports.lon, lat=reports.lat, on_pile=np.zeros(n, np.int64),
            area_id=self.area_id[reports.grid], rev=done + 1, reported_ms=reports.at_ms, state_ms=state_ms,
            dispatched_ms=dispatched, handled_ms=handled, ended_ms=np.where(ended, state_ms, NONE),
            deadline_ms=_running(reports.deadline_ms, lives, taken),
            on_time=np.full(n, NONE), unit_id=np.where(has_unit, unit, NONE),
            left_event=left.event, left_rev=left.rev, left_from_ms=left.from_ms, left_to_ms=left.to_ms,
            left_state=_NAMES[left.state].tolist(),
        )  # fmt: skip


def draw_grids(rng: np.random.Generator, weight: Floats, n: int) -> Longs:
    """``n`` grids by weight."""
    cumulative = np.cumsum(weight)
    picked = np.searchsorted(cumulative, rng.random(n) * cumulative[-1], side="right")
    return np.asarray(picked.clip(max=len(weight) - 1), np.int64)


def answering(roster: Roster, grid: Longs, subtype: Longs, catalogue: Catalogue) -> Longs:
    """The unit (index) that answers for each event: the team of its class, or the grid's own post."""
    kind = np.array(
        [KINDS.index(answering_kind(s.class_code)) for s in catalogue.subtypes.values()]
    )
    return np.asarray(roster.team[kind[subtype], grid], np.int64)


def describe(rng: np.random.Generator, kind: Longs, subtype: Longs, catalogue: Catalogue) -> list[str]:
    """A place of the grid's kind, and what is the matter."""
    flat = [place for pool in place_pool() for place in pool]
    names = [s.name_zh for s in catalogue.subtypes.values()]
    place = (kind * POOL + rng.integers(0, POOL, len(kind))).tolist()
    return [f"{flat[p]},{names[s]}" for p, s in zip(place, subtype.tolist(), strict=True)]


def event_codes(reports: Reports, first_number: int, calendar: WorkCalendar) -> list[str]:
    """Codes like those the API gives: source letter, local day, number."""
    if not len(reports.at_ms):
        return []
    letters = [LETTER_OF[s] for s in SOURCES]
    day = (reports.at_ms + _offset_ms(int(reports.at_ms[0]), calendar)) // (24 * HOUR_MS)
    days, which = np.unique(day, return_inverse=True)
    text = [f"{datetime.fromtimestamp(int(d) * 86_400, UTC):%y%m%d}" for d in days]
    numbers = range(first_number, first_number + len(day))
    rows = zip(reports.source.tolist(), which.tolist(), numbers, strict=True)
    return [f"{letters[s]}{text[d]}-{k}" for s, d, k in rows]


@dataclass(frozen=True, slots=True)
class _Left:
    """Intervals of states that events have left; ``event`` is a row, ``state`` an index into STATES."""

    event: Longs
    rev: Longs
    from_ms: Longs
    to_ms: Longs
    state: Longs


def _so_far(reported_ms: Longs, lives: Lives, done: Longs) -> tuple[Longs, Longs, _Left]:
    """State (index) and its moment after ``done`` steps, and the intervals of the states left before."""
    n = len(done)
    table = np.zeros((len(PATHS), STEPS_MAX + 1), np.int64)
    for i, p in enumerate(PATHS):
        table[i, 1 : len(p.steps) + 1] = [_STATE_INDEX[s] for s in states_of(p)]
    states = table[lives.path]  # column k: the state after k steps
    since = np.concatenate([reported_ms[:, None], lives.at_ms], axis=1)
    for k in range(1, STEPS_MAX + 1):  # a step that keeps the state (arrive) keeps its moment too
        same = states[:, k] == states[:, k - 1]
        since[same, k] = since[same, k - 1]
    rows = np.arange(n)
    left: list[tuple[Longs, Longs, Longs, Longs, Longs]] = []
    for k in range(1, STEPS_MAX + 1):
        some = np.flatnonzero((done >= k) & (states[:, k] != states[:, k - 1]) & (since[:, k] > since[:, k - 1]))
        revision = np.full(len(some), k) if k < 2 else _taken_in(states[some, : k], k)
        left.append((some, revision, since[some, k - 1], since[some, k], states[some, k - 1]))
    event, revision, begin, end, state = (np.concatenate(c) for c in zip(*left, strict=True))
    return states[rows, done], since[rows, done], _Left(event, revision, begin, end, state)


def _taken_in(states: Longs, k: int) -> Longs:
    """The revision in which the state before step ``k`` was taken: back over steps that kept it."""
    revision = np.full(len(states), k)
    for back in range(k - 1, 0, -1):
        kept = (revision == back + 1) & (states[:, back] == states[:, back - 1])
        revision[kept] = back
    return revision


def _step_mask(action: str) -> npt.NDArray[np.bool_]:
    mask = np.zeros((len(PATHS), STEPS_MAX), bool)
    for i, p in enumerate(PATHS):
        mask[i, : len(p.steps)] = [a == action for a, _ in p.steps]
    return mask


def _first(lives: Lives, taken: npt.NDArray[np.bool_], action: str) -> Longs:
    hit = taken & _step_mask(action)[lives.path]
    moment = lives.at_ms[np.arange(len(hit)), hit.argmax(1)]
    return np.where(hit.any(1), moment, NONE)


def _last(lives: Lives, taken: npt.NDArray[np.bool_], action: str) -> Longs:
    hit = taken & _step_mask(action)[lives.path]
    moment = lives.at_ms[np.arange(len(hit)), STEPS_MAX - 1 - hit[:, ::-1].argmax(1)]
    return np.where(hit.any(1), moment, NONE)


def _running(deadline_ms: Longs, lives: Lives, taken: npt.NDArray[np.bool_]) -> Longs:
    """Deadlines moved by the time for which the clock stood."""
    stopped, went_on = _first(lives, taken, "suspend"), _first(lives, taken, "resume")
    return np.where(went_on != NONE, deadline_ms + went_on - stopped, deadline_ms)


def _named(names: list[str], index: Longs) -> list[str]:
    return [names[k] for k in index.tolist()]


def _offset_ms(at_ms: int, calendar: WorkCalendar) -> int:
    """How far the city's clocks are ahead of UTC."""
    offset = datetime.fromtimestamp(at_ms / 1000, calendar.zone).utcoffset() or timedelta(0)
    return int(offset.total_seconds() * 1000)
