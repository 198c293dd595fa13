"""Walls of every shape: nothing overflows, nothing is cut in two, nothing lies on anything else or across a seam."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from callbacks.room import Room
from geodata.domain.focus import Focus
from geodata.domain.kiosk import Kiosk
from geodata.domain.roles import Role
from geodata.store import programmes
from geodata.store.programmes import Screen
from tests.browser.map_browser import MapPage
from tests.factories.page_city import open_room
from tests.factories.people import account_of, cookie_of, secret_of

pytestmark = pytest.mark.usefixtures("rooms_are_left")
SOON = 30_000
Size = tuple[int, int]
WRONG = Path(__file__).with_name("walls.js").read_text("utf-8")
FLAT: tuple[Size, ...] = (
    (1366, 768), (1920, 1080), (3840, 2160), (5760, 1080), (7680, 2160), (3840, 1080), (1080, 1920)
)  # fmt: skip
SEAMS: tuple[tuple[Size, int, int, int], ...] = (
    ((5760, 1080), 3, 1, 40), ((7680, 2160), 4, 2, 60), ((3840, 1080), 2, 1, 24), ((6480, 1920), 6, 1, 30),
    ((3840, 2160), 2, 2, 24), ((5760, 3240), 3, 3, 30), ((1080, 1920), 1, 2, 20),
)  # fmt: skip
ADDRESSES = ("/wall/C", "/wall/C?lang=en", "/wall/C?focus=patrol", "/wall/C?lang=en&theme=light&focus=disputes")
THEMES = tuple(f"/wall/C?focus={focus}" for focus in Focus)
THEMES_AT = {(1920, 1080), (5760, 1080), (1080, 1920)}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    opened = open_room(tmp_path_factory.mktemp("walls"))
    yield opened
    opened.store.close()


def hung(browser: Browser, room: Room, base: str, size: Size, kiosk: Kiosk) -> MapPage:
    """A wall as its link opens it."""
    made = account_of(room.access, [Role.SCREEN], ["C"], login=f"wall.{next(_numbers)}")
    with room.store.begin() as conn:
        programmes.put_screen(conn, made.id, Screen(None, kiosk))
    # A quarter of the pixels: the map of such a wall is drawn by the processor here, and what is measured are boxes.
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, device_scale_factor=0.25, locale="zh-CN"
    )
    context.set_default_timeout(SOON)
    context.add_cookies([cookie_of(base, secret_of(room.access, made))])
    context.route("**/screen?*", without_alerts)
    opened = MapPage(context.new_page(), base)
    opened.watch()
    opened.page.goto(base + "/wall/C")
    opened.page.wait_for_function("() => window.onescreen && onescreen.programme && onescreen.programme.plan()")
    return opened


def without_alerts(route: Route) -> None:
    """What a screen is told, but that nothing comes between while boxes are measured."""
    answer = route.fetch()
    route.fulfill(response=answer, json=answer.json() | {"calls": []})


def look(page: Page, address: str, columns: int = 1, rows: int = 1, bezel: int = 0) -> Any:
    """What is wrong with the wall at this address, once its picture is there."""
    page.evaluate("(address) => onescreen.view.go(address)", address)
    page.wait_for_function(
        """(address) => {
          const panels = [...document.querySelectorAll('.side > .panel')].filter((p) => p.getClientRects().length);
          return onescreen.view.address() === address && onescreen.live.state().state === "live"
            && panels.length && panels.every((p) => p.getAttribute("aria-busy") !== "true" && p.children.length);
        }""",
        arg=address,
    )
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.evaluate(WRONG, [columns, rows, bezel])


def sized(page: Page, size: Size) -> None:
    """The same wall in another size."""
    page.set_viewport_size({"width": size[0], "height": size[1]})


def test_at_every_size_each_wall_shows_whole_panels_side_by_side(browser: Browser, room: Room, base: str) -> None:
    opened = hung(browser, room, base, FLAT[0], Kiosk(shift=0))
    wrong: dict[str, Any] = {}
    for size in FLAT:
        sized(opened.page, size)
        for address in ADDRESSES + (THEMES if size in THEMES_AT else ()):
            if found := look(opened.page, address):
                wrong[f"{size} {address}"] = found
    assert wrong == {}
    assert [text for text in opened.wrong if "requestFullscreen" not in text] == [], "that one waits for a touch"


@pytest.mark.parametrize(("size", "columns", "rows", "bezel"), SEAMS)
def test_no_panel_no_fact_and_nothing_of_the_header_lies_across_a_seam(
    browser: Browser, room: Room, base: str, size: Size, columns: int, rows: int, bezel: int
) -> None:
    kiosk = Kiosk(left=10, right=10, top=6, bottom=6, columns=columns, rows=rows, bezel=bezel, shift=2)
    page = hung(browser, room, base, size, kiosk).page
    wrong = {address: found for address in ADDRESSES if (found := look(page, address, columns, rows, bezel))}
    assert wrong == {}
    if columns > 1:
        page.evaluate("() => document.documentElement.setAttribute('data-idle', '')")
        expect(page.locator("#map-tools")).to_be_hidden()


def test_a_wider_wall_has_more_columns(browser: Browser, room: Room, base: str) -> None:
    page = hung(browser, room, base, FLAT[0], Kiosk(shift=0)).page
    columns = {}
    for size in ((1920, 1080), (7680, 2160), (5760, 1080)):
        sized(page, size)
        assert look(page, "/wall/C") == []
        columns[size] = page.evaluate(
            """() => new Set([...document.querySelectorAll('.side > .panel')].filter((p) => p.getClientRects().length)
                .map((p) => Math.round(p.getBoundingClientRect().left))).size"""
        )
    assert columns == {(1920, 1080): 2, (7680, 2160): 4, (5760, 1080): 6}


def test_what_failed_is_larger_than_what_is_well_and_lies_on_no_number(browser: Browser, room: Room, base: str) -> None:
    page = hung(browser, room, base, (1920, 1080), Kiosk(shift=0)).page
    assert look(page, "/wall/C") == []
    page.evaluate(
        """() => {
          const bug = () => { throw new Error("a bug"); };
          for (const part of ["kpi", "feed", "title"]) onescreen.sections[part].draw = bug;
          onescreen.panels.refresh();
        }"""
    )
    page.wait_for_function(
        """() => document.querySelectorAll("[data-failed]").length === 3
            && document.querySelector(".stale").getClientRects().length"""
    )
    assert look(page, "/wall/C") == []
    said = page.evaluate(
        """() => {
          const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
          const lines = [...document.querySelectorAll("[data-failed]")].map((box) => getComputedStyle(box, "::before"));
          return [...lines, getComputedStyle(document.querySelector(".stale"))]
            .map((line) => [line.position, parseFloat(line.fontSize) / rem]);
        }"""
    )
    assert len(said) == 4
    assert all(position == "static" and size >= 1.25 for position, size in said), said
