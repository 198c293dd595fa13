"""A briefing as a workbook: its tables as numbers, one sheet each, no formula; the same bytes for the same content."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from dashboard.briefing import name_of, peer_text
from dashboard.format import moment
from dashboard.words import words
from geodata.domain.briefing import Briefing, Case, Order, Score

Cell = str | int | float | None
MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDE = 18
SHARE = "0.0%"
NO_TITLE = re.compile(r"[\[\]:*?/\\']+")


def workbook(b: Briefing, said: dict[str, Any], lang: str, zone: ZoneInfo) -> bytes:
    """The file; ``said`` as ``briefing.told`` says it. Rates are fractions shown as per cent, times are hours."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({
        "title": said["title"], "subject": f"{said['area']} {said['period']}", "comments": said["mark"],
        "created": datetime.fromtimestamp(b.as_of_ms // 1000, UTC).replace(tzinfo=None),
    })  # fmt: skip
    styles = _Styles(book)
    for title, heads, rows, shares in _sheets(b, said, lang, zone):
        sheet = book.add_worksheet(NO_TITLE.sub("", title)[:31])
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(heads) - 1, WIDE)
        for i, head in enumerate(heads):
            sheet.write_string(0, i, head, styles.bold)
        for n, row in enumerate(rows, 1):
            for i, cell in enumerate(row):
                _write(sheet, n, i, cell, styles.share if i in shares and isinstance(cell, float) else None)
    book.close()
    return file.getvalue()


class _Styles:
    def __init__(self, book: Any) -> None:
        self.bold, self.share = book.add_format({"bold": True}), book.add_format({"num_format": SHARE})


def _write(sheet: Any, n: int, i: int, cell: Cell, style: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(n, i, cell)
    elif cell is not None:
        sheet.write_number(n, i, cell, style)


Rows = Sequence[Sequence[Cell]]


def _sheets(
    b: Briefing, said: dict[str, Any], lang: str, zone: ZoneInfo
) -> Iterator[tuple[str, list[str], Rows, set[int]]]:
    """(title, headings, rows, columns that are shares) of each sheet."""
    say: Callable[[str], str] = lambda key: words(lang, f"briefing.{key}")  # noqa: E731
    columns: Callable[..., list[str]] = lambda *names: [say(f"column.{name}") for name in names]  # noqa: E731
    three = [say("column.now"), say("before"), say("year")]
    counts = [say("column.counts"), say("before"), say("year")]
    yield said["title"], [said["title"], said["area"]], _head(said), set()
    yield say("headline"), [*columns("indicator"), *three, *counts], _numbers(b, lang), {1, 2, 3}
    if b.children:
        yield (said["ranking_title"],
               [*columns("place", "area"), "", *columns("rate", "due", "change", "reported", "open", "overdue")],
               [[c.place, c.area.label(lang), peer_text(b, c.peer, lang), c.now.share, c.now.den,
                 None if not b.held_before or c.now.share is None or c.before.share is None
                 else c.now.share - c.before.share,
                 c.reported, c.open, c.overdue] for c in b.children], {3, 5})  # fmt: skip
    yield (say("trend"), [*columns("day", "reported", "closed", "due", "rate")],
           [[d.day, d.reported, d.closed, d.due, d.on_time / d.due if d.due else None] for d in b.days], {4})
    yield (say("classes"), [*columns("class", "now"), say("before")],
           [[k.what.label(lang), k.now, k.before if b.held_before else None] for k in b.classes], set())  # fmt: skip
    yield (say("worst"), columns("event", "what", "where", "urgency", "state", "deadline", "over"),
           [_case(c, lang, zone) for c in b.worst], set())  # fmt: skip
    s = b.supervised
    yield (say("supervised"), columns("kind", "number", "event", "what", "where", "issued", "due_at"),
           [[said["supervised"]], *(_order(x, lang, zone) for x in (*s.placards, *s.orders))], set())  # fmt: skip
    yield say("notes"), [say("notes")], [[f"{note['n'] or ''} {note['text']}".strip()] for note in said["notes"]], set()


def _numbers(b: Briefing, lang: str) -> Rows:
    known = (True, b.held_before, b.held_year)

    def held(cells: Iterable[Cell]) -> list[Cell]:
        """Of the period, the one before and the one a year before: nothing of what is not on record."""
        return [cell if there else None for cell, there in zip(cells, known, strict=True)]

    rows: list[list[Cell]] = [[name_of(x.id, lang), *held((x.now, x.before, x.year))] for x in b.tallies]
    for x in b.lines:
        periods = (x.now, x.before, x.year)
        rows.append([name_of(x.id, lang), *held(map(_value, periods)), *held(map(_counted, periods))])
    return rows


def _head(said: dict[str, Any]) -> Rows:
    rows: list[Sequence[Cell]] = [[said["period"], said["status"]], [said["mark_label"], said["mark"]]]
    rows += [[text] for text in said["changes"]]
    return rows


def _value(score: Score) -> Cell:
    """A share, or hours."""
    return score.share if score.num is not None else None if score.seconds is None else f"{score.seconds / 3600:.2f} h"


def _counted(score: Score) -> str:
    return str(score.den) if score.num is None else f"{score.num} / {score.den}"


def _case(c: Case, lang: str, zone: ZoneInfo) -> list[Cell]:
    """Overdue in hours."""
    return [c.code, c.what.label(lang), c.place.label(lang), words(lang, f"urgency.{c.urgency}"),
            words(lang, f"state.{c.state}"), moment(zone, c.deadline_ms), f"{c.over_ms / 3_600_000:.1f} h"]  # fmt: skip


def _order(x: Order, lang: str, zone: ZoneInfo) -> list[Cell]:
    kind = words(lang, f"placard_level.{x.kind}" if x.number else f"order_kind.{x.kind}")
    return [kind, x.number, x.code, x.what.label(lang), x.place.label(lang), moment(zone, x.issued_ms),
            moment(zone, x.due_ms)]  # fmt: skip
