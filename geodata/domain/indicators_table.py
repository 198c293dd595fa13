"""The table of indicators 指标: what each is made of, which way it is good, and the functions that compute it.

Each numerator and denominator is a figure of a period (``domain.figures.PERIODIC``), so that each opens as a list. A
zero denominator has no value. Names and formulas in both languages are words (``dashboard/words_indicators.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from geodata.domain.figures import LOCAL, Figure

F = Figure


class Better(StrEnum):
    """Which way an indicator is good."""

    HIGH = "high"
    LOW = "low"


class Measured(StrEnum):
    """What an indicator's value is: a share from 0 to 1, or seconds."""

    SHARE = "share"
    SECONDS = "seconds"


class Statistic(StrEnum):
    """Which number of the handling times of its cases an indicator is."""

    MEAN = "mean"
    MEDIAN = "median"
    P90 = "p90"


class Counted(NamedTuple):
    """What was counted of an indicator's cases: of handling times only the denominator counts cases."""

    num: int
    den: int


Formula = Callable[[int, int], float | None]


def share(num: int, den: int) -> float | None:
    """num / den, from 0 to 1; None where there is nothing to divide by."""
    return num / den if den > 0 else None


def closing_rate(due_closed: int, due: int) -> float | None:
    """结案率 = closed / due (GB/T 30428.4): of the cases whose deadline fell in the period, those that are closed.

    Due are cases without suspended, void, rejected and merged ones and without those whose deadline was moved out of
    the period by an extension; what is open and not yet due does not count. Check: 911 / 972 = 93.72 %.
    """
    return share(due_closed, due)


def on_time_rate(due_on_time: int, due: int) -> float | None:
    """按期结案率 = closed on time / due (GB/T 30428.4). Check: 737 / 972 = 75.82 %."""
    return share(due_on_time, due)


def overdue_rate(due_late: int, due: int) -> float | None:
    """超期率 = (closed late + due and still open) / due, so that it and the on-time closing rate are 1 together."""
    return share(due_late, due)


def registration_rate(registered: int, received: int) -> float | None:
    """立案率 = registered / received: of what was reported in the period, what became a case. Check: 996 / 1054."""
    return share(registered, received)


def dispatch_accuracy(sent_right: int, dispatched: int) -> float | None:
    """派遣准确率 = not returned / dispatched: of what was reported in the period and dispatched, whatever no unit gave
    back with the shift leader's consent."""
    return share(sent_right, dispatched)


def rework_rate(reworked: int, checked: int) -> float | None:
    """返工率 = cases with at least one rework / cases checked, of the cases closed in the period."""
    return share(reworked, checked)


def repeat_rate(repeated: int, reported: int) -> float | None:
    """重复率 = same place and subtype within 30 days / reported (``domain.repeats``); never keyed on a caller."""
    return share(repeated, reported)


def proactive_rate(proactive: int, registered: int) -> float | None:
    """主动发现率 = (patrol + sensor + video) / registered, of what was reported in the period."""
    return share(proactive, registered)


def local_rate(local: int, levelled: int) -> float | None:
    """就地化解率 = closed by a unit that is at home at this level or further down / closed cases whose leading unit's
    home is known, of the cases closed in the period."""
    return share(local, levelled)


def response_rate(answered: int, asked: int) -> float | None:
    """响应率 = reporters answered / reporters who wait or waited for an answer, of what ended in the period."""
    return share(answered, asked)


def mean_s(seconds: int, handled: int) -> float | None:
    """Mean of handling times: handled − dispatched − suspended in between, of the cases closed in the period.

    Median and P90 are ``indicators_time.quantile_s``.
    """
    return seconds / handled if handled > 0 else None


class Indicator(NamedTuple):
    """One row. ``den`` counts the cases that ``num`` is a part of; a time has cases (``den``) and a statistic."""

    id: str
    num: Figure | None
    den: Figure
    better: Better
    formula: Formula
    statistic: Statistic | None = None

    @property
    def measured(self) -> Measured:
        """What its value is."""
        return Measured.SHARE if self.statistic is None else Measured.SECONDS


_ROWS = (
    Indicator("closing", F.PERIOD_DUE_CLOSED, F.PERIOD_DUE, Better.HIGH, closing_rate),
    Indicator("on_time", F.PERIOD_DUE_ON_TIME, F.PERIOD_DUE, Better.HIGH, on_time_rate),
    Indicator("overdue", F.PERIOD_DUE_LATE, F.PERIOD_DUE, Better.LOW, overdue_rate),
    Indicator("registration", F.PERIOD_REGISTERED, F.PERIOD_REPORTED, Better.HIGH, registration_rate),
    Indicator("dispatch", F.PERIOD_SENT_RIGHT, F.PERIOD_DISPATCHED, Better.HIGH, dispatch_accuracy),
    Indicator("rework", F.PERIOD_REWORKED, F.PERIOD_CHECKED, Better.LOW, rework_rate),
    Indicator("handling_mean", None, F.PERIOD_HANDLED, Better.LOW, mean_s, Statistic.MEAN),
    Indicator("handling_median", None, F.PERIOD_HANDLED, Better.LOW, mean_s, Statistic.MEDIAN),
    Indicator("handling_p90", None, F.PERIOD_HANDLED, Better.LOW, mean_s, Statistic.P90),
    Indicator("repeat", F.PERIOD_REPEATED, F.PERIOD_REPORTED, Better.LOW, repeat_rate),
    Indicator("proactive", F.PERIOD_PROACTIVE, F.PERIOD_REGISTERED, Better.HIGH, proactive_rate),
    *(Indicator(f"local_{k}", figure, F.PERIOD_LEVELLED, Better.HIGH, local_rate) for k, figure in enumerate(LOCAL, 1)),
    Indicator("response", F.PERIOD_ANSWERED, F.PERIOD_ASKED, Better.HIGH, response_rate),
)
INDICATORS: Mapping[str, Indicator] = MappingProxyType({row.id: row for row in _ROWS})
"""By id, in the order in which they are shown. The on-post rate is of this moment (``indicators.on_post``); rates of
"solved" and "satisfied" are missing, because nobody asks reporters and no data holds them."""
LEVEL_OF: Mapping[str, int] = MappingProxyType({f"local_{k}": k for k in range(1, len(LOCAL) + 1)})
"""The depth that a row is about: shown only where the city has that level."""


RANKED: tuple[str, ...] = (
    "on_time", *(row.id for row in _ROWS if row.id != "on_time" and row.statistic is None and row.id not in LEVEL_OF)
)  # fmt: skip
"""Shares by which areas are ranked, the usual one first."""


def shown(levels: int) -> tuple[Indicator, ...]:
    """The rows of a city with so many levels (the city itself is one)."""
    return tuple(row for row in _ROWS if LEVEL_OF.get(row.id, 0) < levels)
