"""Situation: the live picture of one city in memory. All "now" questions; it never touches the database."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from geodata.domain.areas import AreaTree, Ints
from geodata.domain.catalogue import Catalogue
from geodata.domain.view import Filters, Measure
from geodata.situation.briefs import (
    Cells,
    EventBrief,
    EventMarks,
    Topic,
    Totals,
    UnitBrief,
    UnitMarks,
    UnitTotals,
)

NO_FILTERS = Filters()


class Situation:
    """One object per process, used by one thread. ``o`` is an area's ordinal; answers cover ``[o, tree.end[o])``."""

    tree: AreaTree
    catalogue: Catalogue
    zone: ZoneInfo
    now_ms: int
    version: int

    def stamp(self, topic: Topic, o: int) -> int:
        """Grows when anything of this topic changed in the area."""
        raise NotImplementedError

    def advance(self, now_ms: int) -> bool:
        """Move the clock: deadlines pass, fixes get stale, midnight rolls. True when something changed."""
        raise NotImplementedError

    def totals(self, o: int, filters: Filters = NO_FILTERS) -> Totals:
        raise NotImplementedError

    def hours_today(self, o: int) -> list[int]:
        """Reported today per local hour: 24 numbers."""
        raise NotImplementedError

    def reported_since(self, o: int, since_ms: int) -> int:
        """How many were reported at or after a moment (of those held: open ones, and all of today)."""
        raise NotImplementedError

    def children(self, o: int, measure: Measure, filters: Filters = NO_FILTERS) -> tuple[Ints, list[float]]:
        """The direct children and their values."""
        raise NotImplementedError

    def unplaced(self, o: int, measure: Measure, filters: Filters = NO_FILTERS) -> float:
        """What stands directly at the area: its own value less its children's (0 for DENSITY)."""
        raise NotImplementedError

    def event_marks(self, o: int, filters: Filters, budget: int, without_piles: bool) -> EventMarks:
        raise NotImplementedError

    def density(self, o: int, filters: Filters, budget: int, without_piles: bool) -> Cells:
        raise NotImplementedError

    def unit_totals(self, o: int) -> UnitTotals:
        raise NotImplementedError

    def unit_marks(self, o: int, budget: int) -> UnitMarks:
        raise NotImplementedError

    def feed(self, o: int, filters: Filters, n: int) -> list[EventBrief]:
        """The newest reported first, of those held."""
        raise NotImplementedError

    def worst(self, o: int, filters: Filters, n: int) -> list[EventBrief]:
        """Open and overdue, longest first."""
        raise NotImplementedError

    def event(self, code: str) -> EventBrief | None:
        raise NotImplementedError

    def unit(self, code: str) -> UnitBrief | None:
        raise NotImplementedError

    def replace_content(self, other: Situation) -> None:
        """Take over what another (freshly loaded) situation holds; every stamp grows."""
        raise NotImplementedError
