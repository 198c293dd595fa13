"""A shift in the little city: people of every role who take steps, one after the other, and what is kept of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from geodata.domain.roles import Role
from geodata.services.acting import act
from geodata.services.actors import Actor
from geodata.services.case import Action
from geodata.services.outcomes import Outcome, Submitted
from geodata.store import changes, events, tasks
from geodata.store.changes import Change
from geodata.store.events import EventNow
from geodata.store.tasks import TaskNow
from tests.factories.access_city import HOUR, MINUTE, NOW, Town, of

CLERK, OFFICER, SHIFT = of("wen", Role.INTAKE), of("ling", Role.DUTY_OFFICER), of("zhao", Role.SHIFT_LEADER)
HEAD, LEADER = of("tang", Role.CENTRE_HEAD), of("lin", Role.LEADER)
UNITS = {f"U{n}": of(f"chen{n}", Role.UNIT_MEMBER, unit_code=f"U{n}") for n in range(1, 5)}
WEEK_MS = 7 * 24 * HOUR
_numbers = count(1)


@dataclass
class Shift:
    """A clock that goes on by a minute with every step."""

    town: Town
    now_ms: int = NOW

    def open(self, at: str = "G1", **other: Any) -> str:
        """The code of a new event."""
        outcome = self.town.report(f"n{next(_numbers)}", at=at, at_ms=self.now_ms, **other)
        assert outcome.status == "accepted", outcome
        return outcome.code

    def units(self, *codes: str) -> None:
        """Units of G1 that are on duty."""
        for code in codes or UNITS:
            assert self.town.enrol(code, status="on_duty").status in ("accepted", "duplicate")

    def act(self, by: Actor, action: str, code: str, **carried: Any) -> Outcome:
        """One step, a minute later, written to the audit as the pages, and the door for systems, do. A unit without a
        photo and a clerk say why."""
        self.now_ms += MINUTE
        at_ms = carried.pop("at_ms", self.now_ms)
        if by.is_unit_member and action == "report_back":
            carried = {"reason": "现场无法拍照"} | carried
        if action == "register":
            carried = {"reason": "属受理范围"} | carried
        item = Action(action, at_ms, code, **carried)
        return act(
            self.town.desk, by, [Submitted({}, item)], feed="t/actions", now_ms=self.now_ms,
            audit=None if Role.FEED in by.roles else self.town.access.audit, keep_refused=False,
        )[0]  # fmt: skip

    def do(self, by: Actor, action: str, code: str, **carried: Any) -> None:
        """A step that is taken."""
        outcome = self.act(by, action, code, **carried)
        assert outcome.status == "accepted", (action, outcome)

    def refused(self, by: Actor, action: str, code: str, **carried: Any) -> tuple[str, str]:
        """The field and the rule of a step that is not taken."""
        outcome = self.act(by, action, code, **carried)
        assert outcome.status == "dropped", (action, outcome)
        return outcome.field, outcome.rule

    def dispatched(self, *units: str, **other: Any) -> str:
        """An event that was registered and sent to these units, the first of which leads."""
        code = self.open(**other)
        self.do(CLERK, "register", code)
        self.do(OFFICER, "dispatch", code, unit_code=units[0], assists=tuple(units[1:]))
        return code

    def event(self, code: str) -> EventNow:
        """As it is kept now."""
        with self.town.store.read() as conn:
            found = events.by_code(conn, code)
        assert found is not None
        return found

    def tasks(self, code: str) -> list[TaskNow]:
        """Its tasks, oldest first."""
        event = self.event(code)
        with self.town.store.read() as conn:
            return tasks.of_events(conn, [event.id])

    def log(self, code: str) -> list[Change]:
        """What the change log tells of it."""
        event = self.event(code)
        with self.town.store.read() as conn:
            return changes.of_event(conn, event.id, 1000)
