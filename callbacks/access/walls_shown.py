"""Walls as their page shows them: how each one is, at what, and why; views in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from callbacks.queue import view_of
from callbacks.room import Room
from dashboard.format import age
from dashboard.words import words
from geodata.domain.areas import AreaTree
from geodata.domain.showing import Shown
from geodata.domain.view import Filters, MapView, ViewError
from geodata.services.actors import Actor
from geodata.services.walls import Wall

LATE_MS, DOWN_MS = 20_000, 45_000
"""A screen tells its age every five seconds, its process writes it down every five, the page asks every five: what is
older than this is late, whatever the screen called itself."""
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Card:
    """A wall on the page. ``parts``: its view in words; ``map_area``: the code of the area that it shows, or "".

    ``age_ms``: of its picture, None where it is not there; where the clock was set back since, how far off it is.
    ``grown``: how the heap changed since the page was loaded.
    """

    wall: Wall
    state: str
    address: str
    parts: tuple[str, ...]
    map_area: str
    why: str
    age_ms: int | None
    age_said: str
    memory: str
    grown: str
    old_build: bool


@dataclass(frozen=True, slots=True)
class Group:
    """An area in which walls hang, those of areas below it counted in."""

    code: str
    name: str
    logins: tuple[str, ...]


def card(room: Room, actor: Actor, wall: Wall, lang: str, now_ms: int) -> Card:
    """One wall as whoever looks after it sees it."""
    socket = wall.seen.socket if wall.seen else None
    address = socket.address if socket else ""
    view = _view(room, actor, address)
    age_ms = abs(now_ms - (socket.beat_ms or socket.opened_ms)) if socket and wall.here else None
    heap = socket.heap if socket and wall.here else None
    grown = heap - socket.first_heap if socket and heap is not None and socket.first_heap is not None else None
    return Card(
        wall, _state(wall, age_ms), address if view else "", said(room, view, lang) if view else (),
        view.area if view else "", why(room, wall, lang), age_ms, age(lang, age_ms) if age_ms is not None else "",
        f"{heap / MB:.0f} MB" if heap is not None else "", f"{grown / MB:+.0f} MB" if grown is not None else "",
        bool(socket and socket.build and socket.build != room.build),
    )  # fmt: skip


def said(room: Room, view: MapView, lang: str) -> tuple[str, ...]:
    """A view in words: area, theme screen, live or the past, and whatever is not as usual."""
    tree = room.situation.tree
    parts = [
        tree.areas[tree.ordinal[view.area]].label(lang),
        words(lang, f"focus.{view.focus}") if view.focus else words(lang, "walls.view.all"),
        words(lang, "walls.view.replay", time=view.at.replace("T", " ")) if view.at else words(lang, "walls.view.live"),
    ]
    usual = view.usual()
    if view.layers != usual.layers:
        layers = "、" if lang == "zh" else ", "
        named = layers.join(words(lang, f"layer.{layer}") for layer in view.layers)
        parts.append(words(lang, "walls.view.layers", layers=named) if named else words(lang, "walls.view.no_layers"))
    n = sum(getattr(view.filters, f) != getattr(usual.filters, f) for f in Filters.__dataclass_fields__)
    if n:
        parts.append(words(lang, "walls.view.filters", n=n))
    if view.selected.startswith("event:"):
        parts.append(words(lang, "walls.view.event", code=view.selected.removeprefix("event:")))
    return tuple(parts)


def why(room: Room, wall: Wall, lang: str) -> str:
    """Why it shows what it shows, and what it was made to show and does not."""
    if wall.order and not wall.shown:
        unseen = words(lang, "walls.why.unseen", order=f"{line(room, wall.order, lang)} · {wall.order.login}")
        return " · ".join(filter(None, (_why(room, wall, lang), unseen)))
    return _why(room, wall, lang)


def _why(room: Room, wall: Wall, lang: str) -> str:
    if wall.here and wall.seen and wall.seen.socket.doing:
        return words(lang, f"walls.why.{wall.seen.socket.doing}")
    if wall.shown:
        return f"{line(room, wall.shown, lang)} · {wall.shown.login}"
    if wall.programme is None:
        return words(lang, "walls.why.own") if wall.here else ""
    if wall.step is None or not wall.here:
        return words(lang, "walls.why.programme", name=wall.programme.name)
    return words(lang, "walls.why.step", name=wall.programme.name, n=wall.step + 1)


def line(room: Room, shown: Shown, lang: str) -> str:
    """Who shows something on a wall, and until when: the post and its area, no name of a person."""
    tree = room.situation.tree
    o = tree.ordinal.get(shown.area)
    area = tree.areas[o].label(lang) if o is not None else shown.area
    who = words(lang, "shown.who", role=words(lang, f"role.{shown.role}"), area=area)
    parts = [words(lang, f"shown.{shown.kind}", who=who)]
    if shown.kind != "mirror":
        until = shown.until_ms
        parts.append(words(lang, "shown.until", time=_clock(room, until)) if until else words(lang, "shown.open"))
    return " · ".join(parts)


def groups(tree: AreaTree, actor: Actor, walls: list[Wall], lang: str) -> list[Group]:
    """The areas by which walls can be chosen, within reach: each that holds several of them, and each in which one
    hangs."""
    found: dict[int, list[str]] = {}
    accounts = [wall.account for wall in walls if wall.account.page == "wall"]
    for account in accounts:
        for o in tree.chain(tree.ordinal.get(account.areas[0], 0)):
            if actor.reaches(tree, o):
                found.setdefault(o, []).append(account.login)
    homes = {account.areas[0] for account in accounts}
    areas = [(tree.areas[o], tuple(logins)) for o, logins in sorted(found.items())]
    return [Group(a.code, a.label(lang), logins) for a, logins in areas if len(logins) > 1 or a.code in homes]


def _view(room: Room, actor: Actor, address: str) -> MapView | None:
    try:
        return view_of(room, actor, address) if address else None
    except ViewError:
        return None  # the area went with an edition of the boundaries


def _state(wall: Wall, age_ms: int | None) -> str:
    if wall.seen is None or age_ms is None:
        return "gone"
    told = wall.seen.socket.state
    if age_ms >= DOWN_MS or told == "down":
        return "down"
    if age_ms >= LATE_MS or told == "late":
        return "late"
    return told or "wait"


def _clock(room: Room, ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(room.situation.zone).strftime("%H:%M")
