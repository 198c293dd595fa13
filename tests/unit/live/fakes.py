"""Pictures and outlets that tests steer by hand."""

from __future__ import annotations

import gzip
from typing import Any

import orjson

from callbacks.live.packets import Packet
from geodata.domain.view import MapView, ViewError

Json = dict[str, Any]


class FakePicture:
    """A picture whose one section is a number; ``bump`` changes it, ``broken`` makes the next refreshes fail."""

    def __init__(self, view: MapView) -> None:
        if view.area == "nowhere":
            raise ViewError("area", view.area, "is not an area of this city")
        self.view = view
        self.n = 0
        self.seen = -1
        self.padding = ""
        self.broken: Exception | None = None
        self.refreshed = 0
        self.fulls = 0

    def bump(self, padding: str = "") -> None:
        self.n += 1
        self.padding = padding

    def stale(self) -> bool:
        return self.n != self.seen

    def refresh(self) -> Json | None:
        self.refreshed += 1
        if self.broken:
            raise self.broken
        if self.n == self.seen:
            return None
        self.seen = self.n
        return {"s": {"n": self.n, "padding": self.padding}}

    def full(self) -> Json:
        self.fulls += 1
        return {"s": {"n": self.n, "padding": self.padding}, "marks": {}, "traces": {}, "legend": {}}


class FakeOutlet:
    """Collects what is written; ``stuck`` bytes are what the client does not take."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.stuck = 0
        self.aborted = False

    def write(self, packet: Packet) -> None:
        self.packets.append(packet)

    def waiting(self) -> int:
        return self.stuck

    def abort(self) -> None:
        self.aborted = True

    async def close(self) -> None:
        self.packets.clear()

    def messages(self, *kinds: str) -> list[Json]:
        """What was written, read as a browser would; only these kinds when given."""
        read = [
            orjson.loads(gzip.decompress(p.payload) if p.binary else p.payload) for p in self.packets
        ]
        return [m for m in read if not kinds or m["k"] in kinds]
