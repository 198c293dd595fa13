"""Records that could not be taken: kept whole, with the field, the value and the rule, until somebody replays them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store import bulk
from geodata.store.lists import parts
from geodata.store.models import QuarantineRow, table

TEXT_MAX = 500
RECORD_MAX = 200_000


@dataclass(frozen=True, slots=True)
class Refused:
    """A record to keep. ``key`` tells repeats of the same trouble apart from new ones; empty: the record itself."""

    field: str
    value: str
    rule: str
    record: str
    key: str = ""

    @property
    def fingerprint(self) -> str:
        """What makes it the same record again."""
        return hashlib.sha256((self.key or self.record).encode("utf-8", "replace")).hexdigest()


class Waiting(NamedTuple):
    """A quarantined record that was not replayed yet."""

    id: int
    feed: str
    received_ms: int
    field: str
    value: str
    rule: str
    record: str
    account_id: int = 0


def storable(text: str, longest: int = TEXT_MAX) -> str:
    """The text as every database can keep it: no NUL, no half of a character, not endless."""
    return text[:longest].replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def add(conn: Connection, feed: str, refused: Sequence[Refused], at_ms: int, account_id: int = 0) -> int:
    """Keep what is not kept already; return how many are new."""
    by_print = {r.fingerprint: r for r in refused}
    for known in _known(conn, feed, list(by_print)):
        del by_print[known]
    first = int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(QuarantineRow.id), 0))).scalar_one()) + 1
    n = len(by_print)
    columns: dict[str, bulk.Column] = {
        "id": range(first, first + n), "feed": [feed] * n, "fingerprint": list(by_print), "received_ms": [at_ms] * n,
        "field": [storable(r.field, 64) for r in by_print.values()],
        "value": [storable(r.value) for r in by_print.values()],
        "rule": [storable(r.rule) for r in by_print.values()],
        "record": [storable(r.record, RECORD_MAX) for r in by_print.values()], "account_id": [account_id] * n,
    }  # fmt: skip
    bulk.insert(conn, table(QuarantineRow), columns)
    return n


def counts(conn: Connection) -> dict[str, int]:
    """Records waiting, by feed."""
    rows = conn.execute(
        sa.select(QuarantineRow.feed, sa.func.count())
        .where(QuarantineRow.replayed_ms.is_(None))
        .group_by(QuarantineRow.feed)
    )
    return {feed: int(n) for feed, n in rows}


def waiting(
    conn: Connection, *, feed: str | None = None, account_id: int | None = None, after_id: int = 0, limit: int = 1000,
    ids: Collection[int] | None = None,
) -> list[Waiting]:  # fmt: skip
    """Records waiting, oldest first; of one feed, of one sender, of these ids (at most ``IN_MAX``), or of all."""
    asked = sa.select(*(getattr(QuarantineRow, n) for n in Waiting._fields)).order_by(QuarantineRow.id).limit(limit)
    asked = asked.where(QuarantineRow.replayed_ms.is_(None), QuarantineRow.id > after_id)
    if feed is not None:
        asked = asked.where(QuarantineRow.feed == feed)
    if account_id is not None:
        asked = asked.where(QuarantineRow.account_id == account_id)
    if ids is not None:
        asked = asked.where(QuarantineRow.id.in_(ids))
    return [Waiting(*row) for row in conn.execute(asked)]


def received_before(conn: Connection, before_ms: int, holding: str) -> list[tuple[int, str]]:
    """(id, record) of records, replayed or not, that came before a moment and hold a text."""
    held = QuarantineRow.record.contains(holding, autoescape=True)
    asked = sa.select(QuarantineRow.id, QuarantineRow.record).where(QuarantineRow.received_ms < before_ms, held)
    return [(int(i), str(record)) for i, record in conn.execute(asked)]


def purge(conn: Connection, kind: str, before_ms: int) -> int:
    """Erase the records of one kind, replayed or not, that came before a moment; how many."""
    old = QuarantineRow.received_ms < before_ms
    return conn.execute(sa.delete(QuarantineRow).where(old, QuarantineRow.feed.endswith(f"/{kind}"))).rowcount


def rewrite(conn: Connection, record_id: int, record: str) -> None:
    """Keep another text of a record; a replay in vain knows it by that text, unless another one is known by it."""
    feed = conn.execute(sa.select(QuarantineRow.feed).where(QuarantineRow.id == record_id)).scalar()
    values = {"record": record}
    fingerprint = Refused("", "", "", record).fingerprint
    if feed is not None and not _known(conn, feed, [fingerprint]):
        values["fingerprint"] = fingerprint
    conn.execute(sa.update(QuarantineRow).where(QuarantineRow.id == record_id).values(values))


def mark_replayed(conn: Connection, ids: Iterable[int], at_ms: int) -> None:
    """These records were taken after all."""
    listed = list(ids)
    bulk.update(conn, table(QuarantineRow), "id", {"id": listed, "replayed_ms": [at_ms] * len(listed)})


def settle(conn: Connection, feed: str, keys: Sequence[str], at_ms: int) -> int:
    """The records kept under these keys came in after all; return how many there were."""
    settled = 0
    prints = [Refused("", "", "", "", key).fingerprint for key in keys]
    for some in parts(prints):
        same = QuarantineRow.fingerprint.in_(some)
        asked = sa.update(QuarantineRow).where(QuarantineRow.feed == feed, QuarantineRow.replayed_ms.is_(None), same)
        settled += conn.execute(asked.values(replayed_ms=at_ms)).rowcount
    return settled


def _known(conn: Connection, feed: str, prints: list[str]) -> list[str]:
    found: list[str] = []
    for some in parts(prints):
        asked = sa.select(QuarantineRow.fingerprint).where(
            QuarantineRow.feed == feed, QuarantineRow.fingerprint.in_(some)
        )
        found += conn.execute(asked).scalars().all()
    return found
