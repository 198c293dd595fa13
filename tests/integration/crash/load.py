"""Load through the public doors, and a ledger of it: what was acknowledged, and what nobody knows of."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import httpx
import numpy as np

from geodata.intake.gate import COOKIE
from tests.factories.pictures import photograph
from tests.integration.crash.town import DAY_MS, PHONE_UNIT, UNITS, Town, points

SYSTEM = "drill"
Json = dict[str, Any]
LOOP: Sequence[Json] = (
    {"action": "register", "reason": "drill"}, {"action": "dispatch", "confirmed": True}, {"action": "accept"},
    {"action": "placard", "kind": "city", "accountable": "post", "reason": "drill"},
    {"action": "progress", "reason": "first week"}, {"action": "progress", "reason": "second week"},
    {"action": "report_back"}, {"action": "check"}, {"action": "close"},
)  # fmt: skip
"""The steps of an event's life, in their order; those of a placard lead to no other state, and come twice."""
SIZES = (1, 1, 5, 50, 300)
LONGEST_ANSWER_S = 60.0
PICTURE = photograph(320, 240)


@dataclass(frozen=True, slots=True)
class Sending:
    """One request. ``known``: what to note when it is answered, from its answer."""

    path: str
    body: list[Json]
    known: Callable[[Json], None]
    photo: bool = False


@dataclass
class Ledger:
    """Of one city, over all its kills. Codes by source id, ids of photos by receipt, newest fix of each unit (ms),
    names of files whose import has ended."""

    events: dict[str, str] = field(default_factory=dict)
    contacts: set[str] = field(default_factory=set)
    steps: dict[str, int] = field(default_factory=dict)
    fixes: dict[str, int] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    phone_acts: dict[str, str] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)
    doubtful: list[Sending] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    acknowledged: int = 0

    def note(self, sending: Sending, answer: Json) -> None:
        """An answer came: everything in it is safe from now on."""
        self.acknowledged += len(sending.body)
        sending.known(answer)


class Load(AbstractContextManager["Load"]):
    """Senders that go on until one gets no answer any more, or until the end of the context."""

    def __init__(self, town: Town, address: str, ledger: Ledger, seed: int) -> None:
        self.town, self.address, self.ledger = town, address, ledger
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._made = seed * 1_000_000
        makers = (self._report, self._report, self._act, self._move, self._phone)
        self._threads = [
            threading.Thread(target=self._go, args=(maker, random.Random(seed * 10 + k)), daemon=True)
            for k, maker in enumerate(makers)
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(LONGEST_ANSWER_S)
            assert not thread.is_alive()

    def again(self) -> tuple[int, int]:
        """Send whatever is doubtful once more; how many requests had been (whole, absent)."""
        whole = absent = 0
        doubtful, self.ledger.doubtful = self.ledger.doubtful, []
        with self._client() as client:
            for sending in doubtful:
                answer = _sent(client, self.town, sending)
                fates = _fates(sending, answer)
                # A request is one transaction: it cannot have happened by half.
                if fates == {"duplicate"}:
                    whole += 1
                elif fates == {"accepted"}:
                    absent += 1
                else:
                    self.ledger.wrong.append(f"{sending.path} sent again: {fates}: {str(answer)[:500]}")
                self.ledger.note(sending, answer)
        return whole, absent

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=LONGEST_ANSWER_S)

    def _go(self, maker: Callable[[random.Random], Sending | None], rng: random.Random) -> None:
        with self._client() as client:
            while not self._stop.is_set():
                sending = maker(rng)
                if sending is None:
                    time.sleep(0.01)
                    continue
                try:
                    answer = _sent(client, self.town, sending)
                except httpx.ConnectError:  # nothing was sent
                    return
                except httpx.HTTPError:
                    with self._lock:
                        self.ledger.doubtful.append(sending)
                    return
                except AssertionError as error:
                    self.ledger.wrong.append(str(error))
                    return
                with self._lock:
                    if (fates := _fates(sending, answer)) != {"accepted"}:
                        self.ledger.wrong.append(f"{sending.path}: {fates}: {str(answer)[:500]}")
                    self.ledger.note(sending, answer)

    def _next(self) -> int:
        with self._lock:
            self._made += 1
            return self._made

    def _report(self, rng: random.Random) -> Sending:
        at, ids = points(_drawn(rng), n := rng.choice(SIZES)), [f"e{self._next()}" for _ in range(n)]
        now = _now()
        body: list[Json] = [
            {
                "source": rng.choice(("patrol", "hotline", "sensor")), "source_system": SYSTEM, "source_id": source_id,
                "subtype": "0101", "reported_at": now - rng.randrange(DAY_MS), "lon": lon, "lat": lat,
                **({"contact": f"138 {source_id}"} if rng.random() < 0.2 else {}),
            }
            for source_id, (lon, lat) in zip(ids, at, strict=True)
        ]  # fmt: skip

        def known(answer: Json) -> None:
            for sent, told in zip(body, answer["results"], strict=True):
                self.ledger.events[sent["source_id"]] = told.get("code", "")
                self.ledger.steps[sent["source_id"]] = 0
                if "contact" in sent:
                    self.ledger.contacts.add(sent["source_id"])

        return Sending("/api/v1/events", body, known)

    def _act(self, rng: random.Random) -> Sending | None:
        with self._lock:
            taken = {r["source_id"] for s in self.ledger.doubtful if s.path.endswith("actions") for r in s.body}
            due = [i for i, step in self.ledger.steps.items() if step < len(LOOP) and i not in taken]
            chosen = rng.sample(due, min(len(due), rng.choice((1, 5, 40))))
            steps = [self.ledger.steps[i] for i in chosen]
        if not chosen:
            return None
        now = _now()
        body = [
            LOOP[step] | {"source_system": SYSTEM, "source_id": i, "at": now, "receipt": f"{i}-{step}"}
            | ({"unit": rng.choice(UNITS[1:])} if LOOP[step]["action"] == "dispatch" else {})
            | ({"until": now + DAY_MS} if LOOP[step]["action"] == "placard" else {})
            for i, step in zip(chosen, steps, strict=True)
        ]  # fmt: skip

        def known(_: Json) -> None:
            for i in chosen:
                self.ledger.steps[i] += 1

        return Sending("/api/v1/actions", body, known)

    def _move(self, rng: random.Random) -> Sending:
        now = _now()
        body = [
            {"unit": unit, "lon": lon, "lat": lat, "at": now}
            for unit, (lon, lat) in zip(UNITS, points(_drawn(rng), len(UNITS)), strict=True)
        ]
        time.sleep(0.02)

        def known(_: Json) -> None:
            self.ledger.fixes |= dict.fromkeys(UNITS, now)

        return Sending("/api/v1/positions", body, known)

    def _phone(self, rng: random.Random) -> Sending | None:
        """The phone of one unit: an event of its own is signed for, photographed and reported back, one by one."""
        with self._lock:
            if any(s.path.startswith("/field") for s in self.ledger.doubtful):
                return None
            n = len(self.ledger.phone_acts) + len(self.ledger.photos)
        event, step = f"p{n // 5}", n % 5
        key = f"phone-{n:06}"
        if step == 0:
            return self._begun(event, key)
        told: Json = {"unit": PHONE_UNIT, "key": key, "at": _now(), "code": self.ledger.events[event]}
        if step == 3:

            def shown(answer: Json) -> None:
                self.ledger.photos[key] = answer.get("code", "")

            return Sending("/field/photo", [told | {"stage": "after"}], shown, photo=True)
        action = {1: "accept", 2: "arrive", 4: "report_back"}[step]

        def done(_: Json) -> None:
            self.ledger.phone_acts[key] = action

        return Sending("/field/act", [told | {"action": action}], done)

    def _begun(self, event: str, key: str) -> Sending:
        """A new event of the phone's unit, by the feed; what leads to its dispatch follows when it is known."""
        now = _now()
        if event not in self.ledger.events:

            def reported(answer: Json) -> None:
                self.ledger.events[event] = answer["results"][0].get("code", "")

            report = {"source": "patrol", "source_system": SYSTEM, "source_id": event, "subtype": "0101",
                      "reported_at": now, "area": "D1"}  # fmt: skip
            return Sending("/api/v1/events", [report], reported)
        named = {"source_system": SYSTEM, "source_id": event, "at": now}
        body = [
            {"action": "register", "reason": "drill", "receipt": f"{event}-0", **named},
            {"action": "dispatch", "unit": PHONE_UNIT, "confirmed": True, "receipt": f"{event}-1", **named},
        ]

        def sent(_: Json) -> None:
            self.ledger.phone_acts[key] = "dispatch"

        return Sending("/api/v1/actions", body, sent)


def _sent(client: httpx.Client, town: Town, sending: Sending) -> Json:
    """Its answer. Raises HTTPError where none came; AssertionError for one that is none."""
    if not sending.path.startswith("/field"):
        response = client.post(sending.path, json=sending.body, headers={"X-Ingest-Key": town.key})
    else:
        headers = {"Sec-Fetch-Site": "same-origin", "Cookie": f"{COOKIE}={town.phone}"}
        told = sending.body[0]
        if sending.photo:
            headers |= {"Content-Type": "image/jpeg", "X-Photo": json.dumps(told)}
            response = client.post(sending.path, content=PICTURE, headers=headers)
        else:
            response = client.post(sending.path, json=told, headers=headers)
    assert response.status_code in (200, 422), f"{sending.path}: {response.status_code} {response.text[:300]}"
    answer: Json = response.json()
    return answer


def _fates(sending: Sending, answer: Json) -> set[str]:
    """What became of the records of a request."""
    if "results" not in answer:
        return {answer["status"]}
    return {told for told in ("accepted", "duplicate", "dropped", "quarantined") if answer[told]}


def _drawn(rng: random.Random) -> np.random.Generator:
    return np.random.default_rng(rng.randrange(2**32))


def _now() -> int:
    return time.time_ns() // 1_000_000
