"""Lists as files: CSV, GeoJSON and Excel, written while they are read. No cell of them is a formula."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson
import xlsxwriter

from geodata.services.export import unarmed

Cell = str | int | float | None
ROWS_AT_ONCE = 500
CHUNK = 64_000
WIDTH = 18
MEDIA = {
    "csv": "text/csv; charset=utf-8", "geojson": "application/geo+json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list to write: its name, the names of its columns for machines and for people, and where it lies."""

    title: str
    names: Sequence[str]
    headings: Sequence[str]
    lon: int
    lat: int


def written(sheet: Sheet, rows: Iterable[Sequence[Cell]], ending: str) -> Iterator[bytes]:
    """The bytes of the file; KeyError for an ending that is not in MEDIA."""
    return {"csv": csv_parts, "geojson": geojson_parts, "xlsx": xlsx_parts}[ending](sheet, rows)


def csv_parts(sheet: Sheet, rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """With a byte order mark, by which Excel reads the Chinese; a text like a formula begins with an apostrophe."""
    yield "\ufeff".encode()
    yield _lines([sheet.headings])
    for some in _portions(rows):
        yield _lines(some)


def _portions(rows: Iterable[Sequence[Cell]]) -> Iterator[list[Sequence[Cell]]]:
    left = iter(rows)
    while some := list(islice(left, ROWS_AT_ONCE)):
        yield some


def _lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    # With this end of a line a text with a line's end of any kind is quoted, and cannot begin a row of its own.
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([["" if cell is None else unarmed(cell) for cell in row] for row in rows])
    return text.getvalue().encode("utf-8", "replace")


def geojson_parts(sheet: Sheet, rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """A feature collection in WGS-84; what has no place has no geometry."""
    yield b'{"type":"FeatureCollection","features":['
    first = True
    for some in _portions(rows):
        part = b",\n".join(orjson.dumps(_feature(sheet, row)) for row in some)
        yield part if first else b",\n" + part
        first = False
    yield b"]}"


def _feature(sheet: Sheet, row: Sequence[Cell]) -> dict[str, Any]:
    lon, lat = row[sheet.lon], row[sheet.lat]
    told = {n: c for i, (n, c) in enumerate(zip(sheet.names, row, strict=True)) if i not in (sheet.lon, sheet.lat)}
    placed = lon is not None and lat is not None
    return {
        "type": "Feature", "properties": told,
        "geometry": {"type": "Point", "coordinates": [lon, lat]} if placed else None,
    }  # fmt: skip


def xlsx_parts(sheet: Sheet, rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """A workbook, row by row into a file that is gone afterwards; texts are written as texts, whatever is in them."""
    with tempfile.TemporaryFile() as file:
        book = xlsxwriter.Workbook(file, {"constant_memory": True})
        page, bold = book.add_worksheet(sheet.title[:31]), book.add_format({"bold": True})
        page.freeze_panes(1, 0)
        page.set_column(0, len(sheet.headings) - 1, WIDTH)
        for i, heading in enumerate(sheet.headings):
            page.write_string(0, i, heading, bold)
        for n, row in enumerate(rows, 1):
            for i, cell in enumerate(row):
                if isinstance(cell, str):
                    page.write_string(n, i, cell)
                elif cell is not None:
                    page.write_number(n, i, cell)
        book.close()
        file.seek(0)
        while chunk := file.read(CHUNK):
            yield chunk
