"""Several events of one kind sent off at once: whom to send, and what became of each (assets/batch.js)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from callbacks.offering import candidate_rows
from callbacks.permits import permitted
from callbacks.queue import view_of
from callbacks.room import Room
from callbacks.stepping import why
from dashboard import ids
from dashboard.words import named, words
from geodata.domain.dispatch import answering_kind
from geodata.domain.roles import Right
from geodata.domain.skills import wanted
from geodata.domain.view import LANGUAGES, ViewError
from geodata.intake.door import now_ms
from geodata.services import batching
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.batching import BATCH_MAX, Sent, UnlikeError
from geodata.services.desk import Desk
from geodata.services.outcomes import Outcome
from geodata.situation.advising import Advice
from geodata.store.events import EventNow
from geodata.store.quarantine import storable

Json = dict[str, Any]
CANDIDATES = 8
CODE_MAX = 64


def register(app: Dash, room: Room) -> None:
    """What the browser asks for: the plan of a batch, or its dispatch."""

    @permitted(Right.OPEN_EVENTS)
    async def batch(actor: Actor, asked: Json | None) -> Any:
        return no_update if not asked else await answered(room, actor, asked)

    app.callback(Output(ids.BATCH, "data"), Input(ids.BATCH_ASK, "data"), prevent_initial_call=True)(batch)
    app.clientside_callback(
        ClientsideFunction("onescreen", "planned"), Output(ids.BATCH_SINK, "data"), Input(ids.BATCH, "data")
    )


async def answered(room: Room, actor: Actor, asked: Json) -> Json:
    """The plan, or what became of each; ``told`` says why the events cannot be sent off together."""
    lang = asked["lang"] if asked["lang"] in LANGUAGES else LANGUAGES[0]
    head = {"n": asked["n"], "action": asked["action"], "told": ""}
    try:
        o = room.situation.tree.ordinal[view_of(room, actor, asked["address"]).area]
        if asked["action"] == "send":
            return head | {"outcomes": await sent(room, actor, read_items(asked["items"]), o, asked["confirmed"], lang)}
        codes = [storable(code, CODE_MAX) for code in asked["codes"] if isinstance(code, str)]
        return head | await planned(room, actor, codes, o, lang)
    except UnlikeError as error:
        return head | {"told": words(lang, f"batch.unlike.{error.reason}", n=BATCH_MAX)}
    except (NotAllowedError, ViewError):
        return head | {"told": words(lang, "step.not_now")}


def read_items(items: Sequence[Any]) -> list[Sent]:
    """What is to be sent, as the page sends it. Raises UnlikeError where it is anything else."""
    read = []
    for item in items:
        if not isinstance(item, list) or [type(part) for part in item] != [str, int, str]:
            raise UnlikeError("not_there")
        read.append(Sent(storable(item[0], CODE_MAX), item[1], storable(item[2], CODE_MAX)))
    return read


async def planned(room: Room, actor: Actor, codes: Sequence[str], o: int, lang: str) -> Json:
    """For each event the best unit that no other one of them gets, and the best ones for all of them together."""
    found = await asyncio.to_thread(lambda: batching.alike(room.door.desk(), actor, codes, o))
    tree, taken, items = room.situation.tree, set[str](), []
    for event in found:
        rows = candidate_rows(room, await advice_of(room, actor, [event]), lang)
        best = next((row for row in rows if row[0] not in taken), rows[0] if rows else None)
        if best is not None:
            taken.add(best[0])
        name = named(lang, room.catalogue.subtypes.get(event.subtype_code), event.subtype_code)
        place = tree.place(tree.ordinal_by_id.get(event.area_id, 0), lang, o)
        items.append((event.code, name, event.urgency, place, event.rev, best))
    shared = candidate_rows(room, await advice_of(room, actor, found), lang)
    return {"items": items, "units": shared}


async def advice_of(room: Room, actor: Actor, found: Sequence[EventNow]) -> Advice:
    """Who could go to these events: to the middle between them."""
    tree = room.situation.tree
    at = [tree.ordinal_by_id.get(e.area_id, 0) for e in found]
    lon = fmean(tree.areas[o].lon if e.lon is None else e.lon for e, o in zip(found, at, strict=True))
    lat = fmean(tree.areas[o].lat if e.lat is None else e.lat for e, o in zip(found, at, strict=True))
    reach = actor.ordinals(tree)
    kind = answering_kind(found[0].class_code)
    skills = wanted(room.city.skill, found[0].subtype_code, found[0].class_code)
    asked = room.situation.inquiry(at[0], lon, lat, kind, reach, CANDIDATES, wanted=skills, drawn=False)
    return await asyncio.to_thread(asked.answered)


async def sent(room: Room, actor: Actor, batch: Sequence[Sent], o: int, confirmed: bool, lang: str) -> list[Any]:
    """(code, whether it was sent, what became of it, whether it still waits for its dispatch) of each event."""

    def send() -> list[Any]:
        desk = room.door.desk()
        outcomes = batching.send(
            desk, actor, batch, o, confirmed=confirmed, now_ms=now_ms(), audit=room.access.audit
        )  # fmt: skip
        waits = batching.waiting(desk, actor, [one.code for one in batch])
        return [
            (one.code, outcome.done, _said(room, desk, actor, one, outcome, lang), one.code in waits)
            for one, outcome in zip(batch, outcomes, strict=True)
        ]

    return await asyncio.to_thread(send)


def _said(room: Room, desk: Desk, actor: Actor, one: Sent, outcome: Outcome, lang: str) -> str:
    return words(lang, "batch.sent") if outcome.done else why(room, desk, actor, one.code, outcome, lang)
