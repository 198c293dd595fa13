"""Phones: the links that make a phone the phone of a unit. Shown once, as text and as a code to be photographed."""

from __future__ import annotations

from typing import Annotated

import segno
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, asker
from callbacks.access.asked import Form, language_of, query_of
from callbacks.access.managing import DONE
from callbacks.access.shown import named_areas
from geodata.domain.roles import Right
from geodata.intake.door import now_ms
from geodata.services import phones

TOP = "/admin/phones"
SHOWN_MAX = 300
Query = Annotated[Form, Depends(query_of)]


def router(answers: Answers) -> APIRouter:
    """``/admin/phones``."""
    api = answers.router()

    @api.get(TOP)
    def show(request: Request, query: Query) -> Response:
        room, lang = answers.room, language_of(request, answers.room.city)
        actor, sought = asker(Right.MANAGE_PHONES), query.one("q").strip().casefold()
        found = [
            p for p in phones.phones(room.access, actor, room.situation.tree)
            if any(sought in told.casefold() for told in (p.account.login, p.account.name, p.account.unit_code,
                                                          p.unit.call_sign if p.unit else ""))
        ]  # fmt: skip
        rows = [
            {"phone": p, "areas": named_areas(room.situation.tree, actor, p.account.areas, lang)}
            for p in found[:SHOWN_MAX]
        ]
        return answers.page(
            request, "phones", at=TOP, rows=rows, total=len(found), sought=query.one("q")[:64],
            notice=DONE.get(query.one("done"), ""),
        )  # fmt: skip

    @api.post(TOP + "/{login}/issue")
    def issue(request: Request, login: str) -> Response:
        room, actor = answers.room, asker(Right.MANAGE_PHONES)
        account, secret = phones.issue(room.access, actor, room.situation.tree, login, now_ms())
        answers.changed()
        link = f"{answers.base(request)}/f/{secret}"
        return answers.page(request, "phone", at=TOP, account=account, secret=link, qr=drawn(link))

    @api.post(TOP + "/{login}/end")
    def end(login: str) -> Response:
        room, actor = answers.room, asker(Right.MANAGE_PHONES)
        phones.end(room.access, actor, room.situation.tree, login, now_ms())
        answers.changed()
        return answers.to(f"{TOP}?done=phone_ended")

    return api


def drawn(link: str) -> str:
    """The link as a QR code, an SVG element."""
    code = segno.make(link, error="m", micro=False)
    return code.svg_inline(omitsize=True, border=3, dark="#000000", light="#ffffff", svgclass="qr", lineclass=None)
