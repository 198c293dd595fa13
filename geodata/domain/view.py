"""MapView: everything that decides what one screen shows, as one frozen value that lives in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from geodata.domain.events import SOURCES, STATES, URGENCIES, Stage
from geodata.domain.focus import LOOKS, Focus, Look
from geodata.domain.indicators_table import RANKED
from geodata.domain.instants import REPLAYED, SPEEDS, local_instant
from geodata.domain.lights import LIGHTS
from geodata.domain.picking import USUAL, PickError, day_of, picked
from geodata.domain.queue import Order
from geodata.domain.roles import Audience
from geodata.domain.units import DEPARTMENTS

LANGUAGES = ("zh", "en")
THEMES = ("dark", "light")
SCREEN_PAGES = ("wall", "area")
PAGES = (*SCREEN_PAGES, "duty", "units", "list", "grids")
"""The pages. A screen shows one of the first two; the others are for desks: a queue, the units, a list, the grids."""
CODE_MAX = 64
UNLISTED = "unlisted"
"""What a filter by class calls all classes that the city does not list."""
TEXT_MAX = 40


class Measure(StrEnum):
    """What the choropleth and the labels show for each child area."""

    OPEN = "open"
    OVERDUE = "overdue"
    REPORTED = "reported"
    UNITS = "units"
    DENSITY = "density"


class ViewError(ValueError):
    """A part of the address is not a view; ``field``, ``value`` and ``rule`` say which and why; ``why`` is the rule's
    short name where a page has words of its own for it."""

    def __init__(self, field: str, value: str, rule: str, why: str = "") -> None:
        super().__init__(f"{field}: {value!r} {rule}")
        self.field, self.value, self.rule, self.why = field, value, rule, why


@dataclass(frozen=True, slots=True)
class Filters:
    """Which events count. An empty tuple, or text, means: all. Values are sorted and unique.

    ``text`` is looked for in what an event says of itself, so it is for whoever may open events (the duty page).
    ``kinds`` are departments (``units.DEPARTMENTS``); ``day``: reported on this local day, such as 2026-11-30.
    """

    classes: tuple[str, ...] = ()
    urgencies: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    lights: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    text: str = ""
    kinds: tuple[str, ...] = ()
    day: str = ""

    def __bool__(self) -> bool:
        return self != ALL_EVENTS


ALL_EVENTS = Filters()


LAYER_IDS_ON: tuple[str, ...] = ("areas", "boundaries", "labels", "events", "units", "surges")


@dataclass(frozen=True, slots=True)
class MapView:
    """One view. ``area`` is a code; ``layers`` are the ids that are switched on, sorted.

    ``audience`` is not of the address: it follows from who asks (``services.looking.permitted_view``). ``at``: the
    local instant of the past that is shown, "" for now; ``play``: how many seconds pass in one from there on, 0: none.
    ``period`` names the days that the overview measures (``domain.picking``), ``rank`` the indicator by which it ranks.
    ``focus``: the theme screen whose filters, layers and measure stand where the address says nothing else, or "";
    ``look`` is what the city means by it, and not of the address.
    """

    area: str
    page: str = "area"
    layers: tuple[str, ...] = tuple(sorted(LAYER_IDS_ON))
    measure: Measure = Measure.OPEN
    filters: Filters = field(default_factory=Filters)
    without_piles: bool = True
    lang: str = "zh"
    theme: str = "dark"
    selected: str = ""
    order: Order = Order.PRESSING
    period: str = USUAL
    rank: str = RANKED[0]
    at: str = ""
    play: int = 0
    focus: str = ""
    look: Look | None = None
    audience: Audience = Audience.PUBLIC

    def to(self, **changes: Any) -> MapView:
        """The same view with these fields changed."""
        return replace(self, **changes)

    def path(self) -> str:
        """The address path: ``/wall/<area>`` or ``/area/<code>``."""
        return f"/{self.page}/{quote(self.area, safe='')}"

    def usual(self) -> MapView:
        """What stands where the address names nothing but page, area and theme screen."""
        bare = MapView(self.area, self.page)
        return bare if self.look is None else focused(bare, self.focus, self.look)

    def query(self) -> str:
        """The address query without ``?``: only what differs from the default, in a fixed order."""
        base = self.usual()
        parts: list[tuple[str, str]] = []
        if self.layers != base.layers:
            parts.append(("layers", ".".join(self.layers) or "none"))
        if self.measure != base.measure:
            parts.append(("measure", self.measure.value))
        for f in fields(Filters):
            value: tuple[object, ...] | str = getattr(self.filters, f.name)
            if value and value != getattr(base.filters, f.name):
                parts.append((f.name, value if isinstance(value, str) else ".".join(map(str, value))))
        if not self.without_piles:
            parts.append(("piles", "1"))
        named = ("lang", "theme", "selected", "order", "period", "rank", "at", "play")
        parts += [(k, str(v)) for k in named if (v := getattr(self, k)) != getattr(base, k)]
        parts += [("focus", self.focus)] if self.focus else []
        return urlencode(parts)

    def address(self) -> str:
        """Path and query: the whole view, ready to be shared."""
        query = self.query()
        return self.path() + ("?" + query if query else "")

    def topic(self) -> str:
        """The key under which screens share frames: the address without what a frame does not depend on."""
        staff = "#staff" if self.audience is Audience.STAFF else ""
        same: Mapping[str, Any] = {
            "theme": "dark", "selected": "", "order": Order.PRESSING, "period": USUAL, "rank": RANKED[0], "focus": "",
            "look": None,
        }  # fmt: skip
        return self.to(**same).address() + staff


def focused(view: MapView, focus: str, look: Look) -> MapView:
    """A view with the layers, the measure and the filters of a theme screen."""
    filters = replace(view.filters, classes=look.classes, urgencies=look.urgencies)
    return view.to(focus=focus, look=look, layers=look.layers, measure=Measure(look.measure), filters=filters)


def _bare(
    area: str, page: str, raw: str, looks: Mapping[Focus, Look], class_codes: frozenset[str]
) -> MapView:  # fmt: skip
    """The view of a theme screen with those of its classes that there are; on a page that is no screen without it."""
    if not raw or page not in SCREEN_PAGES:
        return MapView(area, page)
    look = looks[Focus(_one("focus", raw, tuple(Focus)))]
    if not look.fits(class_codes):
        raise ViewError("focus", raw, "counts classes that the city's catalogue has not got", "no_classes")
    held = tuple(code for code in look.classes if code in class_codes)
    return focused(MapView(area, page), raw, replace(look, classes=held))


def _several(name: str, raw: str, allowed: frozenset[str] | None) -> tuple[str, ...]:
    values = tuple(sorted({v for v in raw.split(".") if v}))
    for v in values:
        if len(v) > CODE_MAX or (allowed is not None and v not in allowed):
            raise ViewError(name, v, "is not allowed; allowed: " + ", ".join(sorted(allowed or ())))
    return values


def _one(name: str, raw: str, allowed: tuple[str, ...]) -> str:
    if raw not in allowed:
        raise ViewError(name, raw, "is not allowed; allowed: " + ", ".join(allowed))
    return raw


def _named(name: str, raw: str, read: Callable[[str], str]) -> str:
    try:
        return read(raw) if raw else ""
    except PickError as error:
        raise ViewError(name, raw[:CODE_MAX], str(error)) from None


def parse_view(
    path: str, query: str, *, layer_ids: frozenset[str], class_codes: frozenset[str],
    looks: Mapping[Focus, Look] = LOOKS,
) -> MapView:  # fmt: skip
    """Read a view from an address. Unknown keys are ignored; a wrong value raises ViewError. The area is not looked up.

    ``path`` is percent-decoded, e.g. ``/area/W01``; ``query`` with or without ``?``.
    """
    bits = path.strip("/").split("/")
    if len(bits) != 2 or bits[0] not in PAGES or not bits[1] or len(bits[1]) > CODE_MAX:
        raise ViewError("path", path[:100], "is not /wall/<area>, /area/<code> or /duty/<area>")
    got: Mapping[str, str] = dict(parse_qsl(query.lstrip("?")))
    view = _bare(bits[1], bits[0], got.get("focus", ""), looks, class_codes)
    own = view.filters
    if "layers" in got:
        raw = "" if got["layers"] == "none" else got["layers"]
        view = view.to(layers=_several("layers", raw, layer_ids))
    if "measure" in got:
        view = view.to(measure=Measure(_one("measure", got["measure"], tuple(Measure))))
    urgencies = _several("urgencies", got.get("urgencies", ""), frozenset(map(str, URGENCIES)))
    filters = Filters(
        _several("classes", got.get("classes", ""), class_codes | {UNLISTED}) or own.classes,
        tuple(int(u) for u in urgencies) or own.urgencies,
        _several("sources", got.get("sources", ""), frozenset(SOURCES)),
        _several("states", got.get("states", ""), frozenset(STATES)),
        _several("lights", got.get("lights", ""), frozenset(LIGHTS)),
        _several("stages", got.get("stages", ""), frozenset(Stage)),
        " ".join(got.get("text", "").split())[:TEXT_MAX] if view.page == "duty" else "",
        _several("kinds", got.get("kinds", ""), frozenset(DEPARTMENTS)),
        _named("day", got.get("day", ""), lambda text: day_of(text).isoformat()),
    )
    return view.to(
        filters=filters,
        without_piles=got.get("piles", "0") != "1",
        lang=_one("lang", got.get("lang", view.lang), LANGUAGES),
        theme=_one("theme", got.get("theme", view.theme), THEMES),
        selected=got.get("selected", "")[:CODE_MAX],
        order=Order(_one("order", got.get("order", Order.PRESSING.value), tuple(Order))),
        period=_named("period", got.get("period", ""), picked) or USUAL,
        rank=_one("rank", got.get("rank", RANKED[0]), RANKED),
        **_instant(view.page, got.get("at", ""), got.get("play", "")),
    )


def _instant(page: str, at: str, play: str) -> dict[str, Any]:
    """The instant of the past; on a page that has none it is left out, as what belongs to other pages is."""
    if not at or page not in REPLAYED:
        return {}
    try:
        instant = local_instant(at)
    except ValueError as error:
        rule = "is not a local time of the city such as 2026-11-20T14:30"
        raise ViewError("at", at[:CODE_MAX], rule, "form") from error
    speeds = tuple(str(speed) for speed in SPEEDS)
    return {"at": instant, "play": int(_one("play", play, speeds)) if play else 0}
