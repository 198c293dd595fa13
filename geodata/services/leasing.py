"""Leasing: this process's claims on the jobs that are done once although several processes run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from geodata.store import leases
from geodata.store.beats import own_name
from geodata.store.engine import Connection, Store
from geodata.store.leases import Lease

LEASE_MS = 30_000
"""A job whose process is gone waits at most so long for another."""
MayWrite = Callable[[Connection], bool]


@dataclass(frozen=True, slots=True)
class Claims:
    """What one process may do."""

    store: Store
    holder: str = field(default_factory=own_name)
    _held: set[str] = field(default_factory=set)

    def hold(self, job: str, now_ms: int) -> Lease | None:
        """The lease of a job where this process has it or can have it now; None while another one does the job.

        Nothing is written while a lease is good for longer than half its time.
        """
        with self.store.read() as conn:
            found = leases.find(conn, job)
        until_ms = now_ms + LEASE_MS
        if found is not None and not found.is_free(self.holder, now_ms, until_ms):
            return None
        if found is not None and found.holder == self.holder and found.until_ms - now_ms > LEASE_MS // 2:
            return found
        with self.store.begin(durable=False) as conn:
            taken = leases.take(conn, job, self.holder, now_ms=now_ms, until_ms=until_ms)
        if taken is not None:
            self._held.add(job)
        return taken

    def may_write(self, job: str) -> MayWrite:
        """Whether nobody else has taken the job meanwhile: to be asked in the transaction that writes."""
        return lambda conn: leases.holds(conn, job, self.holder)

    def done(self, lease: Lease, now_ms: int) -> None:
        """A job that writes nothing else came to its end: said as seldom as a lease is renewed."""
        if lease.done_ms is None or abs(now_ms - lease.done_ms) >= LEASE_MS // 2:
            with self.store.begin(durable=False) as conn:
                if leases.holds(conn, lease.name, self.holder):
                    leases.done(conn, lease.name, now_ms)

    def give_up(self, *jobs: str) -> None:
        """Hand these on at once, or all: whoever fails or is stopped keeps nobody waiting."""
        held = self._held.intersection(jobs or self._held)
        if held:
            self._held.difference_update(held)
            with self.store.begin(durable=False) as conn:
                leases.release(conn, self.holder, held)
