"""The audit as a page and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, asker
from callbacks.access.asked import Form, day_ms, language_of, number_of, query_of
from callbacks.access.audit_shown import action_said, changes
from dashboard.forms import when
from geodata.domain.events import FOLLOWS
from geodata.domain.roles import Right
from geodata.intake.door import now_ms
from geodata.services.audit_reading import ACTIONS, export_lines, lines
from geodata.services.auditing import BARE
from geodata.services.declining import Declined
from geodata.services.export import unarmed
from geodata.store.audit import Line, Sought
from geodata.store.folder import City

PAGE = 100
FILTER = ("actor", "action", "subject", "from", "to")
COLUMNS = (
    "seq", "time", "actor", "address", "action", "subject", "area", "old", "new", "first_change", "last_change",
)  # fmt: skip
ALL = "*"
"""The action that stands for every line, with those that tell only that changes are covered."""
Query = Annotated[Form, Depends(query_of)]


def router(answers: Answers) -> APIRouter:
    """``/audit``."""
    api = answers.router()
    room = answers.room

    @api.get("/audit")
    def show(request: Request, query: Query) -> Response:
        asker(Right.READ_AUDIT)
        try:
            sought = sought_by(query, room.city)
        except Declined as declined:
            return _page(answers, request, query, [], declined)
        sought = replace(sought, before_seq=number_of(query.one("before")))
        return _page(
            answers, request, query, lines(room.access, asker(Right.READ_AUDIT), room.situation.tree, sought, PAGE + 1)
        )

    @api.get("/audit/export.csv")
    def export(query: Query) -> Response:
        actor, now = asker(Right.READ_AUDIT), now_ms()
        found = export_lines(room.access, actor, room.situation.tree, sought_by(query, room.city), now)
        name = f"audit-{when(room.city.zone, now)[:10]}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(_csv(found, room.city), media_type="text/csv; charset=utf-8", headers=headers)

    return api


def sought_by(query: Form, city: City) -> Sought:
    """The filter of an address; days are the city's, the last one whole. Raises Declined.

    Where nothing is asked for by account, action or subject, lines that only cover changes are left out.
    """
    actor, action, subject = (query.one(name).strip()[:128] for name in FILTER[:3])
    return Sought(
        actor, "" if action == ALL else action, subject, day_ms("from", query.one("from"), city.zone),
        day_ms("to", query.one("to"), city.zone, days_later=1), told=not (actor or action or subject),
    )  # fmt: skip


def _page(
    answers: Answers, request: Request, query: Form, found: list[Line], declined: Declined | None = None
) -> Response:
    shown, city = found[:PAGE], answers.room.city
    tree, lang = answers.room.situation.tree, language_of(request, city)
    typed = {name: query.one(name)[:128] for name in FILTER}
    kept = urlencode({name: value for name, value in typed.items() if value})
    rows = [
        {
            "line": line, "changes": changes(line, lang, city.zone), "action": action_said(lang, line.action),
            "area": tree.areas[tree.ordinal[line.area]].label(lang) if line.area in tree.ordinal else line.area,
        }
        for line in shown
    ]  # fmt: skip
    return answers.page(
        request, "audit", at=f"/audit?{kept}" if kept else "/audit", declined=declined, rows=rows, typed=typed,
        actions=[(name, action_said(lang, name)) for name in (ALL, *ACTIONS, *FOLLOWS)], kept=kept,
        older=shown[-1].seq if len(found) > PAGE else None, newest=not query.one("before"), zone_name=city.time_zone,
    )  # fmt: skip


def _csv(found: Iterator[Line], city: City) -> Iterator[str]:
    """The lines of the file; the byte order mark lets Excel read the Chinese."""
    box = io.StringIO()
    writer = csv.writer(box)
    box.write("\ufeff")
    writer.writerow(COLUMNS)
    for n, line in enumerate(found, 1):
        covers = (line.first_seq or "", line.last_seq or "")
        cells = (line.seq, when(city.zone, line.at_ms, seconds=True), *line[2:BARE], *covers)
        writer.writerow([unarmed(cell) for cell in cells])
        if n % PAGE == 0:
            yield _emptied(box)
    yield _emptied(box)


def _emptied(box: io.StringIO) -> str:
    text = box.getvalue()
    box.seek(0)
    box.truncate()
    return text
