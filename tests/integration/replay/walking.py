"""A walk of the little city through two days and over midnight, with frames recorded live on the way."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from callbacks.live.board import Board
from callbacks.live.frames import ViewPicture
from callbacks.live.then import ThenBoard
from geodata.domain.coverage import EVERY_SHIFT, PatrolPlan, PatrolRule
from geodata.domain.events import Mark
from geodata.domain.roles import Audience
from geodata.domain.view import MapView
from geodata.services import patrolling
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.services.outcomes import Submitted
from geodata.services.tracking import TRACK_EVERY_MS, Position, report_positions
from geodata.services.walk_keeping import keep_walks
from geodata.situation.loading import load_situation
from geodata.situation.replay.archive import Archive
from geodata.situation.tailing import Tail
from geodata.store import roster, surges, units
from geodata.store.engine import Store
from geodata.store.events import EventNow
from geodata.store.folder import City
from geodata.store.history import bulk_history
from geodata.store.journal import Journal
from geodata.store.roster import Shift
from geodata.store.unit_writes import save_units
from geodata.store.units import UnitNow
from layers.registry import LAYERS
from tests.factories.little_city import AREAS, HOUR, T0, found_city, history

Json = dict[str, Any]
ZONE = ZoneInfo("Asia/Shanghai")
MINUTE = 60_000
BEGIN = T0 + 42 * 24 * HOUR
STAFF = Audience.STAFF
PLAN = PatrolPlan((0, 480, 960), (PatrolRule("", EVERY_SHIFT, 6, 3),))
VIEWS = (
    MapView("C", audience=STAFF), MapView("C", audience=STAFF, layers=("areas", "coverage")),
    MapView("S1", audience=STAFF, layers=("coverage",)), MapView("D1", audience=STAFF, lang="en"),
    MapView("G1", audience=STAFF), MapView("C", audience=STAFF, layers=("areas", "surges")), MapView("C", "wall"),
    MapView("D2", "wall", layers=("areas", "density", "units")),
)  # fmt: skip
PATH = ("reported", "to_dispatch", "dispatched", "handling", "handled", "to_close", "closed")


@dataclass
class Walk:
    """The city, its clock, and the frames that were recorded: (epoch ms, topic) → full frame."""

    store: Store
    now_ms: int = BEGIN
    frames: dict[tuple[int, str], Json] = field(default_factory=dict)
    open: list[EventNow] = field(default_factory=list)
    ended: list[EventNow] = field(default_factory=list)
    units: list[UnitNow] = field(default_factory=list)
    number: int = 0
    desk: Desk = field(init=False)
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    def found(self) -> None:
        """The city with a history of forty days around the beginning, units and their roster."""
        with self.store.begin() as conn:
            found_city(conn)
            bulk_history(conn, history(400), at_ms=self.now_ms - 1, actor="test")
        self.units = [
            UnitNow(n, f"U{n}", f"渝{n}", "grid_post", 6 + n % 3, "", "off_duty", self.now_ms, 1, None, None, None,
                    None, None, None, None, None, 0, 0)
            for n in range(1, 7)
        ]  # fmt: skip
        with self.store.begin() as conn:
            save_units(conn, [(u, "enrol") for u in self.units], new_ids={u.id for u in self.units},
                       at_ms=self.now_ms, actor="test")  # fmt: skip
            shifts = [Shift(u.id, self.now_ms + k * 8 * HOUR, self.now_ms + (k + 1) * 8 * HOUR, int(u.id == 6))
                      for u in self.units for k in range(6) if (u.id + k) % 2]  # fmt: skip
            roster.save(conn, shifts, at_ms=self.now_ms, actor="test")
        self.desk = replace(Desk.load(self.store, City()), patrol=PLAN)

    def go_on(self) -> None:
        """A quarter of an hour or less, in which what was walked is written down, and then something happens."""
        self.now_ms += self.dice.randrange(1_000, 15 * MINUTE)
        keep_walks(self.desk, lambda _: True, 0, self.now_ms)
        self.dice.choice((
            self.report, self.report, self.move, self.move, self.move, self.late, self.unit, self.fix, self.fix,
            self.surge, self.upkeep,
        ))()  # fmt: skip

    def report(self) -> None:
        self.number += 1
        area, limit = self.dice.choice(list(AREAS)), self.dice.choice((20 * MINUTE, 3 * HOUR, 60 * HOUR))
        ago = self.dice.choice((0, 5 * MINUTE, 90 * MINUTE))
        at = self.now_ms - ago
        new = EventNow(
            0, f"N{self.number}", self.dice.choice(("hotline", "patrol")), "new", str(self.number), "0101", "01",
            self.dice.randrange(1, 5), "", 0.5 + area % 4, 0.5, 0, area, "reported", 1, at, at, None, None, None,
            at + limit, None, None, 0,
        )  # fmt: skip
        with self.store.begin() as conn:
            journal = Journal(conn, self.now_ms)
            self.open.append(journal.begin(new, "test"))
            journal.write()

    def move(self) -> None:
        """The next state of an event, void, suspended and going on, an extension, a mark; at times told late."""
        if not self.open:
            self.report()
            return
        old = self.open.pop(self.dice.randrange(len(self.open)))
        at = max(old.state_ms, self.now_ms - self.dice.choice((0, 0, 7 * MINUTE)))
        kind = self.dice.choice(("on", "on", "on", "on", "void", "suspend", "extend", "mark"))
        step = PATH[PATH.index(old.state) + 1] if old.state in PATH else "to_dispatch"
        changes: Json = {"state": step, "state_ms": at, "stage_ms": at + HOUR}
        if kind == "void":
            changes = {"state": "void", "state_ms": at, "ended_ms": at}
        elif kind == "suspend" and old.state != "suspended":
            changes = {"state": "suspended", "state_ms": at}
        elif kind == "extend":
            changes = {"deadline_ms": (old.deadline_ms or at) + 5 * HOUR, "marks": old.marks | Mark.EXTENDED}
        elif kind == "mark":
            changes = {"marks": old.marks | Mark.SUPERVISED}
        elif step == "dispatched":
            changes |= {"dispatched_ms": at, "unit_id": self.dice.randrange(1, 7)}
        elif step == "handled":
            changes |= {"handled_ms": at}
        elif step == "closed":
            changes |= {"ended_ms": at, "marks": old.marks | Mark.TO_REPLY}
        self._moved(replace(old), changes)

    def late(self) -> None:
        """Something happens to an event that has ended: it is answered, or opened again."""
        if not self.ended:
            self.report()
            return
        old = self.ended.pop(self.dice.randrange(len(self.ended)))
        if old.marks & Mark.TO_REPLY and self.dice.random() < 0.5:
            self._moved(old, {"marks": old.marks & ~Mark.TO_REPLY})
            return
        self._moved(old, {
            "state": "reopened", "state_ms": self.now_ms, "ended_ms": None, "handled_ms": None, "unit_id": None,
            "deadline_ms": self.now_ms + 2 * HOUR, "clock_ms": self.now_ms,
            "marks": (old.marks & ~Mark.TO_REPLY) | Mark.REOPENED,
        })  # fmt: skip

    def _moved(self, old: EventNow, changes: Json) -> None:
        with self.store.begin() as conn:
            journal = Journal(conn, self.now_ms)
            new = journal.move(old, replace(old, **changes), "test", "test")
            journal.write()
        (self.ended if new.ended_ms is not None else self.open).append(new)

    def unit(self) -> None:
        """A unit does something else; who goes off duty has no place any more."""
        k = self.dice.randrange(len(self.units))
        with self.store.read() as conn:
            (old,) = units.by_ids(conn, [self.units[k].id])
        status = self.dice.choice([s for s in ("off_duty", "on_duty", "busy", "break") if s != old.status])
        new = replace(old, status=status, status_ms=self.now_ms, rev=old.rev + 1)
        if status == "off_duty":
            new = replace(new, lon=None, lat=None, fix_ms=None, received_ms=None, area_id=None, stay_ms=0, stay_fixes=0)
        elif old.status == "off_duty":
            new = replace(new, signed_on_ms=self.now_ms)
        with self.store.begin() as conn:
            (self.units[k],) = save_units(conn, [(new, "status")], new_ids=set(), at_ms=self.now_ms, actor="test")

    def fix(self) -> None:
        """The units on duty tell where they were for some minutes; the newest fix of each is a point of its track."""
        with self.store.read() as conn:
            now = units.by_ids(conn, [u.id for u in self.units])
        on = [u for u in now if u.status != "off_duty" and self.now_ms - u.track_ms >= TRACK_EVERY_MS]
        sent = [
            Position(u.code, x + 0.5, 0.5, ms)
            for u in on for x in [self.dice.randrange(3)] for back in (8, 6, 4, 2, 0)
            if (ms := self.now_ms - back * MINUTE) > max(u.signed_on_ms, u.fix_ms or 0)
        ]  # fmt: skip
        told = [Submitted({}, position) for position in sent]
        report_positions(self.desk, Actor.operator(), told, feed="t/p", now_ms=self.now_ms)

    def upkeep(self) -> None:
        """What is done now and then: who fell silent ends its stay."""
        patrolling.count_shifts(self.desk, lambda _: True, self.now_ms)

    def surge(self) -> None:
        """More than usual: it begins, goes on with other numbers, is judged, is over."""
        hour = surges.Hour(self.now_ms, self.number, self.dice.randrange(5, 300), self.dice.random() * 40,
                           self.dice.random() / 1000)  # fmt: skip
        with self.store.begin() as conn:
            stand = surges.standing(conn)
            step = self.dice.choice(("begin", "on", "on", "judge", "end")) if stand else "begin"
            if step == "begin":
                area = self.dice.choice(list(AREAS))
                surges.begin(conn, [(area, "01", hour)], at_ms=self.now_ms, actor="test")
                return
            one = self.dice.choice(stand)
            if step == "on":
                surges.go_on(conn, [(one, hour)], at_ms=self.now_ms, actor="test")
            elif step == "judge":
                verdict = self.dice.choice(("confirmed", "dismissed"))
                surges.judge(conn, one.id, verdict, note="", at_ms=self.now_ms, by="somebody")
            else:
                surges.end(conn, [(one, None)], at_ms=self.now_ms, actor="test")

    async def record(self, tail: Tail) -> None:
        """The frames of all views, as they are pushed now."""
        tail.look_again()
        await tail.step()
        await tail.step()
        board = Board(self.store, tail.situation, City())
        ordinals = [tail.situation.tree.ordinal[v.area] for v in VIEWS]
        while not self._read(board, ordinals):
            await asyncio.sleep(0.002)
        for view in VIEWS:
            picture = ViewPicture(board, LAYERS, view)
            picture.refresh()
            self.frames[self.now_ms, view.topic()] = picture.full()

    def _read(self, board: Board, ordinals: list[int]) -> bool:
        seen = [board.tokens(o) for o in ordinals]
        scenes = [board.scene(v, o) for v, o in zip(VIEWS, ordinals, strict=True)]
        return all(t["doors"] for t in seen) and all(s.hours and s.month for s in scenes)

    def tail(self) -> Tail:
        """A live picture that follows, by the walk's clock."""
        loaded = load_situation(self.store, ZONE, self.now_ms, patrol=PLAN)
        return Tail(self.store, loaded, now=lambda: self.now_ms)


def replayed(walk: Walk, archive: Archive, at_ms: int, view: MapView, *, step_from: int = 0) -> Json:
    """The frame of a view at an instant; stepped to from an earlier one where that is said."""
    instant = archive.instant(step_from or at_ms, walk.now_ms)
    if step_from:
        instant.step(at_ms)
    board: Any = ThenBoard(walk.store, City(), instant, 0, 0)
    picture = ViewPicture(board, LAYERS, view)
    picture.refresh()
    return picture.full()
