"""Bells over a real store: whom a change is about, and what happens when the store does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callbacks.live import bells as module
from callbacks.live.bells import BEAT, NEW, Bells
from callbacks.live.packets import Packet
from callbacks.live.topics import Client
from callbacks.room import Room
from geodata.domain.view import Filters
from geodata.intake.door import now_ms
from geodata.services.acting import act
from geodata.services.actors import Actor
from geodata.services.case import Action
from geodata.services.enrolling import UnitReport, enrol_units
from geodata.services.outcomes import Submitted
from geodata.services.tracking import Position, report_positions
from geodata.store import events, tasks, units
from geodata.store.engine import StoreError
from geodata.store.journal import Journal
from tests.factories.page_city import open_room

OPERATOR = Actor.operator()
UNITS = ("U1", "U2", "U3")


class Heard:
    """An outlet that remembers."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []

    def write(self, packet: Packet) -> None:
        self.packets.append(packet)

    def waiting(self) -> int:
        return 0

    def abort(self) -> None:
        raise AssertionError("nobody is cut off")

    async def close(self) -> None:
        return None

    def rang(self) -> bool:
        rang = NEW in self.packets
        self.packets.clear()
        return rang


class Lines:
    """A line of each unit, and the end of the change log."""

    def __init__(self, room: Room) -> None:
        self.room, self.end = room, 0
        self.read_on()
        self.bells = Bells(room.store, lambda: self.end)
        self.heard = {code: Heard() for code in UNITS}
        for code, outlet in self.heard.items():
            self.bells.join(code, Client(outlet))

    def read_on(self) -> None:
        with self.room.store.read() as conn:
            self.end = conn.exec_driver_sql("SELECT max(seq) FROM change").scalar_one()

    async def rung(self) -> set[str]:
        """Whose phones ring at the next look."""
        self.read_on()
        await self.bells.look()
        return {code for code, outlet in self.heard.items() if outlet.rang()}

    def step(self, action: str, code: str, **more: object) -> None:
        item = Action(action, now_ms(), code, **more)  # type: ignore[arg-type]
        (said,) = act(self.room.door.desk(), OPERATOR, [Submitted({}, item)], feed="t", now_ms=now_ms())
        assert said.status == "accepted", said

    def told(self, *reports: UnitReport) -> None:
        enrol_units(self.room.door.desk(), OPERATOR, [Submitted({}, r) for r in reports], feed="t", now_ms=now_ms())


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Lines]:
    room = open_room(tmp_path)
    found = Lines(room)
    found.told(*(UnitReport(c, c, "grid_post", "G00", (), "on_duty", now_ms()) for c in UNITS[1:]))
    found.read_on()
    yield found
    room.store.close()


def newest(lines: Lines) -> str:
    return lines.room.situation.feed(lines.room.situation.tree.ordinal["D1"], Filters(), 1)[0].code


async def test_those_who_have_lead_or_had_an_event_are_rung_and_nobody_else(lines: Lines) -> None:
    await lines.rung()
    code = newest(lines)
    lines.step("register", code, reason="r")
    assert await lines.rung() == set()
    lines.step("dispatch", code, unit_code="U1", assists=("U2",))
    assert await lines.rung() == {"U1", "U2"}
    assert await lines.rung() == set(), "what was told is not told again"
    lines.step("return", code, reason="不属于本单位职责")
    assert await lines.rung() == {"U1", "U2"}
    lines.step("confirm_return", code)
    lines.step("dispatch", code, unit_code="U3")
    assert await lines.rung() == {"U1", "U2", "U3"}, "whoever had it has to hear that it is another's"


async def test_the_unit_of_an_event_for_which_no_task_was_written_is_rung(lines: Lines) -> None:
    await lines.rung()
    with lines.room.store.begin() as conn:
        (event,) = events.by_codes(conn, [newest(lines)]).values()
        (unit,) = units.by_codes(conn, ["U2"]).values()
        journal = Journal(conn, now_ms())
        journal.move(event, replace(event, unit_id=unit.id), "import", "test")
        journal.write()
    assert await lines.rung() == {"U2"}


async def test_a_unit_is_rung_when_its_duty_changes_and_not_with_each_fix(lines: Lines) -> None:
    await lines.rung()
    lines.told(UnitReport("U2", status="busy", at_ms=now_ms()))
    assert await lines.rung() == {"U2"}
    fix = Position("U2", 106.45, 29.55, now_ms())
    report_positions(lines.room.door.desk(), OPERATOR, [Submitted({}, fix)], feed="t", now_ms=now_ms())
    assert await lines.rung() == set()


async def test_after_an_import_nobody_is_rung_and_the_next_step_is_heard_again(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lines.rung()
    monkeypatch.setattr(module, "GAP_MAX", 2)
    code = newest(lines)
    lines.step("register", code, reason="r")
    lines.step("dispatch", code, unit_code="U1")
    lines.step("accept", code)
    assert await lines.rung() == set()
    lines.step("arrive", code)
    assert await lines.rung() == {"U1"}


async def test_a_store_that_does_not_answer_loses_nothing(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    await lines.rung()
    touched, failed = tasks.touched, [StoreError("away"), ValueError("odd")]

    def at_last(*asked: Any) -> Any:
        if failed:
            raise failed.pop()
        return touched(*asked)

    monkeypatch.setattr(tasks, "touched", at_last)
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    lines.told(UnitReport("U3", status="busy", at_ms=now_ms()))
    lines.read_on()
    running = asyncio.create_task(lines.bells.run())
    async with asyncio.timeout(10):
        while not lines.heard["U3"].rang():
            await asyncio.sleep(0.01)
    assert failed == []
    assert not running.done()
    running.cancel()


async def test_lines_beat_seldom_and_nothing_is_asked_for_without_them(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lines.bells.look()
    assert lines.heard["U1"].packets == [BEAT]
    await lines.bells.look()
    assert lines.heard["U1"].packets == [BEAT]
    alone = Bells(lines.room.store, lambda: lines.end)
    client = Client(Heard())
    alone.join("U1", client)
    alone.leave("U1", client)
    assert len(alone) == 0
    monkeypatch.setattr(tasks, "touched", lambda *_: 1 / 0)
    lines.told(UnitReport("U1", status="busy", at_ms=now_ms()))
    lines.read_on()
    await alone.look()
