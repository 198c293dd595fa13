"""The usual level 往常: how many events of a class an area has in an hour, learned from like hours of the past weeks.

The rate of a series (area × class) in an hour is estimated from the same local hour and its two neighbours of the past
days, each day and hour weighed by what the class has then in the whole city (its profile by kind of day), so that a
steep morning, a weekend or a growing class is not taken for news. What the rate then lets expect is a negative
binomial: Poisson counts, a rate that is known from so many events only (Gamma), and days that differ from each other.

Sources. The window of like hours, past outbreaks made small and a quantile of the negative binomial instead of a normal
one: A. Noufaily et al., "An improved algorithm for outbreak detection in multiple surveillance systems", Statistics in
Medicine 32 (2013) 1206–1222 (Farrington flexible). The Gamma–Poisson prediction for sparse series: M. Höhle,
"surveillance: An R package for the monitoring of infectious diseases", Computational Statistics 22 (2007) 571–582.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Counts = npt.NDArray[np.uint16]
Bools = npt.NDArray[np.bool_]
HOURS = 24
DAYS = 28
DAYS_MIN = 7
"""With fewer days nothing is usual yet."""
KINDS = 2
"""Kinds of days: working days and days off."""
PROFILE_DAYS = 8.0
"""A kind of day follows the profile of all days as if that had been seen on so many of its days."""
OWN_EVENTS = 4.0
"""An hour follows the series' own level over the whole day as if so many of its events had told of it."""
TREND_EVENTS = 100.0
"""The last week against the four counts as if so many events more had told of no change."""
TREND_MOST = 2.0
SPREAD_LEAST = 0.002
"""Days differ by 4 % at least (a squared coefficient of variation): less cannot be told from four weeks."""
CAP_SD = 3.0
"""An hour further above what is usual than so many standard deviations is taken for one as far."""
PASSES = 3
"""A burst also raises what seems usual while it is looked for: it is made small, and looked for again."""
WEEK = 7
SILENCE = 7.0
"""Nothing where so many events are expected happens by chance once in a thousand times: no data came in."""


@dataclass(frozen=True, slots=True)
class Level:
    """What is usual at a moment, of every series (A, C): the ``mean`` in an hour, and ``cv2``, the squared coefficient
    of variation of the rate behind it (0: a Poisson count)."""

    mean: Floats
    cv2: Floats

    def towards(self, later: Level, share: float) -> Level:
        """The level of a sliding hour of which this ``share`` (0 to 1) lies in the later clock hour."""
        mean = (1 - share) * self.mean + share * later.mean
        return Level(mean, np.maximum(self.cv2, later.cv2))


def tail(n: npt.NDArray[np.integer] | Floats, level: Level) -> Floats:
    """The probability of ``n`` events or more in an hour of this level: exact, of the negative binomial."""
    n = np.asarray(n, np.float64)
    size = 1.0 / np.maximum(level.cv2, 1e-9)
    found: Floats = betainc(np.maximum(n, 1.0), size, level.mean / (level.mean + size))
    return np.where(n <= 0, 1.0, found)


@dataclass(frozen=True, slots=True)
class Usual:
    """What the past days taught, as sums over days: ``sums`` (2, 24, A, C) by kind of day and local hour, ``squares``
    (24, A, C), ``days`` (2, 24): how many days told of that hour, ``trend`` (C,): the last week against all days.

    ``levels`` (A,) says which of the areas share their spread from day to day: cities, districts, streets. The first
    area is the whole city.
    """

    sums: Floats
    squares: Floats
    days: Floats
    trend: Floats
    levels: Ints

    @property
    def is_known(self) -> bool:
        """Whether there were days enough to call anything usual."""
        return bool(self.days.sum(0).max() >= DAYS_MIN)

    def profile(self) -> Floats:
        """(2, 24, C) what each class has in the whole city in an hour of a kind of day, at the level of all days."""
        city, days = self.sums[:, :, 0, :], self.days[:, :, None]
        shape = city.sum(0) / np.maximum(days.sum(0), 1.0)
        alike = (days * shape).sum(1, keepdims=True)
        kind = (city.sum(1, keepdims=True) + 1.0) / (alike + 1.0) * shape
        found: Floats = (city + PROFILE_DAYS * kind + 1e-6) / (days + PROFILE_DAYS)
        return found

    def level(self, kind: int, trend: Floats | float | None = None) -> Level:
        """What is usual in each local clock hour of a kind of day (0 working, 1 off): (24, A, C)."""
        profile = self.profile()
        rate, told = self._rates(profile)
        spread = self._spread(profile, rate)
        mean = rate * profile[kind][:, None, :] * (self.trend if trend is None else trend)
        # Of an overdispersed count every event tells less of its rate.
        return Level(mean, spread + 1.0 / (told / (1.0 + spread * mean) + OWN_EVENTS))

    def _rates(self, profile: Floats) -> tuple[Floats, Floats]:
        """(24, A, C) the share of the city's profile that each series has around each hour, and the events that tell
        of it."""
        expected = (self.days[:, :, None] * profile).sum(0)
        counted = self.sums.sum(0)
        whole_day = (counted.sum(0) + 0.5) / (expected.sum(0) + 1.0)
        events, exposure = _around(counted), _around(expected)[:, None, :]
        rate: Floats = (events + OWN_EVENTS) / (exposure + OWN_EVENTS / whole_day)
        return rate, events

    def _spread(self, profile: Floats, rate: Floats) -> Floats:
        """(A, C) how much days differ beyond chance: the squared coefficient of variation, by level and class."""
        off, chance, weight = self.squares.sum(0), np.zeros(rate.shape[1:]), np.zeros(rate.shape[1:])
        for kind in range(KINDS):
            mean, days = rate * profile[kind][:, None, :], self.days[kind][:, None, None]
            square = (days * mean**2).sum(0)
            off = off - 2 * (mean * self.sums[kind]).sum(0) + square
            chance, weight = chance + (days * mean).sum(0), weight + square
        out: Floats = np.empty_like(off)
        for level in np.unique(self.levels):
            here = self.levels == level
            out[here] = ((off - chance)[here].sum(0) / np.maximum(weight[here].sum(0), 1e-9)).clip(SPREAD_LEAST, 1.0)
        return out


class PastDays:
    """The past days of every series, at most DAYS of them; the oldest leaves when another one comes."""

    def __init__(self, levels: Ints, classes: int) -> None:
        """No days yet of ``levels`` (A,) and so many classes."""
        shape = (HOURS, len(levels), classes)
        self._levels = levels
        self._ring: deque[tuple[Counts, Bools, int]] = deque()
        self._sums, self._squares = np.zeros((KINDS, *shape)), np.zeros(shape)
        self._days = np.zeros((KINDS, HOURS))

    @classmethod
    def of(cls, counts: Counts, valid: Bools, kinds: Sequence[int], levels: Ints) -> PastDays:
        """``counts`` (days, 24, A, C), the newest day last; ``valid`` (days, 24): which hours count (not those of a day
        that changes the clocks, nor those in which nothing came in at all); ``kinds``: 0 working days, 1 days off."""
        most: list[Counts] | None = None
        for _ in range(PASSES):
            past = cls(levels, counts.shape[3])
            for day, hours, kind in zip(counts, valid, kinds, strict=True):
                past._keep(day if most is None else np.minimum(day, most[kind]), hours, kind)
            most = [past._most(kind) for kind in range(KINDS)]
        return past

    def __len__(self) -> int:
        return len(self._ring)

    def add(self, day: Counts, valid: Bools, kind: int) -> None:
        """One more day (24, A, C)."""
        self._keep(np.minimum(day, self._most(kind)) if self.usual().is_known else day, valid, kind)

    def usual(self) -> Usual:
        """What these days teach."""
        return Usual(self._sums, self._squares, self._days, self._trend(), self._levels)

    def _keep(self, day: Counts, valid: Bools, kind: int) -> None:
        self._ring.append((day, valid, kind))
        self._count(day, valid, kind, 1)
        if len(self._ring) > DAYS:
            self._count(*self._ring.popleft(), -1)

    def _count(self, day: Counts, valid: Bools, kind: int, sign: int) -> None:
        told = day * valid[:, None, None].astype(np.float64)
        self._sums[kind] += sign * told
        self._squares += sign * told**2
        self._days[kind] += sign * valid

    def _most(self, kind: int) -> Counts:
        """The most that an hour of a kind of day is taken for: a past surge must not become usual."""
        usual = self.usual().level(kind, trend=1.0)
        most = usual.mean + CAP_SD * np.sqrt(usual.mean + usual.cv2 * usual.mean**2) + 1.0
        return np.ceil(most).clip(max=65_535).astype(np.uint16)

    def _trend(self) -> Floats:
        """(C,) the last week against all days, in the whole city."""
        flat = Usual(self._sums, self._squares, self._days, np.ones(self._sums.shape[3]), self._levels)
        profile, expected, seen = flat.profile(), np.zeros(self._sums.shape[3]), np.zeros(self._sums.shape[3])
        for day, valid, kind in list(self._ring)[-WEEK:]:
            expected += (profile[kind] * valid[:, None]).sum(0)
            seen += (day[:, 0, :] * valid[:, None]).sum(0)
        trend: Floats = ((seen + TREND_EVENTS) / (expected + TREND_EVENTS)).clip(1 / TREND_MOST, TREND_MOST)
        return trend


def _around(hours: Floats) -> Floats:
    """Each hour (first axis) with the one before and the one after it, summed up."""
    return hours + np.roll(hours, 1, axis=0) + np.roll(hours, -1, axis=0)


def told(totals: npt.NDArray[np.int64]) -> Bools:
    """Which hours (days, 24) tell of the city, by all its events: not those of a silence too long to be chance."""
    mean = totals.sum(0) / np.maximum((totals.sum(1) > 0).sum(), 1)
    flat, expected = totals.ravel(), np.tile(mean, len(totals))
    out = np.ones(len(flat), np.bool_)
    edges = np.flatnonzero(np.diff(np.r_[0, (flat == 0).astype(np.int8), 0]))
    for low, high in edges.reshape(-1, 2).tolist():
        out[low:high] = expected[low:high].sum() < SILENCE
    return out.reshape(totals.shape)
