"""On the demo city: every number that the pages show is the length of the list behind it, counted row by row."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import orjson
import pytest
from fastapi import FastAPI

import app
from callbacks import downloads, grids, listing, units
from callbacks.live import lists, numbers
from callbacks.live.doors import DoorsNow
from callbacks.live.past import read_hours, read_month
from callbacks.live.scene import Kept, Scene
from callbacks.room import Room
from callbacks.selection import look_up
from dashboard.words import words
from geodata.demo import build
from geodata.demo.city import CitySize
from geodata.domain.events import Stage
from geodata.domain.figures import HOURS, KEPT, Figure, ListOrder, held_by
from geodata.domain.lights import LIGHTS
from geodata.domain.view import Filters, MapView, parse_view
from geodata.domain.windows import Asked
from geodata.intake.door import now_ms
from geodata.services.acting import act
from geodata.services.actors import Actor, asking
from geodata.services.case import Action
from geodata.services.desk import Desk
from geodata.services.list_files import MEDIA
from geodata.services.listing import DEPTH_MAX, KeptLists
from geodata.services.outcomes import Submitted
from geodata.services.reporting import NewEvent, report_events
from geodata.situation.trail import HOUR_MS
from geodata.store.engine import Store
from geodata.store.events import by_codes, by_ids
from geodata.store.folder import DataFolder
from geodata.store.units import all_units
from layers.registry import LAYER_IDS, LAYERS
from tests.factories.daytime import morning_zone

OPERATOR = Actor.operator()
AT_ONCE = 150
QUERIES = ("", "classes=01.02", "urgencies=3&sources=hotline.patrol", "states=handling.closed", "lights=red",
           "stages=handle")  # fmt: skip


def bring(folder: DataFolder) -> None:
    """Events of two urgencies, lights and stages, which the town has at any hour then."""
    store, now = Store.open(folder.database_url), now_ms()
    desk = Desk.load(store, folder.city())
    place = desk.tree.areas[-1]
    told = [
        NewEvent("patrol", "test", f"brought-{n}", "0101", now - reported * 60_000, "", lon=place.lon,
                 lat=place.lat, urgency=urgency, deadline_ms=now + left * 60_000)
        for n, (urgency, reported, left) in enumerate(((2, 90, -30), (3, 90, -30), (2, 50, 10), (3, 5, 600)))
    ]  # fmt: skip
    born = report_events(desk, OPERATOR, [Submitted({}, e) for e in told], feed="test", now_ms=now)
    steps = [Action("register", now, outcome.code, reason="r") for outcome in born[:2]]
    done = act(desk, OPERATOR, [Submitted({}, s) for s in steps], feed="test", now_ms=now)
    assert {outcome.status for outcome in (*born, *done)} == {"accepted"}
    store.close()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A tiny demo city: thirty days, events of our own, a pile, a unit on its way, and one that has been lost."""
    folder = DataFolder(tmp_path_factory.mktemp("numbers") / "city")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "CITY_TOML", build.CITY_TOML.replace("Asia/Shanghai", morning_zone()))
        build.build_demo(folder, 7, CitySize(2, 6, 24, 120))
    bring(folder)
    opened = app.open_room(folder, "")
    with opened.store.read() as conn:
        one, other, *_ = all_units(conn)
        piled = by_ids(conn, opened.situation.events_listed(0, "open", Filters(), ListOrder.NEWEST)[:9].tolist())
    now = opened.situation.now_ms
    opened.situation._trail.note(now - HOUR_MS, opened.situation._events.columns)
    opened.situation.apply_events([replace(e, rev=e.rev + 1, on_pile=1, lon=106.5, lat=29.5) for e in piled])
    moved: dict[str, Any] = {"status": "en_route", "lon": 106.5, "lat": 29.5, "area_id": one.home_area_id}
    opened.situation.apply_units([
        replace(one, **moved, moved_seq=one.moved_seq + 1, fix_ms=now),
        replace(other, **moved, moved_seq=other.moved_seq + 1, fix_ms=now - 7_200_000),
    ])  # fmt: skip
    yield opened
    opened.store.close()


def scene_of(room: Room, view: MapView) -> Scene:
    """What the panels of a view look at."""
    situation = room.situation
    month = read_month(room.store, situation.tree, situation.now_ms, situation.zone)
    o = situation.tree.ordinal[view.area]
    hours = read_hours(room.store, situation.tree.areas[o].id, situation.now_ms, situation.zone)
    return Scene(situation, room.city, view, o, hours, month, DoorsNow(), Kept())


def listed(room: Room, address: str) -> tuple[int, int]:
    """(the number that the list says, how many different events it holds), read as a page scrolls it."""
    number, seen = read_through(room, address)
    return number, len(seen)


def codes_of(room: Room, address: str) -> list[str]:
    """The codes of a list, in its order."""
    return read_through(room, address)[1]


def read_through(room: Room, address: str) -> tuple[int, list[str]]:
    """The number that a list says, and the codes that it shows when it is scrolled to its end."""
    kept = KeptLists(room.store)
    seen: list[str] = []
    number = 0
    while True:
        told: dict[str, Any] = asyncio.run(listing.window(room, kept, OPERATOR, address, Asked(len(seen), AT_ONCE)))
        number = told["number"] if told["number"] is not None else len(seen)
        new = [row[0] for row in told["rows"] if row[0] not in seen]
        if not new:
            return number, seen
        seen += new


def on_board(room: Room, address: str) -> int:
    """How many units the board of an address has."""
    return int(units.window(room, OPERATOR, address, Asked(0, 10))["total"])


def opened(room: Room, area: str, opens: str, query: str) -> int:
    """How many stand in the list that a number says it opens, in the view of its page (assets/board_list.js: lead)."""
    page, own = opens.split("?")
    view = parse_qsl(query)
    told = urlencode(dict(view) | dict(parse_qsl(own)), safe=".")
    if page == "units":
        return on_board(room, f"/units/{area}?{told}")
    number, rows = listed(room, f"/list/{area}?{told}")
    assert number == rows, opens
    return rows


def places(room: Room) -> list[str]:
    """The city, a district, and the grid with the most open events."""
    situation = room.situation
    leaves = [o for o in range(len(situation.tree)) if situation.tree.is_leaf(o)]
    busiest = max(leaves, key=lambda o: situation.totals(o).open)
    return ["990100", "990101", situation.tree.areas[busiest].code]


def view_of(area: str, query: str) -> MapView:
    classes = frozenset(f"{n:02}" for n in range(1, 11))
    return parse_view(f"/area/{area}", query, layer_ids=LAYER_IDS, class_codes=classes)


@pytest.mark.parametrize(
    "query",
    ["", "classes=01.02", "urgencies=3&sources=hotline.patrol", "lights=red", "lights=dark.yellow&classes=01",
     "stages=dispatch", "stages=accept.handle&lights=green"],
)  # fmt: skip
def test_the_figures_of_today_are_as_many_as_their_lists(room: Room, query: str) -> None:
    for area in ("990100", "990101", room.situation.tree.areas[-1].code):
        kpi = numbers.kpi(scene_of(room, view_of(area, query)))
        shown = {
            "reported": kpi["reported"]["n"], "open": kpi["open"]["n"], "overdue": kpi["overdue"]["n"],
            "due_soon": kpi["due_soon"]["n"], "judged": kpi["on_time"]["den"], "on_time": kpi["on_time"]["num"],
            "late": kpi["on_time"]["den"] - kpi["on_time"]["num"], "timed": kpi["handling"]["n"],
            "unplaced": kpi["unplaced"]["n"],
        }  # fmt: skip
        for figure, number in shown.items():
            assert listed(room, f"/list/{area}?figure={figure}&{query}") == (number, number), (area, figure)
        stages = {"to_accept": "accept", "to_dispatch": "dispatch", "handling": "handle", "checking": "check"}
        for name, stage in stages.items():
            if "stages" in query:  # an address names its stages once: those of the page or the one of a part
                continue
            number = kpi["open"][name]
            assert listed(room, f"/list/{area}?figure=open&stages={stage}&{query}") == (number, number), stage


def test_a_light_and_a_stage_narrow_the_numbers_and_their_lists(room: Room) -> None:
    whole = numbers.kpi(scene_of(room, view_of("990100", "")))["open"]["n"]
    for name, values in (("lights", LIGHTS), ("stages", [*Stage])):
        parts = [numbers.kpi(scene_of(room, view_of("990100", f"{name}={v}")))["open"]["n"] for v in values]
        assert sum(parts) == whole
        assert sum(n > 0 for n in parts) > 1, name


def test_the_classes_of_a_page_with_a_light_are_as_many_as_their_lists(room: Room) -> None:
    for query in ("lights=red", "stages=dispatch"):
        for code, _, reported, opened in numbers.classes(scene_of(room, view_of("990100", query))):
            assert listed(room, f"/list/990100?figure=reported&{query}&classes={code}")[1] == reported
            assert listed(room, f"/list/990100?figure=open&{query}&classes={code}")[1] == opened


def test_records_that_are_kept_have_no_light(room: Room) -> None:
    assert listed(room, "/list/990101?figure=all&lights=red") == listed(room, "/list/990101?figure=all")


def test_all_records_and_every_class_are_as_many_as_their_lists(room: Room) -> None:
    scene = scene_of(room, MapView("990101"))
    shown = numbers.all_time(scene)
    assert 0 < shown["reported"] < DEPTH_MAX
    figures = {"reported": "all", "closed": "all_closed", "on_time": "all_on_time", "overdue": "all_overdue",
               "unjudged": "all_unjudged", "dropped": "all_dropped", "open": "open", "forced": "all_forced",
               "reopened": "all_reopened", "to_reply": "to_reply", "suspended": "suspended", "forced_now": "forced",
               "reopened_now": "reopened"}  # fmt: skip
    for name, figure in figures.items():
        assert listed(room, f"/list/990101?figure={figure}") == (shown[name], shown[name]), name
    for code, _, reported, opened in numbers.classes(scene):
        assert listed(room, f"/list/990101?figure=reported&classes={code}")[1] == reported
        assert listed(room, f"/list/990101?figure=open&classes={code}")[1] == opened


def test_a_row_of_the_ranking_is_as_many_as_its_cases(room: Room) -> None:
    rows = numbers.ranking(scene_of(room, MapView("990100")))["rows"]
    assert rows
    for code, _, good, due, *_ in rows:
        assert listed(room, f"/list/{code}?figure=month_due")[1] == due, code
        assert listed(room, f"/list/{code}?figure=month_on_time")[1] == good, code
        assert listed(room, f"/list/{code}?figure=month_late")[1] == due - good, code


def test_a_list_of_all_records_may_be_narrowed_where_no_counter_knows_how_many(room: Room) -> None:
    number, rows = listed(room, "/list/990101?figure=all&classes=01")
    assert number == rows > 0
    every = sum(listed(room, f"/list/990101?figure=all&classes={code}")[1] for code in room.catalogue.classes)
    assert every == numbers.all_time(scene_of(room, MapView("990101")))["reported"]


def test_the_units_of_a_figure_are_as_many_as_their_board_and_the_demo_has_a_roster(room: Room) -> None:
    kpi = numbers.kpi(scene_of(room, MapView("990100")))["units"]

    def board(query: str) -> int:
        return on_board(room, f"/units/990100?{query}")

    assert board("") == kpi["total"] > 0
    assert board("on=1") == kpi["on"]
    assert board("fresh=lost") == kpi["lost"]
    assert board("roster=due") == kpi["due"] > 0.9 * kpi["total"]
    assert board("roster=present") == kpi["present"]
    counts = units.window(room, OPERATOR, "/units/990100", Asked(0, 10))["counts"]
    for name, groups in (("status", counts["status"]), ("fresh", counts["fresh"]), ("kind", counts["kind"])):
        for value, n in groups.items():
            assert board(f"{name}={value}") == n, (name, value)
    assert board("roster=leave") == counts["post"]["leave"]


@pytest.mark.parametrize("query", QUERIES)
def test_the_counts_of_the_legend_are_as_many_as_their_lists(room: Room, query: str) -> None:
    seen = set()
    for area in places(room):
        view = view_of(area, query + "&layers=" + ".".join(sorted(LAYER_IDS)))
        for layer in LAYERS:
            for item in layer.draw(layer.rows(room.situation, view), view).legend:
                # What is not drawn cannot be listed by itself: its note opens the whole of which it is the rest.
                rest = item.note_opens == item.opens
                noted = (item.count if rest else item.note_n, item.note_opens)
                numbered = ((item.count, item.opens), (item.of, item.of_opens), noted)
                for n, opens in numbered:
                    if opens:
                        assert opened(room, area, opens, query) == n, (area, layer.id, item.key)
                        seen.add(f"{layer.id}.{item.key}")
                assert item.opens or item.count is None, f"the count of {layer.id}.{item.key} opens nothing"
                counted = "{n}" in words("en", item.note) if item.note else False
                drawn = "dots" in words("en", item.note) if item.note else False  # of the map, not of the city
                assert item.note_opens or not counted or drawn, f"the note of {layer.id}.{item.key} opens nothing"
    events = {"events.2", "events.3", "events.overdue", "events.piles", "density.density"}
    assert {"units.on", "units.moving", "units.lost", *(() if query else events)} <= seen


@pytest.mark.parametrize("query", QUERIES)
async def test_the_card_of_an_area_says_what_its_label_says_and_its_numbers_open_their_lists(
    room: Room, query: str
) -> None:
    situation = room.situation
    filters = view_of("990100", query).filters
    labels = {layer.id: layer for layer in LAYERS}["labels"]
    for measure, row in (("open", 0), ("overdue", 1), ("reported", 2), ("units", 3)):
        view = view_of("990100", f"{query}&measure={measure}")
        said = {
            code: props["v"] for code, _, _, props in labels.draw(labels.rows(situation, view), view).marks["names"]
        }
        assert set(said) == {situation.tree.areas[o].code for o in situation.tree.children(0)}
        for code, text in said.items():
            card = await look_up(room, OPERATOR, f"area:{code}", "zh", filters)
            label, kind, (n, opens) = card.rows[row]
            assert kind == "listed"
            assert f"{n:,}" == text, (code, measure, label)
            assert await asyncio.to_thread(opened, room, code, opens, query) == n, (code, label)


def test_the_numbers_of_patrol_coverage_are_as_long_as_their_lists(room: Room) -> None:
    for area in places(room):
        now = numbers.coverage(scene_of(room, MapView(area)))
        lists = {
            "": now["grids"], "due=1": now["due"], "walk=covered": now["covered"],
            "walk=missing": now["due"] - now["covered"], "walk=later": now["later"],
        }  # fmt: skip
        for query, n in lists.items():
            found = grids.window(room, OPERATOR, f"/grids/{area}?{query}", Asked(0, 200))
            assert (found["total"], len(found["rows"])) == (n, min(n, 200)), (area, query)
    whole = numbers.coverage(scene_of(room, MapView("990100")))
    assert whole["due"] > 0
    assert whole["known"]


def test_every_hour_of_the_curve_is_as_many_as_its_list_today_and_a_week_ago(room: Room) -> None:
    for area in places(room):
        curve = numbers.curve(scene_of(room, MapView(area)))
        for hour, n in enumerate(curve["today"]):
            assert listed(room, f"/list/{area}?figure=reported&hour={hour}") == (n, n), (area, hour)
        assert len(curve["base"]) == len(HOURS)
        for hour, n in enumerate(curve["base"]):
            assert listed(room, f"/list/{area}?figure=last_week&hour={hour}") == (n, n), (area, hour)
        assert listed(room, f"/list/{area}?figure=last_week") == (sum(curve["base"]), sum(curve["base"]))
    assert sum(numbers.curve(scene_of(room, MapView("990100")))["base"]) > 0


def test_what_was_closed_today_stands_in_the_hour_in_which_it_ended(room: Room) -> None:
    codes = codes_of(room, "/list/990100?figure=closed")
    with room.store.read() as conn:
        ended = {code: event.ended_ms or 0 for code, event in by_codes(conn, codes).items()}
    hour_of = {code: datetime.fromtimestamp(ms / 1000, room.city.zone).hour for code, ms in ended.items()}
    assert len(hour_of) == len(codes) > 0
    for hour in HOURS:
        found = codes_of(room, f"/list/990100?figure=closed&hour={hour}")
        assert set(found) == {code for code, h in hour_of.items() if h == hour}, hour


def test_the_reports_per_minute_and_the_lost_units_are_as_many_as_their_lists(room: Room) -> None:
    for area in places(room):
        scene = scene_of(room, MapView(area))
        rate = lists.rate(scene)
        assert listed(room, f"/list/{area}?figure=recent")[1] == rate["n"]
        assert rate["per_min"] == round(rate["n"] / 10, 1)
        for line in lists.ticker(scene):
            if line["opens"]:
                assert line["kind"] != "quarantine", "nothing was held back"
                assert f"{opened(room, area, line['opens'], ''):,}" in line["text"]


def test_a_list_is_narrowed_by_the_states_it_holds_and_says_how_many_there_are_of_each(room: Room) -> None:
    kept = KeptLists(room.store)
    for figure in Figure:
        address = f"/list/990101?figure={figure}"
        told = asyncio.run(listing.window(room, kept, OPERATOR, address, Asked(0, 0)))
        assert (told["counts"] is None) == (figure in KEPT)
        whole = listed(room, address)[1]
        of_each = {state: listed(room, f"{address}&states={state}")[1] for state in held_by(figure)}
        assert sum(of_each.values()) == whole, figure
        if told["counts"] is not None:
            assert {s: n for s, n in of_each.items() if n} == told["counts"]["states"], figure
    assert listed(room, "/list/990101?figure=reported&states=closed")[1] > 0


async def taken(room: Room, address: str) -> dict[str, httpx.Response]:
    """A list as a file of every kind."""
    api = FastAPI()
    api.include_router(downloads.router(room))
    token = asking.set(OPERATOR)
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://here") as browser:
            return {e: await browser.get(f"/lists/list.{e}", params={"of": address}) for e in MEDIA}
    finally:
        asking.reset(token)


@pytest.mark.parametrize("what", ["reported&hour={}", "last_week&hour={}", "recent", "open"])
async def test_a_file_holds_exactly_the_rows_of_its_list(room: Room, what: str) -> None:
    curve = numbers.curve(scene_of(room, MapView("990101")))
    hours = curve["base"] if "last_week" in what else curve["today"]
    address = "/list/990101?figure=" + what.format(hours.index(max(hours)))
    codes = await asyncio.to_thread(codes_of, room, address)
    files = await taken(room, address)
    assert {answer.status_code for answer in files.values()} == {200}
    assert {answer.headers["x-list-rows"] for answer in files.values()} == {str(len(codes))}
    assert bool(codes) or "recent" in what
    table = list(csv.reader(io.StringIO(files["csv"].content.decode("utf-8-sig"))))
    assert [row[0] for row in table[1:]] == codes
    assert [f["properties"]["code"] for f in orjson.loads(files["geojson"].content)["features"]] == codes
    with zipfile.ZipFile(io.BytesIO(files["xlsx"].content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == len(codes) + 1
    assert [code for code in codes if f">{code}<" not in sheet] == []
