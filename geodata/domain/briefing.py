"""Briefing 平安报表: what one says of an area over a day, a week or a month.

A value that is the same whenever it is made from the same data: no moment of its making, no person, and words in no
language but names in both.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

import orjson

from geodata.domain.indicators import is_small
from geodata.domain.periods import YEARS, Period

VERSION = 1
WORST_MAX, ORDERS_MAX, MOVERS_MAX = 10, 10, 3
MOVED, MOVED_CASES = 0.01, 5
"""So much an area's rate, and so many cases a class must have moved to be told of."""
TREND_DAYS = {"day": 14, "week": 28}
"""How many days a trend shows up to the end; of a month its own."""
_WEEK, _MONTH = re.compile(r"(\d{4})-W(\d\d)"), re.compile(r"(\d{4})-(\d\d)")


class Kind(StrEnum):
    """How long a briefing's period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class BriefPeriodError(ValueError):
    """No period of a briefing; ``field``, ``value``, ``rule``."""

    def __init__(self, value: str, rule: str) -> None:
        super().__init__(f"period: {value!r} {rule}")
        self.field, self.value, self.rule = "period", value, rule


class Brief(NamedTuple):
    """A day, a week from Monday on, or a month."""

    kind: Kind
    period: Period

    @classmethod
    def of(cls, kind: Kind, day: date) -> Brief:
        """The one that a day lies in."""
        return cls(kind, {Kind.DAY: Period.day, Kind.WEEK: Period.week, Kind.MONTH: Period.month}[kind](day))

    @property
    def key(self) -> str:
        """As addresses say it: ``day:2026-11-26``, ``week:2026-W48``, ``month:2026-11``."""
        first = self.period.first
        if self.kind is Kind.WEEK:
            year, week, _ = first.isocalendar()
            return f"week:{year}-W{week:02}"
        return f"{self.kind}:{first.isoformat()[: 7 if self.kind is Kind.MONTH else 10]}"

    def shifted(self, by: int) -> Brief:
        """The next one (1) or the one before (-1)."""
        edge = self.period.last if by > 0 else self.period.first
        return Brief.of(self.kind, edge + timedelta(days=by))

    @property
    def trend(self) -> Period:
        """The days that its trend shows."""
        days = TREND_DAYS.get(self.kind)
        last = self.period.last
        return self.period if days is None else Period(last - timedelta(days=days - 1), last)


def parse_brief(text: str) -> Brief:
    """Read a period as ``Brief.key`` writes it; a week also by any of its days. Raises BriefPeriodError."""
    kind, _, told = text.partition(":")
    shown = text[:40]
    if kind not in tuple(Kind):
        raise BriefPeriodError(shown, "must be day:2026-11-26, week:2026-W48 or month:2026-11")
    try:
        day = _day(Kind(kind), told)
    except ValueError:
        raise BriefPeriodError(shown, f"is not a {kind} such as {_LIKE[Kind(kind)]}") from None
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise BriefPeriodError(shown, f"must lie in the years {YEARS[0]} to {YEARS[1]}")
    return Brief.of(Kind(kind), day)


_LIKE = {Kind.DAY: "day:2026-11-26", Kind.WEEK: "week:2026-W48", Kind.MONTH: "month:2026-11"}


def _day(kind: Kind, told: str) -> date:
    if kind is Kind.WEEK and (found := _WEEK.fullmatch(told)):
        return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    if kind is Kind.MONTH:
        if not (found := _MONTH.fullmatch(told)):
            raise ValueError(told)
        return date(int(found[1]), int(found[2]), 1)
    if len(told) != len("2026-11-26"):
        raise ValueError(told)
    return date.fromisoformat(told)


# -- content --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Thing:
    """What has a code and a name in both languages."""

    code: str
    zh: str
    en: str

    def label(self, lang: str) -> str:
        """The name in a language; the only one where there is no other."""
        return self.en if lang == "en" and self.en else self.zh


@dataclass(frozen=True, slots=True)
class Tally:
    """A number of cases: in the period (or at its end), in the period before, in the same one a year before."""

    id: str
    now: int
    before: int
    year: int


@dataclass(frozen=True, slots=True)
class Score:
    """A rate as ``num`` of ``den``, or a time in whole seconds over ``den`` cases; ``error`` as a share of the time."""

    num: int | None
    den: int
    seconds: int | None = None
    error: float = 0.0

    @property
    def share(self) -> float | None:
        """The rate, where it is one and there is something to divide by."""
        return self.num / self.den if self.num is not None and self.den > 0 else None


@dataclass(frozen=True, slots=True)
class Line:
    """An indicator (its id in ``indicators_table``) in the three periods."""

    id: str
    better: str
    now: Score
    before: Score
    year: Score


@dataclass(frozen=True, slots=True)
class Child:
    """An area below, by its on-time closing rate; ``place`` counts in its peer group and is None where it has none."""

    area: Thing
    peer: str
    now: Score
    before: Score
    place: int | None
    of: int
    place_before: int | None
    colour: str
    reported: int
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Shape:
    """An outline to draw: an SVG path, the middle of its largest circle, and that circle's radius, in the map's units;
    north is up."""

    code: str
    path: str
    x: int
    y: int
    r: int


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the trend; the day in ISO form."""

    day: str
    reported: int
    closed: int
    due: int
    on_time: int


@dataclass(frozen=True, slots=True)
class ClassLine:
    """Reports of one class of events, and in the period before."""

    what: Thing
    now: int
    before: int


@dataclass(frozen=True, slots=True)
class Case:
    """An event that was overdue at the end, as it stood then. Times are epoch ms; ``over_ms``: how long overdue."""

    code: str
    what: Thing
    place: Thing
    urgency: int
    state: str
    reported_ms: int
    deadline_ms: int
    over_ms: int


@dataclass(frozen=True, slots=True)
class Order:
    """A supervision order, or a placard with its number, that stood at the end."""

    code: str
    kind: str
    number: str
    what: Thing
    place: Thing
    issued_ms: int
    due_ms: int
    late: bool


@dataclass(frozen=True, slots=True)
class Supervised:
    """Orders 督办单 issued and answered in the period, open and late at its end, with those due first; and placards
    挂牌 that hung at its end."""

    issued: int
    answered: int
    open: int
    late: int
    orders: tuple[Order, ...]
    hung: int
    placards: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Briefing:
    """All that a briefing says. Days are in ISO form; ``as_of_ms``: the end of the period, or the moment up to which
    one that is running was counted. ``since``: the day of the first record, "" without any. ``steps``: the city's five
    colours, ``size``: width and height of the map."""

    version: int
    city: Thing
    area: Thing
    above: tuple[Thing, ...]
    level_below: Thing | None
    period: str
    first: str
    last: str
    before: tuple[str, str]
    year: tuple[str, str]
    final: bool
    as_of_ms: int
    since: str
    steps: tuple[tuple[float, str], ...]
    tallies: tuple[Tally, ...]
    lines: tuple[Line, ...]
    children: tuple[Child, ...]
    size: tuple[int, int]
    shapes: tuple[Shape, ...]
    days: tuple[Day, ...]
    classes: tuple[ClassLine, ...]
    worst: tuple[Case, ...]
    supervised: Supervised
    approval: str
    attribution: str

    def line(self, name: str) -> Line:
        """One of its indicators; KeyError."""
        return {line.id: line for line in self.lines}[name]

    def tally(self, name: str) -> Tally:
        """One of its numbers; KeyError."""
        return {tally.id: tally for tally in self.tallies}[name]

    @property
    def held_before(self) -> bool:
        """Whether the records go back to its first day: nothing is compared with days that nobody recorded."""
        return self._held(self.before)

    @property
    def held_year(self) -> bool:
        """The same of a year before."""
        return self._held(self.year)

    def _held(self, ends: tuple[str, str]) -> bool:
        return bool(self.since) and self.since <= ends[0]

    def packed(self) -> bytes:
        """As JSON, the same bytes for the same content."""
        return orjson.dumps(self, option=orjson.OPT_SORT_KEYS)


def fingerprint(content: bytes) -> str:
    """Twelve hexadecimal digits by which two prints are compared: the beginning of the content's SHA-256."""
    return hashlib.sha256(content).hexdigest()[:12]


# -- what changed ---------------------------------------------------------------------------------------------------


class Change(NamedTuple):
    """Something that differs from the period before: ``key`` says what (``total``, ``rate``, ``risen``, ``fallen``,
    ``more``, ``fewer``), ``of`` which number or whose; values are counts or shares."""

    key: str
    of: Thing
    now: float
    before: float


def changes(b: Briefing) -> Iterator[Change]:
    """The numbers, the on-time rate, the areas whose rate moved most, and the classes with the most and the fewest
    reports more; areas with fewer than 20 cases in either period are left out. Nothing where the period before is
    not wholly on record."""
    if not b.held_before:
        return
    for t in b.tallies:
        yield Change("total", Thing(t.id, "", ""), t.now, t.before)
    on_time = b.line("on_time")
    if on_time.now.share is not None and on_time.before.share is not None:
        yield Change("rate", Thing("on_time", "", ""), on_time.now.share, on_time.before.share)
    moved = sorted(
        (
            (c.now.share - c.before.share, c)
            for c in b.children
            if c.now.share is not None and c.before.share is not None
            and not is_small(c.now.den) and not is_small(c.before.den)
        ),
        key=lambda pair: (pair[0], pair[1].area.code),
    )  # fmt: skip
    for key, some in (("risen", moved[::-1]), ("fallen", moved)):
        sign = 1 if key == "risen" else -1
        for by, c in some[:MOVERS_MAX]:
            if by * sign >= MOVED:
                yield Change(key, c.area, c.now.share or 0.0, c.before.share or 0.0)
    more = sorted(b.classes, key=lambda k: (k.now - k.before, k.what.code))
    for key, some_classes in (("more", more[::-1][:1]), ("fewer", more[:1])):
        for k in some_classes:
            if (k.now - k.before) * (1 if key == "more" else -1) >= MOVED_CASES:
                yield Change(key, k.what, k.now, k.before)
