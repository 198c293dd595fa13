"""The phone's line to the server: tasks come long before it would ask, and nothing is kept awake for nothing."""

from __future__ import annotations

import time

from playwright.sync_api import Browser, WebSocketRoute, expect

from callbacks.room import Room
from tests.browser.field.centre import dispatched, registered, step
from tests.browser.phone import Phone

SOON_MS = 4_000
"""Asking alone takes up to 8 s without a line, and up to 30 s with one."""


def test_a_dispatch_is_on_the_phone_at_once_and_so_is_what_the_centre_does_with_it(
    room: Room, base: str, browser: Browser
) -> None:
    code = registered(room)
    phone = Phone.of(browser, room, base)
    phone.hears()
    expect(phone.page.locator(".none")).to_be_visible()
    phone.page.wait_for_timeout(1_000)  # what it asked when the line opened is answered
    step(room, "dispatch", code, unit_code="U1")
    expect(phone.task(code)).to_be_visible(timeout=SOON_MS)
    expect(phone.page.locator("#spoken")).to_contain_text("新任务：")
    step(room, "void", code, reason="重复录入")
    expect(phone.task(code)).to_have_count(0, timeout=SOON_MS)
    assert phone.wrong == []


def test_what_another_unit_is_sent_to_is_not_even_asked_for(room: Room, base: str, browser: Browser) -> None:
    codes = [registered(room, n) for n in (0, 1)]
    phone = Phone.of(browser, room, base)
    phone.hears()
    phone.page.wait_for_timeout(1_000)
    asked = phone.bodies("/field/tasks")
    step(room, "dispatch", codes[0], unit_code="U2")
    phone.page.wait_for_timeout(3_000)
    assert asked == []
    step(room, "dispatch", codes[1], unit_code="U1")
    expect(phone.task(codes[1])).to_be_visible(timeout=SOON_MS)
    assert len(asked) == 1


def test_without_a_network_it_is_silent_and_afterwards_it_has_its_line_and_what_came_meanwhile(
    room: Room, base: str, browser: Browser
) -> None:
    phone = Phone.of(browser, room, base)
    phone.hears()
    opened: list[str] = []
    phone.page.on("websocket", lambda socket: opened.append(socket.url))
    phone.context.set_offline(True)
    phone.hears(False)
    code = dispatched(room)
    phone.page.wait_for_timeout(4_000)
    assert opened == []
    phone.context.set_offline(False)
    expect(phone.task(code)).to_be_visible(timeout=SOON_MS)
    phone.hears()
    assert len(opened) == 1


def test_it_is_closed_when_nobody_has_looked_for_a_minute_and_comes_back_with_who_looks(
    room: Room, base: str, browser: Browser
) -> None:
    phone = Phone.of(browser, room, base, clock=True)
    phone.hears()
    phone.show(False)
    phone.page.clock.fast_forward(30_000)
    phone.hears()
    phone.page.clock.fast_forward(31_000)
    phone.hears(False)
    phone.page.wait_for_timeout(500)
    asked = phone.bodies("/field/tasks")
    code = dispatched(room)
    phone.page.clock.fast_forward(120_000)
    phone.page.wait_for_timeout(1_000)
    assert asked == []
    phone.show(True)
    expect(phone.task(code)).to_be_visible(timeout=SOON_MS)
    phone.hears()


def test_where_no_line_can_be_had_it_asks_every_few_seconds_and_tries_ever_more_seldom(
    room: Room, base: str, browser: Browser
) -> None:
    tried: list[float] = []

    def refuse(socket: WebSocketRoute) -> None:
        tried.append(time.monotonic())
        socket.close()

    code = registered(room)
    began = time.monotonic()
    phone = Phone.of(browser, room, base, line=refuse)
    expect(phone.page.locator(".none")).to_be_visible()
    step(room, "dispatch", code, unit_code="U1")
    expect(phone.task(code)).to_be_visible(timeout=12_000)
    while len(tried) < 3:
        assert time.monotonic() - began < 20
        phone.page.wait_for_timeout(200)
    assert tried[1] - tried[0] > 1.5
    assert tried[2] - tried[1] > 4
