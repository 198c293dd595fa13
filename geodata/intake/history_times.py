"""Times as exports write them → epoch ms: many formats, offsets, epoch numbers, local times with summer time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.store.ancestry import Longs
from geodata.store.bulk import NONE

ISO = "ISO8601"
# Tried in this order on what the file holds; the first that reads everything is taken.
FORMATS = (
    ISO, "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M", "%m/%d/%Y",
    "%d/%m/%Y %I:%M:%S %p", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %I:%M %p", "%d/%m/%Y %H:%M", "%d/%m/%Y",
    "%m/%d/%y %H:%M", "%m-%d-%Y %H:%M:%S", "%m-%d-%Y %H:%M", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M",
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y",
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日%H:%M", "%Y年%m月%d日 %H时%M分", "%Y年%m月%d日", "%Y%m%d%H%M%S", "%Y%m%d",
    "%d-%b-%Y %H:%M:%S", "%d %b %Y %H:%M", "%b %d, %Y %I:%M:%S %p", "%b %d, %Y %I:%M %p", "%b %d %Y %I:%M%p",
)  # fmt: skip
_EPOCH_S = r"\d{9,10}(?:\.\d+)?"
_EPOCH_MS = r"\d{12,13}"
_OFFSET = r".*\d(?:\s*(?:Z|UTC|GMT)|\s*[+-]\d{2}:?\d{2})"
SAMPLE = 1000
SWAPPED = {f: f.replace("%m", "%x").replace("%d", "%m").replace("%x", "%d") for f in FORMATS}


@dataclass(frozen=True, slots=True)
class Moments:
    """``ms`` NONE where the text is empty or ``wrong``. ``twice``: local times that happened twice, the first was
    taken; ``never``: local times that were jumped over, moved on by the jump."""

    ms: Longs
    wrong: npt.NDArray[np.bool_]
    twice: int
    never: int


class TimeReader:
    """Reads one column's times, batch by batch, in the format that its first batch shows.

    ``could_be_swapped``: nothing but the order of FORMATS told month and day apart.
    """

    def __init__(self, zone: ZoneInfo, time_format: str = "") -> None:
        self._zone = zone
        self.format = time_format
        self.could_be_swapped = False

    def read(self, texts: Sequence[str]) -> Moments:
        """Parse a batch."""
        column = pd.Series(texts, dtype=object).astype("str").str.strip()
        filled = (column != "").to_numpy()
        ms = np.full(len(column), NONE, np.int64)
        seconds = column.str.fullmatch(_EPOCH_S).to_numpy() & (self.format == "")
        millis = column.str.fullmatch(_EPOCH_MS).to_numpy() & (self.format == "")
        ms[seconds] = np.rint(column[seconds].astype("float64") * 1000).astype(np.int64)
        ms[millis] = column[millis].astype("int64")
        rest = filled & ~seconds & ~millis
        offset = rest & column.str.fullmatch(_OFFSET).to_numpy()
        ms[offset] = _ms(pd.to_datetime(column[offset], format=ISO, utc=True, errors="coerce"))
        naive = rest & ~offset
        local = self._local(column[naive])
        ms[naive], twice, never = self._to_utc(local)
        return Moments(ms, filled & (ms == NONE), twice, never)

    def _local(self, column: pd.Series[str]) -> pd.Series[pd.Timestamp]:
        if len(column) and not self.format:
            self.format = self._best(column)
        return _parsed(column, self.format or ISO)

    def _best(self, column: pd.Series[str]) -> str:
        distinct = column.drop_duplicates()
        sample = distinct.iloc[:: max(1, len(distinct) // SAMPLE)]
        read = {f: _readable(sample, f) for f in FORMATS}
        best = max(FORMATS, key=lambda f: read[f])
        swapped = SWAPPED[best]
        if swapped == best or read.get(swapped, 0) < read[best]:
            return best
        # The sample holds no 13th of a month: all of the batch may.
        as_best, as_swapped = _readable(distinct, best), _readable(distinct, swapped)
        self.could_be_swapped = as_best == as_swapped
        return swapped if as_swapped > as_best else best

    def _to_utc(self, local: pd.Series[pd.Timestamp]) -> tuple[Longs, int, int]:
        zone = self._zone.key
        plain = local.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
        unclear = local.notna() & plain.isna()
        if not unclear.any():
            return _ms(plain), 0, 0
        first = local.dt.tz_localize(zone, ambiguous=np.ones(len(local), bool), nonexistent="NaT")
        jumped = local.notna() & first.isna()
        # Read with the offset from before the jump, which is what a clock that was not put forward shows.
        back = pd.Timedelta(hours=3)
        before = (local[jumped] - back).dt.tz_localize(zone) + back
        ms = _ms(first)
        ms[jumped.to_numpy()] = _ms(before)
        return ms, int((unclear & ~jumped).sum()), int(jumped.sum())


def _readable(column: pd.Series[str], time_format: str) -> int:
    return int(_parsed(column, time_format).notna().sum())


def _parsed(column: pd.Series[str], time_format: str) -> pd.Series[pd.Timestamp]:
    return pd.to_datetime(column, format=time_format, errors="coerce")


def _ms(times: pd.Series[pd.Timestamp]) -> Longs:
    values = times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[ms]")
    found = values.astype(np.int64)
    found[np.isnat(values)] = NONE
    return found
