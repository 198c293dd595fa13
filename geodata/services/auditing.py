"""The audit: who did or looked at what, when and from where. Each line is signed together with the one before it.

A line that is changed, removed or put in breaks the chain; lines removed from its end leave the head that is kept apart
behind. Who can write the database but has no key can make none of these fit again. What such a one still can do is to
put back an older state of the whole; a head that was noted elsewhere shows that.

The change log hangs on the same chain: each change but positions is covered by exactly one line of the transaction
that wrote it (``covering``): the line that tells of it, else one for all that a system or the machine did at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geodata.services import covering
from geodata.services.actors import Actor
from geodata.services.covering import Covered
from geodata.services.sealing import Seal
from geodata.store import audit, changes, settings
from geodata.store.audit import Line
from geodata.store.changes import Change
from geodata.store.engine import Connection
from geodata.store.quarantine import storable

VALUE_MAX = 4_000
START, TORN = "0" * 64, ""
CHANGES = "changes"
"""The action of a line that tells only which changes it covers."""
BARE = Line._fields.index("mac")
"""So many columns of a line come before its signature."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the audit does not hold; ``seq`` is the line at which it shows."""

    seq: int
    text: str


class TornError(ValueError):
    """A line does not hold."""

    def __init__(self, broken: Broken) -> None:
        super().__init__(broken.text)
        self.broken = broken


class Audit:
    """Writes and checks the lines of one city."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def record(
        self, conn: Connection, actor: Actor, action: str, subject: str, *, at_ms: int, area: str = "",
        old: Mapping[str, Any] | None = None, new: Mapping[str, Any] | None = None, covers: Sequence[Change] = (),
    ) -> None:  # fmt: skip
        """One more line, in the transaction of what it tells of. ``covers``: the changes that it tells of, in a row."""
        seq, before = self._next(conn)
        bare = Line(
            seq, at_ms, _text(actor.name, 64) or "-", _text(actor.address, 64), action, _text(subject, 128),
            _text(area, 64), _json(old), _json(new), "",
        )  # fmt: skip
        if covers:
            bare = bare._replace(
                first_seq=covers[0].seq, last_seq=covers[-1].seq, digest=covering.digest(covers, self._seal.sign)
            )
        line = bare._replace(mac=self._mac(before, bare))
        audit.append(conn, [line])
        settings.put(conn, settings.AUDIT_HEAD, self._signed("head", line.seq, line.mac))

    def cover(self, conn: Connection, from_change: int) -> None:
        """Lines for the transitions of this transaction that none of its lines covers: one for each actor's in a row.

        Told by the store at the end of the transaction (``Store.attend``), so that none is ever without.
        """
        mine = set[int]()
        for line in audit.covering(conn, from_change):
            mine.update(range(line.first_seq, line.last_seq + 1))
        left = [c for c in changes.transitions(conn, from_change) if c.seq not in mine]
        for run in covering.runs(left):
            first, last = run[0].seq, run[-1].seq
            told = f"changes:{first}" if first == last else f"changes:{first}-{last}"
            self.record(conn, Actor(run[0].actor), CHANGES, told, at_ms=run[-1].at_ms, new=covering.counted(run),
                        covers=run)  # fmt: skip

    def fits(self, conn: Connection) -> bool:
        """Whether the head is signed with this key, or there is none yet: what comes next continues the chain."""
        return self._next(conn)[1] != TORN

    def check_changes(self, conn: Connection) -> Covered:
        """Whether the change log is what the lines cover; says nothing where the lines themselves do not hold."""
        return covering.follow(conn, self._seal.sign)

    def check(self, conn: Connection, known_head: str = "") -> tuple[int, str, Broken | None]:
        """(lines, head as ``seq:mac``, where it is broken or None).

        ``known_head``: a head that was noted elsewhere before; that the audit still holds it shows that nobody who has
        the key, too, has written it anew.
        """
        n, met = 0, not known_head
        try:
            seq, mac = self._base(conn)
            for line in self._followed(conn):
                n, seq, mac = n + 1, line.seq, line.mac
                met = met or known_head == f"{seq}:{mac}"
        except TornError as torn:
            return n, "", torn.broken
        head, kept = f"{seq}:{mac}", settings.get(conn, settings.AUDIT_HEAD)
        if n and kept != self._signed("head", seq, mac):
            return n, head, Broken(seq + 1, "lines are missing at the end")
        if not n and (kept is not None or seq):
            return n, head, Broken(seq + 1, "all lines are missing")
        if not met:
            return n, head, Broken(seq + 1, f"the head {known_head[:80]} that was noted is not in it")
        return n, head, None

    def forget(self, conn: Connection, before_ms: int) -> int:
        """Take away lines older than a moment and mark where the audit now begins; how many went.

        None go while these lines do not hold: who changed them must not have it forgotten.
        """
        last = audit.last_before(conn, before_ms)
        newest = audit.newest(conn)
        if last is None or newest is None or last.seq == newest.seq:  # the newest line stays: the chain hangs on it
            return 0
        try:
            next(line for line in self._followed(conn) if line.seq == last.seq)
        except TornError:
            return 0
        settings.put(conn, settings.AUDIT_BASE, self._signed("base", last.seq, last.mac))
        return audit.drop_through(conn, last.seq)

    def _followed(self, conn: Connection) -> Iterator[Line]:
        """The lines from the beginning on, as far as each holds; TornError at the first that does not."""
        seq, before = self._base(conn)
        for line in audit.walk(conn):
            seq += 1
            if line.seq != seq:
                raise TornError(Broken(seq, f"line {seq} is missing"))
            if self._mac(before, line) != line.mac:
                raise TornError(Broken(seq, f"line {seq} was changed, or the line before it"))
            before = line.mac
            yield line

    def _next(self, conn: Connection) -> tuple[int, str]:
        """(number of the next line, mac of the one before it).

        It follows the head, not what happens to be the last line: what was taken from the end stays missing. Where the
        head itself was touched, the line fits to nothing, and that stays, too; nobody's work stops for it.
        """
        last, kept = audit.newest(conn), settings.get(conn, settings.AUDIT_HEAD)
        if last is None and kept is None and settings.get(conn, settings.AUDIT_BASE) is None:
            return 1, START
        seq, mac = self._read("head", kept or "") or (0, TORN)
        return max(seq, last.seq if last else 0) + 1, mac

    def _base(self, conn: Connection) -> tuple[int, str]:
        """(number, mac) of the line before the first."""
        kept = settings.get(conn, settings.AUDIT_BASE)
        found = (0, START) if kept is None else self._read("base", kept)
        if found is None:
            raise TornError(Broken(0, "the mark of where the audit begins was changed"))
        return found

    def _read(self, what: str, kept: str) -> tuple[int, str] | None:
        """What was signed; None where it was not signed so."""
        seq, _, rest = kept.partition(":")
        mac = rest.partition(":")[0]
        if not (seq.isascii() and seq.isdigit()) or kept != self._signed(what, int(seq), mac):
            return None
        return int(seq), mac

    def _signed(self, what: str, seq: int, mac: str) -> str:
        return f"{seq}:{mac}:{self._seal.sign(f'{what}:{seq}:{mac}')}"

    def _mac(self, before: str, line: Line) -> str:
        """Lines that cover nothing are signed as they were before lines covered anything."""
        told = [before, *line[:BARE]]
        covers = line[BARE + 1 :] if any(line[BARE + 1 :]) else ()
        return self._seal.sign(json.dumps([*told, *covers], ensure_ascii=False))


def _text(text: str, longest: int) -> str:
    return storable(text, longest)[:longest]


def _json(values: Mapping[str, Any] | None) -> str:
    """Values as JSON; what is too long is cut, and is JSON still."""
    if not values:
        return ""
    text = json.dumps(values, ensure_ascii=False, default=str)
    whole = text if len(text) <= VALUE_MAX else json.dumps({"cut": text[:VALUE_MAX]}, ensure_ascii=False)
    return storable(whole, len(whole))
