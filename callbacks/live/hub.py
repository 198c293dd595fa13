"""The hub: at most one frame per topic and second, computed once, sent to every screen on it.

Everything here runs on the event loop's thread. A topic that changed is computed at once when its last frame is a
period old, else when the period is over; because each topic keeps its own phase, the work of many topics is spread
over the second. After each computed topic the loop gets its turn.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from callbacks.live.echoes import Echo, Screen
from callbacks.live.packets import Packet, packet
from callbacks.live.sweeping import Sweeper
from callbacks.live.topics import BEHIND_BYTES, BEHIND_MAX_S, Client, NotReadyError, Picture, Tally, Topic
from geodata.domain.view import MapView, ViewError

log = logging.getLogger(__name__)
PERIOD_S = 0.95
"""A little under a second: the longest wait of a change, its computing and its way to the screen stay within one."""
TICK_S = 0.01
IDLE_TOPIC_S = 120.0
TOPICS_MAX = 4_000
CLIENTS_MAX = 19_000
WRITES_PER_TURN = 250


NOT_READY_S = 0.03
"""So long after a picture was not ready yet it is asked again."""


class HubFullError(RuntimeError):
    """The process holds as many screens as it may."""


class Hub:
    """All topics and clients of one process.

    ``draw`` makes the picture of a view (ViewError when its area does not exist); ``newest_ms`` is the epoch ms of the
    newest change that the situation has taken in, ``vouched_ms`` the moment up to which it is known to be complete,
    ``beat_ms`` when the newest beat set out that came through intake and store (without them: now). All go out with
    every message, so that a screen grows old when the road is cut anywhere; and whether the disk is ``full``.
    """

    def __init__(
        self, draw: Callable[[MapView], Picture], newest_ms: Callable[[], int],
        vouched_ms: Callable[[], int] | None = None, beat_ms: Callable[[], int] | None = None, *,
        full: Callable[[], bool] = lambda: False, period_s: float = PERIOD_S,
    ) -> None:  # fmt: skip
        self._draw, self._newest_ms, self._period_s = draw, newest_ms, period_s
        self._full = full
        self._vouched_ms, self._beat_ms = vouched_ms or self.now_ms, beat_ms or self.now_ms
        self.topics: dict[str, Topic] = {}
        self.clients: set[Client] = set()
        self.tally = Tally()
        self._lobby_beat = 0.0
        self._pacer: asyncio.Task[None] | None = None
        self._sweeper = Sweeper(time.monotonic())

    def metrics(self) -> dict[str, Any]:
        """Clients, topics and what has been done since the start, for the health page."""
        watched = sum(1 for t in self.topics.values() if t.clients)
        return {"clients": len(self.clients), "topics": len(self.topics), "watched": watched, **asdict(self.tally)}

    def now_ms(self) -> int:
        """The server's clock in epoch ms, by which clients measure the age of what they show."""
        return time.time_ns() // 1_000_000

    # -- clients ------------------------------------------------------------------------------------------------

    def join(self, client: Client) -> None:
        """Take a client in; raise HubFullError when there is no room. The pacer runs while there are clients."""
        if len(self.clients) >= CLIENTS_MAX:
            raise HubFullError(f"{CLIENTS_MAX} screens are connected")
        client.opened_ms = self.now_ms()
        self.clients.add(client)
        if self._pacer is None or self._pacer.done():
            self._pacer = asyncio.create_task(self._pace())

    def leave(self, client: Client) -> None:
        """Forget a client. Its topic stays for a while, for those who come back."""
        self.clients.discard(client)
        self.unsubscribe(client)
        self._sweeper.left()

    def unsubscribe(self, client: Client) -> None:
        """Take a client off its topic; it goes on receiving beats."""
        topic, client.topic = client.topic, None
        if topic is not None:
            topic.clients.discard(client)
            topic.idle_since = asyncio.get_running_loop().time()

    def hear(self, client: Client, echo: Echo) -> None:
        """A screen says how it is."""
        client.echo = echo.until(self.now_ms())

    def walls(self) -> list[Screen]:
        """Every open socket of an account of a screen, the oldest picture first; of nobody else's."""
        now_ms = self.now_ms()
        found = (client.screen(now_ms) for client in self.clients if client.account_id)
        return sorted(found, key=lambda screen: -screen.age_ms)

    def subscribe(self, client: Client, view: MapView, last_topic: str = "", last_seq: int = 0, n: int = 0) -> None:
        """Put a client on a view's topic: what it missed when that is remembered, else the newest full frame.

        First comes ``on`` with the client's own number ``n``, so that it can tell frames of its last view from those
        of this one. Raises ViewError when the area does not exist; the client then stays where it was.
        """
        now = asyncio.get_running_loop().time()
        key = view.topic()
        topic = self.topics.get(key)
        if topic is None:
            topic = self._open(key, self._draw(view))
        if not topic.clients and (not topic.sound or topic.picture.stale()):
            self._compute(topic, now)
        self.unsubscribe(client)
        client.topic, client.view, client.seq, client.behind_since = topic, view, 0, 0.0
        topic.clients.add(client)
        self._write(client, packet({"k": "on", "topic": key, "n": n}))
        missed = topic.missed(last_seq) if last_topic == key and topic.sound else None
        if missed is None:
            self._catch_up(topic, client, now)
        else:
            for made in missed:
                self._write(client, made)
            client.seq = topic.seq
        if topic.sound:
            # What was sent may have been made a while ago; the beat says that it still holds.
            self._write(client, self._beat())

    def say(self, client: Client, made: Packet) -> None:
        """Send one packet to one client."""
        self._write(client, made)

    def _open(self, key: str, picture: Picture) -> Topic:
        if len(self.topics) >= TOPICS_MAX:
            idle = [t for t in self.topics.values() if not t.clients]
            if not idle:
                raise HubFullError(f"{TOPICS_MAX} different views are watched")
            del self.topics[min(idle, key=lambda t: t.idle_since).key]
        topic = self.topics[key] = Topic(key, picture, self.now_ms())
        topic.idle_since = asyncio.get_running_loop().time()
        return topic

    # -- the pace -----------------------------------------------------------------------------------------------

    async def _pace(self) -> None:
        loop = asyncio.get_running_loop()
        while self.clients:
            began = loop.time()
            try:
                await self._turn(began)
                self._sweeper.sweep(time.monotonic())
            except Exception:
                self.tally.errors += 1
                log.exception("A turn of the push hub failed; the next one goes on")
            await asyncio.sleep(max(0.0, began + TICK_S - loop.time()))

    async def _turn(self, now: float) -> None:
        """Serve every topic that is due, the one that waited longest first."""
        due = [t for t in self.topics.values() if t.due <= now and (t.clients or now - t.idle_since > IDLE_TOPIC_S)]
        due.sort(key=lambda t: t.due)
        for topic in due:
            try:
                await self._tend(topic, now)
            except Exception:  # one topic must not keep the others waiting
                topic.sound, topic.due = False, now + self._period_s
                self.tally.errors += 1
                log.exception("The screens of %s could not be served", topic.key)
        if now - self._lobby_beat >= self._period_s:
            self._lobby_beat = now
            for client in [c for c in self.clients if c.topic is None]:
                self._write(client, self._beat())

    async def _tend(self, topic: Topic, now: float) -> None:
        if not topic.clients:
            self.topics.pop(topic.key, None)
        elif not topic.sound or topic.picture.stale():
            await self._serve(topic)
        elif now - topic.sent >= self._period_s:
            await self._spread(topic, None)

    async def _serve(self, topic: Topic) -> None:
        now = asyncio.get_running_loop().time()
        before = topic.seq
        try:
            delta = self._compute(topic, now)
        except ViewError as e:
            self._dismiss(topic, e)
            return
        if topic.seq != before or (topic.sound and now - topic.sent >= self._period_s):
            await self._spread(topic, delta)
        elif topic.due < now + self._period_s and now - topic.sent >= self._period_s:
            self._ask_to_wait(topic, now)
        await asyncio.sleep(0)

    def _ask_to_wait(self, topic: Topic, now: float) -> None:
        """The picture is not ready yet: its screens hear that the line is sound."""
        topic.sent = now
        made = packet({"k": "wait", "topic": topic.key, **self._proof()})
        for client in tuple(topic.clients):
            self._write(client, made)

    def _compute(self, topic: Topic, now: float) -> Packet | None:
        """The topic's next delta; None when nothing that it shows changed, and for the first frame, which is a full.

        A topic that cannot be computed is logged and gets no beat either: its screens then say that they are late.
        """
        began = time.perf_counter()
        topic.due = now + self._period_s
        made = None
        try:
            body = topic.picture.refresh()
            if not topic.sound:
                topic.restart()
            elif body is not None:
                made = topic.advance({**self._proof(), **body})
        except ViewError:
            raise
        except NotReadyError:
            topic.sound, topic.due = False, now + NOT_READY_S
            return None
        except Exception:
            topic.sound = False
            self.tally.errors += 1
            log.exception("No frame for %s", topic.key)
            return None
        took_ms = (time.perf_counter() - began) * 1000
        tally = self.tally
        tally.computed += 1
        tally.compute_ms += took_ms
        tally.longest_ms = max(tally.longest_ms, took_ms)
        return made

    # -- sending ------------------------------------------------------------------------------------------------

    async def _spread(self, topic: Topic, delta: Packet | None) -> None:
        """Send the delta, or a beat where nothing changed, to every client; who fell behind gets the full frame."""
        loop = asyncio.get_running_loop()
        now = topic.sent = loop.time()
        beat = self._beat() if delta is None else None
        seq = topic.seq
        for i, client in enumerate(tuple(topic.clients), 1):
            if client.topic is not topic:
                continue
            if client.seq == seq:
                if beat is not None and not client.outlet.waiting():
                    self._write(client, beat)
                    self.tally.beats += 1
            elif delta is not None and client.seq == seq - 1 and not self._behind(client, now):
                self._write(client, delta)
                client.seq = seq
            elif client.seq < seq - 1 or delta is None:
                self._catch_up(topic, client, now)
            if i % WRITES_PER_TURN == 0:
                await asyncio.sleep(0)

    def _catch_up(self, topic: Topic, client: Client, now: float) -> None:
        if topic.sound and not self._behind(client, now):
            self._write(client, topic.full(self._proof()))
            self.tally.fulls += 1
            client.seq = topic.seq

    def _behind(self, client: Client, now: float) -> bool:
        """Whether a client has too much unread to be given more; one that stays so is cut off and may come again."""
        if client.outlet.waiting() <= BEHIND_BYTES:
            client.behind_since = 0.0
            return False
        self.tally.skipped += 1
        if not client.behind_since:
            client.behind_since = now
        elif now - client.behind_since > BEHIND_MAX_S:
            self.tally.aborted += 1
            client.outlet.abort()
        return True

    def _write(self, client: Client, made: Packet) -> None:
        client.outlet.write(made)
        self.tally.frames += 1
        self.tally.bytes += len(made)

    def _beat(self) -> Packet:
        return packet({"k": "beat", **self._proof()})

    def _proof(self) -> dict[str, int]:
        """As of when the data is complete, the newest change in it, the newest beat that came all the way, and the
        clock where that is another moment."""
        now_ms = self.now_ms()
        at_ms = min(now_ms, self._vouched_ms())
        proof = {"at": at_ms, "src": self._newest_ms(), "beat": min(now_ms, self._beat_ms())}
        if self._full():
            proof["full"] = True
        return proof if at_ms == now_ms else {**proof, "now": now_ms}

    def _dismiss(self, topic: Topic, error: ViewError) -> None:
        """The area of this topic exists no more: say so to its screens and drop it."""
        made = packet(refusal(error))
        for client in tuple(topic.clients):
            self.unsubscribe(client)
            self._write(client, made)
        self.topics.pop(topic.key, None)


def refusal(error: ViewError) -> dict[str, str]:
    """The message that tells a client which part of its address is refused, and why."""
    said = {"k": "refused", "field": error.field, "value": error.value, "rule": error.rule}
    return said | ({"why": error.why} if error.why else {})
