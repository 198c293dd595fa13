"""Bringing in a city's history of events from an export (CSV, zipped too) by a mapping file. May be run again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from geodata.boundaries.edition import Progress, silent
from geodata.intake.history_categories import Categoriser
from geodata.intake.history_mapping import HistoryMapping
from geodata.intake.history_report import Report
from geodata.intake.history_rows import Batch, Bools, RowReader
from geodata.intake.history_table import Table, open_table, positions
from geodata.services.desk import Desk
from geodata.services.outcomes import Refusal, as_text
from geodata.store import changes, quarantine
from geodata.store.bulk import NONE
from geodata.store.catalogue import extend_catalogue
from geodata.store.engine import Connection, Store
from geodata.store.folder import DataFolder
from geodata.store.history import EventHistory, bulk_history, flag_pile, known_codes, known_source_ids
from geodata.store.quarantine import Refused

BATCH = 20_000


def import_events(
    store: Store, folder: DataFolder, file: Path, mapping: Path, *, dry_run: bool = False,
    progress: Progress = silent,
) -> Report:  # fmt: skip
    """Import a file; the report says what became of its rows. Rows known by source system and id are left as they are.

    Each batch is a transaction: after an interruption the same command goes on. Raises MappingError and TableError.
    """
    began = time.perf_counter()
    plan = HistoryMapping.read(mapping)
    founded = bool(plan.time_zone) and not dry_run and folder.found_city(plan.time_zone)
    city = folder.city()
    desk = Desk.load(store, city)
    zone = ZoneInfo(plan.time_zone) if plan.time_zone else city.zone
    report = Report(file.name, dry_run, zone)
    categoriser = Categoriser(plan, desk.catalogue)
    now_ms = time.time_ns() // 1_000_000
    with open_table(file, plan) as table:
        report.encoding, report.delimiter = table.encoding, table.delimiter
        columns = positions(table.header, plan)
        reader = RowReader(plan, columns, desk.tree, desk.placer, categoriser, zone, now_ms)
        run = _Run(store, plan, table, reader, categoriser, report, now_ms)
        while rows := [row for _, row in islice(table.rows, BATCH)]:
            run.take(rows)
            progress("events", table.position(), table.size)
    if founded:
        report.notes.append(f"city.toml was missing; it now says the mapping's time zone, {plan.time_zone}")
    report.find_piles(plan)
    if report.piles and not dry_run:
        _flag(store, plan, report, now_ms)
    report.notes += [
        f"{key}: read as {times.format}, month before day; if that is wrong say time_format in the mapping"
        for key, times in reader.times.items()
        if times.could_be_swapped
    ]
    report.seconds = time.perf_counter() - began
    return report


class _Run:
    """One import under way: batches in, counts and rows out."""

    def __init__(
        self, store: Store, plan: HistoryMapping, table: Table, reader: RowReader, categoriser: Categoriser,
        report: Report, now_ms: int,
    ) -> None:  # fmt: skip
        self._store, self._plan, self._table, self._reader = store, plan, table, reader
        self._categoriser, self._report, self._now_ms = categoriser, report, now_ms
        self._seen: set[str] = set()
        self._feed = f"{plan.source_system}/import"

    def take(self, rows: Sequence[list[str]]) -> None:
        """Read a batch and, unless this is a dry run, write it."""
        width = len(self._table.header)
        fitting = [row for row in rows if len(row) == width]
        batch = self._reader.read(fitting) if fitting else None
        refused = [
            (row, Refusal("row", f"{len(row)} fields", f"does not fit the header, which has {width}"))
            for row in rows
            if len(row) != width
        ]
        if self._report.dry_run:
            with self._store.read() as conn:
                self._sort(conn, batch, fitting, refused)
            return
        with self._store.begin() as conn:
            fresh = self._sort(conn, batch, fitting, refused)
            extend_catalogue(conn, self._categoriser.classes.values(), self._categoriser.subtypes.values())
            if batch is not None and fresh:
                keys = [self._key(batch.source_id[k]) for k in fresh]
                self._report.settled += quarantine.settle(conn, self._feed, keys, self._now_ms)
                bulk_history(conn, self._history(batch, fresh), at_ms=self._now_ms, actor=self._feed)
            kept = [self._kept(row, refusal) for row, refusal in refused]
            quarantine.add(conn, self._feed, kept, self._now_ms)

    def _sort(
        self, conn: Connection, batch: Batch | None, rows: Sequence[list[str]],
        refused: list[tuple[list[str], Refusal]],
    ) -> list[int]:  # fmt: skip
        """Count every row under what becomes of it; return the rows that are new, fill ``refused``."""
        report = self._report
        report.read += len(rows) + len(refused)
        fresh: list[int] = []
        if batch is not None:
            there = known_source_ids(conn, self._plan.source_system, batch.source_id)
            taken = known_codes(conn, [self._code(i) for i in batch.source_id if i not in there])
            good: Bools = np.ones(len(rows), np.bool_)
            for k, source_id in enumerate(batch.source_id):
                if k in batch.refused:
                    good[k] = False
                elif source_id in self._seen:
                    good[k] = False
                    report.repeated += 1
                elif source_id in there:
                    report.already_there += 1
                elif self._code(source_id) in taken:
                    good[k] = False
                    rule = "makes a code that another event has; set code_prefix in the mapping"
                    batch.refused[k] = Refusal("source_id", source_id, rule)
                else:
                    fresh.append(k)
                self._seen.add(source_id)
            report.imported += len(fresh)
            report.count(batch, good, self._now_ms)
            refused += [(rows[k], refusal) for k, refusal in batch.refused.items()]
        report.quarantined.update(f"{r.field} {r.rule}" for _, r in refused)
        return fresh

    def _code(self, source_id: str) -> str:
        prefix = self._plan.code_prefix
        return f"{self._plan.source_system}-{source_id}" if prefix is None else prefix + source_id

    def _key(self, source_id: str) -> str:
        return f"{self._plan.source_system}|{source_id}"

    def _kept(self, row: list[str], refusal: Refusal) -> Refused:
        """A row in quarantine is known by its source id, so that a later import that takes it can settle it."""
        record = as_text(dict(zip(self._table.header, row, strict=False)))
        names = [h.casefold() for h in self._table.header]
        at = names.index(self._plan.columns.source_id.strip().casefold())
        source_id = row[at].strip() if at < len(row) else ""
        return Refused(refusal.field, refusal.value, refusal.rule, record, self._key(source_id) if source_id else "")

    def _history(self, batch: Batch, fresh: Sequence[int]) -> EventHistory:
        at = np.array(fresh, np.int64)
        ended = batch.ended_ms[at]
        over = ended != NONE
        left = np.flatnonzero(over)
        nothing = np.full(len(at), NONE, np.int64)

        def some(values: Sequence[str]) -> list[str]:
            return [values[k] for k in fresh]

        source_id, reported = some(batch.source_id), batch.reported_ms[at]
        return EventHistory(
            code=[self._code(i) for i in source_id], source=some(batch.source),
            source_system=[self._plan.source_system] * len(at), source_id=source_id,
            subtype_code=some(batch.subtype_code), class_code=some(batch.class_code),
            description=some(batch.description), state=some(batch.state), urgency=batch.urgency[at],
            lon=batch.lon[at], lat=batch.lat[at], on_pile=np.zeros(len(at), np.int64), area_id=batch.area_id[at],
            rev=np.where(over, 2, 1), reported_ms=reported, state_ms=np.where(over, ended, reported),
            dispatched_ms=nothing, handled_ms=nothing, ended_ms=ended, deadline_ms=batch.deadline_ms[at],
            on_time=batch.on_time[at], unit_id=nothing, left_event=left, left_rev=np.ones(len(left), np.int64),
            left_from_ms=reported[left], left_to_ms=ended[left],
            left_state=[self._plan.open_state.value] * len(left),
        )  # fmt: skip


def _flag(store: Store, plan: HistoryMapping, report: Report, now_ms: int) -> None:
    with store.begin() as conn:
        flagged = sum(flag_pile(conn, plan.source_system, p.lon, p.lat) for p in report.piles)
        if flagged:
            changes.append(
                conn, at_ms=now_ms, kind="import", subject_id=flagged, action="flag_piles",
                actor=f"{plan.source_system}/import",
            )  # fmt: skip
