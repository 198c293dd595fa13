"""P13: how often chance alone is taken for a surge on simulated years, and how soon a burst is found.

The simulated city has the demo's rhythm and size: 38 districts, 1,030 streets, 10 classes, 30,000 events a day. Days
differ as the demo's do (a spread of 5 %), and beyond that each street and class has a factor of its own each day (a
spread of 30 %): people are not a Poisson process. ``python -m bench.surges 20`` simulates twenty years.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from geodata.demo.mix import CLASS_WEIGHTS, GRID_WEIGHTS
from geodata.demo.rhythm import DAY_TO_DAY, HOURS, WEEKDAYS
from geodata.domain.areas import Area, AreaTree
from geodata.domain.areas import Level as Rank
from geodata.domain.surges import HOUR_MS, SurgeRules, Watched, bars, seen
from geodata.domain.usual import DAYS, Bools, Floats, Level, PastDays, tail

DISTRICTS, STREETS, PER_DAY = 38, 1_030, 30_000
DAY_MS = 24 * HOUR_MS
OWN_SPREAD = 0.3
YEAR = 365
BURSTS, LONGEST_MIN = 60, 240
WAKING = (7, 22)
BAR_PER_DAY, BAR_MIN = 1.0, 60
Longs = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Town:
    """The simulated city: its tree, what is watched in it, and how many events each street and class has a day."""

    tree: AreaTree
    watched: Watched
    street: Longs
    per_day: Floats

    @classmethod
    def build(cls, seed: int = 3) -> Town:
        """Streets of unlike size and mix, as the demo draws them."""
        rng = np.random.default_rng(seed)
        district = np.sort(np.r_[np.arange(DISTRICTS), rng.integers(0, DISTRICTS, STREETS - DISTRICTS)])
        box, levels = (103.0, 29.0, 105.0, 31.0), [Rank(d, f"l{d}", f"{d}", f"{d}") for d in range(3)]
        areas = [Area(1, "0", "0", 0, None, 104, 30, box, 1e9)]
        areas += [Area(10 + d, f"d{d:02}", f"{d}", 1, "0", 104, 30, box, 1e9) for d in range(DISTRICTS)]
        areas += [
            Area(100 + s, f"s{s:04}", f"{s}", 2, f"d{d:02}", 104, 30, box, 1e9) for s, d in enumerate(district.tolist())
        ]
        tree = AreaTree(levels, areas)
        rural = rng.random(DISTRICTS)[district] * rng.random(STREETS)
        kinds = np.stack([rural, (1 - rural) * 0.9, (1 - rural) * 0.1], 1) * rng.poisson(64, (STREETS, 1))
        mix = np.array(list(CLASS_WEIGHTS.values()))
        per_day = (kinds * GRID_WEIGHTS * np.exp(rng.normal(0, 0.18, (STREETS, 1)))) @ (mix / mix.sum(0)).T
        street = np.array([tree.ordinal[f"s{s:04}"] for s in range(STREETS)])
        return cls(tree, Watched.of(tree, 2), street, per_day / per_day.sum() * PER_DAY)

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self.per_day.shape[1])

    def rate(self, rng: np.random.Generator, day: int) -> Floats:
        """(24, streets, classes) what this day's hours expect, drawn anew for each day."""
        hours = np.array(HOURS) / sum(HOURS) * WEEKDAYS[day % 7] * np.exp(rng.normal(0, DAY_TO_DAY))
        own = rng.gamma(OWN_SPREAD**-2, OWN_SPREAD**2, self.per_day.shape)
        return np.asarray(hours[:, None, None] * self.per_day * own)

    def draw(self, rng: np.random.Generator, day: int) -> tuple[Longs, Longs, Longs]:
        """(moment in ms since the first day, street's ordinal, class) of a day's events, by time."""
        n = rng.poisson(self.rate(rng, day))
        hour, street, cls = (np.repeat(a, n.ravel()) for a in np.indices(n.shape).reshape(3, -1))
        at = day * DAY_MS + hour * HOUR_MS + rng.integers(0, HOUR_MS, len(hour))
        order = np.argsort(at, kind="stable")
        return at[order], self.street[street[order]], cls[order]

    def counted(self, at: Longs, o: Longs, cls: Longs, day: int) -> np.ndarray[Any, np.dtype[np.uint16]]:
        """(24, A, C) a day's events by hour."""
        shape = (24, len(self.watched), self.classes)
        where = (at - day * DAY_MS) // HOUR_MS, self.watched.places(o), cls
        direct = np.bincount(np.ravel_multi_index(where, shape), minlength=24 * shape[1] * shape[2])
        return self.watched.summed(direct.reshape(shape)).astype(np.uint16)


def kind_of(day: int) -> int:
    """0 on the first five days of a week."""
    return int(day % 7 >= 5)


def grown(town: Town, rng: np.random.Generator) -> PastDays:
    """Four weeks of it."""
    counts = np.stack([town.counted(*town.draw(rng, day), day) for day in range(DAYS)])
    return PastDays.of(counts, np.ones((DAYS, 24), np.bool_), [kind_of(d) for d in range(DAYS)], town.watched.depth)


def chance(town: Town, days: int, rules: SurgeRules, seed: int = 5) -> Iterator[tuple[int, int, int]]:
    """(day, depth of the area, its class) of each hour that is taken for a surge although nothing but chance happens.

    The count of a sliding hour is highest at the moment of an event: looking at these moments is looking all the time.
    Areas inside each other count each for itself, which is more than would be told.
    """
    rng = np.random.default_rng(seed)
    past, bar = grown(town, rng), bars(rules, town.watched, town.classes)[:, 0]
    parent = town.watched.parent
    before: tuple[Longs, Longs, Longs] = (np.empty(0, np.int64),) * 3
    yesterday: Level | None = None
    ring: dict[tuple[int, int], int] = {}
    for day in range(DAYS, DAYS + days):
        today = past.usual().level(kind_of(day))
        at, o, cls = town.draw(rng, day)
        late = before[0] >= day * DAY_MS - HOUR_MS
        moments, places, classes = (np.r_[b[late], now] for b, now in zip(before, (at, o, cls), strict=True))
        means = np.concatenate(((yesterday or today).mean[23:], today.mean))
        cv2s = np.concatenate(((yesterday or today).cv2[23:], today.cv2))
        area = np.searchsorted(town.watched.ordinal, places)
        while (area >= 0).any():
            inside = area >= 0
            found = _crossed(moments[inside], area[inside], classes[inside], day, means, cv2s, bar, rules)
            for a, c, ms in found:
                if ms - ring.get((a, c), -DAY_MS) > HOUR_MS:
                    yield day, int(town.watched.depth[a]), c
                ring[a, c] = ms
            area = np.where(inside, parent[area], -1)
        past.add(town.counted(at, o, cls, day), np.ones(24, np.bool_), kind_of(day))
        before, yesterday = (at, o, cls), today


def _crossed(
    at: Longs, area: Longs, cls: Longs, day: int, means: Floats, cv2s: Floats, bar: Floats, rules: SurgeRules
) -> list[tuple[int, int, int]]:
    """(area, class, moment) where the hour that ends with an event is news."""
    key = (area * 32 + cls) * (1 << 42) + at
    order = np.argsort(key, kind="stable")
    key, at, area, cls = key[order], at[order], area[order], cls[order]
    n = np.arange(1, len(key) + 1) - np.searchsorted(key, key - HOUR_MS, side="right")
    some = (n >= rules.least) & (at >= day * DAY_MS)
    n, at, area, cls = n[some], at[some], area[some], cls[some]
    hour, part = np.divmod(at - day * DAY_MS, HOUR_MS)
    share = part / HOUR_MS
    mean = (1 - share) * means[hour, area, cls] + share * means[hour + 1, area, cls]
    cv2 = np.maximum(cv2s[hour, area, cls], cv2s[hour + 1, area, cls])
    some = n >= rules.times * mean
    n, at, area, cls, mean, cv2 = (x[some] for x in (n, at, area, cls, mean, cv2))
    news = tail(n, Level(mean, cv2)) < bar[area]
    return sorted(zip(area[news].tolist(), cls[news].tolist(), at[news].tolist(), strict=True), key=lambda x: x[2])


@dataclass(frozen=True, slots=True)
class Burst:
    """What became of an injected burst: minutes until it was found (None: not within LONGEST_MIN), and whether it was
    told of at the very area where it was."""

    minutes: int | None
    named: bool


class Dose(NamedTuple):
    """A burst of one class in an area of a depth: ``times`` what it has, or so many ``events`` within half an hour."""

    depth: int
    times: int = 1
    events: int = 0

    def __str__(self) -> str:
        name = ("city", "district", "street")[self.depth]
        return f"{name} +{self.events} in half an hour" if self.events else f"{name} ×{self.times}"


DOSES = (*(Dose(depth, times) for depth in range(3) for times in (2, 3, 5)), *(Dose(2, 1, n) for n in (5, 7, 10)))


def injected(town: Town, dose: Dose, level: Level, rules: SurgeRules, n: int = BURSTS, seed: int = 9) -> list[Burst]:
    """Bursts in random areas and classes, at waking hours of one kind of day; looked for each minute."""
    rng = np.random.default_rng([seed, *dose])
    bar = bars(rules, town.watched, town.classes)
    weight = town.per_day.sum(0) / town.per_day.sum()
    out = []
    for _ in range(n):
        a = int(rng.choice(np.flatnonzero(town.watched.depth == dose.depth)))
        c = int(rng.choice(town.classes, p=weight))
        begin = DAYS * DAY_MS + int(rng.integers(WAKING[0] * 60, WAKING[1] * 60 - LONGEST_MIN)) * 60_000
        at, o, cls = town.draw(rng, DAYS)
        more = _more(rng, town, a, c, begin, dose)
        at, o, cls = np.r_[at, more[0]], np.r_[o, more[1]], np.r_[cls, np.full(len(more[0]), c)]
        near = (at > begin - HOUR_MS) & (at <= begin + LONGEST_MIN * 60_000)
        out.append(_found(town, level, (at[near], o[near], cls[near]), begin, (a, c), rules, bar))
    return out


def _inside(town: Town, o: Longs, a: int) -> Bools:
    first = town.watched.ordinal[a]
    inside: Bools = (o >= first) & (o < town.tree.end[first])
    return inside


def _more(rng: np.random.Generator, town: Town, a: int, c: int, begin: int, dose: Dose) -> tuple[Longs, Longs]:
    """The events that a burst adds: over the area's streets by their own rates."""
    streets = _inside(town, town.street, a)
    own = town.per_day[streets, c]
    if dose.events:
        at = begin + np.sort(rng.integers(0, HOUR_MS // 2, dose.events))
    else:
        hour = (begin % DAY_MS) // HOUR_MS + np.arange(LONGEST_MIN // 60 + 1)
        each = rng.poisson(own.sum() * np.array(HOURS)[hour] / sum(HOURS) * (dose.times - 1))
        at = np.repeat(begin // HOUR_MS * HOUR_MS + np.arange(len(hour)) * HOUR_MS, each)
        at = np.sort(at + rng.integers(0, HOUR_MS, len(at)))
        at = at[at >= begin]
    return at, rng.choice(town.street[streets], len(at), p=own / own.sum())


def _found(
    town: Town, level: Level, events: tuple[Longs, Longs, Longs], begin: int, where: tuple[int, int],
    rules: SurgeRules, bar: Floats,
) -> Burst:  # fmt: skip
    at, o, cls = events
    a, c = where
    mine = _inside(town, o, a) & (cls == c)
    for minute in range(1, LONGEST_MIN + 1):
        now = begin + minute * 60_000
        here = (at > now - HOUR_MS) & (at <= now)
        n = int(np.count_nonzero(mine & here))
        hour, part = divmod(now % DAY_MS, HOUR_MS)
        one = Level(level.mean[hour - 1], level.cv2[hour - 1]).towards(
            Level(level.mean[hour], level.cv2[hour]), part / HOUR_MS
        )
        if n < rules.least or tail(np.array([n]), Level(one.mean[[a], c], one.cv2[[a], c]))[0] >= bar[a, 0]:
            continue
        counts = town.watched.counted(o[here], cls[here], town.classes)
        found = {(s.area, s.cls) for s in seen(counts, one, town.watched, rules, bar)}
        if found:
            return Burst(minute, (a, c) in found)
    return Burst(None, False)


def figures(years: float = 5.0) -> dict[str, dict[str, Any]]:
    """Take both."""
    town, rules = Town.build(), SurgeRules()
    days = round(years * YEAR)
    alarms = list(chance(town, days, rules))
    by_level = [sum(1 for _, depth, _ in alarms if depth == d) / days for d in range(3)]
    level = grown(town, np.random.default_rng(7)).usual().level(kind_of(DAYS))
    delays, said = [], []
    for dose in DOSES:
        bursts = injected(town, dose, level, rules)
        minutes = [b.minutes for b in bursts if b.minutes is not None]
        delay = f"median {median(minutes):.0f} min, {sum(b.named for b in bursts)} named there" if minutes else "–"
        said.append(f"{dose}: {len(minutes)} of {len(bursts)}, {delay}")
        if dose == Dose(1, 5):
            delays = [LONGEST_MIN if b.minutes is None else b.minutes for b in bursts]
    split = ", ".join(f"{name} {n:.2f}" for name, n in zip(("city", "districts", "streets"), by_level, strict=True))
    return {
        "P13.false_alarms": {
            "value": round(len(alarms) / days, 2), "unit": "a day", "bar": BAR_PER_DAY, "better": "lower",
            "peer": f"{(DISTRICTS + STREETS + 1) * town.classes:,} series looked at all the time: {split}",
            "method": f"{days:,} simulated days of {PER_DAY:,} events, spread from day to day {DAY_TO_DAY:.0%} for the "
                      f"city and {OWN_SPREAD:.0%} for each street and class; areas inside each other count twice",
        },
        "P13.delay": {
            "value": float(median(delays)), "unit": "min", "bar": BAR_MIN,
            "better": "lower", "peer": "; ".join(said),
            "method": f"{BURSTS} bursts each, of {LONGEST_MIN} min at waking hours, in a random area and class; the "
                      "figure is the median for five times the usual in a district, over all of them; looked for each "
                      "minute",
        },
    }  # fmt: skip


if __name__ == "__main__":
    for key, figure in figures(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0).items():
        print(key, figure)
