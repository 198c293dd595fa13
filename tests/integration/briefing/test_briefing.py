"""A briefing says what measuring says, and what the events themselves say of the end of its period; always the same."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
import zipfile
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from dashboard import briefing, briefing_book, briefing_pdf
from dashboard.briefing_drawings import map_svg
from dashboard.words import words
from geodata.domain.briefing import Brief, Briefing, BriefPeriodError, Kind, changes, fingerprint, parse_brief
from geodata.domain.events import OPEN
from geodata.domain.roles import Role
from geodata.domain.view import LANGUAGES, Filters
from geodata.services.actors import NotAllowedError
from geodata.services.briefing_keeping import read
from geodata.services.looking import NotThereError
from geodata.services.measuring import measured
from geodata.situation.loading import load_situation
from geodata.store import rollups
from geodata.store.bulk import NONE
from geodata.store.engine import Store
from geodata.store.history import bulk_history
from geodata.store.intervals import as_of
from geodata.store.models import EventRow, IntervalRow
from geodata.store.models_loop import OrderRow, PlacardRow
from tests.conftest import missing
from tests.factories.access_city import OPERATOR, of
from tests.factories.little_city import AREAS, HOUR, found_city, history
from tests.integration.briefing.conftest import CITY, DAY, NOW, TODAY, ZONE, Office, brief


def below(code: str) -> set[int]:
    """The ids of an area and all below it."""
    top = next(i for i, a in AREAS.items() if a[0] == code)
    found = {top}
    for i, (_, parent, _) in AREAS.items():
        if parent in found:
            found.add(i)
    return found


@pytest.mark.parametrize(("kind", "area"), [(Kind.DAY, "C"), (Kind.WEEK, "C"), (Kind.MONTH, "D1"), (Kind.WEEK, "G1")])
def test_numbers_are_those_of_measuring(office: Office, kind: Kind, area: str) -> None:
    b, asked = office.of(kind, area), brief(kind)
    found = measured(office.store, office.situation, OPERATOR, area, asked.period, Filters(), children=True)
    assert [line.id for line in b.lines] == list(found.now)
    for line in b.lines:
        for score, of_period in ((line.now, found.now), (line.before, found.then), (line.year, found.year_ago)):
            value = of_period[line.id]
            assert (score.num, score.den) == (value.num, value.den), line.id
            assert score.share == value.value or score.seconds == (value.value and round(value.value)), line.id
    assert {c.area.code: (c.now.num, c.now.den) for c in b.children} == {
        code: (values["on_time"].num, values["on_time"].den) for code, values in found.children.items()
    }
    assert [c.area.code for c in b.children] == [r.key for r in found.ranking("on_time")]
    assert b.tally("reported").now == found.now["registration"].den == sum(k.now for k in b.classes)
    days = {d.day: d.reported for d in b.days}
    assert sum(n for day, n in days.items() if b.first <= day <= b.last) == b.tally("reported").now
    assert b.final == (asked.period.last < TODAY)


@pytest.mark.parametrize("area", ["C", "D1", "G1"])
def test_what_was_open_and_overdue_is_what_the_history_says_of_the_end(office: Office, area: str) -> None:
    b, ids = office.of(Kind.WEEK, area), below(area)
    with office.store.read() as conn:
        stood = [h for h in as_of(conn, b.as_of_ms) if h.state in OPEN and h.area_id in ids]
        held = {r.id: r for r in conn.execute(sa.select(EventRow.id, EventRow.code, EventRow.deadline_ms,
                                                        EventRow.on_time, EventRow.ended_ms))}  # fmt: skip
    late = {}
    for h in stood:
        e = held[h.event_id]
        past = e.deadline_ms is not None and e.deadline_ms < b.as_of_ms
        judged_now = e.ended_ms is None and e.on_time in (0, 1)
        if e.on_time != -1 and (e.on_time == 0 if judged_now and e.on_time == 1 else past or
                                (judged_now and e.on_time == 0)):  # fmt: skip
            late[e.code] = max(0, b.as_of_ms - (e.deadline_ms or b.as_of_ms))
    assert b.tally("open_end").now == len(stood) > 3
    assert b.tally("overdue_end").now == len(late)
    assert [c.over_ms for c in b.worst] == sorted(late.values(), reverse=True)[:10]
    assert {c.code for c in b.worst} <= set(late)
    if b.children:
        direct = sum(h.area_id == next(i for i, a in AREAS.items() if a[0] == area) for h in stood)
        assert sum(c.open for c in b.children) + direct == len(stood)


def test_what_happens_at_midnight_belongs_to_the_day_that_begins(store: Store) -> None:
    """Sources that know only the day write 00:00: such an event is neither open the evening before nor lost."""
    dusk = brief(Kind.DAY, 14)
    midnight = dusk.period.span_ms(ZONE)[1]
    rows = history(4)
    rows = replace(
        rows, state=["dispatched", "dispatched", "closed", "closed"], area_id=np.full(4, 6), on_time=np.full(4, NONE),
        reported_ms=np.array([midnight, midnight, midnight - 4096_000, midnight - HOUR]),
        state_ms=np.array([midnight, midnight, midnight, midnight + HOUR]), deadline_ms=np.full(4, NONE),
        ended_ms=np.array([NONE, NONE, midnight, midnight + HOUR]), left_event=np.array([2, 3, 3]),
        left_rev=np.array([1, 1, 2]), left_from_ms=np.array([midnight - 4096_000, midnight - HOUR, midnight]),
        left_to_ms=np.array([midnight, midnight, midnight + HOUR]), left_state=["reported", "reported", "dispatched"],
    )  # fmt: skip
    with store.begin() as conn:
        found_city(conn)
        bulk_history(conn, rows, at_ms=NOW, actor="test")
    office = Office(store, load_situation(store, ZONE, NOW))
    for area in ("C", "D1", "G1"):
        evening, morning = (office.of(Kind.DAY, area, days_ago=n) for n in (14, 13))
        assert [evening.tally(name).now for name in ("reported", "closed", "open_end")] == [2, 0, 2], area
        assert [morning.tally(name).now for name in ("reported", "closed", "open_end")] == [2, 2, 2], area


@pytest.mark.parametrize("stood_at", [3, 99], ids=["elsewhere", "at an area that is gone"])
def test_an_event_that_was_moved_was_open_where_it_counts_as_reported(small_office: Office, stood_at: int) -> None:
    before = small_office.of(area="D1")
    with small_office.store.begin() as conn:
        conn.execute(sa.update(IntervalRow).where(IntervalRow.area_id > 3).values(area_id=stood_at))
    after = small_office.of(area="D1")
    assert before.tally("open_end").now > 3
    assert after.packed() == before.packed()


def test_nothing_is_compared_with_a_period_that_began_before_the_first_record(small_office: Office) -> None:
    whole = small_office.of(Kind.WEEK)
    first = brief(Kind.WEEK).shifted(-1).period.span_ms(ZONE)[0] + 2 * DAY
    with small_office.store.begin() as conn:
        conn.execute(sa.delete(EventRow).where(EventRow.reported_ms < first))
        rollups.rebuild(conn)
    partly = small_office.of(Kind.WEEK)
    assert (whole.held_before, whole.held_year) == (True, False)
    assert partly.tally("reported").before > 5
    assert (partly.held_before, list(changes(partly))) == (False, [])
    said, had = (briefing.told(b, "0", "en", ZONE) for b in (partly, whole))
    assert said["changes"] == [words("en", "briefing.change.none")]
    for t, h in zip(said["tiles"], had["tiles"], strict=True):
        assert (t["by"], h["by"] == "—") == ("—", False)
        assert t["before"].endswith("—")
        assert t["year"].endswith("—")
    for row in (*said["indicators"]["rows"], *said["classes"]["rows"]):
        assert row[3:5] == ["—", "—"]
    assert {row[4] for group in said["ranking"] for row in group["rows"]} == {"—"}
    for b, columns in ((partly, {"B"}), (whole, {"B", "C"})):
        written, _ = sheets(briefing_book.workbook(b, briefing.told(b, "0", "en", ZONE), "en", ZONE))
        tallies = (ref for ref in numbers_of(written[1]) if ref[1:] in ("2", "3", "4", "5"))
        assert {ref[0] for ref in tallies} == columns


def test_what_is_over_stays_what_it_was_whenever_it_is_made(small_office: Office) -> None:
    b = small_office.of()
    later = load_situation(small_office.store, ZONE, NOW + 3 * HOUR)
    again = Office(small_office.store, later).of()
    assert again.packed() == b.packed()
    assert read(b.packed()) == b
    with small_office.store.begin() as conn:
        conn.execute(sa.update(EventRow).values(deadline_ms=EventRow.deadline_ms - HOUR))
    changed = fingerprint(small_office.of().packed())
    assert changed != fingerprint(b.packed()), "what comes late shows in the fingerprint"


def test_a_running_period_says_up_to_when_and_one_to_come_is_refused(small_office: Office) -> None:
    b = small_office.of(Kind.MONTH, days_ago=0)
    assert (b.final, b.as_of_ms) == (False, NOW)
    said = briefing.told(b, "0", "zh", ZONE)
    assert "数据截至" in said["status"]
    assert b.days[-1].day == TODAY.isoformat()
    with pytest.raises(BriefPeriodError, match="has not begun"):
        small_office.of(Kind.DAY, days_ago=-2)


def test_who_may_not_open_events_or_does_not_reach_the_area_gets_none(small_office: Office) -> None:
    leader = of("lead", Role.LEADER, areas=("D1",))
    assert small_office.of(area="D1", by=leader).area.code == "D1"
    for area in ("C", "D2", "NOPE"):
        with pytest.raises(NotThereError):
            small_office.of(area=area, by=leader)
    for role in (Role.VIEWER, Role.SCREEN, Role.ADMIN):
        with pytest.raises(NotAllowedError):
            small_office.of(area="C", by=of("x", role))


def test_orders_and_placards_stand_in_it_without_any_person_or_reason(small_office: Office) -> None:
    b = small_office.of()
    low, end = brief().period.span_ms(ZONE)
    with small_office.store.begin() as conn:
        first = {"reason": "王某投诉", "issued_by": "wang.officer", "event_id": 1}
        answered = {"answered_by": "li.leader", "answer": "李某已处理"}
        for n, (issued, due, done) in enumerate([(low - HOUR, low, None), (low + 1, end + HOUR, None),
                                                 (low + 2, end, low + HOUR), (low - HOUR, low, low - 1),
                                                 (end, end + HOUR, None)], 1):  # fmt: skip
            conn.execute(sa.insert(OrderRow).values(id=n, kind="leader", issued_ms=issued, due_ms=due,
                                                    answered_ms=done, **first, **answered))  # fmt: skip
        conn.execute(sa.insert(PlacardRow).values(
            id=1, number="GP000001", level="city", accountable="赵主任", issued_ms=low, issuer_id=1, due_ms=end + HOUR,
            lifted_ms=end + 1, lift_reason="", **first,
        ))  # fmt: skip
    after = small_office.of()
    s = after.supervised
    assert (s.issued, s.answered, s.open, s.late, s.hung) == (2, 1, 2, 1, 1)
    assert [o.late for o in s.orders] == [True, False]
    assert b.supervised.orders == ()
    text = after.packed().decode() + str([briefing.told(after, "0", lang, ZONE) for lang in LANGUAGES])
    for name in ("wang.officer", "li.leader", "赵主任", "王某", "李某", "暴露垃圾，"):
        assert name not in text


def test_periods_are_read_as_they_are_written_and_nonsense_says_field_value_and_rule() -> None:
    for text in ("day:2026-11-26", "week:2026-W48", "month:2026-11", "week:2020-W53"):
        asked = parse_brief(text)
        assert asked.key == text
        assert asked.shifted(1).shifted(-1) == asked
    assert parse_brief("week:2026-11-26").key == "week:2026-W48"
    for wrong in ("", "day", "day:", "day:2026-2-1", "day:20261126", "week:2026-W54", "month:2026-13", "month:2026",
                  "year:2026", "day:0001-01-01", "day:2026-11-31", "month:2026-11-01", "week:2021-W53"):  # fmt: skip
        with pytest.raises(BriefPeriodError) as caught:
            parse_brief(wrong)
        assert (caught.value.field, caught.value.value) == ("period", wrong)


# -- files ----------------------------------------------------------------------------------------------------------


def pdf_of(b: Briefing, lang: str, fonts: Path) -> bytes:
    said = briefing.told(b, fingerprint(b.packed()), lang, ZONE)
    try:
        return briefing_pdf.pdf(b, said, lang, fonts)
    except briefing_pdf.NoFontError:
        missing("a font with Chinese characters is not installed (fonts-noto-cjk)")
        raise


@pytest.mark.parametrize("lang", LANGUAGES)
def test_two_prints_have_the_same_bytes_and_hold_their_fonts(small_office: Office, tmp_path: Path, lang: str) -> None:
    b = small_office.of()
    first = pdf_of(b, lang, tmp_path / "none")
    time.sleep(1.1)  # no second of the clock gets into it
    assert pdf_of(read(b.packed()), lang, tmp_path / "none") == first
    objects = first + b"".join(inflated(first))
    fonts = set(re.findall(rb"/FontName\s*/([A-Z]{6}\+[\w-]+)", objects))
    assert fonts, "subsets are named by six letters"
    assert len(re.findall(rb"/FontFile[23]?\b", objects)) >= len(fonts)
    assert b"D:" + str(time.gmtime(b.as_of_ms // 1000).tm_year).encode() in objects


def inflated(file: bytes) -> list[bytes]:
    """Every stream of a PDF that is deflated."""
    out = []
    for found in re.finditer(rb"stream\r?\n", file):
        try:
            out.append(zlib.decompressobj().decompress(file[found.end() :]))
        except zlib.error:
            continue
    return out


def test_the_text_of_a_print_can_be_read_by_machines(small_office: Office, tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        missing("pdftotext is not installed (poppler-utils)")
    b = small_office.of()
    file = tmp_path / "briefing.pdf"
    file.write_bytes(pdf_of(b, "zh", tmp_path / "none"))
    text = subprocess.run(["pdftotext", str(file), "-"], check=True, capture_output=True).stdout.decode()
    for part in ("平安周报", "按期结案率", "GS(2026)0001", fingerprint(b.packed()), str(b.tally("open_end").now)):
        assert part in text, part


def sheets(file: bytes) -> tuple[list[str], str]:
    """The sheets of a workbook and its texts, as XML."""
    with zipfile.ZipFile(BytesIO(file)) as book:
        found = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        return found, book.read("xl/sharedStrings.xml").decode()


def numbers_of(sheet: str) -> dict[str, float]:
    """The numbers of a sheet by their cells."""
    cell = re.compile(r'<c r="([A-Z]+\d+)"(?: s="\d+")?><v>([^<]+)</v>')
    return {ref: float(value) for ref, value in cell.findall(sheet)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_workbook_has_the_same_bytes_its_numbers_and_no_formula(small_office: Office, lang: str) -> None:
    b = small_office.of()
    risky = replace(b, area=replace(b.area, zh="=1+1", en="=1+1"))
    said = briefing.told(risky, "0123456789ab", lang, ZONE)
    file = briefing_book.workbook(risky, said, lang, ZONE)
    time.sleep(1.1)
    assert briefing_book.workbook(risky, said, lang, ZONE) == file
    written, texts = sheets(file)
    assert len(written) == 8
    assert not any("<f>" in sheet for sheet in written)
    assert ">=1+1<" in texts, "a text stays a text"
    numbers = list(map(numbers_of, written))
    assert [numbers[1][f"B{n}"] for n in range(2, 6)] == [t.now for t in b.tallies]
    for n, c in enumerate(b.children, 2):
        assert numbers[2].get(f"D{n}") == pytest.approx(c.now.share)
        assert numbers[2][f"E{n}"] == c.now.den


def test_the_map_prints_each_value_hatches_the_small_and_takes_no_name_for_markup(small_office: Office) -> None:
    b = small_office.of()
    few = replace(b.children[0], area=replace(b.children[0].area, zh="<b>区"), now=replace(b.children[0].now, num=3,
                                                                                          den=4))  # fmt: skip
    many = replace(b.children[1], now=replace(b.children[1].now, num=99, den=100))
    svg = map_svg(replace(b, children=(few, many)), "zh")
    assert "75.0" in svg
    assert "99.0" in svg
    assert "<b>" not in svg
    assert svg.count('fill="url(#few)"') == 1
    assert svg == map_svg(replace(b, children=(few, many)), "zh")


def test_without_a_chinese_font_there_is_no_print_but_a_reason() -> None:
    with pytest.raises(briefing_pdf.NoFontError):
        briefing_pdf.chinese(["DejaVu Sans", "Noto Sans CJK JP"])
    assert briefing_pdf.chinese(["WenQuanYi Micro Hei", "Noto Sans CJK SC"]) == "Noto Sans CJK SC"


def test_every_word_of_a_briefing_is_there_in_both_languages(small_office: Office) -> None:
    for kind in Kind:
        for area in ("C", "G1"):
            b = small_office.of(kind, area)
            zh, en = (briefing.told(b, "0", lang, ZONE) for lang in LANGUAGES)
            assert zh.keys() == en.keys()
            assert len(zh["notes"]) == len(en["notes"])
            assert not re.search("[\u4e00-\u9fff]", "".join(en["changes"]) + en["title"] + en["status"])
            marks = {tile["note"] for tile in zh["tiles"]}
            assert marks <= {note["n"] for note in zh["notes"]}


def test_the_brief_of_a_day_names_its_week_and_month() -> None:
    day = parse_brief("day:2026-12-31").period.first
    assert Brief.of(Kind.WEEK, day).key == "week:2026-W53"
    assert CITY.briefing.periods == (Kind.DAY,)
