"""The form of one step of a programme: what is typed becomes a step, and a step is typed again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from callbacks.access.asked import Form, number_of
from dashboard.words import words
from geodata.domain.catalogue import Catalogue
from geodata.domain.events import OPEN, SOURCES, STATES, URGENCIES, Stage
from geodata.domain.lights import LIGHTS
from geodata.domain.programmes import WEEK, Programme, Step
from geodata.domain.units import DEPARTMENTS
from geodata.domain.view import CODE_MAX, MapView
from geodata.services.declining import Declined

Json = dict[str, Any]
NONE = -1
"""A number that was typed and is none: the rules decline it."""


class Group(NamedTuple):
    """A filter: its name in the address, what it is called, and its values with their names."""

    name: str
    legend: str
    choices: Sequence[tuple[str, str]]


SAID: Sequence[tuple[str, str, str, Iterable[object]]] = (
    ("urgencies", "filters.urgency", "urgency.", URGENCIES),
    ("stages", "filters.stage", "stage.", [stage.value for stage in Stage]),
    ("lights", "filters.light", "light.", LIGHTS),
    ("states", "filters.state", "state.", [state.value for state in STATES if state in OPEN]),
    ("sources", "filters.source", "source.", [source.value for source in SOURCES]),
    ("kinds", "filters.kind", "department.", DEPARTMENTS),
)
"""Filters besides that by class: name, key of what it is called, what the keys of its values begin with, values."""
FILTERS = ("classes", *(name for name, *_ in SAID))


def groups(catalogue: Catalogue, lang: str) -> list[Group]:
    """The filters that a step may have, in the order in which the map's own filter shows them."""
    classes = [(c.code, c.name_en if lang == "en" else c.name_zh) for c in catalogue.classes.values()]
    said = [
        Group(name, words(lang, legend), [(str(value), words(lang, f"{prefix}{value}")) for value in values])
        for name, legend, prefix, values in SAID
    ]
    return [Group("classes", words(lang, "filters.class"), classes), *said]


def filters_of(view: MapView) -> dict[str, tuple[str, ...]]:
    """The filters of a view that are not those of its theme screen."""
    usual = view.usual().filters
    own = {name: getattr(view.filters, name) for name in FILTERS}
    return {name: tuple(map(str, some)) if some != getattr(usual, name) else () for name, some in own.items()}


def blank(area: str) -> Step:
    """The step that a form begins with."""
    return Step(MapView(area, "wall").address())


def typed_of(step: Step, view: MapView, lang: str) -> Json:
    """The fields of the form of a step; ``lang``: the language to begin with, "" for the view's own."""
    usual = view.usual()
    own_layers = view.layers != usual.layers
    return {
        "area": view.area, "focus": view.focus, "theme": view.theme, "lang": lang or view.lang,
        "measure": view.measure.value if view.measure != usual.measure else "", "own_layers": own_layers,
        "layers": view.layers, "dwell_s": str(step.dwell_s), "days": step.days,
        "from_min": local_minutes(step.from_min), "to_min": local_minutes(step.to_min), "filters": filters_of(view),
    }  # fmt: skip


def step_of(form: Form, layer_ids: Collection[str]) -> Step:
    """The step that a form asks for; what is wrong with it the rules and the address say."""
    layers = ".".join(sorted(set(form.several("layers")) & set(layer_ids))) or "none"
    told = {
        "focus": form.one("focus"), "theme": form.one("theme"), "lang": form.one("lang"),
        "measure": form.one("measure"), "layers": layers if form.one("own_layers") else "",
    }  # fmt: skip
    told |= {name: ".".join(form.several(name)) for name in FILTERS}
    query = urlencode({name: value for name, value in told.items() if value})
    area = quote(form.one("area").strip()[:CODE_MAX], safe="")
    dwell = number_of(form.one("dwell_s"))
    return Step(
        f"/wall/{area}" + (f"?{query}" if query else ""), NONE if dwell is None else dwell,
        tuple(day for day in WEEK if str(day) in form.several("days")), minutes_of(form.one("from_min")),
        minutes_of(form.one("to_min")),
    )  # fmt: skip


def moved(programme: Programme, n: int, form: Form, layer_ids: Collection[str]) -> Programme:
    """The programme with its n-th step (from 0) changed, earlier, later, or gone, as ``act`` says. Raises Declined."""
    steps, act = list(programme.steps), form.one("act")
    if not 0 <= n < len(steps):
        raise Declined("steps", "step_unknown")
    step = steps.pop(n)
    if act == "save":
        steps.insert(n, step_of(form, layer_ids))
    elif act == "up":
        steps.insert(max(0, n - 1), step)
    elif act == "down":
        steps.insert(n + 1, step)
    elif act != "remove":
        raise Declined("steps", "step_unknown")
    return replace(programme, steps=tuple(steps))


def at_place(programme: Programme, told: str) -> int | None:
    """Which step an address asks to change, from 0; None for none."""
    n = number_of(told)
    return n - 1 if n is not None and 1 <= n <= len(programme.steps) else None


def local_minutes(minutes: int) -> str:
    """Minutes of the day as 07:30; the end of the day is 24:00."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def minutes_of(told: str) -> int:
    """The minutes of a text such as 07:30 or 24:00; -1 for any other."""
    hours, colon, rest = told.strip().partition(":")
    fits = colon and hours.isascii() and rest.isascii() and hours.isdigit() and rest.isdigit() and len(told) <= 5
    return int(hours) * 60 + int(rest) if fits and int(rest) < 60 else NONE
