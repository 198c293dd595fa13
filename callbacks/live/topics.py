"""A topic and its clients: the frames of one view, in order, and who has seen which."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from callbacks.live.echoes import Echo, Screen
from callbacks.live.outlets import Outlet
from callbacks.live.packets import Packet, packet
from geodata.domain.view import MapView

RING_FRAMES = 40
BEHIND_BYTES = 128_000
BEHIND_MAX_S = 30.0
FORM = 1
"""The form of frames; a browser that knows another one takes none of them in."""
Body = Mapping[str, Any]


class NotReadyError(RuntimeError):
    """A picture is still being made; nothing is wrong, and it is asked again soon."""


class Picture(Protocol):
    """What a topic shows now. ``callbacks.live.frames`` draws the real one."""

    def stale(self) -> bool:
        """Whether anything it depends on moved since the last refresh; cheap, asked many times a second."""
        ...

    def refresh(self) -> Body | None:
        """Look again; what changed, as the body of a delta, or None. Raises ViewError when the area is gone, and
        NotReadyError."""
        ...

    def full(self) -> Body:
        """Everything, as the body of a full frame."""
        ...


@dataclass(slots=True)
class Tally:
    """What the hub has done since it started; ``compute_ms`` and ``longest_ms`` are of computing frames."""

    computed: int = 0
    frames: int = 0
    fulls: int = 0
    beats: int = 0
    bytes: int = 0
    skipped: int = 0
    aborted: int = 0
    errors: int = 0
    compute_ms: float = 0.0
    longest_ms: float = 0.0


class Client:
    """One open socket: its outlet, its topic, and the last frame of it that was written (0 = none).

    ``token_id`` and ``account_rev`` say in whose name it was opened, as that account was then; ``account_id`` is that
    of a screen (0: of all others). ``echo`` is what it said of itself last; ``view`` what it asked for.
    """

    __slots__ = (
        "account_id", "account_rev", "behind_since", "echo", "opened_ms", "outlet", "seq", "token_id", "topic", "view",
    )  # fmt: skip

    def __init__(self, outlet: Outlet, token_id: int = 0, account_rev: int = 0, account_id: int = 0) -> None:
        self.outlet = outlet
        self.token_id, self.account_rev, self.account_id = token_id, account_rev, account_id
        self.topic: Topic | None = None
        self.view: MapView | None = None
        self.echo: Echo | None = None
        self.opened_ms = 0
        self.seq = 0
        self.behind_since = 0.0

    def screen(self, now_ms: int) -> Screen:
        """What is known of it now."""
        address = self.view.address() if self.view else ""
        shown_ms = self.echo.beat_ms if self.echo and self.echo.beat_ms else self.opened_ms
        return Screen(self.account_id, address, self.opened_ms, self.echo, abs(now_ms - shown_ms))


class Topic:
    """The frames of one view.

    ``seq`` grows by one per frame. Its first value is the wall clock in ms × 1,024, so that a number of an earlier
    process, or of an earlier life of this topic, is never taken for one of this life (safe integers in a browser).
    ``due`` is the earliest loop time of the next frame; ``sent`` that of the last frame or beat.
    """

    __slots__ = ("clients", "due", "full_packet", "idle_since", "key", "picture", "ring", "sent", "seq", "sound")

    def __init__(self, key: str, picture: Picture, at_ms: int) -> None:
        self.key, self.picture = key, picture
        self.seq = at_ms << 10
        self.ring: deque[tuple[int, Packet]] = deque(maxlen=RING_FRAMES)
        self.clients: set[Client] = set()
        self.due = self.sent = self.idle_since = 0.0
        self.full_packet: Packet | None = None
        self.sound = False

    def restart(self) -> None:
        """Begin anew with a full frame: at first, and after a frame that failed."""
        self.seq += 1
        self.ring.clear()
        self.full_packet = None
        self.sound = True

    def advance(self, body: Body) -> Packet:
        """The next delta, remembered for those who come back."""
        self.seq += 1
        made = packet({"k": "delta", "form": FORM, "topic": self.key, "seq": self.seq, **body})
        self.ring.append((self.seq, made))
        self.full_packet = None
        return made

    def full(self, proof: Body) -> Packet:
        """The newest full frame; made when the first client needs it and shared until the next delta."""
        if self.full_packet is None:
            head = {"k": "full", "form": FORM, "topic": self.key, "view": self.key, "seq": self.seq}
            self.full_packet = packet({**head, **proof, **self.picture.full()}, squeeze=True)
        return self.full_packet

    def missed(self, seq: int) -> list[Packet] | None:
        """The deltas after ``seq``, or None when they are not all remembered."""
        if seq == self.seq:
            return []
        if not self.ring or not self.ring[0][0] - 1 <= seq < self.seq:
            return None
        return [made for number, made in self.ring if number > seq]
