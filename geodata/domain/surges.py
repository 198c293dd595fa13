"""Surges 异动: more events of a class in an area within an hour than it usually has, beyond what chance explains.

All areas down to a depth are looked at, ten classes each, every minute; so the probability that counts as news follows
from how many false alarms a day a city can bear (``SurgeRules.per_day``), shared out over the levels: a third each for
the city, its districts and its streets, since a street has a thousand sisters and the city has none. Of areas inside
each other one is told of: the smallest that explain what there is, or, where it is in too many of them, the one above.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from geodata.domain.areas import AreaTree
from geodata.domain.usual import HOURS, Floats, Level, tail

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
HOUR_MS = 3_600_000
LOOKS = 5.0
"""An hour that slides asks chance as often as so many hours that do not (measured: bench P13)."""
PARTS_MAX = 3
"""What lies in so many parts of an area is told of each; what lies in more is told of the area."""
AS_USUAL = 0.01
"""What is left of an area without its parts is usual from this probability on."""
OVER = 0.05
"""A surge is over when an hour like this one is as probable as that."""
OPEN_MAX = 200
"""More at once and nobody can judge them; the least probable are kept."""


class Verdict(StrEnum):
    """What a person said of a surge."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class SurgeState(StrEnum):
    """Where a surge stands: open, open and judged, or over."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SurgeRules:
    """``per_day``: false alarms a day that a city bears. Nothing below ``least`` events in the hour, or below ``times``
    what is usual, is told of, however improbable. ``depth``: how many levels below the city are looked at."""

    per_day: float = 1.0
    least: int = 5
    times: float = 1.5
    depth: int = 2


DEFAULT_RULES = SurgeRules()


@dataclass(frozen=True, slots=True)
class Watched:
    """The areas that are looked at, depth first: ``ordinal`` in the city's tree; ``parent``, the place in this list (-1
    for the city); ``depth``; ``stop``, the place behind the last area below; ``children``: how many watched parts."""

    ordinal: Ints
    parent: Ints
    depth: Ints
    stop: Ints
    children: Ints

    def __len__(self) -> int:
        return len(self.ordinal)

    @classmethod
    def of(cls, tree: AreaTree, depth: int) -> Watched:
        """All areas at most so many levels below the city."""
        ordinal = np.flatnonzero(tree.depth <= depth).astype(np.int32)
        place = np.full(len(tree) + 1, -1, np.int32)
        place[ordinal] = np.arange(len(ordinal), dtype=np.int32)
        parent = np.where(tree.parent[ordinal] >= 0, place[tree.parent[ordinal]], -1).astype(np.int32)
        children = np.bincount(parent[parent >= 0], minlength=len(ordinal)).astype(np.int32)
        stop = np.searchsorted(ordinal, tree.end[ordinal]).astype(np.int32)
        return cls(ordinal, parent, tree.depth[ordinal].astype(np.int32), stop, children)

    def places(self, o: npt.NDArray[np.integer]) -> Longs:
        """The place of the deepest watched area that holds each of these ordinals of the tree."""
        return np.searchsorted(self.ordinal, o, side="right") - 1

    def summed(self, standing: Longs) -> Longs:
        """Of what stands directly at each area (…, A, C) what stands there and below."""
        shape = (*standing.shape[:-2], 1, standing.shape[-1])
        before = np.concatenate((np.zeros(shape, np.int64), standing.cumsum(-2)), axis=-2)
        whole: Longs = before[..., self.stop, :] - before[..., :-1, :]
        return whole

    def counted(self, o: npt.NDArray[np.integer], cls: npt.NDArray[np.integer], classes: int) -> Longs:
        """(A, C) how many events stand in each area and below it, of each class; events as (ordinal, class) columns."""
        size = len(self) * classes
        standing = np.bincount(self.places(o) * classes + cls, minlength=size)
        return self.summed(standing.reshape(len(self), classes))


def bars(rules: SurgeRules, watched: Watched, classes: int) -> Floats:
    """(A, 1) below which probability an hour is news, so that chance makes ``per_day`` of them a day."""
    depths, each = np.unique(watched.depth, return_counts=True)
    share: Floats = rules.per_day / len(depths) / (each * classes * HOURS * LOOKS).astype(np.float64)
    return share[np.searchsorted(depths, watched.depth)][:, None]


@dataclass(frozen=True, slots=True)
class Seen:
    """A series that has a surge now: place in the list of watched areas, class, events, what is usual, probability."""

    area: int
    cls: int
    n: int
    expected: float
    p: float


def seen(n: Longs, level: Level, watched: Watched, rules: SurgeRules, bar: Floats) -> list[Seen]:
    """The surges of an hour (A, C), each told of once, the least probable first; at most OPEN_MAX."""
    worth = (n >= rules.least) & (n >= rules.times * level.mean)
    p = np.ones(n.shape)
    p[worth] = tail(n[worth], Level(level.mean[worth], level.cv2[worth]))
    found = [
        Seen(a, c, int(n[a, c]), float(level.mean[a, c]), float(p[a, c]))
        for c in np.flatnonzero((p < bar).any(0)).tolist()
        for a in told(np.flatnonzero(p[:, c] < bar[:, 0]).tolist(), n[:, c],
                      Level(level.mean[:, c], level.cv2[:, c]), watched, rules)
    ]  # fmt: skip
    return sorted(found, key=lambda s: s.p)[:OPEN_MAX]


def told(flagged: Sequence[int], n: Longs, level: Level, watched: Watched, rules: SurgeRules) -> list[int]:
    """Of the flagged areas of one class (places, depth first) those that explain all: none lies within another."""
    marked = set(flagged)
    parts: dict[int, list[int]] = {}
    for a in flagged:
        up = int(watched.parent[a])
        while up >= 0 and up not in marked:
            up = int(watched.parent[up])
        parts.setdefault(up, []).append(a)

    def of(a: int) -> list[int]:
        inner = parts.get(a, [])
        most = max(1, min(PARTS_MAX, int(watched.children[a]) // 2))
        if not inner or len(inner) > most or not _rest_is_usual(a, inner, n, level, rules):
            return [a]
        return [b for part in inner for b in of(part)]

    return [b for top in parts.get(-1, []) for b in of(top)]


def _rest_is_usual(a: int, parts: Sequence[int], n: Longs, level: Level, rules: SurgeRules) -> bool:
    left, mean = int(n[a] - n[list(parts)].sum()), max(1e-9, float(level.mean[a] - level.mean[list(parts)].sum()))
    if left < rules.least:
        return True
    rest = Level(np.array([mean]), np.array([level.cv2[a]]))
    return bool(tail(np.array([left]), rest)[0] >= AS_USUAL)


def spoken(expected: float) -> int:
    """How many are usual, as people say it: a whole number; 0 for less than one."""
    return 0 if expected < 0.95 else max(1, round(expected))


Series = tuple[int, int]
"""(ordinal of an area, class)"""


@dataclass(frozen=True, slots=True)
class Steps:
    """What became of the surges that stood and what is new: ``new`` ones, those that ``go on``, and those that are
    ``over``; ``within`` are those that a new one above took in, with the series of that one."""

    new: Sequence[Series]
    go_on: Sequence[Series]
    over: Sequence[Series]
    within: Mapping[Series, Series]


def followed(standing: Collection[Series], now: Collection[Series], usual_again: Collection[Series],
             tree: AreaTree) -> Steps:  # fmt: skip
    """What happens to the surges that stand when these are seen ``now``; ``usual_again``: those that stand and whose
    rate is back. A burst within an area that stands is part of it; one around it takes it in."""
    stands = set(standing) - set(usual_again)

    def above(one: Series, others: Collection[Series]) -> Series | None:
        return next(((o, one[1]) for o in tree.chain(one[0])[:-1] if (o, one[1]) in others), None)

    new = [one for one in now if one not in standing and above(one, stands) is None]
    around = set(new)
    within = {one: up for one in sorted(stands) if (up := above(one, around)) is not None}
    go_on = sorted(stands - within.keys())
    return Steps(new, go_on, sorted(set(standing) & set(usual_again)), within)
