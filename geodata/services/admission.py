"""Admission: what became of each record of one batch, and the door's book-keeping of it."""

from __future__ import annotations

from datetime import UTC, datetime

from geodata.services.outcomes import Outcome, Refusal, as_text
from geodata.store import feeds, quarantine
from geodata.store.engine import Connection
from geodata.store.quarantine import Refused

EARLIEST_MS = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp() * 1000)
FEED_MAX = 64
AHEAD_MS = 5 * 60_000


class Admission:
    """Collects the outcomes of a batch in its order; ``write`` puts refused records and the feed's age in the store."""

    def __init__(self, feed: str, now_ms: int, account_id: int = 0) -> None:
        self.outcomes: list[Outcome] = []
        self._feed, self._now_ms, self._account_id = _fitting(feed), now_ms, account_id
        self._refused: list[Refused] = []
        self._accepted = 0
        self._newest_ms: int | None = None

    def accept(self, code: str, at_ms: int) -> None:
        """Taken; ``at_ms`` is the moment the record tells of."""
        self.outcomes.append(Outcome("accepted", code))
        self._accepted += 1
        self._newest_ms = max(at_ms, self._newest_ms or at_ms)

    def duplicate(self, code: str) -> None:
        """Known already, and still true."""
        self.outcomes.append(Outcome("duplicate", code))

    def drop(self, refusal: Refusal) -> None:
        """Refused and not kept."""
        self.outcomes.append(Outcome.of(refusal, "dropped"))

    def refuse(self, refusal: Refusal, record: object, key: str = "") -> None:
        """Refused and kept for a replay; ``key`` names the trouble where repeats of it are not worth keeping."""
        self.outcomes.append(Outcome.of(refusal))
        self._refused.append(Refused(refusal.field, refusal.value, refusal.rule, as_text(record), key))

    def write(self, conn: Connection) -> None:
        """In the same transaction as what was taken."""
        if self.outcomes:
            quarantine.add(conn, self._feed, self._refused, self._now_ms, self._account_id)
            feeds.note(
                conn, self._feed, received_ms=self._now_ms, newest_ms=self._newest_ms, accepted=self._accepted,
                quarantined=len(self._refused),
            )  # fmt: skip


def _fitting(feed: str) -> str:
    """The name of a feed as it can be kept; what comes after the last slash says how to replay."""
    system, _, kind = feed.rpartition("/")
    return f"{system[: FEED_MAX - len(kind) - 1]}/{kind}" if len(feed) > FEED_MAX else feed


def check_time(field: str, ms: int, now_ms: int) -> int:
    """The moment itself; Refusal when it lies before 1990 or more than five minutes ahead of the clock."""
    if ms < EARLIEST_MS:
        raise Refusal(field, _iso(ms), "lies before 1990")
    if ms > now_ms + AHEAD_MS:
        raise Refusal(field, _iso(ms), "lies in the future")
    return ms


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()
