"""What the card of an area says of patrols: a grid's kind, posts, last walk and rule; and how its last shifts were."""

from __future__ import annotations

import asyncio
from typing import Any

from callbacks.grids import every_name, kind_name
from callbacks.room import Room
from dashboard.format import moment
from dashboard.words import words
from geodata.domain.indicators import colour_of
from geodata.domain.roles import Right
from geodata.services.actors import Actor
from geodata.services.patrolling import ShiftRate, answering_role, coverage_of

Row = tuple[str, str, Any]
Block = tuple[str, list[Row]]
DAYS, DAY_MS = 30, 86_400_000
POSTS_MAX = 8


async def patrols(room: Room, actor: Actor, o: int, lang: str) -> tuple[tuple[Row, ...], tuple[Block, ...]]:
    """(rows, blocks) of an area that the actor reaches; posts and walks are for whoever may see units."""
    tree, situation = room.situation.tree, room.situation
    now_ms = situation.now_ms
    low_ms = now_ms - DAYS * DAY_MS
    found, asked = await asyncio.to_thread(_read, room, actor, tree.areas[o].code, low_ms, now_ms)
    rows: list[Row] = []
    if not tree.is_leaf(o):
        here = situation.coverage(o)
        if here.known and here.due:
            missing = (here.due - here.covered, "grids?walk=missing")
            rate = f"{100 * here.covered / here.due:.1f}% · {here.covered:,} / {here.due:,}"
            rows.append((words(lang, "drawer.coverage"), "text", rate))
            if actor.may(Right.SEE_UNITS):
                rows.append((words(lang, "grids.state.missing"), "listed", missing))
    else:
        rows.append((words(lang, "drawer.grid_kind"), "text", kind_name(lang, tree.areas[o].kind)))
        if actor.may(Right.SEE_UNITS):
            rows += _of_grid(room, actor, o, lang)
        told = ""
        if asked is not None:
            role, at = asked
            of = {"role": words(lang, f"role.{role}"), "area": tree.areas[at].label(lang)}
            told = words(lang, "drawer.contact_role.of", **of)
        rows.append((words(lang, "drawer.contact_role"), "text", told))
    grid_for_all = tree.is_leaf(o) and not actor.may(Right.SEE_UNITS)
    return tuple(rows), () if grid_for_all or not found else (_strip(room, found, lang),)


def _read(
    room: Room, actor: Actor, code: str, low_ms: int, high_ms: int
) -> tuple[list[ShiftRate], tuple[str, int] | None]:
    desk = room.door.desk()
    return coverage_of(desk, actor, code, low_ms, high_ms), answering_role(desk, actor, code)


def _of_grid(room: Room, actor: Actor, o: int, lang: str) -> list[Row]:
    """Posts, last walk, and how it stands in its period: for the staff. A unit at home beyond one's reach has no call
    sign for it."""
    situation, tree = room.situation, room.situation.tree
    line = situation.grid_lines([tree.areas[o].id])[0]
    home, posts = situation.posts_of([i for i in tree.chain(o) if actor.reaches(tree, i)])
    told = " · ".join(posts[:POSTS_MAX]) + (f" +{len(posts) - POSTS_MAX}" if len(posts) > POSTS_MAX else "")
    if posts and home != o:
        told = words(lang, "drawer.posts_of", area=tree.areas[home].label(lang), posts=told)
    state = words(lang, "drawer.walk.of", state=words(lang, f"grids.state.{line.state}"),
                  every=every_name(lang, line.every), time=moment(room.city.zone, line.until_ms))  # fmt: skip
    inside = words(lang, "drawer.inside.of", n=line.inside_ms // 60_000, need=line.need_ms // 60_000, fixes=line.fixes)
    return [
        (words(lang, "drawer.walked"), "ago", line.last_ms), (words(lang, "drawer.walk"), "text", state),
        (words(lang, "drawer.inside"), "text", inside), (words(lang, "drawer.posts"), "text", told),
    ]  # fmt: skip


def _strip(room: Room, found: list[ShiftRate], lang: str) -> Block:
    """The shifts of thirty days as cells in the order of days, then of shifts; with the rate over all of them."""
    due = sum(rate.due or 0 for rate in found)
    covered = sum(rate.covered for rate in found)
    rate = f"{100 * covered / due:.1f}% ({covered:,} / {due:,})" if due else "—"
    cells = [_cell(room, one, lang) for one in found]
    return (words(lang, "drawer.strip", rate=rate), [("", "strip", cells)])


def _cell(room: Room, rate: ShiftRate, lang: str) -> tuple[str, str]:
    time = moment(room.city.zone, rate.from_ms)
    if rate.due is None:
        return "unknown", words(lang, "drawer.strip.unknown", time=time)
    if not rate.due:
        return "free", words(lang, "drawer.strip.free", time=time)
    said = words(lang, "drawer.strip.cell", time=time, covered=f"{rate.covered:,}", due=f"{rate.due:,}")
    return colour_of(rate.covered, rate.due), said
