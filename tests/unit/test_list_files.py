"""Lists as files: read back they are what was written, whatever is in the cells, and no cell is a formula."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from xml.etree import ElementTree

import pytest

from geodata.services.list_files import ROWS_AT_ONCE, Cell, Sheet, written

SHEET = Sheet("在办", ("code", "note", "n", "lon", "lat"), ("编号", "描述", "件数", "经度", "纬度"), 3, 4)
EVIL = [
    '=HYPERLINK("http://evil.example")', "+1", "-1+2", "@SUM(A1)", "\t=1", "＝1", "a,b", 'say "no"', "two\nlines",
    "网格",
]  # fmt: skip
ROWS: list[tuple[Cell, ...]] = [(f"E{i}", text, i, 104.5, None if i % 3 else 30.25) for i, text in enumerate(EVIL)]


def bytes_of(rows: list[tuple[Cell, ...]], ending: str) -> bytes:
    return b"".join(written(SHEET, iter(rows), ending))


def test_a_csv_is_read_by_excel_and_no_text_of_it_begins_like_a_formula() -> None:
    said = bytes_of(ROWS, "csv")
    assert said.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(said.decode("utf-8-sig"), newline=""))
    assert head == list(SHEET.headings)
    assert [row[1].removeprefix("'") for row in rows] == EVIL
    assert not [row for row in rows if row[1].startswith(("=", "+", "-", "@", "\t", "＝"))]
    assert [row[4] for row in rows][:2] == ["30.25", ""]


def test_a_geojson_holds_every_row_once_and_a_place_only_where_there_is_one() -> None:
    many = ROWS * (ROWS_AT_ONCE // len(ROWS) + 3)
    told = json.loads(bytes_of(many, "geojson"))
    assert len(told["features"]) == len(many)
    first, second = told["features"][:2]
    assert first["geometry"] == {"type": "Point", "coordinates": [104.5, 30.25]}
    assert second["geometry"] is None
    assert first["properties"] == {"code": "E0", "note": EVIL[0], "n": 0}


def test_a_workbook_holds_texts_as_texts_and_no_formula() -> None:
    with zipfile.ZipFile(io.BytesIO(bytes_of(ROWS, "xlsx"))) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        names = book.read("xl/workbook.xml").decode()
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    assert sheet.findall(".//m:f", space) == []
    rows = [[c.findtext("m:is/m:t", namespaces=space) for c in row] for row in sheet.iterfind(".//m:row", space)]
    assert rows[0] == list(SHEET.headings)
    assert [row[1] for row in rows[1:]] == EVIL
    assert SHEET.title in names


@pytest.mark.parametrize("ending", ["csv", "geojson", "xlsx"])
def test_an_empty_list_is_a_whole_file(ending: str) -> None:
    said = bytes_of([], ending)
    if ending == "geojson":
        assert json.loads(said)["features"] == []
    elif ending == "csv":
        assert said.decode("utf-8-sig") == "编号,描述,件数,经度,纬度\r\n"
    else:
        assert zipfile.ZipFile(io.BytesIO(said)).testzip() is None
