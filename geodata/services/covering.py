"""Covering 变更签名: which lines of the audit vouch for which rows of the change log.

A line covers changes in a row by a keyed digest over all their columns, and a short mark of each, by which the one that
was touched is found. Numbers of the log are given under the writer lock and without gaps, so that what is missing shows
by its number, too.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from geodata.store import audit, changes
from geodata.store.audit import Line
from geodata.store.changes import Change
from geodata.store.engine import Connection

Sign = Callable[[str], str]
FULL, MARK = 64, 4
"""Hex characters of a digest, and of the mark of one change."""


@dataclass(frozen=True, slots=True)
class Covered:
    """``covered`` changes are as their lines say. ``before``: those older than the first line that covers any: from
    before the audit did, or their lines were forgotten. ``broken``: the first that is not so, "" where all are.
    """

    covered: int
    before: int
    broken: str = ""


def digest(rows: Sequence[Change], sign: Sign) -> str:
    """The digest of changes in a row, and where they are several the mark of each."""
    texts = [_text(row) for row in rows]
    return sign("\n".join(texts)) + ("".join(map(_mark, texts)) if len(texts) > 1 else "")


def runs(rows: Iterable[Change]) -> Iterator[list[Change]]:
    """Changes in a row by one actor, each as long as it goes."""
    run: list[Change] = []
    for row in rows:
        if run and (row.seq, row.actor) != (run[-1].seq + 1, run[-1].actor):
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def counted(rows: Sequence[Change]) -> dict[str, int]:
    """How many changes of each kind, as a line tells it."""
    return {f"n_{kind}": n for kind, n in Counter(row.kind for row in rows).items()}


def follow(conn: Connection, sign: Sign) -> Covered:
    """Whether every transition from the first covered one on is covered once, and is what it was then."""
    rows, before, covered = _Rows(changes.transitions(conn)), 0, 0
    last = 0
    for line in audit.covering(conn):
        if line.first_seq <= last:
            return Covered(covered, before, f"change {line.first_seq} is covered twice, by line {line.seq} again")
        for row in rows.below(line.first_seq):
            if last or row.seq < 1:
                return Covered(covered, before, f"change {row.seq} is covered by no line")
            before += 1
        its = list(rows.below(line.last_seq + 1))
        if text := _differs(its, line, sign):
            return Covered(covered, before, f"{text} (line {line.seq})")
        covered, last = covered + len(its), line.last_seq
    for row in rows.below(None):
        if last or row.seq < 1:
            return Covered(covered, before, f"change {row.seq} is covered by no line")
        before += 1
    return Covered(covered, before)


class _Rows:
    """The change log, taken from its beginning piece by piece."""

    def __init__(self, rows: Iterator[Change]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def below(self, seq: int | None) -> Iterator[Change]:
        """The next rows, up to a number or to the end."""
        while self._next is not None and (seq is None or self._next.seq < seq):
            row, self._next = self._next, next(self._rows, None)
            yield row


def _differs(rows: Sequence[Change], line: Line, sign: Sign) -> str:
    """What is not as the line says; "" where all is."""
    there = [row.seq for row in rows]
    expected = range(line.first_seq, line.last_seq + 1)
    if there != list(expected):
        at = next((seq for k, seq in enumerate(expected) if k >= len(there) or there[k] != seq), line.last_seq)
        return f"change {at} is missing, or is not of its kind any more"
    now = digest(rows, sign)
    if now == line.digest:
        return ""
    was, is_now = line.digest[FULL:], now[FULL:]
    at = next((k for k in range(len(rows)) if was[k * MARK : (k + 1) * MARK] != is_now[k * MARK : (k + 1) * MARK]), 0)
    return f"change {there[at]} was changed"


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:MARK]


def _text(row: Change) -> str:
    return json.dumps([int(v) if isinstance(v, int) else str(v) for v in row])
