"""Packets: messages that are serialised, compressed and framed once, whoever receives them."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Any

import orjson

GZIP_FROM_BYTES = 12_000
GZIP_LEVEL = 4
_TEXT, _BINARY = 0x81, 0x82


class Packet:
    """One message to clients: ``wire`` is the complete WebSocket frame (RFC 6455, not masked, not fragmented)."""

    __slots__ = ("binary", "start", "wire")

    def __init__(self, payload: bytes, *, binary: bool = False) -> None:
        n = len(payload)
        if n < 126:
            size = bytes((n,))
        elif n < 65_536:
            size = b"\x7e" + n.to_bytes(2, "big")
        else:
            size = b"\x7f" + n.to_bytes(8, "big")
        self.binary = binary
        self.start = 1 + len(size)
        self.wire = bytes((_BINARY if binary else _TEXT,)) + size + payload

    def __len__(self) -> int:
        return len(self.wire)

    @property
    def payload(self) -> bytes:
        """The message without its frame: JSON, or its gzip form where ``binary``."""
        return self.wire[self.start :]


def serialised(message: Mapping[str, Any]) -> bytes:
    """A message as JSON. Raises TypeError (orjson.JSONEncodeError) where something in it is none."""
    return orjson.dumps(message, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)


def packet(message: Mapping[str, Any], *, squeeze: bool = False) -> Packet:
    """Serialise a message; with ``squeeze`` a large one becomes a binary packet of gzipped JSON."""
    payload = serialised(message)
    if squeeze and len(payload) >= GZIP_FROM_BYTES:
        return Packet(gzip.compress(payload, GZIP_LEVEL, mtime=0), binary=True)
    return Packet(payload)
