"""What an import of history found, in numbers and in sentences."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from geodata.domain.clocks import judgement
from geodata.domain.events import CLOSED, ENDED, State
from geodata.intake.history_mapping import HistoryMapping
from geodata.intake.history_rows import Batch, Bools
from geodata.store.bulk import NONE


@dataclass(frozen=True, slots=True)
class Pile:
    """A suspicious number of rows at exactly one point. ``same_lat``/``same_lon``: rows that share one coordinate."""

    lon: float
    lat: float
    rows: int
    share: float
    same_lat: int
    same_lon: int


@dataclass(slots=True)
class Report:
    """Counts of rows. ``read`` = imported + already_there + repeated + quarantined (each with its reason).

    The counts below ``first_ms`` are of all readable rows of the file, imported now or before.
    """

    file: str
    dry_run: bool
    zone: ZoneInfo
    encoding: str = ""
    delimiter: str = ""
    read: int = 0
    imported: int = 0
    already_there: int = 0
    repeated: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    settled: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    states: Counter[str] = field(default_factory=Counter)
    on_time: int = 0
    overdue: int = 0
    unjudged: int = 0
    unplaced: int = 0
    by_area_code: int = 0
    without_coordinates: int = 0
    noticed: Counter[str] = field(default_factory=Counter)
    piles: tuple[Pile, ...] = ()
    points: Counter[tuple[float, float]] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def open(self) -> int:
        """Rows whose event has not ended."""
        return sum(n for s, n in self.states.items() if s not in ENDED)

    @property
    def closed(self) -> int:
        """Rows whose event is closed."""
        return sum(n for s, n in self.states.items() if s in CLOSED)

    def count(self, batch: Batch, good: Bools, now_ms: int) -> None:
        """Add the readable rows of a batch."""
        some = np.flatnonzero(good).tolist()
        if not some:
            return
        reported = batch.reported_ms[some]
        self.first_ms = min(int(reported.min()), self.first_ms or int(reported.min()))
        self.last_ms = max(int(reported.max()), self.last_ms or int(reported.max()))
        self.states.update(batch.state[k] for k in some)
        self.noticed += batch.noticed
        self.unplaced += int(batch.unplaced[some].sum())
        self.by_area_code += int(batch.by_area_code[some].sum())
        self.without_coordinates += int(np.isnan(batch.lon[some]).sum())
        self.points.update((x, y) for x, y in zip(batch.lon[some], batch.lat[some], strict=True) if x == x)
        for k in some:
            self._judge(batch, k, now_ms)

    def _judge(self, batch: Batch, k: int, now_ms: int) -> None:
        state, deadline = State(batch.state[k]), int(batch.deadline_ms[k])
        told = None if batch.on_time[k] == NONE else int(batch.on_time[k])
        # An open event is in time as long as it would be if it were closed now.
        judged = judgement(
            closed=state in CLOSED or state not in ENDED, on_time=told,
            ended_ms=int(batch.ended_ms[k]) if state in ENDED else now_ms,
            deadline=None if deadline == NONE else deadline,
        )  # fmt: skip
        self.on_time += judged == 1
        self.overdue += judged == 0
        self.unjudged += judged == -1

    def find_piles(self, mapping: HistoryMapping) -> None:
        """Points with suspiciously many rows: more than a share of all, or ten times the next one."""
        ranked = self.points.most_common()
        total = sum(self.points.values())
        lats: Counter[float] = Counter()
        lons: Counter[float] = Counter()
        for (lon, lat), n in ranked:
            lons[lon] += n
            lats[lat] += n
        found = []
        for k, (point, n) in enumerate(ranked):
            following = ranked[k + 1][1] if k + 1 < len(ranked) else 0
            if n < mapping.piles_from or (n <= mapping.pile_share * total and n <= 10 * following):
                break
            found.append(Pile(*point, n, n / total, lats[point[1]], lons[point[0]]))
        self.piles = tuple(found)

    def lines(self) -> list[str]:
        """The report in sentences."""
        lines = [
            f"{self.file}: {self.read:,} rows read ({self.encoding}, columns separated by {self.delimiter!r})",
            f"{'would be imported' if self.dry_run else 'imported'}: {self.imported:,}; already there: "
            f"{self.already_there:,}; repeated in the file: {self.repeated:,}; "
            f"quarantined: {sum(self.quarantined.values()):,}",
        ]
        lines += [f"  quarantined, {reason}: {n:,}" for reason, n in self.quarantined.most_common()]
        if self.settled:
            lines.append(f"taken out of quarantine: {self.settled:,}")
        if self.first_ms is not None and self.last_ms is not None:
            lines.append(f"reported from {self._day(self.first_ms)} to {self._day(self.last_ms)}")
        lines.append(f"open: {self.open:,}; closed: {self.closed:,}; by state: " + _listed(self.states))
        lines.append(f"on time: {self.on_time:,}; overdue: {self.overdue:,}; without judgement: {self.unjudged:,}")
        lines.append(
            f"outside every area or without a place, kept at the city: {self.unplaced:,}; without coordinates: "
            f"{self.without_coordinates:,}, of which placed by area code: {self.by_area_code:,}"
        )
        lines += [f"{n:,} {what}" for what, n in self.noticed.most_common() if n]
        for p in self.piles:
            lines.append(
                f"suspicious pile: {p.rows:,} rows ({p.share:.1%}) on the one point {p.lat}, {p.lon} "
                f"({p.same_lat:,} rows share its latitude, {p.same_lon:,} its longitude): a default position? "
                "They are marked, and the density layer can leave them out"
            )
        return [*lines, *self.notes, f"{self.seconds:.1f} s"]

    def _day(self, ms: int) -> str:
        return datetime.fromtimestamp(ms / 1000, self.zone).strftime("%Y-%m-%d %H:%M")


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{k} {n:,}" for k, n in counts.most_common()) or "none"
