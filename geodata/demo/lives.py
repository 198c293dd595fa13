"""The lives of events: which actions follow each other, how long each state lasts. One table for past and present."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.demo.terrain import Bools, Floats
from geodata.domain.catalogue import Subtype
from geodata.domain.events import FOLLOWS, SOURCES, State

Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Path:
    """One way through the states: each action and the share of the life that passes before it.

    ``weight`` is how often it is taken; ``seen`` for what the city's own eyes report (patrol, sensor, video),
    ``told`` for what it is told (hotline, public, transfer, order). ``stretch`` makes the whole life longer or shorter.
    """

    name: str
    seen: float
    told: float
    stretch: float
    steps: tuple[tuple[str, float], ...]


_WORK = (("accept", 0.08), ("arrive", 0.18), ("report_back", 0.46))
_CLOSE = (("check", 0.12), ("close", 0.09))
PATHS: tuple[Path, ...] = (
    Path("at once", 82, 0, 1.0, (("register", 0.0), ("dispatch", 0.06), *_WORK, ("check", 0.2), ("close", 0.0))),
    Path("plain", 9.5, 52, 1.0, (("register", 0.05), ("dispatch", 0.06), *_WORK, *_CLOSE)),
    Path("verified", 0, 34, 1.1,
         (("ask_verify", 0.03), ("verify", 0.15), ("register", 0.03), ("dispatch", 0.06), *_WORK, *_CLOSE)),
    Path("returned", 2.5, 3.5, 1.25,
         (("register", 0.03), ("dispatch", 0.06), ("return", 0.08), ("confirm_return", 0.04), ("dispatch", 0.06),
          *_WORK, *_CLOSE)),
    Path("reworked", 3.2, 3.2, 1.3,
         (("register", 0.03), ("dispatch", 0.05), *_WORK, ("rework", 0.09), ("report_back", 0.22), *_CLOSE)),
    Path("suspended", 0.5, 0.6, 9.0,
         (("register", 0.01), ("dispatch", 0.02), ("accept", 0.02), ("suspend", 0.05), ("resume", 0.70),
          ("dispatch", 0.02), *_WORK, *_CLOSE)),
    Path("rejected", 1.0, 4.5, 0.25, (("reject", 1.0),)),
    Path("merged", 0.7, 1.2, 0.15, (("register", 0.4), ("merge", 0.6))),
    Path("void", 0.2, 0.4, 0.3, (("void", 1.0),)),
    Path("forced", 0.4, 0.6, 2.0, (("register", 0.03), ("dispatch", 0.06), ("accept", 0.1), ("force_close", 0.8))),
)  # fmt: skip
SEEN = np.array([s in ("patrol", "sensor", "video") for s in SOURCES])
LIFE_MIN_S = 240.0
SPREAD = 0.7  # sigma of the lognormal life
IN_TIME_MOST = 0.96  # of the limit, for what is in time
EVENING_MS, DAWN_MS, MORNING_MS = (int(h * 3_600_000) for h in (18.5, 6, 8))
WAITS_FOR_MORNING = 0.62
LATE_LIMIT_MS = 40 * 3_600_000  # only limits up to this long are missed: the others are too far away to wait for


def typical_life_h(subtype: Subtype) -> float:
    """The median hours from report to close: short limits are used up more than long ones."""
    if subtype.limit_unit == "h":
        return float(0.30 * subtype.limit**0.78)
    return float(1.15 * (subtype.limit if subtype.limit_unit == "wd" else subtype.limit / 4) ** 0.42) + 0.25


def steps_of(path: int) -> tuple[tuple[str, float], ...]:
    """The steps of the path with this index."""
    return PATHS[path].steps


def states_of(path: Path) -> list[State]:
    """The state after each step, by the table of the domain. Raises ValueError for a step that may not follow."""
    state, out = State.REPORTED, []
    for action, _ in path.steps:
        step = FOLLOWS[action]
        if state not in step.after:
            raise ValueError(f"path {path.name}: {action} cannot follow {state}")
        state = step.to or state
        out.append(state)
    return out


STEPS_MAX = max(len(p.steps) for p in PATHS)


@dataclass(frozen=True, slots=True)
class Lives:
    """n lives: the index of each one's path, and (n, STEPS_MAX) the moment of each step in epoch ms."""

    path: Longs
    at_ms: Longs


def draw_lives(
    rng: np.random.Generator, reported_ms: Longs, deadline_ms: Longs, subtype: Longs, source: Longs, late: Bools,
    day_ms: Longs, subtypes: Sequence[Subtype],
) -> Lives:  # fmt: skip
    """Whole lives for events as reported; ``late`` are those that will miss their deadline if it is near enough.

    ``day_ms`` is the local time of day of each report. What is not urgent and comes in the evening or at night mostly
    waits for the morning.
    """
    n = len(reported_ms)
    path = choose_paths(rng, source)
    stretch = np.array([p.stretch for p in PATHS])[path]
    median = np.array([typical_life_h(s) for s in subtypes])[subtype] * 3_600_000
    life = np.maximum(median * stretch * np.exp(rng.normal(0, SPREAD, n)), LIFE_MIN_S * 1000)
    limit = (deadline_ms - reported_ms).astype(float)
    most = IN_TIME_MOST * limit
    life = np.where(life > most, limit * rng.uniform(0.45, IN_TIME_MOST, n), life)
    missed = late & (limit <= LATE_LIMIT_MS) & np.array([len(p.steps) > 2 for p in PATHS])[path]
    life = np.where(missed, limit * (1 + 0.02 + rng.lognormal(-2.2, 0.9, n)), life)
    calm = np.array([s.urgency > 2 for s in subtypes])[subtype] & (rng.random(n) < WAITS_FOR_MORNING)
    rest = np.where(day_ms >= EVENING_MS, MORNING_MS + 86_400_000 - day_ms, MORNING_MS - day_ms)
    rest = np.where(calm & ((day_ms >= EVENING_MS) | (day_ms < DAWN_MS)), rest * rng.uniform(0.96, 1.12, n), 0)
    at_ms = step_times(rng, reported_ms, path, life)
    at_ms[:, 1:] += np.where(life + rest < most, rest, 0).astype(np.int64)[:, None]
    return Lives(path, at_ms)


def choose_paths(rng: np.random.Generator, source: Longs) -> Longs:
    """A path for each event, by whether the city saw it or was told."""
    out = np.zeros(len(source), np.int64)
    for seen in (True, False):
        some = np.flatnonzero(SEEN[source] == seen)
        weight = np.array([p.seen if seen else p.told for p in PATHS])
        out[some] = rng.choice(len(PATHS), len(some), p=weight / weight.sum())
    return out


def step_times(rng: np.random.Generator, start_ms: Longs, path: Longs, life_ms: Floats) -> Longs:
    """(n, STEPS_MAX) moments: the shares of the path with some noise, scaled so that the last step ends the life."""
    share = np.zeros((len(PATHS), STEPS_MAX))
    for i, p in enumerate(PATHS):
        share[i, : len(p.steps)] = [s for _, s in p.steps]
    parts = share[path] * rng.gamma(3.0, 1 / 3.0, (len(path), STEPS_MAX))
    total = np.cumsum(parts, axis=1)
    return np.asarray(start_ms[:, None] + (total / total[:, -1:] * life_ms[:, None]).astype(np.int64))
