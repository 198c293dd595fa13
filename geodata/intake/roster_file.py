"""Bringing in a roster from a CSV file, as a spreadsheet saves one. May be run again."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TextIO
from zoneinfo import ZoneInfo

from geodata.intake.records import read_records, read_shift
from geodata.services.access import Access
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.services.outcomes import Outcome
from geodata.services.rostering import plan_roster
from geodata.store.engine import Store
from geodata.store.folder import DataFolder

FEED = "file/roster"
BATCH = 5_000
NAMED_MAX = 20
NEEDED, LEAVE = ("unit", "from", "to"), "leave"
NO = frozenset({"", "0", "no", "false", "否"})
YES = frozenset({"1", "yes", "true", "是", "请假", "leave"})
LOCAL = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M",
         "%Y-%m-%dT%H:%M:%S")  # fmt: skip
STATUS: Mapping[str, str] = MappingProxyType({
    "accepted": "taken", "duplicate": "known already", "quarantined": "refused; they wait in quarantine",
})  # fmt: skip


class RosterFileError(ValueError):
    """The file is no roster; the message says what is missing."""


@dataclass(slots=True)
class Report:
    """What became of the rows, and the first refusals with their lines."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[int, Outcome]] = field(default_factory=list)

    def lines(self) -> list[str]:
        """For a terminal."""
        said = [f"{self.counts[status]:,} shifts {text}" for status, text in STATUS.items()]
        named = [f"  line {n}: {o.field}: {o.value} {o.rule}" for n, o in self.refused[:NAMED_MAX]]
        more = len(self.refused) - len(named)
        return said + named + ([f"  and {more:,} more"] if more else [])


def import_roster(store: Store, folder: DataFolder, file: Path) -> Report:
    """Plan the shifts of a file, batch by batch, as the operator of the machine. Raises RosterFileError."""
    city, access = folder.city(), Access.open(store, folder)
    desk, report = Desk.load(store, city), Report()
    with _opened(file) as text:
        rows = _records(text, file.name, city.zone)
        while batch := list(islice(rows, BATCH)):
            submitted = read_records(read_shift, [record for _, record in batch], access.seal)
            now_ms = time.time_ns() // 1_000_000
            outcomes = plan_roster(desk, Actor.operator("file"), submitted, feed=FEED, now_ms=now_ms)
            _book(report, [n for n, _ in batch], outcomes)
    return report


def _opened(file: Path) -> TextIO:
    """The file as text: UTF-8, else what a Chinese spreadsheet writes."""
    raw = file.read_bytes()
    try:
        raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return file.open(encoding="gb18030", errors="replace", newline="")
    return file.open(encoding="utf-8-sig", newline="")


def _records(text: TextIO, name: str, zone: ZoneInfo) -> Iterator[tuple[int, dict[str, object]]]:
    """(line, record as the API takes it) of each row."""
    reader = csv.DictReader(text)
    header = [(h or "").strip().lower() for h in reader.fieldnames or ()]
    if missing := [column for column in NEEDED if column not in header]:
        raise RosterFileError(f"{name}: the column {missing[0]!r} is missing; found: {', '.join(header) or 'nothing'}")
    reader.fieldnames = header
    for row in reader:
        record: dict[str, object] = {"unit": (row["unit"] or "").strip()}
        record |= {at: _moment((row[at] or "").strip(), zone) for at in ("from", "to")}
        if (told := (row.get(LEAVE) or "").strip().lower()) not in NO:
            record[LEAVE] = True if told in YES else told
        yield reader.line_num, record


def _moment(told: str, zone: ZoneInfo) -> str:
    """A time without an offset is the city's; whatever else it is goes on as it is, to be read or refused."""
    for form in LOCAL:
        try:
            return datetime.strptime(told, form).replace(tzinfo=zone).isoformat()
        except ValueError:
            continue
    return told


def _book(report: Report, lines: Sequence[int], outcomes: Sequence[Outcome]) -> None:
    for n, outcome in zip(lines, outcomes, strict=True):
        report.counts[outcome.status] += 1
        if outcome.status == "quarantined":
            report.refused.append((n, outcome))
