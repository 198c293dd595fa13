"""Stepping: what who asks may do with an event now, whom it could send, and the step that is taken."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from callbacks.offering import advised, codes
from callbacks.permits import permitted
from callbacks.room import Room
from dashboard import ids
from dashboard.format import moment
from dashboard.words import words
from geodata.domain.events import FOLLOWS
from geodata.domain.roles import Right
from geodata.domain.view import LANGUAGES
from geodata.intake.door import now_ms
from geodata.services import looking
from geodata.services.acting import act
from geodata.services.actors import PEOPLE, Actor, NotAllowedError
from geodata.services.case import Action
from geodata.services.desk import Desk
from geodata.services.looking import NotThereError
from geodata.services.outcomes import Outcome, Submitted
from geodata.store.events import EventNow
from geodata.store.quarantine import storable

Json = dict[str, Any]
CALLED_MAX = 40
HOUR_MS, HOURS_MAX = 3_600_000, 10_000


def register(app: Dash, room: Room) -> None:
    """The step that the browser asks for, and its answer."""

    @permitted(Right.OPEN_EVENTS)
    async def step(actor: Actor, asked: Json | None) -> Any:
        if not asked:
            return no_update
        lang = asked["lang"] if asked["lang"] in LANGUAGES else LANGUAGES[0]
        return await asyncio.to_thread(stepped, room, actor, asked, lang)

    app.callback(Output(ids.STEP, "data"), Input(ids.STEP_ASK, "data"), prevent_initial_call=True)(step)
    app.clientside_callback(
        ClientsideFunction("onescreen", "stepped"), Output(ids.STEP_SINK, "data"), Input(ids.STEP, "data")
    )

    @permitted(Right.OPEN_EVENTS)
    async def candidates(actor: Actor, asked: Json | None) -> Any:
        return no_update if not asked else await called(room, actor, asked)

    app.callback(
        Output(ids.CANDIDATES, "data"), Input(ids.CANDIDATES_ASK, "data"), prevent_initial_call=True
    )(candidates)  # fmt: skip
    app.clientside_callback(
        ClientsideFunction("onescreen", "called"), Output(ids.CANDIDATES_SINK, "data"), Input(ids.CANDIDATES, "data")
    )


async def called(room: Room, actor: Actor, asked: Json) -> Json:
    """The units that are called like a text and could go to an event; none for who may not send any."""
    lang = asked["lang"] if asked["lang"] in LANGUAGES else LANGUAGES[0]
    none = {"n": asked["n"], "code": asked["code"], "candidates": [], "missing": ""}
    text = asked["text"].strip()[:CALLED_MAX]
    if "dispatch" not in actor.acts or not text:
        return none
    try:
        event = await asyncio.to_thread(_opened, room, actor, storable(asked["code"], 64))
    except NotThereError:
        return none
    return none | await advised(room, actor, event, lang, text)


def _opened(room: Room, actor: Actor, code: str) -> EventNow:
    return looking.event(room.door.desk(), actor, code)[0]


def stepped(room: Room, actor: Actor, asked: Json, lang: str) -> Json:
    """Take the step; ``{"ok", "stale", "confirm", "text"}`` says what became of it (for a thread)."""
    desk, at_ms = room.door.desk(), now_ms()
    item = read_step(asked, at_ms)
    if asked["until_h"]:
        item = replace(item, until_ms=until_ms(desk, actor, item, asked["until_h"]))
    try:
        outcome = act(
            desk, actor, [Submitted({}, item)], feed=f"{PEOPLE}/actions", now_ms=at_ms, audit=room.access.audit,
            keep_refused=False,
        )[0]  # fmt: skip
    except NotAllowedError:
        outcome = Outcome("dropped", field="action")
    ok = outcome.done
    text = words(lang, f"act.{item.action}") if ok else why(room, desk, actor, item.code, outcome, lang)
    return {
        "n": asked["n"], "code": item.code, "ok": ok, "stale": outcome.field == "rev", "text": text,
        "confirm": outcome.field == "confirmed",
    }  # fmt: skip


def read_step(asked: Json, at_ms: int) -> Action:
    """The action that a page asks for, whatever stands in it."""
    text = {name: storable(asked[name], 500) for name in ("action", "code", "unit", "reason", "into")}
    short = {name: storable(asked[name], 64) for name in ("kind", "accountable")}
    return Action(
        text["action"], at_ms, text["code"], unit_code=text["unit"], reason=text["reason"], rev=asked["rev"],
        into=text["into"], kind=short["kind"], accountable=short["accountable"], confirmed=asked["confirmed"],
        joint=asked["joint"],
        assists=tuple(storable(code, 64) for code in codes(asked["assists"])),
    )  # fmt: skip


def until_ms(desk: Desk, actor: Actor, item: Action, hours: int) -> int:
    """So many hours from now; of an extension, after the deadline where that is later."""
    base_ms = item.at_ms
    if item.action == "ask_extend":
        with contextlib.suppress(NotThereError, NotAllowedError):
            base_ms = max(base_ms, looking.event(desk, actor, item.code)[0].deadline_ms or 0)
    return base_ms + max(0, min(hours, HOURS_MAX)) * HOUR_MS


def why(room: Room, desk: Desk, actor: Actor, code: str, outcome: Outcome, lang: str) -> str:
    """Why a step was not taken: who was first, what is missing, or that it is not possible."""
    if outcome.field == "rev":
        try:
            last = looking.last_step(desk, actor, code)
        except NotThereError:
            last = None
        if last is not None and last.action in FOLLOWS:
            at = moment(room.city.zone, last.at_ms)
            return words(lang, "step.first", who=last.actor, act=words(lang, f"act.{last.action}"), time=at)
        return words(lang, "step.changed")
    return words(lang, SAID.get(outcome.field, "step.not_now"))


SAID: Mapping[str, str] = MappingProxyType({
    "reason": "step.reason_missing", "unit": "step.unit_missing", "confirmed": "step.unit_busy",
    "photo": "step.photo_missing",
    "assists": "step.assists_wrong", "until": "step.until_wrong", "into": "step.into_wrong",
    "kind": "step.kind_missing", "accountable": "step.accountable_missing",
})  # fmt: skip
"""What is said of a step that a field of it stood in the way of."""
