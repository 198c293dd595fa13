"""The record of alerts as a page: what rang, whom it asked, who answered, and how long that took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, asker
from callbacks.access.asked import Form, day_ms, language_of, number_of, query_of
from dashboard.format import span
from dashboard.words import named, words
from geodata.domain.areas import AreaTree
from geodata.domain.roles import Right
from geodata.intake.door import now_ms
from geodata.services import alerting
from geodata.services.actors import Actor
from geodata.services.declining import Declined
from geodata.services.looking import NotThereError
from geodata.store.alerts import AlertNow

PAGE = 100
STANDING: Mapping[str, bool] = MappingProxyType({"standing": False, "mine": True})
"""What is shown instead of a day's alerts: those that stand, all of them or those that ask whoever looks."""
Query = Annotated[Form, Depends(query_of)]


def router(answers: Answers) -> APIRouter:
    """``/alerts``."""
    api = answers.router()

    @api.get("/alerts")
    def show(request: Request, query: Query) -> Response:
        actor = asker(Right.ACKNOWLEDGE if STANDING.get(query.one("which")) else Right.READ_ALERTS)
        zone = answers.room.city.zone
        day = query.one("day") or _today(answers).isoformat()
        try:
            desk, area, before = answers.room.door.desk(), query.one("area") or None, number_of(query.one("before"))
            if (asked := STANDING.get(query.one("which"))) is not None:
                stand = alerting.standing(desk, actor, area=area, asked=asked)
                return _page(
                    answers, request, actor, query, day, [a for a in stand if before is None or a.id < before],
                    total=len(stand),
                )  # fmt: skip
            from_ms, to_ms = day_ms("day", day, zone), day_ms("day", day, zone, days_later=1)
            if from_ms is None or to_ms is None:
                raise Declined("day", "date_form")
            found = alerting.past(
                desk, actor, area=area, from_ms=from_ms, to_ms=to_ms, before_id=before, limit=PAGE + 1
            )
        except Declined as declined:
            return _page(answers, request, actor, query, day, [], declined)
        except NotThereError:
            return answers.missing(request)
        return _page(answers, request, actor, query, day, found)

    return api


def _today(answers: Answers) -> date:
    return datetime.fromtimestamp(now_ms() / 1000, UTC).astimezone(answers.room.city.zone).date()


def _page(
    answers: Answers, request: Request, actor: Actor, query: Form, day: str, found: list[AlertNow],
    declined: Declined | None = None, total: int | None = None,
) -> Response:  # fmt: skip
    room, lang = answers.room, language_of(request, answers.room.city)
    which = query.one("which") if query.one("which") in STANDING else ""
    typed = {"day": "" if which else day[:32], "area": query.one("area")[:64], "which": which}
    kept = urlencode({name: value for name, value in typed.items() if value})
    shown = found[:PAGE]
    return answers.page(
        request, "alerts", at=f"/alerts?{kept}", declined=declined, typed=typed, kept=kept,
        areas=_choices(room.situation.tree, actor, lang), rows=[_row(answers, a, lang) for a in shown],
        older=shown[-1].id if len(found) > PAGE else None, newest=not query.one("before"),
        zone_name=room.city.time_zone, total=total, ways=("", *STANDING) if actor.may(Right.READ_ALERTS) else ("mine",),
    )  # fmt: skip


def _choices(tree: AreaTree, actor: Actor, lang: str) -> list[tuple[str, str]]:
    """The areas of an actor, each with those directly below it."""
    chosen = [o for area in actor.ordinals(tree) for o in (area.start, *tree.children(area.start).tolist())]
    return [(tree.areas[o].code, tree.areas[o].label(lang)) for o in chosen]


def _row(answers: Answers, a: AlertNow, lang: str) -> dict[str, Any]:
    tree = answers.room.situation.tree
    o = tree.ordinal_by_id.get(a.area_id, 0)
    return {
        "alert": a, "said": words(lang, f"alert.trigger.{a.trigger}"),
        "what": named(lang, answers.room.catalogue.subtypes.get(a.subtype_code), a.subtype_code),
        "place": tree.place(o, lang),
        "href": f"/area/{tree.areas[o].code}?" + urlencode({"selected": f"event:{a.code}"}),
        "asked": _asked(a, lang),
        "answer": words(lang, f"alert.answer.{a.answer}") if a.answer else words(lang, "alert.stands"),
        "took": span(lang, (now_ms() if a.ended_ms is None else a.ended_ms) - a.raised_ms),
    }  # fmt: skip


def _asked(a: AlertNow, lang: str) -> str:
    names: Iterable[str] = (words(lang, f"role.{role}") for role in a.asked)
    own = [words(lang, "alert.unit")] if a.handler and a.unit_id is not None else []
    return " → ".join([*own, *names])
