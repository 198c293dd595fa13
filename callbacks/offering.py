"""Offering: what the card of an event offers to whoever opened it: steps, what each must carry, whom to send."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from callbacks.room import Room
from dashboard.format import age
from dashboard.words import named, words
from geodata.domain.dispatch import CUT_OFF_MIN, FAR_MIN, By, answering_kind
from geodata.domain.events import FOLLOWS, KINDS, Need
from geodata.domain.plans import plan_for
from geodata.domain.skills import Skill, wanted
from geodata.domain.units import UnitKind
from geodata.services.acting import possible
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.situation.advising import Advice, Candidate, Inquiry
from geodata.situation.roads import Line
from geodata.store import units
from geodata.store.events import EventNow

Json = dict[str, Any]
CANDIDATES = 8
KM = 1000.0
CandidateRow = tuple[str, str, str, float, float, int, Line]
DAY_H = 24
SPANS: Mapping[str, tuple[int, ...]] = MappingProxyType({
    "ask_extend": (1, 2, 4, 8, 24, 72, 168),
    "suspend": (7 * DAY_H, 14 * DAY_H, 30 * DAY_H, 90 * DAY_H, 180 * DAY_H),
    "supervise": (2, 4, 8, DAY_H, 3 * DAY_H, 7 * DAY_H),
    "placard": (7 * DAY_H, 15 * DAY_H, 30 * DAY_H, 60 * DAY_H, 90 * DAY_H),
})  # fmt: skip
"""For how many hours from now (of an extension: after the deadline) a step may be asked: what the form lets choose."""
PICKS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "register": ("remit", "verified", "order"), "reject": ("remit", "unfounded", "gone"),
    "reply": ("done", "merged", "rejected"),
})  # fmt: skip
"""Standard reasons of a step, as words below ``why.``: what the form offers to pick from."""
PRESET = frozenset({"register"})
"""Steps whose form begins with the first of them: taken as it stands with one key, and seen before."""
KIND_WORDS: Mapping[str, str] = MappingProxyType({"supervise": "order_kind", "placard": "placard_level"})


def steps_of(room: Room, actor: Actor, desk: Desk, event: EventNow, lang: str) -> Json | None:
    """What the card offers: the steps of this actor, None without any (for a thread).

    An act is ``{"action", "text", "needs": [names], "kinds": [(value, words)], "spans": [(hours, words)],
    "picks": [words], "preset": words}``.
    """
    with desk.store.read() as conn:
        found = units.by_codes(conn, [actor.unit_code]).get(actor.unit_code) if actor.unit_code else None
        actions = possible(conn, desk, actor, [event], found.id if found else None)[event.id]
    # A unit member without a photo says why; only the service knows whether there is one that counts.
    asks = {"report_back"} if actor.is_unit_member else set()
    acts = [_act(action, lang, asks_why=action in asks) for action in actions]
    return {"rev": event.rev, "acts": acts} if acts else None


def _act(action: str, lang: str, *, asks_why: bool) -> Json:
    picks = [words(lang, f"why.{action}.{pick}") for pick in PICKS.get(action, ())]
    needed = FOLLOWS[action].needs | ({Need.REASON} if asks_why else set())
    return {
        "action": action, "text": words(lang, f"act.{action}"),
        "needs": [need.value for need in Need if need in needed],
        "kinds": [(str(kind), words(lang, f"{KIND_WORDS[action]}.{kind}")) for kind in KINDS.get(action, ())],
        "spans": [(hours, span_said(hours, lang)) for hours in SPANS.get(action, ())],
        "picks": picks, "preset": picks[0] if action in PRESET else "",
    }  # fmt: skip


def span_said(hours: int, lang: str) -> str:
    """A number of hours in words: in days where it is whole days."""
    whole, rest = divmod(hours, DAY_H)
    return words(lang, "step.hours", n=hours) if rest or not whole else words(lang, "step.days", n=whole)


async def advised(room: Room, actor: Actor, event: EventNow, lang: str, text: str = "") -> Json:
    """Whom the actor could send to an event, best first, and why others are missing.

    A candidate is (code, call sign, why it stands here, lon, lat, open events it has, its way by road: empty where it
    is not by road); ``at`` is the event's place.
    ``text``: only units whose call sign or code holds it.
    """
    lon, lat = place(room, event)
    inquiry = _inquiry(room, actor, event, answering_kind(event.class_code), CANDIDATES, text)
    advice = await asyncio.to_thread(inquiry.answered)
    rows = candidate_rows(room, advice, lang)
    missing = [words(lang, f"missing.{why}", n=n) for why, n in advice.missing.items() if n]
    return {"candidates": rows, "missing": " · ".join(missing), "at": (round(lon, 5), round(lat, 5))}


async def planned(room: Room, actor: Actor, event: EventNow, lang: str) -> Json | None:
    """The joint dispatch for an event, where its city has a plan for it: who would lead, who assist, who is missing."""
    plan = plan_for(room.city.joint, event.subtype_code, event.class_code)
    if plan is None:
        return None
    chosen: list[Candidate] = []
    missing: list[str] = []
    kinds = (plan.lead, *plan.assists)
    asked = [_inquiry(room, actor, event, kind, len(kinds), only=True) for kind in kinds]
    answers = await asyncio.to_thread(lambda: [inquiry.answered() for inquiry in asked])
    for kind, best in zip(kinds, answers, strict=True):
        free = [c for c in best.candidates if c.code not in {other.code for other in chosen}]
        if free:
            chosen.append(min(free, key=lambda c: (c.load > 0, c.cost_min)))
        else:
            missing.append(words(lang, f"unit_kind.{kind}"))
    if not chosen:
        return None
    skills = wanted(room.city.skill, event.subtype_code, event.class_code)
    rows = candidate_rows(room, Advice(tuple(chosen), MappingProxyType({}), skills), lang)
    told = [words(lang, f"role.{role}") for role in plan.tell]
    return {"name": named(lang, plan), "units": rows, "missing": missing, "told": told}


def _inquiry(
    room: Room, actor: Actor, event: EventNow, kind: UnitKind, n: int, text: str = "", *, only: bool = False
) -> Inquiry:
    o = room.situation.tree.ordinal_by_id.get(event.area_id, 0)
    reach = actor.ordinals(room.situation.tree)
    skills = wanted(room.city.skill, event.subtype_code, event.class_code)
    return room.situation.inquiry(o, *place(room, event), kind, reach, n, text, only=only, wanted=skills)


def place(room: Room, event: EventNow) -> tuple[float, float]:
    """Where an event is; without coordinates the middle of its area is the best that can be said."""
    area = room.situation.tree.areas[room.situation.tree.ordinal_by_id.get(event.area_id, 0)]
    return area.lon if event.lon is None else event.lon, area.lat if event.lat is None else event.lat


def candidate_rows(room: Room, advice: Advice, lang: str) -> list[CandidateRow]:
    """The candidates as the browser gets them."""
    return [
        (
            c.code, c.call_sign, _reasons(room, c, advice.wanted, lang), round(c.lon, 5), round(c.lat, 5), c.load,
            c.line,
        )
        for c in advice.candidates
    ]  # fmt: skip


def _reasons(room: Room, c: Candidate, skills: Sequence[Skill], lang: str) -> str:
    way = {"km": f"{c.distance_m / KM:.1f}", "min": max(1, round(c.way_min))}
    parts = [words(lang, "candidate.road" if c.by == By.ROAD else "candidate.straight", **way)]
    if c.by == By.FAR:
        parts.append(words(lang, "candidate.far", n=round(FAR_MIN)))
    if c.by == By.CUT_OFF:
        parts.append(words(lang, "candidate.off_road", n=round(CUT_OFF_MIN)))
    parts.append(words(lang, f"unit_status.{c.status}"))
    if skills:
        said = words(lang, "candidate.comma").join(named(lang, skill) for skill in c.skills or skills)
        parts.append(words(lang, "candidate.skill" if c.skills else "candidate.no_skill", skills=said))
    if c.own_area:
        parts.append(words(lang, "candidate.own_area"))
    if not c.own_kind:
        parts.append(words(lang, "candidate.other_kind"))
    if c.load:
        parts.append(words(lang, "candidate.load", n=c.load))
    if c.fix_ms is not None:
        parts.append(words(lang, "candidate.fix", age=age(lang, room.situation.now_ms - c.fix_ms)))
    return " · ".join(parts)


def codes(asked: Sequence[Any]) -> tuple[str, ...]:
    """The texts of a list that a page sent; anything else in it is left out."""
    return tuple(one for one in asked if isinstance(one, str))
