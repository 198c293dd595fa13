"""The quarantine as a page and as a file: what was held back and why; submitting it again."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, asker
from callbacks.access.asked import Form, form_of, language_of, number_of, query_of
from dashboard.forms import when
from dashboard.words import words
from geodata.domain.roles import Right
from geodata.intake.door import can_replay, now_ms
from geodata.services.actors import Actor
from geodata.services.export import unarmed
from geodata.services.held_back import Shown, export_records, look
from geodata.services.outcomes import Outcome
from geodata.store.folder import City
from geodata.store.held_back import Heap, Held, Sought

TOP = "/admin/quarantine"
PAGE = 50
RECORD_SHOWN = 8_000
"""Characters of a record that the page shows; the file holds all of it."""
STATES: Mapping[str, bool | None] = MappingProxyType({"": False, "replayed": True, "all": None})
"""What is shown by the state that the address names: what waits, what was taken after all, or both."""
FILTER = ("feed", "field", "sender", "state")
COLUMNS = ("id", "received", "feed", "sender", "field", "value", "rule", "record", "replayed")
Query = Annotated[Form, Depends(query_of)]
Sent = Annotated[Form, Depends(form_of)]


def router(answers: Answers) -> APIRouter:
    """``/admin/quarantine``."""
    api = answers.router()
    room = answers.room

    @api.get(TOP)
    def show(request: Request, query: Query) -> Response:
        return _page(answers, request, asker(Right.READ_QUARANTINE), query)

    @api.post(TOP + "/replay")
    def replay(request: Request, form: Sent) -> Response:
        actor = asker(Right.REPLAY)
        ids = [n for told in form.listed("ids")[:PAGE] if (n := number_of(told)) is not None]
        outcomes = room.door.replay_these(actor, ids)
        told = _told(language_of(request, room.city), ids, outcomes)
        return _page(answers, request, actor, form, told, taken=any(o.status != "quarantined" for o in outcomes))

    @api.get(TOP + "/export.csv")
    def export(query: Query) -> Response:
        actor, now, tree = asker(Right.READ_QUARANTINE), now_ms(), room.situation.tree
        shown = look(room.access, tree, actor, Sought(), 0)
        found = export_records(room.access, tree, actor, _sought(query, shown.senders), now)
        name = f"quarantine-{when(room.city.zone, now)[:10]}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        told = _csv(found, room.city, shown.senders)
        return StreamingResponse(told, media_type="text/csv; charset=utf-8", headers=headers)

    return api


def _sought(query: Form, senders: Mapping[int, str]) -> Sought:
    """The filter of an address. A sender who has sent nothing that is kept has no records."""
    feed, field, sender = (query.one(name).strip()[:64] for name in FILTER[:3])
    of = {login: number for number, login in senders.items()}.get(sender, -1) if sender else None
    return Sought(feed, field, of, STATES.get(query.one("state"), False))


def _page(
    answers: Answers, request: Request, actor: Actor, query: Form, told: str = "", *, taken: bool = False
) -> Response:
    room, tree = answers.room, answers.room.situation.tree
    whole = look(room.access, tree, actor, Sought(), 0)
    sought = _sought(query, whole.senders)
    shown = look(room.access, tree, actor, sought._replace(before_id=number_of(query.one("before"))), PAGE + 1)
    typed = {name: query.one(name).strip()[:64] for name in FILTER}
    typed["state"] = typed["state"] if typed["state"] in STATES else ""
    kept = urlencode({name: value for name, value in typed.items() if value})
    some = shown.records[:PAGE]
    rows = [_row(one, shown, may=actor.may(Right.REPLAY)) for one in some]
    return answers.page(
        request, "quarantine", at=f"{TOP}?{kept}" if kept else TOP, rows=rows, typed=typed, kept=kept, told=told,
        taken=taken,
        total=shown.number(sought), newest=not query.one("before"), before=query.one("before")[:15],
        older=some[-1].id if len(shown.records) > PAGE else None, choices=_choices(shown, sought), states=STATES,
        replayable=[row["record"].id for row in rows if row["may"]],
    )  # fmt: skip


def _choices(shown: Shown, sought: Sought) -> dict[str, list[tuple[str, int]]]:
    """(value, how many) that each filter offers, with the other filters as they are; the most first."""

    def of(wider: Sought, name: Callable[[Heap], str]) -> list[tuple[str, int]]:
        counted: Counter[str] = Counter()
        for heap in shown.heaps:
            if heap.fits(wider):
                counted[name(heap)] += heap.n
        return sorted(counted.items(), key=lambda one: (-one[1], one[0]))

    def sender(heap: Heap) -> str:
        return shown.senders.get(heap.account_id, "")

    return {
        "feed": of(sought._replace(feed=""), lambda heap: heap.feed),
        "field": of(sought._replace(field=""), lambda heap: heap.field),
        "sender": [one for one in of(sought._replace(account_id=None), sender) if one[0]],
    }


def _row(one: Held, shown: Shown, *, may: bool) -> dict[str, Any]:
    text = _pretty(one.record)
    return {
        "record": one, "sender": shown.senders.get(one.account_id, ""), "text": text[:RECORD_SHOWN],
        "cut": len(text) > RECORD_SHOWN, "closed": one.id in shown.closed,
        "waits": one.replayed_ms is None, "may": may and one.replayed_ms is None and can_replay(one.feed),
        "again": can_replay(one.feed),
    }  # fmt: skip


def _pretty(record: str) -> str:
    """The record as people read it; "" where nothing of it may be shown."""
    try:
        told = json.loads(record)
    except (ValueError, RecursionError):
        return record
    return json.dumps(told, ensure_ascii=False, indent=2) if told != {} else ""


def _told(lang: str, ids: list[int], outcomes: list[Outcome]) -> str:
    """What came of it, as a sentence."""
    if not outcomes:
        return words(lang, "quarantine.told.none")
    still = [o for o in outcomes if o.status == "quarantined"]
    if len(outcomes) == 1 and len(ids) == 1:
        if not still:
            return words(lang, f"quarantine.told.{outcomes[0].status}", id=ids[0])
        why = " ".join(part for part in (still[0].field, still[0].value[:80], still[0].rule) if part)
        return words(lang, "quarantine.told.still", id=ids[0], why=why)
    counted = Counter(o.status for o in outcomes)
    return words(
        lang, "quarantine.told.many", n=len(outcomes), taken=counted["accepted"], still=len(still),
        known=counted["duplicate"] + counted["dropped"],
    )  # fmt: skip


def _csv(found: Iterable[Held], city: City, senders: Mapping[int, str]) -> Iterator[str]:
    """The lines of the file, one part for each line; the byte order mark lets Excel read the Chinese."""
    yield "\ufeff" + _line(COLUMNS)
    for one in found:
        replayed = "" if one.replayed_ms is None else when(city.zone, one.replayed_ms, seconds=True)
        received = when(city.zone, one.received_ms, seconds=True)
        yield _line((one.id, received, one.feed, senders.get(one.account_id, ""), one.field, one.value, one.rule,
                     one.record, replayed))  # fmt: skip


def _line(cells: Iterable[object]) -> str:
    box = io.StringIO()
    # With this end of a line a text with a line's end of any kind is quoted, and cannot begin a row of its own.
    csv.writer(box, lineterminator="\r\n").writerow([unarmed(cell) for cell in cells])
    return box.getvalue()
