"""The drill itself: one city after another lives through a row of kills; each is followed by a start and a proof."""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.integration.crash.load import Ledger, Load
from tests.integration.crash.process import Running, Server, await_commit, await_writing, free_port, kill
from tests.integration.crash.proof import digest, opened, prove
from tests.integration.crash.town import Files, Town

Moment = Literal["migration", "events", "areas", "load"]
LIVES: Mapping[str, Sequence[Moment]] = {
    "sqlite": ("migration", "events", "areas", "load", "events", "areas", "load", "load", "events", "areas"),
    "postgresql": ("migration", "areas", "events", "load", "areas", "events", "load", "load", "areas", "events"),
}
"""What is under way, besides the load, at each kill in the life of a city, whose file is of an older version: the same
on both databases, in another order, so that a few kills meet everything."""
LOAD_S, LONGEST_IMPORT_S = (0.2, 1.5), 180.0
SHARE = (0.4, 1.2)
"""The part of a start or an import, of what it took undisturbed, in which it is killed: before it, Python starts."""
IN_MIGRATION = 2 / 3
"""So many of the kills of a start that migrates wait for the migration's transaction, short beside the start."""
AFTER_COMMIT = 1 / 3
"""So many of the kills under load wait for the next commit, to come before its answer does."""


@dataclass
class Tally:
    """What was killed, what was cut, and how long the next start took (s)."""

    kills: Counter[str] = field(default_factory=Counter)
    writing: Counter[str] = field(default_factory=Counter)
    """Kills in the middle of a write transaction, of the server or of an import."""
    whole: int = 0
    absent: int = 0
    """Requests without an answer that turned out to be kept, or not there."""
    acknowledged: int = 0
    starts_s: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The result in sentences."""
        total, starts = sum(self.kills.values()), sorted(self.starts_s)
        told = ", ".join(f"{what} {n} ({self.writing[what]} in a write transaction)" for what, n in self.kills.items())
        return [
            f"{total} kills: {told}",
            f"{self.acknowledged:,} records acknowledged; {self.whole + self.absent} requests without an answer:"
            f" {self.whole} whole, {self.absent} absent",
            f"starts after a kill: median {statistics.median(starts):.1f} s, the longest {starts[-1]:.1f} s"
            f" ({len(starts)})" if starts else "no start",
            *([f"BROKEN {text}" for text in self.broken] or ["nothing was lost, doubled or left by half"]),
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pace:
    """How long what is killed takes undisturbed (s), and the digest of the archive that each build of the areas has.

    ``migrates_s``: the migration's transaction alone.
    """

    took_s: Mapping[Moment, float]
    migrates_s: float
    archives: Mapping[str, str]

    @classmethod
    def of(cls, town: Town, files: Files) -> Pace:
        """Measured on a city that nobody needs afterwards."""
        [straight] = town.folder.root.glob("areas-*.pmtiles")
        archives = {straight.stem.partition("-")[2]: digest(straight)}
        server = Server.serve(town, free_port())
        migrates_s = -await_writing(server) + await_writing(server, writing=False)
        took: dict[Moment, float] = {"migration": server.ready()}
        imports: dict[Moment, list[str]] = {"events": files.events("pace"), "areas": files.areas("bent")}
        for moment, words in imports.items():
            began = time.monotonic()
            assert Running.start(town, words).ended(LONGEST_IMPORT_S)
            took[moment] = time.monotonic() - began
        kill([server])
        [bent] = town.folder.root.glob("areas-*.pmtiles")
        return cls(took, migrates_s, archives | {bent.stem.partition("-")[2]: digest(bent)})


@dataclass
class Drill:
    """Kills on one kind of database. ``reborn`` gives the older city anew, by the number of its life."""

    kind: str
    files: Files
    reborn: Callable[[int], Town]
    pace: Pace
    seed: int
    tally: Tally = field(default_factory=Tally)

    def run(self, kills: int) -> Tally:
        """So many kills, in as many lives as they take. Raises AssertionError at the first thing that is broken."""
        plan = LIVES[self.kind]
        for life, first in enumerate(range(0, kills, len(plan))):
            _Life(self, life, self.reborn(life)).live(plan[: kills - first])
        return self.tally


class _Life:
    """One city from its older file on."""

    def __init__(self, drill: Drill, number: int, town: Town) -> None:
        self._drill, self._tally, self._number, self._town = drill, drill.tally, number, town
        self._rng = random.Random(drill.seed * 1000 + number)
        self._port, self._ledger, self._bent = free_port(), Ledger(), False

    def live(self, plan: Sequence[Moment]) -> None:
        """One kill after the other; what an import left is brought in by the same command before the next one."""
        server = Server.serve(self._town, self._port)
        try:
            for n, moment in enumerate(plan):
                words = self._words(moment, n)
                self._tally.writing[moment] += self._cut(server, moment, words, n)
                self._tally.kills[moment] += 1
                server = Server.serve(self._town, self._port)
                took_s = server.ready()
                if moment != "migration":  # that start migrates, too
                    self._tally.starts_s.append(took_s)
                self._settle(server, f"kill {n + 1}, {moment}")
                if words:
                    assert Running.start(self._town, words).ended(LONGEST_IMPORT_S), "the import does not end"
                    self._ledger.imported |= {f"h{n}"} if moment == "events" else set()
                    self._settle(server, f"kill {n + 1}, {moment} again")
        finally:
            kill([server])
            self._tally.acknowledged += self._ledger.acknowledged

    def _words(self, moment: Moment, n: int) -> list[str]:
        """The import that is under way at a kill."""
        if moment == "events":
            return self._drill.files.events(f"h{n}")
        if moment == "areas":
            self._bent = not self._bent
            return self._drill.files.areas("bent" if self._bent else "straight")
        return []

    def _cut(self, server: Server, moment: Moment, words: list[str], n: int) -> bool:
        """Kill whatever runs at a random moment; whether something was being written."""
        share, load_s = self._rng.uniform(*SHARE), self._rng.uniform(*LOAD_S)
        due_s = self._drill.pace.took_s.get(moment, load_s) * share
        if moment == "migration":
            if self._rng.random() < IN_MIGRATION:
                await_writing(server)
                due_s = self._rng.uniform(0, self._drill.pace.migrates_s)
            time.sleep(due_s)
            return kill([server])
        running: list[Running] = [Running.start(self._town, words), server] if words else [server]
        time.sleep(max(0.0, due_s - load_s))
        with Load(self._town, server.address, self._ledger, self._number * 1000 + n + 1):
            time.sleep(min(due_s, load_s))
            if self._rng.random() < AFTER_COMMIT:
                await_commit(self._town.url)
            return kill(running)

    def _settle(self, server: Server, when: str) -> None:
        """What got no answer is sent again; then everything must hold."""
        whole, absent = Load(self._town, server.address, self._ledger, 0).again()
        self._tally.whole += whole
        self._tally.absent += absent
        with opened(self._town) as store:
            found = prove(self._town, store, self._ledger, self._drill.pace.archives)
        self._tally.broken += [f"{self._town.url}, life {self._number}, {when}: {text}" for text in found]
        assert not found, "\n".join(self._tally.lines())
