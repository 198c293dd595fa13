"""Replays: views of the past, made in a thread of their own, one at a time, so that live frames never wait for them.

A *session* is an instant and a speed; all its views share one situation, and all screens of a view its bytes. What
stands still is drawn once and kept by its picture; what plays is stepped forward about once a second.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from callbacks.live import soundness
from callbacks.live.frames import ViewPicture, marks_moved
from callbacks.live.then import ThenBoard
from callbacks.live.topics import Body, NotReadyError
from geodata.domain.instants import instant_of, moment_ms
from geodata.domain.view import MapView, ViewError
from geodata.situation.replay.archive import Archive
from geodata.situation.replay.instant import Instant
from geodata.situation.situation import Situation
from geodata.store.engine import Store, StoreError
from geodata.store.folder import City
from layers.base import Layer

log = logging.getLogger(__name__)
DAY_MS = 86_400_000
STEP_S = 0.95
PLAYING_MAX = 4
HELD_MAX = 3
"""Instants that stand still are held for so many more views of them: at full size some 100 MB each."""
WAITING_MAX = 16
LEFT_S = 10.0
PREPARE_REST_S, PREPARE_EVERY_S = 5.0, 600.0
_MISSING = object()
T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Session:
    """An instant that stands still (``speed`` 0) or plays. ``began`` is the loop time at which it began to play."""

    at_ms: int
    speed: int
    began: float | None = None
    next: float = 0.0
    asked: float = 0.0
    instant: Instant | None = None
    board: ThenBoard | None = None
    drawn: dict[str, ViewPicture] = field(default_factory=dict)
    pictures: list[ThenPicture] = field(default_factory=list)
    job: asyncio.Future[None] | None = None

    def at(self, now: float, latest_ms: int) -> int:
        """The instant that it shows at a loop time; it does not play into the future."""
        if not self.speed or self.began is None:
            return self.at_ms
        return min(self.at_ms + int((now - self.began) * self.speed) * 1000, latest_ms)


class ThenPicture:
    """The picture of a view of the past, for one topic of the hub: what its session drew last."""

    def __init__(self, replays: Replays, view: MapView) -> None:
        self._replays, self.view, self.topic = replays, view, view.topic()
        self.asked = 0.0
        self.fresh: Body | None = None
        self.error: Exception | None = None
        self._taken: Body | None = None

    def stale(self) -> bool:
        """Whether there is something new; asking keeps the session going."""
        self._replays.tend(self)
        return self.fresh is not self._taken or self.error is not None

    def refresh(self) -> Body | None:
        """What changed since the last refresh. Raises NotReadyError, and what went wrong."""
        self._replays.tend(self)
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        if self.fresh is None:
            raise NotReadyError
        before, self._taken = self._taken, self.fresh
        return self.fresh if before is None else difference(before, self.fresh) or None

    def full(self) -> Body:
        """Everything as of the last refresh."""
        return self._taken or {}


class Replays:
    """All replays of a process. Every method runs on the event loop, but those whose name says that they are jobs."""

    def __init__(
        self, store: Store, live: Situation, city: City, archive: Archive, layers: Iterable[Layer[Any]],
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:  # fmt: skip
        self._store, self._live, self._city, self._archive, self._layers = store, live, city, archive, tuple(layers)
        self._clock = clock
        self._sessions: dict[tuple[str, int], Session] = {}
        self._thread = ThreadPoolExecutor(1, "replay")
        self._waiting = 0

    def open(self, view: MapView) -> ThenPicture:
        """The picture of a view with an instant. Raises ViewError where it cannot be shown."""
        if view.area not in self._live.tree.ordinal:
            raise ViewError("area", view.area, "is not an area of this city")
        self._moment(view)
        self._forget_left(asyncio.get_running_loop().time())
        if (view.at, view.play) not in self._sessions:
            self._may_play(view)
            self._may_wait(view)
        return ThenPicture(self, view)

    def metrics(self) -> dict[str, int]:
        """How much is replayed, for the health page."""
        return {"replays": len(self._sessions), "playing": sum(1 for s in self._sessions.values() if s.speed)}

    def tend(self, picture: ThenPicture) -> None:
        """A screen watches this picture: its session draws it, and goes on where it plays."""
        loop = asyncio.get_running_loop()
        now, key = loop.time(), (picture.view.at, picture.view.play)
        session = self._sessions.get(key)
        if session is None:
            if not picture.view.play and picture.fresh is not None:
                return  # it stands still, and is drawn
            try:
                self._may_play(picture.view)
            except ViewError as full:  # it was left for a while, and others play now
                picture.error = full
                return
            session = self._sessions[key] = Session(self._moment_or_first(picture.view), picture.view.play)
        session.asked = picture.asked = now
        if picture not in session.pictures:
            session.pictures.append(picture)
            session.next = now
        if session.job is not None or now < session.next:
            return
        session.pictures = [p for p in session.pictures if now - p.asked < LEFT_S]
        to_draw = [p for p in session.pictures if session.speed or p.fresh is None]
        if to_draw:
            session.job = loop.create_task(self._draw(session, to_draw))

    async def run(self) -> None:
        """Make the logs of the days that are over ahead of need, for ever; whoever waits for an instant goes first."""
        while True:
            await asyncio.sleep(PREPARE_REST_S)
            if self._waiting:
                continue
            try:
                some = await self.prepare()
            except StoreError as error:
                log.warning("The past could not be read: %s", error)
                some = False
            except Exception:
                log.exception("The log of a day could not be made; it is tried again")
                some = False
            if not some:
                await asyncio.sleep(PREPARE_EVERY_S)

    async def prepare(self) -> bool:
        """Make the log of one more day; False when none is missing."""
        loop, days = asyncio.get_running_loop(), self._city.track_days
        return await loop.run_in_executor(self._thread, self._archive.prepare, days, self._clock())

    def close(self) -> None:
        """End the thread, once what it does is done."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def ask(self, view: MapView, ask: Callable[[Situation], T]) -> T:
        """Ask the situation of a view's instant. Raises ViewError."""
        self._moment(view)
        session = self._sessions.get((view.at, view.play))
        if session is None:
            self._may_wait(view)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._asked, view, session, ask)
        finally:
            self._waiting -= 1

    def _may_play(self, view: MapView) -> None:
        """Raises ViewError where too many play already."""
        if view.play and sum(1 for s in self._sessions.values() if s.speed) >= PLAYING_MAX:
            raise ViewError("play", str(view.play), f"is one replay too many: {PLAYING_MAX} are playing", "full")

    def _may_wait(self, view: MapView) -> None:
        """Raises ViewError where too many wait for the thread already."""
        if self._waiting >= WAITING_MAX:
            raise ViewError("at", view.at, f"has to wait: {WAITING_MAX} other instants are being made", "full")

    def _asked(self, view: MapView, session: Session | None, ask: Callable[[Situation], T]) -> T:
        """A job."""
        instant = session.instant if session is not None else None
        if instant is None:
            instant = self._archive.instant(self._moment(view), self._clock())
        return ask(instant.situation)

    async def _draw(self, session: Session, pictures: Sequence[ThenPicture]) -> None:
        loop = asyncio.get_running_loop()
        at_ms = session.at(loop.time(), self._clock())
        self._waiting += 1
        try:
            bodies = await loop.run_in_executor(self._thread, self._made, session, at_ms, pictures)
        except Exception as error:
            for picture in pictures:
                picture.error = error
            session.next = loop.time() + STEP_S
        else:
            for picture in pictures:
                picture.fresh = bodies[picture.topic]
            if session.began is None:
                session.began = loop.time()
            session.next = loop.time() + STEP_S if session.speed else 0.0
        finally:
            self._waiting -= 1
            session.job = None

    def _made(self, session: Session, at_ms: int, pictures: Sequence[ThenPicture]) -> dict[str, Body]:
        """A job: bring the session to the instant and draw these views of it."""
        if session.instant is None or not session.instant.can_reach(at_ms):
            session.instant = self._archive.instant(at_ms, self._clock())
            session.board = ThenBoard(self._store, self._city, session.instant, self._earliest_ms(), session.speed)
            session.drawn.clear()
        elif session.instant.at_ms < at_ms:
            session.instant.step(at_ms)
        bodies: dict[str, Body] = {}
        for picture in pictures:
            drawn = session.drawn.get(picture.topic)
            if drawn is None:
                board: Any = session.board
                drawn = session.drawn[picture.topic] = ViewPicture(board, self._layers, picture.view)
            drawn.refresh()
            whole = drawn.full()
            bodies[picture.topic] = {**whole, "s": dict(whole["s"])}
        return bodies

    def _forget_left(self, now: float) -> None:
        """Let go of what nobody watches any more, and of all but a few instants that stand still."""
        for key, session in list(self._sessions.items()):
            if session.job is None and now - session.asked > LEFT_S:
                del self._sessions[key]
        still = [k for k, s in self._sessions.items() if not s.speed and s.job is None]
        for key in still[: max(0, len(still) - HELD_MAX)]:
            if all(p.fresh is not None for p in self._sessions[key].pictures):
                del self._sessions[key]

    def _earliest_ms(self) -> int:
        return self._clock() - self._city.track_days * DAY_MS

    def _moment(self, view: MapView) -> int:
        """The view's instant in epoch ms. Raises ViewError where it is none that can be replayed."""
        zone = self._live.zone
        ms, earliest_ms = moment_ms(view.at, zone), self._earliest_ms()
        if ms > self._clock():
            raise ViewError("at", view.at, "lies in the future", "future")
        if ms < earliest_ms:
            first = instant_of(earliest_ms, zone)
            raise ViewError("at", view.at, f"is longer ago than what is kept, which begins at {first}", "before")
        return ms

    def _moment_or_first(self, view: MapView) -> int:
        """A picture that was opened stays one, also when the days that are kept have moved on meanwhile."""
        return moment_ms(view.at, self._live.zone)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What leads from one full body to another, as the body of a delta."""
    body: dict[str, Any] = {}
    for part in ("s", "legend"):
        if changed := {k: v for k, v in after[part].items() if before[part].get(k, _MISSING) != v}:
            body[part] = changed
    if fails := soundness.difference(before["fails"], after["fails"]):
        body["fails"] = fails
    marks = {
        slot: moved for slot, now in after["marks"].items()
        if (moved := marks_moved(_by_id(before["marks"].get(slot)), _by_id(now)))
    }  # fmt: skip
    traces = {
        slot: changed for slot, now in after["traces"].items()
        if (changed := {k: v for k, v in now.items() if before["traces"].get(slot, {}).get(k, _MISSING) != v})
    }  # fmt: skip
    return body | ({"marks": marks} if marks else {}) | ({"traces": traces} if traces else {})


def _by_id(slot: Mapping[str, Any] | None) -> dict[str, Any]:
    return {} if slot is None else {feature[0]: feature for feature in slot["all"]}


def drawing(live: Callable[[MapView], Any], replays: Replays) -> Callable[[MapView], Any]:
    """What draws a view: as it is now, or as it was."""
    return lambda view: replays.open(view) if view.at else live(view)
