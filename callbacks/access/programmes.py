"""Programmes: what walls show one after the other, as pages of a shift leader: make, change, order, look ahead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, MissingError, asker
from callbacks.access.asked import Form, form_of, language_of, number_of, query_of
from callbacks.access.managing import DONE
from callbacks.access.shown import areas_in_reach, named_areas
from callbacks.access.step_form import (
    FILTERS,
    at_place,
    blank,
    filters_of,
    groups,
    local_minutes,
    moved,
    step_of,
    typed_of,
)
from callbacks.queue import view_of
from dashboard.words import words
from geodata.domain.instants import instant_of, local_instant, moment_ms
from geodata.domain.programmes import WEEK, Programme, Step, Transition, running_order
from geodata.domain.roles import Right
from geodata.domain.view import LANGUAGES, THEMES, MapView, Measure, ViewError
from geodata.intake.door import now_ms
from geodata.services import programmes
from geodata.services.actors import Actor
from geodata.services.declining import Declined
from geodata.services.looking import NotThereError
from geodata.store.programmes import KeptProgramme
from layers.registry import LAYER_IDS

TOP = "/admin/programmes"
NAMES = ("area", "focus", "theme", "lang", "measure", "dwell_s", "from_min", "to_min")
AHEAD, AHEAD_MS = 12, 24 * 3_600_000
Json = dict[str, Any]
Query = Annotated[Form, Depends(query_of)]
Sent = Annotated[Form, Depends(form_of)]
Change = Callable[[Programme], Programme]


def router(answers: Answers) -> APIRouter:
    """``/admin/programmes``, a page for each, and its steps."""
    api = answers.router()
    _listed(api, answers)
    _one(api, answers)
    _steps(api, answers)
    return api


def _listed(api: APIRouter, answers: Answers) -> None:
    @api.get(TOP)
    def show(request: Request, query: Query) -> Response:
        actor = asker(Right.MANAGE_SCREENS)
        return _list_page(answers, request, actor, Programme("", ""), notice=DONE.get(query.one("done"), ""))

    @api.post(TOP)
    def add(request: Request, form: Sent) -> Response:
        actor, wanted, room = asker(Right.MANAGE_SCREENS), _of_form(form, Programme("", "")), answers.room
        try:
            tree = room.situation.tree
            number = programmes.add(room.access, actor, tree, wanted, _reader(answers, actor), now_ms())
        except Declined as declined:
            return _list_page(answers, request, actor, wanted, declined)
        return answers.to(f"{TOP}/{number}")


def _list_page(
    answers: Answers, request: Request, actor: Actor, wanted: Programme, declined: Declined | None = None,
    notice: str = "",
) -> Response:  # fmt: skip
    room, lang = answers.room, language_of(request, answers.room.city)
    found = programmes.listed(room.access, actor, room.situation.tree)
    rows = [
        {"kept": kept, "areas": named_areas(room.situation.tree, actor, [kept.programme.area], lang)} for kept in found
    ]
    return answers.page(
        request, "programmes", at=TOP, declined=declined, notice=notice, rows=rows, wanted=wanted,
        transitions=list(Transition), areas=areas_in_reach(room.situation.tree, actor, lang),
    )  # fmt: skip


def _one(api: APIRouter, answers: Answers) -> None:
    @api.get(TOP + "/{number:int}")
    def show(request: Request, number: int, query: Query) -> Response:
        actor = asker(Right.MANAGE_SCREENS)
        kept = _kept(answers, actor, number)
        place = at_place(kept.programme, query.one("step"))
        step = blank(kept.programme.area) if place is None else kept.programme.steps[place]
        typed = typed_of(step, _view(answers, actor, step), answers.room.city.language if place is None else "")
        return _page(answers, request, actor, kept, typed, place, at=query.one("at"),
                     notice=DONE.get(query.one("done"), ""))  # fmt: skip

    @api.post(TOP + "/{number:int}")
    def save(request: Request, number: int, form: Sent) -> Response:
        return _changed(answers, request, number, form, lambda p: _of_form(form, p), None)

    @api.post(TOP + "/{number:int}/end")
    def end(number: int) -> Response:
        actor, room = asker(Right.MANAGE_SCREENS), answers.room
        try:
            programmes.end(room.access, actor, room.situation.tree, number, now_ms())
        except NotThereError:
            raise MissingError from None
        return answers.to(f"{TOP}?done=ended")


def _steps(api: APIRouter, answers: Answers) -> None:
    @api.post(TOP + "/{number:int}/steps")
    def add(request: Request, number: int, form: Sent) -> Response:
        return _changed(
            answers, request, number, form, lambda p: replace(p, steps=(*p.steps, step_of(form, LAYER_IDS))), None
        )  # fmt: skip

    @api.post(TOP + "/{number:int}/steps/{n:int}")
    def change(request: Request, number: int, n: int, form: Sent) -> Response:
        return _changed(answers, request, number, form, lambda p: moved(p, n, form, LAYER_IDS), n)


def _changed(
    answers: Answers, request: Request, number: int, form: Form, to: Change, place: int | None
) -> Response:  # fmt: skip
    """A programme is changed, or its page says what was wrong with what was typed."""
    actor, room = asker(Right.MANAGE_SCREENS), answers.room
    try:
        programmes.change(
            room.access, actor, room.situation.tree, number, number_of(form.one("rev")) or 0, to,
            _reader(answers, actor), now_ms(),
        )  # fmt: skip
    except NotThereError:
        raise MissingError from None
    except Declined as declined:
        kept = _kept(answers, actor, number)
        step, of_step = blank(kept.programme.area), "dwell_s" in dict(form.pairs)
        typed = _again(form) if of_step else typed_of(step, _view(answers, actor, step), answers.room.city.language)
        wanted = _of_form(form, kept.programme) if "hold_s" in dict(form.pairs) else None
        return _page(answers, request, actor, kept, typed, place if of_step else None, declined=declined,
                     wanted=wanted)  # fmt: skip
    return answers.to(f"{TOP}/{number}?done=changed")


def _again(form: Form) -> Json:
    """What was typed of a step, for the form that says what is wrong with it."""
    one: Json = {name: form.one(name)[:64] for name in NAMES}
    days = tuple(day for day in WEEK if str(day) in form.several("days"))
    ticked = {name: tuple(form.several(name)) for name in FILTERS}
    own = {"own_layers": bool(form.one("own_layers")), "layers": tuple(form.several("layers"))}
    return one | own | {"days": days, "filters": ticked}


def _of_form(form: Form, programme: Programme) -> Programme:
    hold = number_of(form.one("hold_s"))
    return replace(
        programme, name=form.one("name"), area=form.one("area").strip(), transition=form.one("transition"),
        hold_s=-1 if hold is None else hold,
    )  # fmt: skip


def _kept(answers: Answers, actor: Actor, number: int) -> KeptProgramme:
    try:
        return programmes.one(answers.room.access, actor, answers.room.situation.tree, number)
    except NotThereError:
        raise MissingError from None


def _reader(answers: Answers, actor: Actor) -> Callable[[str], MapView]:
    return lambda address: view_of(answers.room, actor, address)


def _view(answers: Answers, actor: Actor, step: Step) -> MapView:
    """The view of a step; of one whose area is gone, the bare wall of that code."""
    try:
        return view_of(answers.room, actor, step.address)
    except ViewError:
        return MapView(unquote(urlsplit(step.address).path).rpartition("/")[2], "wall")


def _page(
    answers: Answers, request: Request, actor: Actor, kept: KeptProgramme, typed: Json, place: int | None, *,
    at: str = "", declined: Declined | None = None, notice: str = "", wanted: Programme | None = None,
) -> Response:  # fmt: skip
    room, lang, zone = answers.room, language_of(request, answers.room.city), answers.room.situation.zone
    tree, steps = room.situation.tree, kept.programme.steps
    try:
        from_ms = moment_ms(local_instant(at), zone) if at else now_ms()
    except ValueError:
        from_ms = now_ms()
    ahead = running_order(steps, zone, from_ms, from_ms + AHEAD_MS)[:AHEAD]
    rows = [_row(answers, actor, step, lang) for step in steps]
    fits = {focus.value: look.fits(room.catalogue.classes) for focus, look in room.city.looks.items()}
    return answers.page(
        request, "programme", at=f"{TOP}/{kept.id}", declined=declined, notice=notice, kept=kept,
        here=f"{TOP}/{kept.id}", rows=rows, typed=typed, place=place, transitions=list(Transition),
        focuses=[focus for focus, fit in fits.items() if fit],
        missing=[focus for focus, fit in fits.items() if not fit], filters=groups(room.catalogue, lang),
        measures=[m.value for m in Measure], wanted=wanted or kept.programme,
        layers=sorted(LAYER_IDS), themes=THEMES, languages=LANGUAGES, week=WEEK,
        areas=areas_in_reach(tree, actor, lang), from_at=instant_of(from_ms, zone)[:16],
        ahead=[{"slot": slot, "row": rows[slot.step], "n": slot.step + 1} for slot in ahead],
    )  # fmt: skip


def _row(answers: Answers, actor: Actor, step: Step, lang: str) -> Json:
    view = _view(answers, actor, step)
    named = " ".join(words(lang, f"weekday.{d % 7}") for d in step.days)
    hours = f"{local_minutes(step.from_min)}–{local_minutes(step.to_min)}"
    own = filters_of(view)
    counted = [name for group in groups(answers.room.catalogue, lang) for value, name in group.choices
               if value in own[group.name]]  # fmt: skip
    return {
        "step": step, "href": step.address, "days": words(lang, "programme.daily") if step.days == WEEK else named,
        "hours": "" if hours == "00:00–24:00" else hours, "view": view, "counted": counted,
        "areas": named_areas(answers.room.situation.tree, actor, [view.area], lang),
    }  # fmt: skip
