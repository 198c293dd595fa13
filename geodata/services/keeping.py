"""Keeping 保管: what is forgotten, and when. Run every hour by each process; running it twice does nothing more."""

from __future__ import annotations

from dataclasses import dataclass

from geodata.services.access import Access
from geodata.services.closing import SEALED, without_contact
from geodata.store import (
    alerts,
    beats,
    contacts,
    coverage,
    quarantine,
    receipts,
    roster,
    showing,
    surges,
    tokens,
    versions,
    walk_log,
    walks,
)
from geodata.store.folder import City
from geodata.store.unit_writes import purge_tracks

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
TOKEN_DAYS = RECEIPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many of each went: points of tracks (waiting ones too), contacts, quarantined records with a contact,
    tokens, audit lines, shifts of the roster."""

    tracks: int
    contacts: int
    quarantined: int
    tokens: int
    audit: int
    shifts: int


def forget(access: Access, city: City, now_ms: int) -> Forgotten:
    """Forget tracks, shifts, left versions and what was walked when after ``track_days``, contacts after
    ``contact_days``, audit lines, and alerts and surges that are over, after ``audit_days``.

    Positions that wait in the quarantine go with the tracks.
    """
    rules = access.rules
    contacts_before = now_ms - rules.contact_days * DAY_MS
    with access.store.read() as conn:  # a long look, during which nobody has to wait
        held = quarantine.received_before(conn, contacts_before, SEALED)
    with access.store.begin() as conn:
        for record_id, record in held:
            quarantine.rewrite(conn, record_id, without_contact(record))
        beats.purge(conn, now_ms - HOUR_MS)
        showing.purge(conn, now_ms - HOUR_MS)
        receipts.purge(conn, now_ms - RECEIPT_DAYS * DAY_MS)
        tracks_before = now_ms - city.track_days * DAY_MS
        said = city.coverage
        coverage.purge(conn, now_ms - said.days * DAY_MS, now_ms - said.rate_days * DAY_MS)
        versions.purge(conn, tracks_before)
        walk_log.purge(conn, tracks_before)
        walks.forget(conn, min(tracks_before, now_ms - HOUR_MS))  # whoever is behind follows it
        audit_before = now_ms - rules.audit_days * DAY_MS
        alerts.purge(conn, audit_before)
        surges.purge(conn, audit_before)
        points = purge_tracks(conn, tracks_before) + quarantine.purge(conn, "positions", tracks_before)
        return Forgotten(
            points, contacts.purge(conn, contacts_before), len(held),
            tokens.purge(conn, now_ms - TOKEN_DAYS * DAY_MS),
            access.audit.forget(conn, audit_before), roster.purge(conn, tracks_before),
        )  # fmt: skip
