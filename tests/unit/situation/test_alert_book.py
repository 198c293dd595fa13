"""What a desk is told of alerts: of each kind the newest, and how many of each stand."""

from __future__ import annotations

from geodata.situation.alert_book import AlertBook
from geodata.store.alerts import AlertNow
from tests.unit.situation.city import UNEVEN

NOW = 1_700_000_000_000
OFFICER, LEADER = ("duty_officer",), ("shift_leader",)


def alert(n: int, asked: tuple[str, ...], area: int = 100, trigger: str = "red_event", end: str = "") -> AlertNow:
    return AlertNow(
        id=n, event_id=n, trigger=trigger, clock_ms=0, raised_ms=NOW, tier=0, tier_ms=NOW, asked=asked, handler=0,
        ended_ms=NOW if end else None, answer=end, ended_by="ling" if end else "", code=f"E{n}", subtype_code="0101",
        urgency=1, area_id=area, state="registered", unit_id=None,
    )  # fmt: skip


def test_fifty_of_one_kind_do_not_crowd_out_the_one_of_another() -> None:
    rows = [alert(1, LEADER), alert(2, OFFICER, trigger="yellow"), *(alert(n, OFFICER) for n in range(3, 53))]
    found = AlertBook(UNEVEN, rows, NOW).within(0, 8)
    assert dict(found.standing) == {
        ("red_event", LEADER): 1, ("yellow", OFFICER): 1, ("red_event", OFFICER): 50,
    }  # fmt: skip
    assert [row.id for row in found.rows] == [*range(52, 44, -1), 1, 2]


def test_what_was_answered_is_shown_beside_what_stands_and_not_counted() -> None:
    rows = [*(alert(n, OFFICER) for n in range(1, 5)), *(alert(n, OFFICER, end="acknowledged") for n in range(5, 9))]
    found = AlertBook(UNEVEN, rows, NOW).within(0, 2)
    assert dict(found.standing) == {("red_event", OFFICER): 4}
    assert [row.id for row in found.rows] == [8, 7, 4, 3]


def test_an_area_hears_of_itself_and_below_only() -> None:
    book = AlertBook(UNEVEN, [alert(1, OFFICER, 101), alert(2, OFFICER, 103), alert(3, OFFICER, 102)], NOW)
    d1, d2 = UNEVEN.ordinal_by_id[101], UNEVEN.ordinal_by_id[102]
    assert {row.id for row in book.within(d1, 9).rows} == {1, 2}
    assert dict(book.within(d1, 9).standing) == {("red_event", OFFICER): 2}
    assert {row.id for row in book.within(d2, 9).rows} == {3}
    assert not book.within(UNEVEN.ordinal_by_id[109], 9).rows
