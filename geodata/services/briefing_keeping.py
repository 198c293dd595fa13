"""Keeping briefings: those of the city's schedule are made once, when their time has come, and shown ever after as they
were made."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import TypeAdapter

from geodata.domain.areas import AreaTree
from geodata.domain.briefing import Brief, Briefing, Kind, fingerprint
from geodata.domain.periods import local_day, number_of
from geodata.domain.roles import Right
from geodata.services.actors import Actor
from geodata.services.briefing import made
from geodata.services.leasing import Claims
from geodata.services.looking import area_ids, area_of
from geodata.situation.situation import Situation
from geodata.store import briefings, leases
from geodata.store.briefing_rules import BriefingSaid
from geodata.store.briefings import Kept
from geodata.store.engine import Store
from geodata.store.folder import City

log = logging.getLogger(__name__)
JOB = "briefing"
MACHINE = "briefing"
DAY_MS = 86_400_000
LEAPT_MS = 60_000
"""What was done so much later than now was done by a clock that had leapt forward."""
CATCH_UP = 31
"""So many periods of one kind are made up for after a time without a server."""
_READ: TypeAdapter[Briefing] = TypeAdapter(Briefing)


class KeepingError(RuntimeError):
    """Briefings that were due could not be made."""


class Shown(NamedTuple):
    """A briefing as it is shown: ``kept`` where it was kept, and ``differs`` where the store would say otherwise now.

    ``seq``: the newest change that it was made from."""

    briefing: Briefing
    fingerprint: str
    seq: int
    kept: Kept | None
    differs: bool


def shown(
    store: Store, situation: Situation, city: City, actor: Actor, area: str, brief: Brief, *, anew: bool = False,
    compare: bool = True,
) -> Shown:  # fmt: skip
    """The kept briefing where there is one, else what the store says now; ``anew``: that in any case; ``compare``:
    whether both agree. Raises as ``made``."""
    actor.needs(Right.OPEN_EVENTS)
    area_of(actor, situation.tree, area)
    with store.read() as conn:
        kept = briefings.find(conn, area, brief.key)
        packed = briefings.content(conn, kept.id) if kept else b""
    if kept is not None and not anew and not compare:
        return Shown(read(packed), kept.fingerprint, kept.seq, kept, False)
    now = made(store, situation, city, actor, area, brief)
    mark = fingerprint(now.briefing.packed())
    if kept is None or anew:
        return Shown(now.briefing, mark, now.seq, kept, kept is not None and kept.fingerprint != mark)
    return Shown(read(packed), kept.fingerprint, kept.seq, kept, kept.fingerprint != mark)


def read(packed: bytes) -> Briefing:
    """A briefing from its JSON."""
    return _READ.validate_json(packed)


def listed(
    store: Store, tree: AreaTree, actor: Actor, *, area: str | None, kind: Kind | None, before_id: int | None,
    limit: int,
) -> list[Kept]:  # fmt: skip
    """Kept briefings of an area, or of the whole reach, the last made first. NotAllowedError, NotThereError."""
    actor.needs(Right.OPEN_EVENTS)
    if area is not None:
        area_of(actor, tree, area)
    whole = area is None and area_ids(actor, tree, None) is None
    with store.read() as conn:
        there = [] if whole else briefings.areas(conn)
        mine = None if whole else [
            code for code in there if code in tree.ordinal and actor.reaches(tree, tree.ordinal[code])
            and area in (None, code)
        ]  # fmt: skip
        found: list[Kept] = []
        while len(found) < limit:
            some = briefings.page(conn, mine, kind.value if kind else "", before_id, limit)
            found += [k for k in some if mine is None or k.area_code in mine]
            if len(some) < limit:
                break
            before_id = some[-1].id
    return found[:limit]


# -- the schedule ---------------------------------------------------------------------------------------------------


def due(said: BriefingSaid, situation: Situation, now_ms: int, done_ms: int | None) -> Iterator[Brief]:
    """The periods whose time came since the last look, the newest first; at the first look only the newest of each
    kind."""
    for kind in said.periods:
        one = Brief.of(kind, local_day(now_ms, situation.zone)).shifted(-1)
        for _ in range(CATCH_UP):
            at_ms = _due_ms(said, situation, one)
            if at_ms <= now_ms:
                if done_ms is not None and at_ms <= done_ms:
                    break
                yield one
                if done_ms is None:
                    break
            one = one.shifted(-1)


def _due_ms(said: BriefingSaid, situation: Situation, brief: Brief) -> int:
    at = datetime.combine(brief.period.last + timedelta(days=1), said.at, situation.zone)
    return int(at.timestamp() * 1000)


def wanted(said: BriefingSaid, tree: AreaTree) -> list[str]:
    """The codes of the areas that the schedule is for; codes that the city does not have are left out."""
    own = [code for code in said.areas if code in tree.ordinal]
    above = [area.code for area in tree.areas if area.depth <= said.depth]
    return list(dict.fromkeys([*above, *own]))


def keep_due(
    store: Store, situation: Situation, city: City, claims: Claims, now_ms: int, clock: Callable[[], int]
) -> int:
    """Make and keep what is due; how many. 0 where another process does it. ``clock``: the time while it works, epoch
    ms. What fails for one area holds up no other. Raises KeepingError at the end where something failed: it is tried
    again with the next run."""
    lease = claims.hold(JOB, now_ms)
    if lease is None:
        return 0
    said, count, failed, done_ms = city.briefing, 0, 0, lease.done_ms
    if done_ms is not None and done_ms > now_ms + LEAPT_MS:
        done_ms = _taken_back(store, claims, now_ms)
    ready = list(due(said, situation, now_ms, done_ms))
    if not ready and lease.done_ms is not None and 0 <= now_ms - lease.done_ms < DAY_MS // 4:
        return 0
    for brief in ready:
        if situation.now_ms < brief.period.span_ms(situation.zone)[1]:
            return count  # the live picture is behind the clock: it has not seen the end of the period yet
        with store.read() as conn:
            there = briefings.periods(conn, brief.key)
        for code in wanted(said, situation.tree):
            if code in there:
                continue
            if claims.hold(JOB, clock()) is None:
                return count
            try:
                count += _keep(store, situation, city, claims, code, brief, now_ms)
            except Exception:
                failed += 1
                log.exception("The briefing %s of %s could not be made; it is tried again", brief.key, code)
    with store.begin(durable=False) as conn:
        if claims.may_write(JOB)(conn):
            briefings.purge(conn, now_ms - said.keep_days * DAY_MS)
            if not failed:
                leases.done(conn, JOB, now_ms)
    if failed:
        raise KeepingError(f"{failed} briefings could not be made, {count} were")
    return count


def _taken_back(store: Store, claims: Claims, now_ms: int) -> int | None:
    """Forget what a clock that had leapt forward made of periods that were not over; when the last of the others was
    made, epoch ms, up to which nothing is due any more."""
    with store.begin() as conn:
        if claims.may_write(JOB)(conn):
            briefings.forget_after(conn, now_ms)
        return briefings.made_last(conn)


def _keep(
    store: Store, situation: Situation, city: City, claims: Claims, code: str, brief: Brief, now_ms: int
) -> int:
    briefing, seq = made(store, situation, city, Actor.operator(MACHINE), code, brief)
    packed = briefing.packed()
    with store.begin() as conn:
        if not claims.may_write(JOB)(conn) or briefings.find(conn, code, brief.key) is not None:
            return 0
        briefings.keep(
            conn, code, brief.key, first_day=number_of(brief.period.first), made_ms=now_ms, seq=seq,
            fingerprint=fingerprint(packed), content=packed,
        )  # fmt: skip
    return 1
