"""Rows of an export → events: times, states, categories, places; what cannot be read is refused row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj

from geodata.boundaries.datum import TO_WGS84
from geodata.boundaries.placing import Placer
from geodata.domain.areas import AreaTree
from geodata.domain.events import ENDED
from geodata.intake.history_categories import Categoriser
from geodata.intake.history_mapping import JUDGED, HistoryMapping, MappingError
from geodata.intake.history_times import Moments, TimeReader
from geodata.services.outcomes import Refusal
from geodata.store.ancestry import Longs
from geodata.store.bulk import NONE
from geodata.store.quarantine import storable

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Texts = list[str]
DESCRIPTION_MAX = 2000


@dataclass(slots=True)
class Batch:
    """Events read from n rows, as columns. ``refused[k]``: why row k is none; ``noticed``: what was mended, counted."""

    source_id: Texts
    source: Texts
    state: Texts
    subtype_code: Texts
    class_code: Texts
    urgency: Longs
    description: Texts
    lon: Floats
    lat: Floats
    area_id: Longs
    reported_ms: Longs
    ended_ms: Longs
    deadline_ms: Longs
    on_time: Longs
    unplaced: Bools
    by_area_code: Bools
    refused: dict[int, Refusal] = field(default_factory=dict)
    noticed: Counter[str] = field(default_factory=Counter)


class RowReader:
    """Reads batches of rows by one mapping. ``columns`` is where the mapped columns stand in a row."""

    def __init__(
        self, mapping: HistoryMapping, columns: Mapping[str, int], tree: AreaTree, placer: Placer,
        categoriser: Categoriser, zone: ZoneInfo, now_ms: int,
    ) -> None:  # fmt: skip
        self._mapping, self._columns, self._tree, self._placer = mapping, columns, tree, placer
        self._categoriser, self._now_ms = categoriser, now_ms
        self.times = {key: TimeReader(zone, mapping.time_format) for key in ("reported", "ended", "deadline")}
        self._status = {k.strip().casefold(): v.value for k, v in mapping.status.items()}
        self._on_time = {k.strip().casefold(): JUDGED[v] for k, v in mapping.on_time.items()}
        self._sources = {k.strip().casefold(): v.value for k, v in mapping.sources.items()}
        self._to_wgs84 = _transformer(mapping)

    def read(self, rows: Sequence[Sequence[str]]) -> Batch:
        """The events of these rows, all as wide as the header."""
        refused: dict[int, Refusal] = {}
        noticed: Counter[str] = Counter()
        reported = self._moments("reported", rows, refused, noticed)
        _refuse(refused, reported == NONE, "reported", self._texts("reported", rows), "is missing")
        _refuse(refused, reported > self._now_ms, "reported", self._texts("reported", rows), "lies in the future")
        state, ended = self._states(rows, reported, refused, noticed)
        deadline = self._moments("deadline", rows, refused, noticed)
        lon, lat = self._points(rows, refused, noticed)
        area_id, unplaced, by_code = self._areas(rows, lon, lat)
        subtypes = self._subtypes(rows, refused)
        batch = Batch(
            source_id=self._source_ids(rows, refused), source=self._sources_of(rows, refused), state=state,
            subtype_code=[s[0] for s in subtypes], class_code=[s[1] for s in subtypes],
            urgency=np.array([s[2] for s in subtypes], np.int64), description=self._descriptions(rows),
            lon=lon, lat=lat, area_id=area_id, reported_ms=reported, ended_ms=ended, deadline_ms=deadline,
            on_time=self._judgements(rows, deadline, ended, refused), unplaced=unplaced, by_area_code=by_code,
            refused=refused, noticed=noticed,
        )  # fmt: skip
        _close_without_time(batch)
        return batch

    def _texts(self, key: str, rows: Sequence[Sequence[str]]) -> Texts:
        k = self._columns.get(key)
        return [""] * len(rows) if k is None else [row[k].strip() for row in rows]

    def _moments(
        self, key: str, rows: Sequence[Sequence[str]], refused: dict[int, Refusal], noticed: Counter[str]
    ) -> Longs:
        texts = self._texts(key, rows)
        found: Moments = self.times[key].read(texts)
        _refuse(refused, found.wrong, key, texts, "is not a time that could be read")
        noticed["local times that happened twice (autumn change): the first was taken"] += found.twice
        noticed["local times that never were (spring change): moved on by the jump"] += found.never
        return found.ms

    def _source_ids(self, rows: Sequence[Sequence[str]], refused: dict[int, Refusal]) -> Texts:
        texts = self._texts("source_id", rows)
        for k, text in enumerate(texts):
            if not 0 < len(text) <= 64 or text != storable(text):
                refused.setdefault(k, Refusal("source_id", text, "must have 1 to 64 characters"))
        return texts

    def _sources_of(self, rows: Sequence[Sequence[str]], refused: dict[int, Refusal]) -> Texts:
        texts = self._texts("source", rows)
        return _translated(texts, self._sources, str(self._mapping.source_otherwise), "source", refused)

    def _states(
        self, rows: Sequence[Sequence[str]], reported: Longs, refused: dict[int, Refusal], noticed: Counter[str]
    ) -> tuple[Texts, Longs]:
        m = self._mapping
        ended = self._moments("ended", rows, refused, noticed)
        if m.columns.status:
            state = _translated(self._texts("status", rows), self._status, str(m.status_otherwise), "status", refused)
        else:
            state = np.where(ended == NONE, m.open_state.value, m.closed_state.value).tolist()
        over = np.array([s in ENDED for s in state], np.bool_)
        contradicted = int((~over & (ended != NONE)).sum())
        noticed["open by status, yet with a closing time: the status was believed"] += contradicted
        ended = np.where(over, ended, NONE)
        backwards = (ended != NONE) & (ended < reported)
        noticed["closed before they were reported: closed when reported"] += int(backwards.sum())
        return state, np.where(backwards, reported, ended)

    def _judgements(
        self, rows: Sequence[Sequence[str]], deadline: Longs, ended: Longs, refused: dict[int, Refusal]
    ) -> Longs:
        """What the file says; where it has no such column the clock decides, if there is a deadline."""
        if not self._mapping.columns.on_time:
            return np.where(deadline == NONE, -1, NONE)
        texts = self._texts("on_time", rows)
        known = self._on_time | {"": self._on_time.get("", JUDGED["unjudged"])}
        for k, text in enumerate(texts):
            if text.casefold() not in known:
                refused.setdefault(k, Refusal("on_time", text, "is not in the table [on_time]"))
        return np.array([known.get(t.casefold(), -1) for t in texts], np.int64)

    def _subtypes(
        self, rows: Sequence[Sequence[str]], refused: dict[int, Refusal]
    ) -> list[tuple[str, str, int]]:
        classes, subtypes = self._texts("class", rows), self._texts("subtype", rows)
        found = []
        for k, (class_value, value) in enumerate(zip(classes, subtypes, strict=True)):
            subtype = self._categoriser.subtype(storable(class_value), storable(value))
            if subtype is None:
                refused.setdefault(k, Refusal("subtype", value or class_value, "has no subtype in [categories]"))
                found.append(("", "", 4))
            else:
                found.append((subtype.code, subtype.class_code, subtype.urgency))
        return found

    def _descriptions(self, rows: Sequence[Sequence[str]]) -> Texts:
        keys = [self._columns[f"description[{k}]"] for k in range(len(self._mapping.columns.description))]
        return [storable(" · ".join(filter(None, (row[k].strip() for k in keys))), DESCRIPTION_MAX) for row in rows]

    def _points(
        self, rows: Sequence[Sequence[str]], refused: dict[int, Refusal], noticed: Counter[str]
    ) -> tuple[Floats, Floats]:
        """WGS-84 degrees, NaN where there are none."""
        axes = []
        for key in ("lon", "lat"):
            texts = self._texts(key, rows)
            values = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(np.float64)
            wrong = np.array([bool(t) for t in texts], np.bool_) & ~np.isfinite(values)
            _refuse(refused, wrong, key, texts, "is not a number")
            axes.append(values)
        xy = np.stack(axes, axis=1)
        zero = (xy == 0).all(axis=1)
        noticed["coordinates 0, 0: taken as none"] += int(zero.sum())
        xy[zero | ~np.isfinite(xy).all(axis=1)] = np.nan
        known = np.isfinite(xy).all(axis=1)
        if known.any():
            xy[known] = self._to_wgs84(xy[known])
        off = known & ~((np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) <= 90))
        _refuse(refused, off, "lon", self._texts("lon", rows), "lies outside the range of its reference system")
        return xy[:, 0], xy[:, 1]

    def _areas(self, rows: Sequence[Sequence[str]], lon: Floats, lat: Floats) -> tuple[Longs, Bools, Bools]:
        """Area ids by coordinates, else by the area column; which rows stayed unplaced, which the column placed."""
        ordinal, inside = self._placer.place(lon, lat)
        ordinal = ordinal.copy()
        codes = self._mapping.areas
        by_code = np.zeros(len(lon), np.bool_)
        for k in np.flatnonzero(np.isnan(lon)).tolist():
            text = rows[k][self._columns["area"]].strip() if "area" in self._columns else ""
            o = self._tree.ordinal.get(codes.values.get(text, codes.prefix + text)) if text else None
            if o is not None:
                ordinal[k], by_code[k] = o, True
        ids = np.array([a.id for a in self._tree.areas], np.int64)
        return ids[ordinal], ~inside & ~by_code, by_code


def _close_without_time(batch: Batch) -> None:
    """What is closed without a closing time ended, as far as anybody knows, when it was reported; nobody judges it."""
    over = np.array([s in ENDED for s in batch.state], np.bool_)
    lost = over & (batch.ended_ms == NONE) & (batch.reported_ms != NONE)
    batch.noticed["closed without a closing time: closed when reported"] += int(lost.sum())
    batch.ended_ms = np.where(lost, batch.reported_ms, batch.ended_ms)
    batch.on_time = np.where(lost & (batch.on_time == NONE), -1, batch.on_time)


def _refuse(refused: dict[int, Refusal], which: Bools, key: str, texts: Texts, rule: str) -> None:
    for k in np.flatnonzero(which).tolist():
        refused.setdefault(k, Refusal(key, texts[k], rule))


def _translated(
    texts: Texts, table: Mapping[str, str], otherwise: str, key: str, refused: dict[int, Refusal]
) -> Texts:
    found = [table.get(t.casefold(), otherwise) for t in texts]
    for k, value in enumerate(found):
        if not value:
            refused.setdefault(k, Refusal(key, texts[k], f"is not in the table of {key} values"))
    return found


def _transformer(mapping: HistoryMapping) -> Callable[[Floats], Floats]:
    """(n, 2) coordinates of the file → WGS-84 degrees. Raises MappingError for an unknown system."""
    to_wgs84 = TO_WGS84[mapping.coordinates.datum]
    try:
        crs = pyproj.CRS.from_user_input(mapping.coordinates.crs)
    except pyproj.exceptions.CRSError as error:
        raise MappingError(f"coordinates.crs: {mapping.coordinates.crs!r} is not known: {error}") from error
    if crs == pyproj.CRS.from_epsg(4326):
        return to_wgs84
    transform = pyproj.Transformer.from_crs(crs, 4326, always_xy=True)
    return lambda xy: to_wgs84(np.stack(transform.transform(xy[:, 0], xy[:, 1]), axis=1))
