"""What must hold after a kill, read from the store and recounted: each acknowledged record once, nothing by half."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.intake.history_file import BATCH
from geodata.services.access import Access
from geodata.services.checking import check_audit, check_city
from geodata.store import rollups, settings
from geodata.store.engine import Store
from geodata.store.models import AreaMonthRow, AreaTotalRow, EventRow, RollupRow
from geodata.store.models_days import DayRow
from tests.integration.crash.load import LOOP, SYSTEM, Ledger
from tests.integration.crash.town import IMPORTED, Town

COUNTS = (RollupRow, AreaMonthRow, AreaTotalRow, DayRow)


class _Enough(Exception):  # noqa: N818 - takes a transaction back
    pass


@contextmanager
def opened(town: Town) -> Iterator[Store]:
    """The city's store, beside the server that runs."""
    store = Store.open(town.url)
    try:
        yield store
    finally:
        store.close()


def prove(town: Town, store: Store, ledger: Ledger, archives: Mapping[str, str]) -> list[str]:
    """Whatever does not hold; nothing when all does. ``archives``: the digest of the archive that each build has."""
    access = Access.open(store, town.folder)
    found = [f"{f.subject}: {f.text}" for f in [*check_audit(access), *check_city(store, town.folder)] if f.wrong]
    with store.read() as conn:
        found += [*_events(conn, ledger), *_steps(conn, ledger), *_contacts(conn, ledger), *_fixes(conn, ledger)]
        found += [*_phones(conn, ledger), *_quarantine(conn), *_imports(conn, ledger)]
        build = settings.get(conn, settings.AREAS_BUILD)
    found += _recounted(store)
    if build is None or digest(town.folder.area_tiles(build)) != archives.get(build):
        found.append(f"tiles: the archive is not that of the build {build}")
    return found + ledger.wrong


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _events(conn: Connection, ledger: Ledger) -> Iterator[str]:
    asked = sa.select(EventRow.source_id, EventRow.code).where(EventRow.source_system == SYSTEM)
    rows = conn.execute(asked).all()
    kept = {str(r.source_id): str(r.code) for r in rows}
    if len(kept) != len(rows) or kept != ledger.events:
        lost, strange = ledger.events.keys() - kept.keys(), kept.keys() - ledger.events.keys()
        yield f"events: {len(lost)} lost {sorted(lost)[:3]}, {len(strange)} that nobody sent {sorted(strange)[:3]}"
        other = [i for i in kept.keys() & ledger.events.keys() if kept[i] != ledger.events[i]]
        yield f"events: {len(rows) - len(kept)} doubled, {len(other)} with another code {other[:3]}"


def _steps(conn: Connection, ledger: Ledger) -> Iterator[str]:
    """The change log holds each acknowledged step of each event once, and no other but those of the machine."""
    asked = sa.text(
        "SELECT e.source_id, c.action, count(*) FROM change c JOIN event e ON e.id = c.subject_id"
        " WHERE c.kind = 'event' AND e.source_system = :system AND c.actor <> 'onescreen' GROUP BY 1, 2"
    )
    logged = {(i, action): n for i, action, n in conn.execute(asked, {"system": SYSTEM})}
    expected: Counter[tuple[str, str]] = Counter((i, "report") for i in ledger.events)
    for i, step in ledger.steps.items():
        expected.update((i, told["action"]) for told in LOOP[:step])
    acted = [*ledger.photos, *ledger.phone_acts]
    for key in acted:
        event = f"p{int(key.partition('-')[2]) // 5}"
        if (action := ledger.phone_acts.get(key, "photo")) == "dispatch":
            expected.update([(event, "register")])
        if action != "photo":
            expected.update([(event, action)])
    for what in sorted(logged.keys() | expected.keys()):
        if logged.get(what, 0) != expected[what]:
            yield f"steps: {what} is logged {logged.get(what, 0)} times, acknowledged {expected[what]} times"


def _contacts(conn: Connection, ledger: Ledger) -> Iterator[str]:
    asked = sa.text(
        "SELECT e.source_id FROM contact c JOIN event e ON e.id = c.event_id WHERE e.source_system = :system"
    )
    kept = list(conn.execute(asked, {"system": SYSTEM}).scalars())
    if len(kept) != len(ledger.contacts) or set(kept) != ledger.contacts:
        yield f"contacts: {len(kept)} kept, {len(ledger.contacts)} acknowledged"


def _fixes(conn: Connection, ledger: Ledger) -> Iterator[str]:
    kept = {r.code: r.fix_ms for r in conn.execute(sa.text("SELECT code, fix_ms FROM unit"))}
    for unit, fix_ms in ledger.fixes.items():
        if kept[unit] != fix_ms:
            yield f"positions: {unit} stands at {kept[unit]}, acknowledged {fix_ms}"


def _phones(conn: Connection, ledger: Ledger) -> Iterator[str]:
    photos = sorted(conn.execute(sa.text("SELECT id FROM photo")).scalars())
    if photos != sorted(ledger.photos.values()):
        yield f"photos: {len(photos)} kept, {len(ledger.photos)} acknowledged"
    receipts = sorted(conn.execute(sa.text("SELECT key FROM receipt WHERE key LIKE 'phone-%'")).scalars())
    sent = sorted([*ledger.photos, *(k for k, action in ledger.phone_acts.items() if action != "dispatch")])
    if receipts != sent:
        yield f"receipts: {len(receipts)} kept, {len(sent)} acknowledged"


def _quarantine(conn: Connection) -> Iterator[str]:
    rows = conn.execute(sa.text("SELECT field, rule FROM quarantine")).all()
    if rows:
        yield f"quarantine: {len(rows)} records, the first for {rows[0]}"


def _imports(conn: Connection, ledger: Ledger) -> Iterator[str]:
    """Whole transactions of each imported file, and all of them once the command has ended."""
    asked = sa.text("SELECT source_id, code FROM event WHERE source_system = 'archive'")
    counted = Counter(source_id.partition("-")[0] for source_id, _ in conn.execute(asked))
    for name, n in counted.items():
        if n != IMPORTED and (n != BATCH or name in ledger.imported):
            yield f"import {name}: {n} of {IMPORTED} rows"


def _recounted(store: Store) -> Iterator[str]:
    """Every kept count against a rebuild, which is taken back."""
    kept: list[Counter[tuple[object, ...]]] = []
    counted: list[Counter[tuple[object, ...]]] = []
    try:
        with store.begin() as conn:
            kept = [_rows(conn, row) for row in COUNTS]
            rollups.rebuild(conn)
            counted = [_rows(conn, row) for row in COUNTS]
            raise _Enough
    except _Enough:
        pass
    for row, was, now in zip(COUNTS, kept, counted, strict=True):
        if was != now:
            yield f"{row.__tablename__}: {sum((was - now).values())} rows kept otherwise than counted"


def _rows(conn: Connection, row: type) -> Counter[tuple[object, ...]]:
    """The rows of a table of counts; one that counts nothing is as good as none."""
    keys = {c.name for c in row.__table__.primary_key} | {"rolled", "daily"}  # type: ignore[attr-defined]
    found = conn.execute(sa.select(row.__table__)).mappings()  # type: ignore[attr-defined]
    return Counter(tuple(r.values()) for r in found if any(v for k, v in r.items() if k not in keys))
