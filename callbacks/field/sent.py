"""What a phone delivers: acts, signing on and off, positions and photos. A repeat is answered and changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from callbacks.access.asked import language_of
from callbacks.answers import read_as
from callbacks.room import Room
from callbacks.stepping import until_ms
from dashboard.words import words
from geodata.domain.roles import Right
from geodata.intake.door import now_ms
from geodata.intake.records import PLAIN, Lat, Lon
from geodata.services import duty, looking, photos
from geodata.services.acting import act
from geodata.services.actors import PEOPLE, Actor, NotAllowedError, asking
from geodata.services.case import Action
from geodata.services.looking import NotThereError
from geodata.services.outcomes import Outcome, Refusal, Submitted
from geodata.services.tracking import Position, report_positions

FIXES_MAX = 240
PHOTOS_AT_ONCE = 2  # a decoded photo takes some 100 MB
TOLD, BUILD = "x-photo", "x-build"
REFUSED = frozenset({"action", "code", "photo", "reason", "consent", "at", "unit", "stage", "until"})
Key = Annotated[str, Field(min_length=8, max_length=36, pattern=r"^[A-Za-z0-9-]+$")]
Code = Annotated[str, Field(min_length=1, max_length=64), PLAIN]
Ms = Annotated[int, Field(ge=0, le=2**45, strict=True)]
Bounded = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]


class OfUnit(BaseModel):
    """What a phone sends. ``unit``: for which it was done; a phone may have become another unit's while it waited."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    unit: Code


class Sent(OfUnit):
    """What all deliveries but positions have in common: the moment, and the phone's own name for it."""

    key: Key
    at: Ms


class SentAct(Sent):
    """A step with an event."""

    action: Annotated[str, Field(max_length=24), PLAIN]
    code: Code
    reason: Annotated[str, Field(max_length=500), PLAIN] = ""
    until_h: Annotated[int, Field(ge=0, le=1000, strict=True)] = 0


class SentSigning(Sent):
    """On or off duty."""

    on: Annotated[bool, Field(strict=True)]
    consent: Annotated[str, Field(max_length=16), PLAIN] = ""


class SentPhoto(Sent):
    """What is told of a photo; the body is the photo itself."""

    code: Code
    stage: Annotated[str, Field(max_length=8), PLAIN]
    lon: Lon | None = None
    lat: Lat | None = None


class SentFix(BaseModel):
    """Where the phone was."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    at: Ms
    lon: Lon
    lat: Lat
    accuracy: Bounded | None = None
    speed: Bounded | None = None


class SentFixes(OfUnit):
    """Some positions, in their order."""

    fixes: Annotated[list[SentFix], Field(min_length=1, max_length=FIXES_MAX)]


T = TypeVar("T", bound=OfUnit)


def router(room: Room) -> APIRouter:
    """``/field/act``, ``/field/sign``, ``/field/positions`` and ``/field/photo``."""
    api = APIRouter(include_in_schema=False)
    decoding = CapacityLimiter(PHOTOS_AT_ONCE)

    def told(request: Request, kind: type[T], text: bytes | str) -> T | Response:
        try:
            sent = read_as(kind, text)
        except Refusal as refusal:
            return answered(room, request, Outcome.of(refusal, "dropped"))
        if sent.unit == asking.get().unit_code:
            return sent
        other = Refusal("unit", sent.unit, "is not the unit of this phone")
        return answered(room, request, Outcome.of(other, "dropped"))

    @api.post("/field/act")
    async def take_step(request: Request) -> Response:
        actor = _member()
        sent = told(request, SentAct, await request.body())
        if not isinstance(sent, SentAct):
            return sent
        outcome = await to_thread.run_sync(stepped, room, actor, sent)
        return await to_thread.run_sync(answered, room, request, outcome, sent.code)

    @api.post("/field/sign")
    async def sign(request: Request) -> Response:
        actor = _member()
        sent = told(request, SentSigning, await request.body())
        if not isinstance(sent, SentSigning):
            return sent
        item, now = duty.Signing(sent.on, sent.at, sent.key, sent.consent), now_ms()
        outcome = await to_thread.run_sync(
            lambda: duty.sign(room.door.desk(), actor, item, now_ms=now, audit=room.access.audit)
        )
        return answered(room, request, outcome)

    @api.post("/field/positions")
    async def move(request: Request) -> Response:
        actor = _member()
        sent = told(request, SentFixes, await request.body())
        if not isinstance(sent, SentFixes):
            return sent
        outcomes = await to_thread.run_sync(moved, room, actor, sent)
        taken = sum(o.status == "accepted" for o in outcomes)
        return JSONResponse({"status": "accepted", "taken": taken})

    @api.post("/field/photo")
    async def photograph(request: Request) -> Response:
        actor = _member()
        sent = told(request, SentPhoto, request.headers.get(TOLD, ""))
        if not isinstance(sent, SentPhoto):
            return sent
        content, now = await request.body(), now_ms()
        item = photos.NewPhoto(sent.code, sent.stage, min(sent.at, now), content, sent.key, sent.lon, sent.lat)
        outcome = await to_thread.run_sync(
            lambda: photos.take(room.door.desk(), actor, item, now_ms=now, audit=room.access.audit), limiter=decoding
        )
        return await to_thread.run_sync(answered, room, request, outcome, sent.code)

    return api


def stepped(room: Room, actor: Actor, sent: SentAct) -> Outcome:
    """Take a step; one that the actor's roles never take is refused like one that cannot be taken now."""
    now = now_ms()
    desk = room.door.desk()
    item = Action(sent.action, sent.at, sent.code, reason=sent.reason, receipt=sent.key)
    if sent.until_h:
        item = replace(item, until_ms=until_ms(desk, actor, item, sent.until_h))
    try:
        return act(
            desk, actor, [Submitted({}, item)], feed=f"{PEOPLE}/actions", now_ms=now,
            audit=room.access.audit, keep_refused=False,
        )[0]  # fmt: skip
    except NotAllowedError:
        return Outcome("dropped", field="action")


def moved(room: Room, actor: Actor, sent: SentFixes) -> list[Outcome]:
    """Move the actor's own unit. A phone's clock that is ahead is put right: nobody was anywhere in the future."""
    now = now_ms()
    fixes: list[Submitted[Position]] = [
        Submitted({}, Position(actor.unit_code, f.lon, f.lat, min(f.at, now), f.accuracy, f.speed))
        for f in sorted(sent.fixes, key=lambda f: f.at)
    ]  # fmt: skip
    return report_positions(room.door.desk(), actor, fixes, feed=f"{PEOPLE}/positions", now_ms=now)


def answered(room: Room, request: Request, outcome: Outcome, code: str = "") -> Response:
    """What became of a delivery: 200 where it is done, now or before; 422 with field, value and rule, and in words.
    A page of another build keeps what was refused and loads itself anew first."""
    if outcome.done:
        return JSONResponse({"status": outcome.status, "code": outcome.code})
    lang = language_of(request, room.city)
    known = outcome.field if outcome.field in REFUSED else "other"
    said = words(lang, f"field.refused.{known}")
    if known == "action":
        said = _not_now(room, code, lang) or said
    return JSONResponse({"status": "refused", "field": outcome.field, "value": outcome.value, "rule": outcome.rule,
                         "said": said}, 422, {BUILD: room.build})  # fmt: skip


def _not_now(room: Room, code: str, lang: str) -> str:
    """Why a step is not possible: what the event has become meanwhile; "" where that is not the actor's to know."""
    try:
        event, unit = looking.event(room.door.desk(), asking.get(), code)
    except (NotThereError, NotAllowedError):
        return ""
    state = words(lang, f"state.{event.state}")
    other = unit is not None and unit != asking.get().unit_code
    return words(lang, "field.refused.other_unit" if other else "field.refused.now", state=state)


def _member() -> Actor:
    actor = asking.get()
    actor.needs(Right.SIGN_ON)
    return actor
