"""The site of a drill: a small city in a folder, a real server process on it, and a relay before that."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from geodata.domain.roles import Role
from geodata.services.access import Access
from geodata.store import tokens
from geodata.store.accounts import Account
from geodata.store.engine import Store
from tests.browser.drills.relay import Relay, relaying
from tests.factories.boundary_files import SOUTH, STEP, WEST
from tests.factories.page_city import found
from tests.factories.people import account_of, secret_of
from tests.integration.crash.process import APP, Server, free_port
from tests.integration.crash.town import Town

SYSTEM = "drill"


@dataclass
class Site:
    """``secret`` opens the screen; ``told`` events were taken from the drill so far."""

    town: Town
    server: Server
    relay: Relay
    access: Access
    screen: Account
    secret: str
    app: Path = APP
    told: int = 0

    def start(self) -> None:
        """Start the server again on its port."""
        self.server = Server.serve(self.town, self.server.port, self.app)
        self.server.ready()

    def kill(self) -> None:
        """SIGKILL: nobody was told anything."""
        self.server.process.kill()
        self.server.process.wait()

    def report(self, timeout_s: float = 60) -> httpx.Response:
        """Report one more event, not by way of the relay."""
        n = self.told + 1
        record = {
            "source": "patrol", "source_system": SYSTEM, "source_id": f"{time.time_ns()}", "subtype": "0101",
            "reported_at": datetime.now(UTC).isoformat(), "description": f"drill {n}",
            "lon": WEST + STEP / 2, "lat": SOUTH + STEP / 2,
        }  # fmt: skip
        answer = httpx.post(
            f"{self.server.address}/api/v1/events", json=[record], timeout=timeout_s,
            headers={"X-Ingest-Key": self.town.key, "X-Source-System": SYSTEM},
        )  # fmt: skip
        if answer.status_code == 200:
            assert answer.json()["accepted"] == 1, answer.text
            self.told = n
        return answer

    def link(self, expires_in_s: float = 86_400) -> str:
        """A new link for the screen; its secret."""
        now_ms = time.time_ns() // 1_000_000
        with self.access.store.begin() as conn:
            expires_ms = now_ms + int(expires_in_s * 1000)
            return tokens.issue(conn, self.screen.id, "screen", now_ms=now_ms, expires_ms=expires_ms)[1]


@contextmanager
def opened(root: Path, database: str = "", app: Path = APP) -> Iterator[Site]:
    """A city of 40 events in a new folder, served, and a relay before it. ``database``: the address of an empty one."""
    (root / "city").mkdir(parents=True)
    folder = found(root / "city", database)
    url = database or folder.database_url
    store = Store.open(url)
    access = Access.open(store, folder)
    feed = account_of(access, [Role.FEED], ["C"], systems=[SYSTEM])
    screen = account_of(access, [Role.SCREEN], ["C"])
    town = Town(folder, url, secret_of(access, feed), "")
    server = Server.serve(town, free_port(), app)
    try:
        server.ready()
        with relaying(server.port) as relay:
            site = Site(town, server, relay, access, screen, secret_of(access, screen), app)
            try:
                yield site
            finally:
                site.kill()
    finally:
        server.process.kill()
        server.process.wait()
        store.close()
