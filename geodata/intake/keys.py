"""The ingest key: written once into the data folder for its owner, kept in the store as a hash only."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from geodata.store import settings
from geodata.store.engine import Store
from geodata.store.folder import DataFolder

KEY_BYTES = 32


def ensure_ingest_key(store: Store, folder: DataFolder) -> Path:
    """Make sure that there is a key; return the file it is in.

    The file is created with mode 0600 on the first start. A file that the owner has changed is the key from then on;
    a file that was taken away leaves the key as it was.
    """
    path = folder.ingest_key
    with store.begin() as conn:
        known = settings.get(conn, settings.INGEST_KEY_HASH)
        if path.exists():
            current = hash_of(path.read_text("utf-8").strip())
        elif known is not None:
            return path
        else:
            key = secrets.token_urlsafe(KEY_BYTES)
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(key + "\n")
            current = hash_of(key)
        if current != known:
            settings.put(conn, settings.INGEST_KEY_HASH, current)
    return path


def known_hash(store: Store) -> str:
    """What requests are checked against; empty before there is a key."""
    with store.read() as conn:
        return settings.get(conn, settings.INGEST_KEY_HASH) or ""


def hash_of(key: str) -> str:
    """A plain SHA-256: the key is 32 random bytes, there is nothing to guess slowly."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def is_key(given: str | None, known: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(hash_of(given or ""), known) and bool(given)
