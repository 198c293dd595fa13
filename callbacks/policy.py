"""The Content-Security-Policy of the pages: scripts from here only, and of those in the page only those with a hash."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from urllib.parse import urlsplit

from geodata.store.folder import Basemap


def hash_of(script: str) -> str:
    """The source expression that allows one script in the page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def content_policy(script_hashes: Sequence[str], basemap: Basemap) -> str:
    """The header's value. A base map by URL may be fetched from its own address.

    Styles may stand in the page: Plotly and MapLibre write style elements and attributes while they draw. MapLibre
    starts its workers from blobs.
    """
    parts = urlsplit(basemap.url)
    tiles = [f"{parts.scheme}://{parts.netloc}"] if parts.scheme in ("http", "https") and parts.netloc else []
    rules = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *script_hashes],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:", *tiles],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'", *tiles],
        "worker-src": ["'self'", "blob:"],
        "manifest-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in rules.items())
