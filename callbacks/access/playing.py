"""What a screen asks every few seconds: what it shows next, how it hangs, which alerts come between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, MissingError
from callbacks.access.asked import language_of
from callbacks.access.walls_shown import line
from callbacks.queue import view_of
from callbacks.room import Room
from dashboard.words import named, words
from geodata.domain.programmes import Programme
from geodata.domain.showing import Shown
from geodata.domain.view import MapView
from geodata.intake.door import now_ms
from geodata.services.actors import Actor, asking
from geodata.services.looking import NotThereError
from geodata.services.playing import Call, Playing, calls, playing

Json = dict[str, Any]
PLAIN = Programme("", "")


def router(answers: Answers) -> APIRouter:
    """``/screen``: for screens only, each for itself."""
    api = answers.router()

    @api.get("/screen")
    async def play(request: Request) -> Response:
        room, actor, at_ms = answers.room, asking.get(), now_ms()
        try:
            found = await to_thread.run_sync(
                lambda: playing(room.access, room.situation.zone, actor, partial(view_of, room), at_ms)
            )
        except NotThereError:
            raise MissingError from None
        # The live picture belongs to the loop: it may be moved on while a thread reads.
        called = calls(room.situation, actor)
        return JSONResponse(_told(room, actor, language_of(request, room.city), found, called, at_ms))

    return api


def _told(room: Room, actor: Actor, lang: str, found: Playing, called: Sequence[Call], at_ms: int) -> Json:
    kiosk, programme, tree = asdict(found.kiosk), found.programme, room.situation.tree
    own = MapView(tree.areas[actor.home(tree) or 0].code, actor.page, lang=room.city.language)
    return {
        "now": at_ms, "kiosk": {k: v for k, v in kiosk.items() if not k.startswith("dim")},
        "brightness": found.kiosk.brightness(room.situation.zone, at_ms), "own": own.address(),
        "programme": programme is not None, "transition": (programme or PLAIN).transition,
        "hold_ms": (programme or PLAIN).hold_s * 1000,
        "order": [(s.from_ms, s.to_ms, programme.steps[s.step].address) for s in found.slots] if programme else [],
        "calls": [_call(room, lang, call) for call in called], "shown": _shown(room, lang, found.shown),
    }  # fmt: skip


def _shown(room: Room, lang: str, shown: Shown | None) -> Json | None:
    """What a desk makes the wall show, and the line that says who."""
    if shown is None:
        return None
    return {
        "kind": shown.kind, "address": shown.address, "since": shown.since_ms, "until": shown.until_ms,
        "line": line(room, shown, lang),
    }  # fmt: skip


def _call(room: Room, lang: str, call: Call) -> Json:
    tree, event = room.situation.tree, call.event
    return {
        "id": call.alert.id, "code": event.code, "at": call.alert.raised_ms,
        "why": words(lang, f"alert.trigger.{call.alert.trigger}"),
        "what": named(lang, room.catalogue.subtypes.get(event.subtype_code), event.subtype_code),
        "place": tree.place(event.area, lang), "state": words(lang, f"state.{event.state}"),
        "lonlat": None if event.lon is None or event.lat is None else [event.lon, event.lat],
        "areas": [tree.areas[o].code for o in tree.chain(event.area)],
    }  # fmt: skip
