from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from callbacks.live import doors, past
from callbacks.live.board import SECTIONS, Board, Section
from callbacks.live.frames import RETRY_MS, ViewPicture, marks_moved
from geodata.domain.view import MapView, ViewError
from geodata.situation.columns import Codebook, EventBatch, values_of
from geodata.situation.situation import Situation
from geodata.store.engine import Store
from geodata.store.folder import City
from layers.base import Drawing, MarkSlot, Slot
from layers.registry import LAYERS
from tests.unit.live.serving import read_view
from tests.unit.situation.city import CATALOGUE, UNEVEN, a_unit, an_event, tree_of

ZONE = ZoneInfo("Asia/Shanghai")
NOW_MS = 1_795_240_000_000
CALL_SIGN = "巡逻猎鹰七号"
Json = dict[str, Any]


def a_situation(now_ms: int = NOW_MS) -> Situation:
    """Forty events and some units, over all areas of the uneven tree."""
    rng = random.Random(3)
    ids = [a.id for a in UNEVEN.areas]
    events = [
        an_event(
            i, area_id=rng.choice(ids), urgency=1 + i % 4, reported_ms=now_ms - i * 300_000,
            deadline_ms=now_ms + (i - 20) * 600_000, class_code=rng.choice(list(CATALOGUE.classes)),
        )
        for i in range(1, 41)
    ]  # fmt: skip
    units = [
        a_unit(i, area_id=rng.choice(ids), call_sign=CALL_SIGN, fix_ms=now_ms - i * 40_000, lon=100 + i / 50)
        for i in range(1, 31)
    ]
    book = Codebook(CATALOGUE)
    held = EventBatch.of(values_of(events), UNEVEN, book)
    return Situation(UNEVEN, CATALOGUE, ZONE, now_ms, events=held, units=units, book=book)


@pytest.fixture
def board(sqlite_store: Store) -> Board:
    return Board(sqlite_store, a_situation(), City())


class Screen:
    """What a browser holds after a full frame and the deltas that followed, without knowing what they mean."""

    def __init__(self, full: Json) -> None:
        self.held: Json = orjson.loads(orjson.dumps(full))

    def take(self, delta: Json | None) -> None:
        for part, changed in orjson.loads(orjson.dumps(delta or {})).items():
            if part == "marks":
                for slot, moved in changed.items():
                    held = {f[0]: f for f in self.held["marks"][slot]["all"]}
                    held |= {f[0]: f for f in moved.get("set", ())}
                    for gone in moved.get("gone", ()):
                        del held[gone]
                    self.held["marks"][slot]["all"] = list(held.values())
            elif part == "traces":
                for slot, props in changed.items():
                    self.held["traces"][slot] |= props
            else:
                self.held[part] |= changed

    def shows(self, full: Json) -> None:
        """The same as a fresh full frame; the order of marks means nothing."""
        wanted = orjson.loads(orjson.dumps(full))
        for frame in (self.held, wanted):
            for marks in frame["marks"].values():
                marks["all"].sort()
        assert self.held == wanted


@pytest.mark.parametrize(
    "query", ["", "?measure=units&layers=areas.density.events.labels.units", "?urgencies=1.2&lang=en"]
)
async def test_a_full_frame_and_its_deltas_give_the_same_screen_as_a_new_full_frame(board: Board, query: str) -> None:
    situation, rng = board.situation, random.Random(5)
    view = read_view("/area/A000" + query)
    picture = ViewPicture(board, LAYERS, view)
    picture.refresh()
    screen = Screen(picture.full())
    for turn in range(30):
        now_ms = NOW_MS + (turn + 1) * 65_000
        for _ in range(rng.randrange(3)):
            event = situation.event(f"E{rng.randrange(1, 45)}")
            situation.apply_events([an_event(
                event.id if event else 50 + turn, 2 + turn, area_id=rng.choice(UNEVEN.areas).id, reported_ms=now_ms,
                state=rng.choice(["handling", "closed", "dispatched"]), ended_ms=now_ms, urgency=rng.randrange(1, 5),
            )])  # fmt: skip
        situation.apply_units([
            a_unit(rng.randrange(1, 35), 2 + turn, area_id=rng.choice(UNEVEN.areas).id, fix_ms=now_ms,
                   status=rng.choice(["on_duty", "off_duty", "busy"]), lon=101 + turn / 10)
        ])  # fmt: skip
        situation.advance(now_ms)
        screen.take(picture.refresh())
        fresh = ViewPicture(board, LAYERS, view)
        fresh.refresh()
        screen.shows(fresh.full())


async def test_nothing_is_built_again_until_a_stamp_moves(board: Board) -> None:
    picture = ViewPicture(board, LAYERS, MapView("A000"))
    assert picture.stale()
    picture.refresh()
    assert not picture.stale()
    assert picture.refresh() is None


async def test_only_the_sections_that_depend_on_what_moved_are_built(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []

    def noting(name: str, section: Section) -> Section:
        def build(scene: Any) -> Any:
            built.append(name)
            return section.build(scene)

        return replace(section, build=build)

    monkeypatch.setattr(board, "sections", {name: noting(name, s) for name, s in SECTIONS.items()})
    picture = ViewPicture(board, LAYERS, MapView("A000"))
    picture.refresh()
    built.clear()
    board.situation.apply_units([a_unit(1, 9, area_id=UNEVEN.areas[4].id, lon=100.5)])
    assert picture.stale()
    picture.refresh()
    assert {"kpi"} <= set(built) <= {"kpi", "ticker"}


async def test_a_change_elsewhere_leaves_a_view_alone(board: Board) -> None:
    picture = ViewPicture(board, LAYERS, MapView("A009"))
    picture.refresh()
    board.situation.apply_units([a_unit(99, 9, area_id=UNEVEN.areas[UNEVEN.ordinal["A003"]].id)])
    assert not picture.stale()
    board.situation.apply_units([a_unit(98, 9, area_id=UNEVEN.areas[UNEVEN.ordinal["A010"]].id)])
    assert picture.stale()


async def test_layers_that_are_switched_off_come_with_empty_slots(board: Board) -> None:
    picture = ViewPicture(board, LAYERS, MapView("A000", layers=("areas",)))
    picture.refresh()
    full = picture.full()
    assert all(marks == {"all": []} for marks in full["marks"].values())
    assert full["traces"]["areas/fill"]["visible"] is True
    assert set(full["legend"]) == {"areas"}
    off = ViewPicture(board, LAYERS, MapView("A000", layers=("events",)))
    off.refresh()
    assert off.full()["traces"]["areas/fill"]["visible"] is False
    assert off.full()["marks"]["events/marks"]["all"] != []


class Fragile:
    """A layer that draws one mark, or is at fault when told to."""

    id, order, topics = "fragile", 1, frozenset({"units"})
    slots: Mapping[str, Slot] = MappingProxyType({"marks": MarkSlot({})})
    fault = ""

    def rows(self, situation: Situation, view: MapView) -> None:
        if self.fault == "raises":
            raise RuntimeError("a bug in a layer")

    def draw(self, rows: None, view: MapView) -> Drawing:
        told = {"what": object()} if self.fault else {}
        return Drawing(marks={"marks": [("m", 1.0, 2.0, told)]})


@pytest.mark.parametrize(("fault", "said"), [("raises", "a bug in a layer"), ("is no JSON", "not JSON serializable")])
async def test_a_layer_that_raises_keeps_what_it_showed_and_the_others_go_on(
    board: Board, caplog: pytest.LogCaptureFixture, fault: str, said: str
) -> None:
    layer = Fragile()
    picture = ViewPicture(board, [layer, *LAYERS], MapView("A000", layers=("fragile", "units")))
    picture.refresh()
    layer.fault = fault
    board.situation.apply_units([a_unit(77, 9)])
    delta = picture.refresh()
    assert delta is not None
    assert "fragile/marks" not in delta["marks"]
    assert "units/marks" in delta["marks"]
    assert delta["fails"] == {"layer:fragile": ["raised", NOW_MS]}
    assert picture.full()["marks"]["fragile/marks"]["all"] == [("m", 1.0, 2.0, {})]
    assert said in caplog.text
    layer.fault = ""
    board.situation.apply_units([a_unit(78, 9)])
    again = picture.refresh()
    assert again is not None
    assert again["fails"] == {"layer:fragile": None}
    assert picture.full()["fails"] == {}


class Shaky:
    """A section that says a number, or something that is no JSON, or raises when told to."""

    def __init__(self) -> None:
        self.says: Any = 1

    def __call__(self, _: Any) -> Any:
        if self.says is None:
            raise ZeroDivisionError("a bug in a section")
        return self.says


@pytest.mark.parametrize("fault", [None, object()], ids=["raises", "is no JSON"])
async def test_a_section_that_raises_keeps_what_it_said_and_says_of_when_that_is(
    board: Board, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: object
) -> None:
    shaky = Shaky()
    monkeypatch.setattr(board, "sections", {**SECTIONS, "kpi": Section(shaky, frozenset({"units"}))})
    picture = ViewPicture(board, LAYERS, MapView("A000"))
    picture.refresh()
    shaky.says = fault
    board.situation.advance(NOW_MS + 10_000)
    for turn in range(3):
        board.situation.apply_units([a_unit(77 + turn, 9)])
        delta = picture.refresh()
        assert delta is not None
        assert delta.get("fails") == ({"kpi": ["raised", NOW_MS]} if turn == 0 else None)
        assert "kpi" not in delta["s"]
        assert delta["s"]["ticker"]
    assert picture.full()["s"]["kpi"] == 1
    assert caplog.text.count("kpi failed for") == 1


async def test_what_raised_is_tried_again_although_nothing_moved(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    shaky = Shaky()
    shaky.says = None
    monkeypatch.setattr(board, "sections", {"kpi": Section(shaky, frozenset({"units"}))})
    picture = ViewPicture(board, (), MapView("A000"))
    picture.refresh()
    assert (picture.full()["s"], picture.full()["fails"]) == ({"kpi": None}, {"kpi": ["raised", 0]})
    assert not picture.stale()
    board.situation.now_ms = NOW_MS + RETRY_MS
    shaky.says = 7
    assert picture.stale()
    assert picture.refresh() == {"s": {"kpi": 7}, "fails": {"kpi": None}}


async def test_a_section_whose_source_is_not_read_says_so_while_the_others_go_on(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: dict[str, int] = {}
    monkeypatch.setattr(board, "overdue", lambda o: dict(late))
    picture = ViewPicture(board, LAYERS, MapView("A000"))
    picture.refresh()
    late["month"] = NOW_MS - 400_000
    assert picture.stale()
    delta = picture.refresh()
    assert delta is not None
    assert delta["fails"] == {name: ["source", NOW_MS - 400_000] for name in ("kpi", "ranking")}
    late.clear()
    well = picture.refresh()
    assert well is not None
    assert well["fails"] == {"kpi": None, "ranking": None}


async def test_sources_that_cannot_be_read_are_overdue_after_a_while(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Any:
        raise OSError("no database")

    for module, name in ((past, "read_month"), (past, "read_hours"), (doors, "read_doors")):
        monkeypatch.setattr(module, name, broken)
    board.tokens(0)
    await asyncio.sleep(0.05)
    assert board.overdue(0) == {}
    board.situation.now_ms = NOW_MS + past.OVERDUE_MS + 1
    board.tokens(0)
    assert board.overdue(0) == {"month": NOW_MS, "hours": 0, "doors": NOW_MS}


async def test_surges_that_nobody_looks_for_any_more_are_named_where_they_show(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_ms = NOW_MS - 1
    monkeypatch.setattr(doors, "read_kept_up", lambda _: {"surges": looked_ms})
    for _ in range(200):
        board.tokens(0)
        await asyncio.sleep(0.01)
        board.situation.now_ms += 10_000
        if board.overdue(0):
            break
    assert board.situation.now_ms > NOW_MS + doors.UPKEEP_OVERDUE_MS
    picture = ViewPicture(board, LAYERS, MapView("A000", layers=("surges", "units")))
    picture.refresh()
    assert picture.full()["fails"] == {part: ["source", looked_ms] for part in ("ticker", "layer:surges")}


async def test_an_unknown_area_is_refused_by_name(board: Board) -> None:
    with pytest.raises(ViewError) as error:
        ViewPicture(board, LAYERS, MapView("Z9"))
    assert (error.value.field, error.value.value) == ("area", "Z9")


async def test_after_an_import_of_areas_the_same_code_is_found_at_its_new_place(board: Board) -> None:
    last = ViewPicture(board, LAYERS, MapView("A011"))
    top = ViewPicture(board, LAYERS, MapView("A001"))
    last.refresh()
    top.refresh()
    smaller = tree_of([None, 0, 0])
    board.situation.replace_content(Situation(smaller, CATALOGUE, ZONE, NOW_MS, events=None))
    assert top.stale()
    delta = top.refresh()
    assert delta is not None
    assert delta["s"]["kpi"]["open"]["n"] == 0
    assert delta["s"]["title"]["children_level"] is None
    with pytest.raises(ViewError, match="A011"):
        last.refresh()


async def test_no_frame_carries_a_call_sign(board: Board) -> None:
    for page in ("wall", "area"):
        for area in ("A000", "A008"):
            picture = ViewPicture(board, LAYERS, MapView(area, page))
            picture.refresh()
            assert CALL_SIGN.encode() not in orjson.dumps(picture.full())


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ("", "", {}), ("", "ab", {"set": ["a", "b"]}), ("ab", "ab", {}), ("ab", "b", {"gone": ["a"]}),
        ("ab", "aB", {"set": ["B"]}), ("ab", "Bc", {"set": ["B", "c"], "gone": ["a"]}), ("a", "", {"gone": ["a"]}),
    ],
)  # fmt: skip
def test_only_what_is_new_changed_or_gone_travels(old: str, new: str, moved: Json) -> None:
    def marks(letters: str) -> dict[str, Any]:
        return {x.lower(): (x.lower(), 0.0, 0.0, {"big": x.isupper()}) for x in letters}

    got = marks_moved(marks(old), marks(new))
    letters = {k: [f[0].upper() if f[3]["big"] else f[0] for f in v] if k == "set" else v for k, v in got.items()}
    assert letters == moved
