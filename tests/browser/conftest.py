"""What the tests of a file have in common: one browser, and the address at which their room is served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from callbacks.room import Room
from tests.browser.map_browser import chromium
from tests.browser.serving import serving

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
def base(room: Room) -> Iterator[str]:
    """The address at which the room of a file is served."""
    with serving(room) as address:
        yield address
