"""Exports of other cities: encodings, delimiters, dates, states; every row is accounted for."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from geodata.intake.history_file import import_events
from geodata.intake.history_mapping import HistoryMapping, MappingError
from geodata.intake.history_report import Report
from geodata.intake.history_table import TableError
from geodata.store import changes, events, intervals, quarantine, rollups
from geodata.store.catalogue import load_catalogue
from geodata.store.engine import Store
from geodata.store.events import EventNow
from geodata.store.folder import DataFolder
from tests.factories.little_city import found_city

MAPPING = """
source_system = "elsewhere"
time_zone = "America/New_York"
{top}
[columns]
source_id = "id"
reported = "opened"
ended = "closed"
status = "status"
class = "kind"
subtype = "what"
description = "what"
lon = "x"
lat = "y"
area = "district"
{columns}
[status]
Open = "handling"
Closed = "closed"
Duplicate = "merged"
{tables}
"""
HEADER = "id,opened,closed,status,kind,what,x,y,district"
Import = Callable[..., Report]


def importer(store: Store, folder: Path) -> Import:
    """Import a text (or bytes) with a mapping made of parts."""

    def run(
        text: str | bytes, *, top: str = "", columns: str = "", tables: str = "", name: str = "export.csv",
        dry_run: bool = False,
    ) -> Report:  # fmt: skip
        file, mapping = folder / name, folder / "mapping.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        mapping.write_text(MAPPING.format(top=top, columns=columns, tables=tables), "utf-8")
        return import_events(store, DataFolder(folder / "data"), file, mapping, dry_run=dry_run)

    return run


@pytest.fixture
def city(sqlite_store: Store) -> Store:
    with sqlite_store.begin() as conn:
        found_city(conn)
    return sqlite_store


@pytest.fixture
def brought_in(city: Store, tmp_path: Path) -> Import:
    return importer(city, tmp_path)


@pytest.fixture
def either(store: Store) -> Store:
    """The little city, once on each database."""
    with store.begin() as conn:
        found_city(conn)
    return store


def row(key: str, **other: str) -> str:
    cells = {
        "opened": "2011-07-01 01:32:33", "closed": "", "status": "Open", "kind": "Roads", "what": "Pothole", "x": "0.5",
        "y": "0.5", "district": "",
    } | other  # fmt: skip
    return ",".join([key, *cells.values()])


def file_of(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


def stored(city: Store, *codes: str) -> list[EventNow]:
    with city.read() as conn:
        found = events.by_codes(conn, [f"elsewhere-{c}" for c in codes])
    return [found[f"elsewhere-{c}"] for c in codes]


def utc(ms: int | None) -> str:
    return "" if ms is None else datetime.fromtimestamp(ms / 1000, UTC).isoformat()[:19]


def test_every_row_is_imported_known_repeated_or_quarantined_with_its_reason(either: Store, tmp_path: Path) -> None:
    brought_in = importer(either, tmp_path)
    text = file_of(
        row("1"), row("2", status="Closed", closed="2011-07-02 10:00:00"), row("2"), row("3", opened="yesterday"),
        row("4", status="Lost"), row("5", x="east"), row("6", x="0", y="0"), row("7", x="9.5"),
        row("8", x="", y="", district="D2"), "9,too,short", row("10", opened=""), row("", what="?"),
    )  # fmt: skip
    first, again = brought_in(text), brought_in(text)
    assert (first.read, first.imported, first.already_there, first.repeated) == (12, 5, 0, 1)
    assert first.quarantined == {
        "reported is not a time that could be read": 1, "status is not in the table of status values": 1,
        "lon is not a number": 1, "row does not fit the header, which has 9": 1, "reported is missing": 1,
        "source_id must have 1 to 64 characters": 1,
    }  # fmt: skip
    assert first.read == first.imported + first.repeated + sum(first.quarantined.values())
    assert (again.imported, again.already_there, sum(again.quarantined.values())) == (0, 5, 6)
    assert (first.unplaced, first.without_coordinates, first.by_area_code) == (2, 2, 1)
    with either.read() as conn:
        assert quarantine.counts(conn) == {"elsewhere/import": 6}
        assert [(c.kind, c.subject_id) for c in changes.tail(conn, 0)] == [("import", 5)]
        totals = rollups.totals(conn)
        held = {h.event_id: h.state for h in intervals.as_of(conn, 1_309_550_000_000)}
    assert (totals.reported.max(), totals.closed.max()) == (5, 1)
    assert [e.area_id for e in stored(either, "1", "2", "6", "7", "8")] == [6, 6, 1, 1, 3]
    assert set(held.values()) == {"handling"}
    assert len(held) == 5


def test_a_dry_run_reports_the_same_and_writes_nothing(brought_in: Import, city: Store) -> None:
    text = file_of(row("1"), row("2", opened="?"))
    dry = brought_in(text, dry_run=True)
    with city.read() as conn:
        assert changes.newest(conn) == (0, None)
        assert quarantine.counts(conn) == {}
    wet = brought_in(text)
    assert (dry.imported, dry.quarantined, dry.states) == (wet.imported, wet.quarantined, wet.states)


def test_a_row_leaves_quarantine_when_a_corrected_file_brings_it(either: Store, tmp_path: Path) -> None:
    brought_in = importer(either, tmp_path)
    brought_in(file_of(row("1", opened="?"), row("2", opened="?")))
    report = brought_in(file_of(row("1"), row("2", opened="?")))
    assert (report.imported, report.settled) == (1, 1)
    with either.read() as conn:
        assert quarantine.counts(conn) == {"elsewhere/import": 1}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("07/01/2011 01:32:33 AM", "2011-07-01T05:32:33"),
        ("07/01/2011 01:32:33 PM", "2011-07-01T17:32:33"),
        ("2011-07-01T01:32:33Z", "2011-07-01T01:32:33"),
        ("2011-07-01T01:32:33.000-07:00", "2011-07-01T08:32:33"),
        ("2011-07-01T01:32:33.000", "2011-07-01T05:32:33"),
        ("1309498353", "2011-07-01T05:32:33"),
        ("1309498353000", "2011-07-01T05:32:33"),
        ("2011年7月1日 01:32", "2011-07-01T05:32:00"),
        ("31/12/2011 23:00", "2012-01-01T04:00:00"),
        ("2011-11-06 01:30:00", "2011-11-06T05:30:00"),  # came twice: the first
        ("2011-03-13 02:30:00", "2011-03-13T07:30:00"),  # never was: moved on by the jump
    ],
)
def test_dates_are_read_as_cities_write_them(brought_in: Import, city: Store, text: str, moment: str) -> None:
    report = brought_in(file_of(row("1", opened=text)))
    assert report.imported == 1
    assert utc(stored(city, "1")[0].reported_ms) == moment


def test_month_and_day_are_told_apart_by_the_file_or_the_doubt_is_said(brought_in: Import, city: Store) -> None:
    doubtful = brought_in(file_of(row("1", opened="07/01/2011 10:00:00")))
    assert any("month before day" in note for note in doubtful.notes)
    rows = [row(f"d{k}", opened=f"{k % 28 + 1:02}/03/2011 10:00:00") for k in range(3000)]
    clear = brought_in(file_of(*rows))
    assert (clear.imported, clear.notes) == (3000, [])
    assert utc(stored(city, "d0")[0].reported_ms) == "2011-03-01T15:00:00"
    said = brought_in(file_of(row("2", opened="07/01/2011 10:00:00")), top='time_format = "%d/%m/%Y %H:%M:%S"')
    assert said.notes == []
    assert utc(stored(city, "2")[0].reported_ms) == "2011-01-07T15:00:00"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_chinese_exports_are_read_in_any_of_their_encodings(brought_in: Import, city: Store, encoding: str) -> None:
    text = file_of(row("1", what="暴露垃圾", kind="市容环卫"), row("2", what="道路破损", kind="市政设施"))
    assert brought_in(text.encode(encoding)).imported == 2
    assert [e.description for e in stored(city, "1", "2")] == ["暴露垃圾", "道路破损"]
    with city.read() as conn:
        catalogue = load_catalogue(conn)
    assert [c.name_zh for c in catalogue.classes.values()] == ["市容环卫", "市政设施"]


def test_accents_of_western_europe_are_not_taken_for_chinese(brought_in: Import, city: Store) -> None:
    text = file_of(row("1", what="Déchets à évacuer, très gênant".replace(",", "")), row("2", what="Straße gesperrt"))
    assert brought_in(text.encode("latin-1")).encoding == "cp1252"
    assert stored(city, "1")[0].description == "Déchets à évacuer très gênant"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_and_quoted_fields_may_hold_anything(
    brought_in: Import, city: Store, delimiter: str
) -> None:
    text = "\n".join(
        line.replace(",", delimiter) for line in (HEADER, row("1", what='"two\nlines; a, b | ""c"""'), row("2"))
    )
    report = brought_in(text)
    assert (report.imported, report.delimiter) == (2, delimiter)
    assert "two\nlines" in stored(city, "1")[0].description


def test_a_zipped_export_is_read_and_one_with_two_tables_must_say_which(brought_in: Import, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", file_of(row("1")))
        archive.writestr("readme.md", "hello")
    assert brought_in(path.read_bytes(), name="one.zip").imported == 1
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("b.csv", file_of(row("2"), row("3")))
    with pytest.raises(TableError, match=r"a\.csv, readme\.md, b\.csv"):
        brought_in(path.read_bytes(), name="two.zip")
    assert brought_in(path.read_bytes(), name="two.zip", top='member = "b.csv"').imported == 2


def test_a_missing_column_is_named_with_those_that_are_there(brought_in: Import) -> None:
    with pytest.raises(MappingError, match=r"columns\.deadline: the file has no column 'due'; it has: id, opened"):
        brought_in(file_of(row("1")), columns='deadline = "due"')
    with pytest.raises(TableError, match="is empty"):
        brought_in("")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"top": "nonsense"}, "is not TOML"),
        ({"top": "speed = 3"}, "speed: Extra inputs"),
        ({"columns": 'on_time = "ok"'}, r"needs a table \[on_time\]"),
        ({"top": 'time_zone = "Mars/Base"'}, "TOML|Mars"),
        ({"tables": '[coordinates]\ncrs = "EPSG:1"'}, "EPSG:1"),
        ({"tables": '[categories]\ntake = "subtypes"\nsubtypes = {Pothole = "9999"}'}, "9999"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused_with_the_key(
    brought_in: Import, parts: dict[str, str], said: str
) -> None:
    with pytest.raises(MappingError, match=said):
        brought_in(file_of(row("1")), **parts)


def test_what_closes_without_a_time_or_before_it_began_is_mended_and_said(brought_in: Import, city: Store) -> None:
    report = brought_in(file_of(
        row("1", status="Closed"), row("2", status="Closed", closed="2011-06-30 00:00:00"),
        row("3", closed="2011-07-02 00:00:00"), row("4", status="Duplicate", closed="2011-07-03 00:00:00"),
    ))  # fmt: skip
    one, two, three, four = stored(city, "1", "2", "3", "4")
    assert one.ended_ms == one.reported_ms
    assert two.ended_ms == two.reported_ms
    assert (three.state, three.ended_ms, four.state) == ("handling", None, "merged")
    assert sum(report.noticed.values()) == 3
    assert any("1 closed without a closing time" in line for line in report.lines())


def test_a_city_that_said_no_time_zone_gets_the_mappings_and_is_told_so(brought_in: Import, tmp_path: Path) -> None:
    assert not any("city.toml" in line for line in brought_in(file_of(row("1")), dry_run=True).lines())
    first, second = brought_in(file_of(row("1"))), brought_in(file_of(row("2")))
    assert any("city.toml was missing" in line for line in first.lines())
    assert not any("city.toml" in line for line in second.lines())
    assert DataFolder(tmp_path / "data").city().time_zone == "America/New_York"


def test_a_deadline_judges_where_the_file_gives_no_judgement(brought_in: Import, city: Store) -> None:
    text = "\n".join([
        HEADER + ",due",
        row("1", status="Closed", closed="2011-07-02 00:00:00") + ",2011-07-03 00:00:00",
        row("2", status="Closed", closed="2011-07-05 00:00:00") + ",2011-07-03 00:00:00",
        row("3") + ",2011-07-03 00:00:00", row("4") + ",",
    ])  # fmt: skip
    report = brought_in(text, columns='deadline = "due"')
    assert (report.on_time, report.overdue, report.unjudged) == (1, 2, 1)
    with city.read() as conn:
        totals = rollups.totals(conn)
    assert (totals.closed_on_time.max(), totals.closed_late.max()) == (1, 1)


def test_a_pile_on_one_point_is_reported_and_flagged(brought_in: Import, city: Store) -> None:
    rows = [row(f"{k}", x=f"{k / 1000:.3f}") for k in range(200)] + [row(f"p{k}", x="0.75") for k in range(60)]
    report = brought_in(file_of(*rows))
    (pile,) = report.piles
    assert (pile.lon, pile.lat, pile.rows) == (0.75, 0.5, 60)
    assert any("suspicious pile: 60 rows" in line for line in report.lines())
    assert [e.on_pile for e in stored(city, "0", "p0", "p59")] == [0, 1, 1]
    with city.read() as conn:
        assert [c.action for c in changes.tail(conn, 0)] == ["import", "flag_piles"]


def test_coordinates_of_another_system_or_datum_are_converted_at_the_door(brought_in: Import, city: Store) -> None:
    meters = brought_in(file_of(row("1", x="55659.7", y="55660.5")), tables='[coordinates]\ncrs = "EPSG:3857"')
    assert meters.imported == 1
    (event,) = stored(city, "1")
    assert (round(event.lon or 0, 4), round(event.lat or 0, 4), event.area_id) == (0.5, 0.5, 6)
    shifted = brought_in(file_of(row("2", x="106.55", y="29.56")), tables='[coordinates]\ndatum = "gcj02"')
    assert shifted.imported == 1
    (event,) = stored(city, "2")
    assert 0.002 < 106.55 - (event.lon or 0) < 0.006


def test_a_citys_own_catalogue_is_used_where_the_mapping_says_so(brought_in: Import, city: Store) -> None:
    tables = '[categories]\ntake = "subtypes"\nsubtypes = {pothole = "0101"}'
    report = brought_in(file_of(row("1"), row("2", what="Other")), tables=tables)
    assert (report.imported, report.quarantined["subtype has no subtype in [categories]"]) == (1, 1)
    assert (stored(city, "1")[0].subtype_code, stored(city, "1")[0].class_code) == ("0101", "01")


def test_bostons_half_year_comes_in_with_the_published_counts(
    sqlite_store: Store, tmp_path: Path, test_data: Path
) -> None:
    with sqlite_store.begin() as conn:
        found_city(conn, "America/New_York")
    example = Path(__file__).parents[2] / "docs/examples/boston/events.toml"
    file = test_data / "boston/311_service_requests_2011.zip"
    report = import_events(sqlite_store, DataFolder(tmp_path), file, example)
    assert (report.read, report.imported, report.quarantined) == (58_251, 58_251, {})
    assert (report.open, report.closed, report.on_time, report.overdue) == (3_681, 54_570, 46_572, 11_521)
    with sqlite_store.read() as conn:
        totals = rollups.totals(conn)
        opened = events.open_events(conn)
        classes = load_catalogue(conn).classes
        piled = conn.exec_driver_sql("SELECT count(*) FROM event WHERE on_pile = 1").scalar()
    k = int(totals.reported.argmax())
    assert (totals.closed[k], totals.closed_on_time[k], totals.closed_late[k]) == (54_570, 46_340, 8_073)
    assert totals.to_reply.max() == 0, "nobody waits for a reply about what ended elsewhere"
    assert len(opened) == 3_681
    assert len(classes) == 7
    # 4,813 rows share the latitude of City Hall's default point; on the point itself lie 4,775.
    (pile,) = report.piles
    assert (pile.lon, pile.lat, pile.rows, pile.same_lat, piled) == (-71.0587, 42.3594, 4_775, 4_813, 4_775)


def test_the_mapping_that_ships_for_boston_is_valid() -> None:
    example = Path(__file__).parents[2] / "docs/examples/boston/events.toml"
    assert HistoryMapping.read(example).source_system == "boston-311"
