"""Held back 隔离: records in quarantine as a page shows them, for their sender and for an admin of the city."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from geodata.domain.areas import AreaTree
from geodata.domain.roles import Right
from geodata.services.access import Access
from geodata.services.actors import Actor
from geodata.services.closing import SEALED, without_contact
from geodata.services.looking import sender_of
from geodata.store import accounts, held_back
from geodata.store.held_back import Heap, Held, Sought

EXPORT_MAX = 100_000
STEP = 1_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of records without their contacts, ``closed`` those that held one; everything there is, counted; and the
    logins of the senders.
    """

    records: list[Held]
    closed: frozenset[int]
    heaps: list[Heap]
    senders: Mapping[int, str]

    def number(self, sought: Sought) -> int:
        """How many records are sought."""
        return sum(heap.n for heap in self.heaps if heap.fits(sought))


def look(access: Access, tree: AreaTree, actor: Actor, sought: Sought, limit: int) -> Shown:
    """The newest of the records that are sought. Raises NotAllowedError.

    Whoever may deal with its own only finds nothing of anybody else's, whatever is asked for.
    """
    own = sender_of(actor, tree, Right.READ_QUARANTINE)
    found = _page(access, own, sought, limit)
    with access.store.read() as conn:
        heaps = held_back.heaps(conn, own)
        ids = {heap.account_id for heap in heaps}
        senders = {a.id: a.login for a in accounts.all_accounts(conn) if a.id in ids}
    return Shown([_open(one) for one in found], frozenset(h.id for h in found if SEALED in h.record), heaps, senders)


def waiting_of(access: Access, tree: AreaTree, actor: Actor) -> Counter[int] | None:
    """Records that wait, by the account that sent them; None for whoever may not deal with everybody's."""
    if not actor.may(Right.READ_QUARANTINE) or sender_of(actor, tree, Right.READ_QUARANTINE) is not None:
        return None
    counted: Counter[int] = Counter()
    with access.store.read() as conn:
        for heap in held_back.heaps(conn):
            counted[heap.account_id] += 0 if heap.replayed else heap.n
    return counted


def export_records(access: Access, tree: AreaTree, actor: Actor, sought: Sought, now_ms: int) -> Iterator[Held]:
    """The same records for a file, EXPORT_MAX at most; that they were taken is written down. Raises NotAllowedError."""
    n = min(EXPORT_MAX, look(access, tree, actor, sought, 0).number(sought))
    with access.store.begin() as conn:
        told = {"feed": sought.feed, "field": sought.field, "rows": n}
        access.audit.record(conn, actor, "export", "quarantine.csv", at_ms=now_ms, new=told)
    return _walk(access, sender_of(actor, tree, Right.READ_QUARANTINE), sought)


def _walk(access: Access, own: int | None, sought: Sought) -> Iterator[Held]:
    for _ in range(EXPORT_MAX // STEP):
        found = _page(access, own, sought, STEP)
        yield from map(_open, found)
        if len(found) < STEP:
            return
        sought = sought._replace(before_id=found[-1].id)


def _page(access: Access, own: int | None, sought: Sought, limit: int) -> list[Held]:
    """``own``: the only sender whose records may be read; None where everybody's may."""
    if own is not None and sought.account_id not in (None, own):
        return []
    with access.store.read() as conn:
        return held_back.page(conn, sought if own is None else sought._replace(account_id=own), limit)


def _open(one: Held) -> Held:
    return one._replace(record=without_contact(one.record))
