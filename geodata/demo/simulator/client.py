"""The simulator's line to the API: batches out, patience when nobody answers."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

log = logging.getLogger(__name__)

Json = dict[str, Any]
BATCH = 1000
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 10.0
TIMEOUT_S = 30.0
TRY_AGAIN = frozenset({401, 404, 408, 425, 429})  # besides 5xx: a server that starts or changes its key will come round


class ApiError(RuntimeError):
    """The API refused a whole request for good; the message says what it answered."""


class Api:
    """Posts records and reads lists. ``key`` is the ingest key; ``transport`` replaces the network in tests."""

    def __init__(self, base_url: str, key: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        headers = {"X-Ingest-Key": key, "Content-Type": "application/json", "X-Source-System": "demo"}
        self._http = httpx.AsyncClient(base_url=base_url, headers=headers, timeout=TIMEOUT_S, transport=transport)
        self._down = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def post(self, path: str, records: Sequence[Json]) -> list[Json]:
        """Post records in batches, for as long as it takes; one result per record, in their order."""
        results: list[Json] = []
        for at in range(0, len(records), BATCH):
            body = orjson.dumps(records[at : at + BATCH])
            answer = await self._patiently("POST", path, body)
            results += answer["results"]
        return results

    async def post_now(self, path: str, records: Sequence[Json]) -> bool:
        """Post records once; whether they arrived. For what is worth nothing later."""
        for at in range(0, len(records), BATCH * 2):
            try:
                await self._once("POST", path, orjson.dumps(records[at : at + BATCH * 2]))
            except _NotNow as error:
                self._note(error)
                return False
        self._note(None)
        return True

    async def get(self, path: str) -> Json:
        """One object, for as long as it takes."""
        return await self._patiently("GET", path)

    async def every(self, path: str, name: str, query: Sequence[tuple[str, str]] = ()) -> list[Json]:
        """All pages of a list."""
        rows: list[Json] = []
        after: int | None = 0
        while after is not None:
            parameters = httpx.QueryParams([*query, ("after", str(after)), ("limit", str(BATCH))])
            page = await self._patiently("GET", f"{path}?{parameters}")
            rows += page[name]
            after = page["next"]
        return rows

    async def _patiently(self, method: str, path: str, body: bytes = b"") -> Json:
        wait_s = FIRST_WAIT_S
        while True:
            try:
                answer = await self._once(method, path, body)
            except _NotNow as error:
                self._note(error)
                await asyncio.sleep(wait_s * random.uniform(0.6, 1.2))
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            else:
                self._note(None)
                return answer

    async def _once(self, method: str, path: str, body: bytes = b"") -> Json:
        try:
            response = await self._http.request(method, path, content=body)
        except httpx.HTTPError as error:
            raise _NotNow(f"{type(error).__name__}: {error}") from error
        if response.status_code >= 500 or response.status_code in TRY_AGAIN:
            raise _NotNow(f"{method} {path}: {response.status_code}")
        if response.status_code >= 400:
            raise ApiError(f"{method} {path}: {response.status_code} {response.text[:300]}")
        answer: Json = orjson.loads(response.content)
        return answer

    def _note(self, error: Exception | None) -> None:
        """Say once that the line is down, and once that it is up again."""
        if error and not self._down:
            log.warning("the API does not answer (%s); trying again until it does", error)
        elif self._down and not error:
            log.info("the API answers again")
        self._down = error is not None


class _NotNow(Exception):  # noqa: N818 - not an error of the simulator
    """No answer, or one that asks to come again."""
