"""A small city with one unit and its phone, served anew for each test, and what officers do there meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from callbacks.room import Room
from geodata.domain.roles import Role
from geodata.intake.door import now_ms
from geodata.services.enrolling import UnitReport, enrol_units
from geodata.services.outcomes import Submitted
from tests.browser.field.centre import OPERATOR
from tests.browser.serving import serving
from tests.factories.page_city import open_room
from tests.factories.people import account_of


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """Two units, off duty, each with the account of a phone."""
    opened = open_room(tmp_path)
    reports = [
        UnitReport("U1", status="off_duty", at_ms=now_ms()),
        UnitReport("U2", "渝中巡-02", "grid_post", "G00", (), "off_duty", now_ms()),
    ]
    enrol_units(opened.door.desk(), OPERATOR, [Submitted({}, r) for r in reports], feed="t/units", now_ms=now_ms())
    for code in ("U1", "U2"):
        account_of(opened.access, [Role.UNIT_MEMBER], ["D1"], unit_code=code, login=f"phone.{code.lower()}")
    yield opened
    opened.store.close()


@pytest.fixture
def base(room: Room) -> Iterator[str]:
    """The address at which this test's room is served."""
    with serving(room) as address:
        yield address


@pytest.fixture(autouse=True)
def nothing_left_open(browser: Browser) -> Iterator[None]:
    """A phone that stays open goes on asking for ever."""
    yield
    for context in browser.contexts:
        context.close()
