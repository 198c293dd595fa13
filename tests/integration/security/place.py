"""The place: a running app over the small city, accounts of every kind, and texts that must not leave a district."""

from __future__ import annotations

import asyncio
import functools
import html
import itertools
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
from argon2 import PasswordHasher
from dash import Dash

import app as wiring
from callbacks import upkeep
from callbacks.live import guarding, socket
from callbacks.room import Room
from geodata.domain.roles import Role
from geodata.intake import gate
from geodata.intake.rates import Rate, Rates
from geodata.services import passwords
from geodata.services.acting import act
from geodata.services.actors import Actor
from geodata.services.case import Action
from geodata.services.enrolling import UnitReport, enrol_units
from geodata.services.outcomes import Submitted
from geodata.services.reporting import NewEvent, report_events
from geodata.services.tracking import Position, report_positions
from geodata.situation.situation import Situation
from geodata.store import accounts, events, photos, tokens
from geodata.store.photos import Photo
from geodata.store.tokens import Kind
from tests.factories.page_city import open_room
from tests.factories.people import account_of, secret_of
from tests.integration.security.asking import Answer, Asker, Header, headers, running

UNKNOWN = "NOPE99"
AREAS = {"own": "D1", "child": "G00", "sibling": "D2", "parent": "C", "none": UNKNOWN}
IN_REACH = ("own", "child")
BEYOND = ("sibling", "parent", "none")
# Where in the lattice of the city each area's things are put; beyond every area nothing is placed.
POINT = {"D1": (106.47, 29.57), "G00": (106.42, 29.52), "D2": (106.57, 29.57), "C": (None, None)}
SYSTEM = "12345"
SOON_S = 0.3
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
PLENTY = Rate(1_000_000, 1)
STRANGERS = ("nobody", "ended", "half", "invite", "feed as cookie", "session as key", "screen as key", "junk")
ALL_ROLES = tuple(r.value for r in Role)
_n = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks: by cookie or by key."""

    name: str
    cookie: str = ""
    key: str | None = None

    def headers(self, kind: str = "", **other: Any) -> list[Header]:
        """The headers of a question."""
        return headers(cookie=self.cookie, key=self.key, kind=kind, **other)


@dataclass(repr=False)
class Place:
    """Everything that a test needs to ask.

    ``looks``: what the app asked of the live picture, and whether on its loop.
    """

    room: Room
    dash: Dash
    asker: Asker
    marks: dict[str, list[str]] = field(default_factory=dict)
    events: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    looks: set[tuple[str, bool]] = field(default_factory=set)
    _who: dict[tuple[str, str], Who] = field(default_factory=dict)

    def who(self, role: str, area: str = "D1") -> Who:
        """An account of one role in one area; the same one each time."""
        if (role, area) not in self._who:
            self._who[role, area] = self.newcomer(role, area)
        return self._who[role, area]

    def newcomer(self, role: str, area: str = "D1", **other: Any) -> Who:
        """A new account of one role."""
        unit = {"unit_code": self.units.get(area, "")} if role == Role.UNIT_MEMBER else {}
        login = f"{'markd2' if area == 'D2' else role.replace('_', '')}.{next(_n)}"
        made = account_of(
            self.room.access, [Role(role)], [area], login=login, systems=[SYSTEM] if role == Role.FEED else [],
            **(unit | other),
        )  # fmt: skip
        secret = secret_of(self.room.access, made)
        return Who(login, key=secret) if role == Role.FEED else Who(login, secret)

    def stranger(self, kind: str) -> Who:
        """Somebody who must not come in."""
        access = self.room.access
        match kind:
            case "nobody":
                return Who(kind)
            case "junk":
                return Who(kind, "x" * 43)
            case "ended":
                made = self.newcomer(Role.CENTRE_HEAD)
                self.end(made.name)
                return Who(kind, made.cookie)
            case "half" | "invite":
                of = account_of(access, [Role.ADMIN], ["C"]).id
                return Who(kind, self.token(of, "half" if kind == "half" else "invite"))
            case "feed as cookie":
                return Who(kind, self.newcomer(Role.FEED).key or "")
            case "session as key":
                return Who(kind, key=self.newcomer(Role.CENTRE_HEAD).cookie)
            case _:
                return Who(kind, key=self.newcomer(Role.SCREEN).cookie)

    def token(self, account_id: int, kind: Kind) -> str:
        """A new secret of an account."""
        now = now_ms()
        with self.room.store.begin() as conn:
            return tokens.issue(conn, account_id, kind, now_ms=now, expires_ms=now + HOUR_MS)[1]

    def end(self, login: str) -> None:
        """End an account behind the back of the process."""
        with self.room.store.begin() as conn:
            found = accounts.by_login(conn, login)
            assert found is not None
            accounts.save(conn, replace(found, ended_ms=now_ms(), rev=found.rev + 1))

    def move(self, login: str, *areas: str) -> None:
        """Give an account other areas behind the back of the process."""
        with self.room.store.begin() as conn:
            found = accounts.by_login(conn, login)
            assert found is not None
            accounts.save(conn, replace(found, areas=areas, rev=found.rev + 1))

    def ask(self, method: str, address: str, who: Who | None = None, body: bytes = b"", kind: str = "",
            **other: Any) -> Answer:  # fmt: skip
        """Ask as somebody."""
        return self.asker.ask(method, address, (who or Who("nobody")).headers(kind, **other), body)

    def view(self, who: Who, address: str, **how: Any) -> Any:
        """What the socket says to somebody who subscribes to a view."""
        return self.asker.talk(who.headers(), [{"k": "sub", "view": address, "n": 1}], **how)

    def leaks(self, said: bytes, areas: Sequence[str] = ("D2", "C")) -> list[str]:
        """The texts of these areas that stand in these bytes, however they are escaped."""
        marks = "|".join(re.escape(mark) for area in areas for mark in self.marks[area])
        return sorted(set(re.findall(rf"(?:{marks})(?!\d)", plain(said))))


def plain(said: bytes) -> str:
    """The text of an answer, and once more with what JSON and HTML escape."""
    text = said.decode("utf-8", "replace")
    again = html.unescape(text)
    head, _, body = text.partition("\n\n")
    for part in (text, body, head):
        try:
            again += orjson.dumps(orjson.loads(part)).decode()
        except orjson.JSONDecodeError:
            continue
    return text + again


@contextmanager
def found_place(root: Path) -> Iterator[Place]:
    """Found the city, put things into it, and run the app without its bounds of how often one may ask."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    often = Rates(*[PLENTY] * 6)
    with (
        patch.object(gate, "Rates", lambda: often), patch.object(socket, "SUBS_AT_ONCE", 1_000_000),
        patch.object(guarding, "EVERY_S", SOON_S), patch.object(upkeep, "MINUTE_S", 3_600.0),
        patch.object(passwords, "_HASHER", cheap), patch.object(passwords, "_NOBODYS", cheap.hash("nobody's")),
    ):  # fmt: skip
        room = open_room(root)
        happen(room)
        room.store.close()
        room = wiring.open_room(room.folder, "")
        dash = wiring.create_app(room)
        with running(dash.server) as asker:
            place = Place(room, dash, asker)
            with watched(place):
                _remember(place)
                yield place
        room.store.close()
    strayed = sorted(name for name, on_loop in place.looks if not on_loop)
    assert not strayed, f"{strayed}: the live picture belongs to the loop, a thread sees it while it is moved on"


@contextmanager
def watched(place: Place) -> Iterator[None]:
    """Note from where the live picture is asked; tests themselves may ask it from their own thread."""

    def noted(name: str, ask: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(ask)
        def asked(situation: Situation, *args: Any, **kwargs: Any) -> Any:
            if situation is place.room.situation and threading.current_thread() is not threading.main_thread():
                place.looks.add((name, asyncio._get_running_loop() is not None))
            return ask(situation, *args, **kwargs)

        return asked

    with ExitStack() as patches:
        for name, ask in vars(Situation).items():
            if callable(ask) and not name.startswith("_"):
                patches.enter_context(patch.object(Situation, name, noted(name, ask)))
        yield


def happen(room: Room) -> None:
    """Per district and for the city: an event with a contact, a unit with a track that is dispatched to one, and one
    that is suspended for a reason."""
    desk, who, now = room.door.desk(), Actor.operator("machine"), now_ms()
    for area, (lon, lat) in POINT.items():
        told = NewEvent(
            "hotline", f"mark{area.lower()}-system", f"MARK{area}SOURCE", "0101", now - 10 * MINUTE_MS,
            f"MARK{area}DESCRIPTION", lon=lon, lat=lat, urgency=1, deadline_ms=now - MINUTE_MS,
            sealed_contact=room.access.seal.seal(f"139{area}CONTACT"),
        )  # fmt: skip
        later, paused = (replace(told, source_id=f"MARK{area}{n}", sealed_contact="") for n in ("LATER", "PAUSED"))
        reports = [Submitted({}, one) for one in (told, later, paused)]
        found = report_events(desk, who, reports, feed="machine", now_ms=now)
        assert [o.status for o in found] == ["accepted"] * 3, found
        unit = UnitReport(f"MARK{area}UNIT", f"MARK{area}CALL", "grid_post", area, (), "on_duty", now - 9 * MINUTE_MS)
        enrol_units(desk, who, [Submitted({}, unit)], feed="machine", now_ms=now)
        for k in range(2):
            fix = Position(unit.code, (lon or 100) + 0.001 * k, lat or 20, now - (8 - 4 * k) * MINUTE_MS)
            report_positions(desk, who, [Submitted({}, fix)], feed="machine", now_ms=now)
        steps = ("ask_verify", "verify", "register", "dispatch")
        sent = [
            Action(step, now - (5 - k) * MINUTE_MS, found[1].code, unit_code=unit.code if step == "dispatch" else "",
                   reason="r")
            for k, step in enumerate(steps)
        ]  # fmt: skip
        sent += [
            Action("register", now - 5 * MINUTE_MS, found[2].code, reason="r"),
            Action("suspend", now - 4 * MINUTE_MS, found[2].code, reason=f"MARK{area}REASON", until_ms=now + HOUR_MS),
        ]
        done = act(desk, who, [Submitted({}, a) for a in sent], feed="machine", now_ms=now)
        assert {o.status for o in done} == {"accepted"}, done
        with room.store.begin() as conn:
            (event,) = events.by_codes(conn, [found[0].code]).values()
            taken = Photo(f"MARK{area}PHOTO", event.id, "before", now, now, f"mark{area.lower()}.x", None, None,
                          "image/jpeg", 1, 1, "0" * 64)  # fmt: skip
            photos.add(conn, taken, b"MARK" + area.encode() + b"PICTURE", b"small")


def _remember(place: Place) -> None:
    """The texts of each district, and the codes by which things are asked for."""
    tree = place.room.situation.tree
    for area in POINT:
        place.units[area] = f"MARK{area}UNIT"
        o = tree.ordinal[area]
        ids = [tree.areas[i].id for i in range(o, int(tree.end[o]))]
        codes = event_codes(place, ids if area != "C" else [tree.areas[0].id])
        place.events[area] = event_code(place, f"mark{area.lower()}-system", f"MARK{area}SOURCE")
        names = [tree.areas[i].name for i in range(o, int(tree.end[o]))] if area == "D2" else []
        place.marks[area] = [
            f"MARK{area}", f"mark{area.lower()}.", f"139{area}CONTACT", *names, *codes,
        ]  # fmt: skip
        place.photos[area] = f"MARK{area}PHOTO"
    place.events[UNKNOWN], place.units[UNKNOWN], place.photos[UNKNOWN] = "H000000-0", "MARKNOPEUNIT", "NOPHOTO"


def event_codes(place: Place, area_ids: Sequence[int]) -> list[str]:
    """The codes of the events that stand in areas."""
    with place.room.store.read() as conn:
        return [e.code for e in events.page(conn, area_ids=list(area_ids), states=[], after_id=0, limit=1000)]


def event_code(place: Place, system: str, source_id: str) -> str:
    """The code of the event that a system reported under this id."""
    with place.room.store.read() as conn:
        return events.by_source_ids(conn, system, [source_id])[source_id].code


def now_ms() -> int:
    """The clock of this machine."""
    return time.time_ns() // 1_000_000
