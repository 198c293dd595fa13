"""On the demo city: no number of the frame is without a list, and what few lists hold is in them and their files."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import datetime

import orjson

from callbacks.live import lists, numbers
from callbacks.live.board import SECTIONS
from callbacks.live.doors import DoorsNow, FeedAge
from callbacks.room import Room
from dashboard.format import moment
from dashboard.words import ALL
from geodata.domain.figures import ListOrder
from geodata.domain.view import UNLISTED, Filters, MapView
from geodata.intake.door import now_ms
from geodata.services.acting import act
from geodata.services.case import Action
from geodata.services.outcomes import Submitted
from geodata.situation.situation import Situation
from geodata.store.events import by_codes, by_ids
from geodata.store.surges import SurgeNow
from tests.integration import test_page_numbers as town
from tests.integration.test_page_numbers import OPERATOR, listed, opened, places, scene_of, taken, view_of

room = town.room
BEHIND: dict[str, str] = {
    "kpi.reported.n": "list?figure=reported", "kpi.reported.prev": "list?figure=yesterday",
    "kpi.open.n": "list?figure=open",
    **{f"kpi.open.{name}": f"list?figure=open&stages={stage}" for name, stage in (
        ("to_accept", "accept"), ("to_dispatch", "dispatch"), ("handling", "handle"), ("checking", "check"),
        ("paused", "paused"))},
    "kpi.overdue.n": "list?figure=overdue", "kpi.overdue.prev": "list?figure=overdue_before",
    "kpi.due_soon.n": "list?figure=due_soon", "kpi.on_time.num": "list?figure=on_time",
    "kpi.on_time.den": "list?figure=judged", "kpi.on_time.month_num": "list?figure=month_on_time",
    "kpi.on_time.month_den": "list?figure=month_due", "kpi.handling.n": "list?figure=timed",
    "kpi.units.on": "units?on=1", "kpi.units.total": "units?", "kpi.units.stale": "units?fresh=stale",
    "kpi.units.lost": "units?fresh=lost", "kpi.units.present": "units?roster=present",
    "kpi.units.due": "units?roster=due", "kpi.unplaced.n": "list?figure=unplaced",
    "all_time.reported": "list?figure=all", "all_time.open": "list?figure=open",
    **{f"all_time.{name}": f"list?figure=all_{name}"
       for name in ("closed", "on_time", "overdue", "unjudged", "dropped", "forced", "reopened")},
    "all_time.to_reply": "list?figure=to_reply", "all_time.suspended": "list?figure=suspended",
    "all_time.forced_now": "list?figure=forced", "all_time.reopened_now": "list?figure=reopened",
    "rate.n": "list?figure=recent",
}  # fmt: skip
"""Every number of the frame's sections of figures, and the list that it opens."""
NO_COUNT = {"kpi.handling.mean_s", "kpi.handling.median_s", "rate.per_min"}
"""Measures of the events of a number beside them."""
LISTED_ELSEWHERE = {"classes", "curve", "ranking", "ticker", "filters", "queue", "coverage", "surges"}
"""Sections whose numbers other tests compare with their lists; a queue and its filters are lists of their own."""
NO_NUMBERS = {"title", "extent", "feed", "worst", "feeds", "alerts"}
AGES = {"red_overdue", "feed_silent"}
"""Lines of the ticker about one thing and its age."""


def test_every_number_of_the_frame_has_a_list_and_no_section_is_forgotten(room: Room) -> None:
    assert {path.partition(".")[0] for path in BEHIND} | LISTED_ELSEWHERE | NO_NUMBERS == set(SECTIONS)
    for area in places(room):
        scene = scene_of(room, MapView(area))
        shown: dict[str, int] = {}
        sections = {
            "kpi": numbers.kpi(scene), "all_time": {"": numbers.all_time(scene)}, "rate": {"": lists.rate(scene)},
        }  # fmt: skip
        for name, parts in sections.items():
            for part, values in parts.items():
                told = {k: v for k, v in values.items() if not k.endswith(("_ms", "_label"))}
                shown |= {".".join(filter(None, (name, part, k))): v for k, v in told.items()}
        assert set(shown) == set(BEHIND) | NO_COUNT, "a figure without a list"
        for path, opens in BEHIND.items():
            assert shown[path] is not None, path
            assert opened(room, area, opens, "") == shown[path], (area, path)
    assert numbers.kpi(scene_of(room, MapView("990100")))["reported"]["prev"] is not None


def surge(situation: Situation) -> SurgeNow:
    """A surge that stands in the whole city."""
    now, root = situation.now_ms, situation.tree.areas[0].id
    return SurgeNow(1, root, "01", now, now - 3_600_000, now, 9, 14, 3.0, 1e-6, 14, 3.0, 1e-6, now, 9,
                    None, None, "", None, "", "")  # fmt: skip


def test_what_a_note_of_the_ticker_counts_is_a_list(room: Room) -> None:
    kinds = {key.removeprefix("ticker.kind.") for key in ALL["en"] if key.startswith("ticker.kind.")}
    scene = replace(scene_of(room, MapView("990100")), doors=DoorsNow((FeedAge("a", 10**9),), 7))
    room.situation.apply_surges([surge(room.situation)])
    lines = {line["kind"]: line["opens"] for line in lists.ticker(scene)}
    assert kinds - AGES <= set(lines)
    for kind, opens in lines.items():
        assert bool(opens) == (kind not in AGES), kind


def test_the_classes_that_the_city_does_not_list_are_a_row_with_a_list(room: Room) -> None:
    situation = room.situation
    slots = situation.events_listed(0, "open", Filters(), ListOrder.NEWEST)[-3:].tolist()
    with room.store.read() as conn:
        some = by_ids(conn, slots)
    situation.apply_events([replace(e, rev=e.rev + 100, class_code="77") for e in some])
    try:
        for query in ("", "urgencies=1.2.3.4"):
            rows = {row[0]: row for row in numbers.classes(scene_of(room, view_of("990100", query)))}
            code, name, reported, open_n = rows[UNLISTED]
            assert (code, name, open_n) == ("unlisted", "其他（目录外）", 3)
            assert listed(room, f"/list/990100?figure=open&classes={code}")[1] == 3
            assert listed(room, f"/list/990100?figure=reported&classes={code}")[1] == reported
            both = sum(listed(room, f"/list/990100?figure=open&classes={c}")[1] for c in rows)
            assert both == numbers.kpi(scene_of(room, MapView("990100")))["open"]["n"]
        # The store holds them under the classes they had.
        assert listed(room, "/list/990100?figure=all&classes=unlisted")[1] == 0
        whole = listed(room, "/list/990101?figure=last_week&classes=unlisted.01")[1]
        assert whole == listed(room, "/list/990101?figure=last_week&classes=01")[1]
    finally:
        situation.apply_events([replace(e, rev=e.rev + 101) for e in some])


async def test_the_file_of_the_ledger_tells_since_when_until_when_and_why(room: Room) -> None:
    situation, desk, now = room.situation, room.door.desk(), now_ms()
    waiting = situation.events_listed(0, "open", Filters(stages=("dispatch",)), ListOrder.NEWEST)
    code, review_ms = situation.event_briefs(waiting)[0].code, now + 86_400_000
    step = Action("suspend", now, code, reason="=等待审批", until_ms=review_ms)
    [outcome] = act(desk, OPERATOR, [Submitted({}, step)], feed="test", now_ms=now)
    assert outcome.status == "accepted", outcome
    with room.store.read() as conn:
        suspended = by_codes(conn, [code])[code]
    situation.apply_events([replace(suspended, rev=suspended.rev + 1_000)])  # the town has newer ones than its store
    files = await taken(room, "/list/990100?figure=suspended")
    table = list(csv.DictReader(io.StringIO(files["csv"].content.decode("utf-8-sig"))))
    row = next(r for r in table if r["编号"] == code)
    assert row["挂账原因"] == "'=等待审批"
    assert row["挂账起始"] == moment(room.city.zone, now)
    assert row["复核日期"] == moment(room.city.zone, review_ms)
    assert all(r["挂账原因"] and r["复核日期"] for r in table)
    told = {f["properties"]["code"]: f["properties"] for f in orjson.loads(files["geojson"].content)["features"]}
    assert told[code]["suspended_why"] == "=等待审批"
    assert datetime.fromisoformat(told[code]["review_at"]).timestamp() * 1000 == review_ms
    with zipfile.ZipFile(io.BytesIO(files["xlsx"].content)) as book:
        assert "=等待审批" in book.read("xl/worksheets/sheet1.xml").decode()
    other = await taken(room, "/list/990100?figure=open")
    assert "挂账原因" not in other["csv"].content.decode("utf-8-sig").splitlines()[0]
