"""P9: what permission costs: the share of checks in a drill and in a second of live frames, over the full-size demo.

A drill is what the server does when a leader opens a district: the address and area card callbacks through HTTP, the
outlines of the children, and the first frame of the view. It is taken through the gate in the name of an account, and
in turns without the gate in nobody's name.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, replace
from statistics import median
from typing import Any
from urllib.parse import quote

import orjson
from starlette.types import ASGIApp, Message

import app
from bench.live_city import LivingCity, demo_folder
from callbacks.live.board import Board
from callbacks.live.frames import ViewPicture
from callbacks.live.guarding import EVERY_S
from callbacks.room import Room
from dashboard import ids
from geodata.domain.roles import Audience, Role
from geodata.domain.view import MapView
from geodata.intake.gate import COOKIE, Gate
from geodata.intake.rates import Rate, Rates
from geodata.services.actors import Actor, asking
from geodata.services.looking import permitted_view
from geodata.services.sessions import Session
from geodata.store import accounts, tokens
from geodata.store.accounts import Account
from layers.registry import LAYERS

DRILLS, SECONDS, SOCKETS, TOPICS = 300, 20, 1_000, 200
BAR = 5.0
LOGIN = "bench-leader"


@dataclass(frozen=True)
class Leader:
    """A leader of the whole city with an open session."""

    secret: str
    session: Session


KINDS: tuple[tokens.Kind, ...] = ("session",)


def leader(room: Room) -> Leader:
    """Made once; sessions of earlier runs stay where they are."""
    now_ms = int(time.time() * 1000)
    root = room.situation.tree.areas[0].code
    with room.store.begin() as conn:
        account = accounts.by_login(conn, LOGIN)
        if account is None:
            account = accounts.add(conn, Account(0, LOGIN, "", (Role.LEADER,), (root,), created_ms=now_ms))
        issued = [
            tokens.issue(conn, account.id, "session", now_ms=now_ms, expires_ms=now_ms + 3_600_000)
            for _ in range(SOCKETS)
        ]
    return Leader(issued[0][1], Session(issued[0][0], account))


def gate_of(server: Any) -> Gate:
    """The gate of a built application."""
    part: Any = server.build_middleware_stack()
    while not isinstance(part, Gate):
        part = part.app
    part._rates = Rates(session=Rate(1_000_000, 1))  # counted as ever, and never too often
    return part


async def ask(asgi: ASGIApp, method: str, path: str, secret: str, body: bytes = b"") -> None:
    """One request without a client: what a client does with an answer is not the server's work."""
    headers = [
        (b"host", b"127.0.0.1"), (b"cookie", f"{COOKIE}={secret}".encode()), (b"sec-fetch-site", b"same-origin"),
        (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()),
    ]  # fmt: skip
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": quote(path).encode(), "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    told: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        told.append(message)

    await asgi(scope, receive, send)
    assert told[0]["status"] == 200, told


class Drills:
    """Drills of one kind: through the gate with a cookie, or straight into what lies behind it."""

    def __init__(self, room: Room, board: Board, asgi: ASGIApp, secret: str, actor: Actor | None) -> None:
        self._room, self._board, self._actor = room, board, actor
        self._asgi, self._secret = asgi, secret

    async def drill(self, code: str) -> float:
        """Seconds of processor time for one drill into an area."""
        room, path = self._room, f"/area/{quote(code)}"
        body = _body(ids.VIEW, pathname=path, search="")
        outlines = f"/geo/{room.areas_build}/children/{code}.json"
        began = time.process_time()
        await ask(self._asgi, "POST", "/_dash-update-component", self._secret, body)
        await ask(self._asgi, "GET", outlines, self._secret)
        view = MapView(code)
        if self._actor is None:
            view = replace(view, audience=Audience.STAFF)
        else:
            view = permitted_view(self._actor, room.situation.tree, view)
        picture = ViewPicture(self._board, LAYERS, view)
        picture.refresh()
        picture.full()
        return time.process_time() - began


def _body(output: str, **inputs: str) -> bytes:
    told = [{"id": ids.URL, "property": name, "value": value} for name, value in inputs.items()]
    return orjson.dumps({
        "output": f"{output}.data", "outputs": {"id": output, "property": "data"}, "inputs": told,
        "changedPropIds": [f"{ids.URL}.pathname"],
    })  # fmt: skip


async def drill_cost(room: Room, board: Board, who: Leader) -> tuple[float, float, float]:
    """(per cent that permission adds, median ms without it, with it); the two kinds take turns."""
    gate = gate_of(app.create_app(room).server)
    asking.set(Actor.operator())
    tree = room.situation.tree
    checked = Drills(room, board, gate, who.secret, who.session.actor)
    free = Drills(room, board, gate._app, who.secret, None)
    codes = [a.code for a in tree.areas if a.depth in (1, 2)]
    rng = random.Random(4)
    pairs: list[tuple[float, float]] = []
    for n in range(DRILLS + 20):
        code = rng.choice(codes)
        both = {}
        for kind in (("free", free), ("checked", checked)) if n % 2 else (("checked", checked), ("free", free)):
            both[kind[0]] = await kind[1].drill(code)
        if n >= 20:
            pairs.append((both["free"], both["checked"]))
    plain, asked = (median(p[i] for p in pairs) for i in (0, 1))
    added = median(c - f for f, c in pairs)
    return 100 * added / plain, plain * 1000, asked * 1000


async def frame_cost(city: LivingCity, room: Room, board: Board, who: Leader) -> tuple[float, float, float]:
    """(per cent, ms a second for frames of TOPICS views, ms a second for looking after SOCKETS sockets)."""
    tree = room.situation.tree
    codes = [a.code for a in tree.areas if a.depth <= 2][:TOPICS]
    pictures = [ViewPicture(board, LAYERS, MapView(code, audience=Audience.STAFF)) for code in codes]
    for picture in pictures:
        picture.refresh()
    with room.store.read() as conn:
        listed = tokens.all_tokens(conn, KINDS, who.session.account.id)[:SOCKETS]
    held = {t.id: who.session.account.rev for t in listed}
    frames, looks = [], []
    for _ in range(SECONDS):
        list(city.feed(1.0))
        began = time.process_time()
        for picture in pictures:
            if picture.stale():
                picture.refresh()
        frames.append(time.process_time() - began)
        began = time.process_time()
        assert len(room.sessions.standing(held, int(time.time() * 1000))) == len(held)
        looks.append((time.process_time() - began) / EVERY_S)
    per_frame, per_look = median(frames) * 1000, median(looks) * 1000
    return 100 * per_look / per_frame, per_frame, per_look


def figures() -> dict[str, dict[str, Any]]:
    """Take both."""

    async def both() -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        city = LivingCity(demo_folder())
        room = replace(app.open_room(city.folder, ""), situation=city.situation)
        board, who = Board(room.store, room.situation, room.city), leader(room)
        return await drill_cost(room, board, who), await frame_cost(city, room, board, who)

    drill, frame = asyncio.run(both())
    return {
        "P9.permit_drill": {
            "value": round(drill[0], 2), "unit": "%", "bar": BAR, "better": "lower",
            "peer": f"the same drill without gate and checks: {drill[1]:.1f} ms (with: {drill[2]:.1f} ms)",
            "method": f"{DRILLS} drills into districts and streets of the full-size demo, in turns through the gate in "
                      "the name of a leader and straight into what lies behind it: two Dash callbacks and the outlines "
                      "over ASGI, the first frame of the view; processor time of the process, median of differences",
        },
        "P9.permit_frame": {
            "value": round(frame[0], 2), "unit": "%", "bar": BAR, "better": "lower",
            "peer": f"computing a frame of {TOPICS} views: {frame[1]:.0f} ms a second (looking: {frame[2]:.2f} ms)",
            "method": f"a frame itself asks nothing: who may see a view is decided when a screen comes; {SOCKETS} open "
                      f"sockets are looked after each {EVERY_S:.0f} s by one question to the store (SQLite); its share "
                      f"of a second over the frames of {TOPICS} views in that second; sending not counted",
        },
    }  # fmt: skip


if __name__ == "__main__":
    print(figures())
