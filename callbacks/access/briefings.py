"""Briefings 平安报表 as pages and as files: of any area in one's reach and any day, week or month; and kept ones."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends
from fastapi.responses import PlainTextResponse
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from callbacks.access.answering import Answers, MissingError, asker
from callbacks.access.asked import Form, language_of, number_of, query_of
from callbacks.access.shown import areas_in_reach
from callbacks.room import Room
from dashboard import briefing, briefing_book, briefing_pdf
from dashboard.briefing_drawings import days_svg, map_svg
from dashboard.words import words
from geodata.domain.briefing import Brief, BriefPeriodError, Kind, parse_brief
from geodata.domain.periods import local_day
from geodata.domain.roles import Right
from geodata.intake.door import now_ms
from geodata.services.actors import Actor
from geodata.services.briefing_keeping import Shown, listed, shown
from geodata.services.looking import NotThereError
from geodata.services.measuring import PeriodError
from geodata.store.briefings import Kept

PAGE = 50
AT_ONCE = 2
"""So many are made at the same time; the others wait."""
MEDIA: Mapping[str, str] = MappingProxyType({"pdf": "application/pdf", "xlsx": briefing_book.MEDIA})
Query = Annotated[Form, Depends(query_of)]


def router(answers: Answers) -> APIRouter:
    """``/briefing/<area>?period=``, ``/briefings``, ``/briefings/open``, ``/briefings/briefing.pdf?area=&period=``."""
    api, room, busy = answers.router(), answers.room, CapacityLimiter(AT_ONCE)

    @api.get("/briefing/{area:path}")
    async def show(request: Request, area: str, query: Query) -> Response:
        actor, lang = asker(Right.OPEN_EVENTS), language_of(request, room.city)
        try:
            brief = _asked(room, query)
            found = await to_thread.run_sync(lambda: _found(room, actor, area, brief, query), limiter=busy)
        except (BriefPeriodError, PeriodError) as error:
            return _wrong(error, lang)
        except NotThereError:
            return answers.missing(request)
        return _page(answers, request, actor, area, brief, found, lang, anew=query.one("made") == "now")

    @api.get("/briefings")
    def kept(request: Request, query: Query) -> Response:
        return _kept(answers, request, asker(Right.OPEN_EVENTS), query)

    @api.get("/briefings/open")
    def go(request: Request, query: Query) -> Response:
        asker(Right.OPEN_EVENTS)
        kind, told = query.one("kind", "day"), query.one("day")
        try:
            if kind not in tuple(Kind):
                raise BriefPeriodError(kind[:40], f"must be one of {', '.join(Kind)}")
            brief = Brief.of(Kind(kind), parse_brief(f"day:{told}").period.first)
        except BriefPeriodError as error:
            return _wrong(error, language_of(request, room.city))
        return RedirectResponse(address(query.one("area")[:64], brief), 303)

    @api.get("/briefings/{name}")
    async def take(request: Request, name: str, query: Query) -> Response:
        actor, lang = asker(Right.OPEN_EVENTS), language_of(request, room.city)
        actor.needs(Right.EXPORT)
        what, _, ending = name.partition(".")
        if what != "briefing" or ending not in MEDIA:
            raise MissingError
        area = query.one("area")
        try:
            brief = _asked(room, query)
            made = await to_thread.run_sync(
                lambda: _file(room, actor, area, brief, query, ending, lang), limiter=busy
            )  # fmt: skip
        except (BriefPeriodError, PeriodError) as error:
            return _wrong(error, lang)
        except NotThereError:
            return answers.missing(request)
        except briefing_pdf.NoFontError:
            return PlainTextResponse(words(lang, "briefing.no_font"), 503)
        await asyncio.to_thread(_note, room, actor, area, brief, ending, made[1])
        file = f"briefing-{brief.key.replace(':', '-')}-{made[1].fingerprint}.{ending}"
        headers = {"Content-Disposition": f'attachment; filename="{file}"'}
        return Response(made[0], headers=headers, media_type=MEDIA[ending])

    return api


def address(area: str, brief: Brief, **more: str) -> str:
    """The page of an area and a period."""
    return f"/briefing/{quote(area, safe='')}?" + urlencode({"period": brief.key, **more})


def _asked(room: Room, query: Form) -> Brief:
    """The period of the address; without one yesterday. Raises BriefPeriodError."""
    told = query.one("period")
    if told:
        return parse_brief(told)
    return Brief.of(Kind.DAY, local_day(now_ms(), room.situation.zone) - timedelta(days=1))


def _found(room: Room, actor: Actor, area: str, brief: Brief, query: Form, *, compare: bool = True) -> Shown:
    anew = query.one("made") == "now"
    return shown(room.store, room.situation, room.city, actor, area, brief, anew=anew, compare=compare)


def _file(
    room: Room, actor: Actor, area: str, brief: Brief, query: Form, ending: str, lang: str
) -> tuple[bytes, Shown]:
    found = _found(room, actor, area, brief, query, compare=False)
    said = briefing.told(found.briefing, found.fingerprint, lang, room.city.zone)
    if ending == "pdf":
        return briefing_pdf.pdf(found.briefing, said, lang, room.folder.fonts), found
    return briefing_book.workbook(found.briefing, said, lang, room.city.zone), found


def _note(room: Room, actor: Actor, area: str, brief: Brief, ending: str, found: Shown) -> None:
    """Who takes which briefing is written down before the first byte."""
    with room.access.store.begin() as conn:
        room.access.audit.record(conn, actor, "export", f"briefing:{brief.key}.{ending}", at_ms=now_ms(), area=area,
                                 new={"fingerprint": found.fingerprint, "kept": found.kept is not None})  # fmt: skip


def _wrong(error: BriefPeriodError | PeriodError, lang: str) -> Response:
    told = words(lang, "briefing.wrong", field=error.field, value=repr(error.value), rule=error.rule)
    return PlainTextResponse(told, 422)


def _page(
    answers: Answers, request: Request, actor: Actor, area: str, brief: Brief, found: Shown, lang: str, *, anew: bool
) -> Response:
    room = answers.room
    today = local_day(room.situation.now_ms, room.situation.zone)
    said = briefing.told(found.briefing, found.fingerprint, lang, room.city.zone)
    here, later = address(area, brief), brief.shifted(1)
    more = {"made": "now"} if anew else {}
    asked = urlencode({"area": area, "period": brief.key, "lang": lang, **more})
    files = {ending: f"/briefings/briefing.{ending}?{asked}" for ending in MEDIA} if actor.may(Right.EXPORT) else None
    return answers.page(
        request, "briefing", at=address(area, brief, **more), theme="light", d=said, map=map_svg(found.briefing, lang),
        days=days_svg(found.briefing, lang), kept=None if anew else found.kept, seq=found.seq, here=here, files=files,
        differs=found.differs and not anew, anew=anew and found.kept is not None,
        earlier=address(area, brief.shifted(-1)), later=address(area, later) if later.period.first <= today else "",
        kinds=[(kind, address(area, _of_kind(kind, brief, today)), kind is brief.kind) for kind in Kind],
    )  # fmt: skip


def _of_kind(kind: Kind, brief: Brief, today: date) -> Brief:
    """The period of another length that ends where this one does, or today."""
    return Brief.of(kind, min(brief.period.last, today))


def _kept(answers: Answers, request: Request, actor: Actor, query: Form) -> Response:
    room, lang = answers.room, language_of(request, answers.room.city)
    told, kind = query.one("area")[:64], query.one("kind")
    known = Kind(kind) if kind in tuple(Kind) else None
    try:
        found = listed(room.store, room.situation.tree, actor, area=told or None, kind=known,
                       before_id=number_of(query.one("before")), limit=PAGE + 1)  # fmt: skip
    except NotThereError:
        return answers.missing(request)
    typed = {"area": told, "kind": known.value if known else ""}
    kept = urlencode({name: value for name, value in typed.items() if value})
    day = local_day(now_ms(), room.situation.zone) - timedelta(days=1)
    return answers.page(
        request, "briefings", at=f"/briefings?{kept}", typed=typed, kept=kept, kinds=list(Kind), day=day.isoformat(),
        areas=[(a.code, a.name) for a in areas_in_reach(room.situation.tree, actor, lang)],
        rows=[_row(room, k, lang) for k in found[:PAGE]], older=found[PAGE - 1].id if len(found) > PAGE else None,
    )  # fmt: skip


def _row(room: Room, k: Kept, lang: str) -> dict[str, Any]:
    tree, brief = room.situation.tree, parse_brief(k.period)
    o = tree.ordinal.get(k.area_code)
    return {
        "href": address(k.area_code, brief) if o is not None else "",
        "period": briefing.period_text(k.period, lang), "kind": brief.kind,
        "area": tree.areas[o].label(lang) if o is not None else k.area_code, "made_ms": k.made_ms,
        "mark": k.fingerprint,
    }  # fmt: skip
