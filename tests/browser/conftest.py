"""What the tests of a file have in common: one browser, and the address at which their room is served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from callbacks.room import Room
from geodata.intake.door import now_ms
from geodata.services.escalating import escalate
from geodata.services.leasing import Claims
from tests.browser.map_browser import chromium
from tests.browser.ringing import answer_all
from tests.browser.serving import serving
from tests.factories.page_city import open_room

expect.set_options(timeout=20_000)  # what is waited for comes at once; a machine with much to do takes its time


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a busy machine disturbed in a browser is tried once more; the run names it as RERUN."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=3))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium with software WebGL."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def rooms_are_left(browser: Browser) -> Iterator[None]:
    """Whoever came for a test goes with it: each map costs its share of the processor, also when nobody looks."""
    yield
    for context in browser.contexts:
        context.close()


@pytest.fixture(scope="module")
def told_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """The small city; its events are overdue already, and what their lights tell is told before anybody looks."""
    opened = open_room(tmp_path_factory.mktemp("city"))
    claims = Claims(opened.store)
    for later in range(2):
        escalate(opened.door.desk(), claims, now_ms() + later)
    claims.give_up()
    yield opened
    opened.store.close()


@pytest.fixture
def quiet(room: Room) -> None:
    """Nothing that rang before rings, or comes between, in this test."""
    answer_all(room)


@pytest.fixture(scope="module")
def base(room: Room) -> Iterator[str]:
    """The address at which the room of a file is served."""
    with serving(room) as address:
        yield address
