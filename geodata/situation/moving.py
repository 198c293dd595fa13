"""Moving: what the live picture holds, in books by kind, and how changes and the clock move it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

import numpy as np

from geodata.domain.areas import AreaTree, Ints
from geodata.domain.catalogue import Catalogue
from geodata.domain.coverage import DEFAULT_PLAN, PatrolPlan
from geodata.situation.alert_book import AlertBook
from geodata.situation.briefs import (
    TOPICS,
    Topic,
)
from geodata.situation.clockwork import BY_THE_CLOCK, Clockwork
from geodata.situation.columns import Codebook, EventBatch, values_of
from geodata.situation.counters import Stamps
from geodata.situation.days import Day
from geodata.situation.event_book import EventBook
from geodata.situation.queueing import Queues
from geodata.situation.roads import RoadGraph
from geodata.situation.roster_book import Posts, RosterBook
from geodata.situation.runs import Longs
from geodata.situation.selecting import Selector
from geodata.situation.strata import Strata
from geodata.situation.surge_book import SurgeBook
from geodata.situation.trail import Trail
from geodata.situation.unit_batch import UnitBatch
from geodata.situation.unit_book import UnitBook
from geodata.situation.walk_book import WalkBook
from geodata.store.alerts import AlertNow
from geodata.store.events import EventNow
from geodata.store.rollups import Totals as StoredTotals
from geodata.store.surges import SurgeNow
from geodata.store.tallies import TOTALS
from geodata.store.units import UnitNow
from geodata.store.walks import NO_WALKS, Walks


class Moving:
    """The books of the live picture, and what moves them; ``seq`` and ``change_ms``: of the newest change taken in."""

    __slots__ = (
        "_alerts", "_areas_version", "_book", "_events", "_posts", "_queues", "_roster", "_select", "_stamps",
        "_strata", "_surges", "_trail", "_units", "catalogue", "change_ms", "clockwork", "now_ms", "roads", "seq",
        "tree", "version", "walks", "zone",
    )  # fmt: skip

    def __init__(
        self, tree: AreaTree, catalogue: Catalogue, zone: ZoneInfo, now_ms: int, *,
        events: EventBatch | None = None, units: Iterable[UnitNow] | UnitBatch = (), book: Codebook | None = None,
        alerts: Iterable[AlertNow] = (), surges: Iterable[SurgeNow] = (), clockwork: Clockwork = BY_THE_CLOCK,
        patrol: PatrolPlan = DEFAULT_PLAN, walks: Walks = NO_WALKS, strata: Strata | None = None,
    ) -> None:  # fmt: skip
        """A city with these events (each once, numbered by ``book``) and units; all-time counts are of these events.

        ``set_totals`` brings the all-time counts of the store. ``strata``: of this tree, where they are known.
        """
        self.tree, self.catalogue, self.zone, self.now_ms = tree, catalogue, zone, now_ms
        self.version, self.seq, self.change_ms = 1, 0, 0
        self._areas_version = 1
        self.roads: RoadGraph | None = None
        self._book = book or Codebook(catalogue)
        self._strata = strata or Strata(tree)
        held = events if events is not None else EventBatch.of((), tree, self._book)
        self.clockwork = clockwork
        day = Day.of(now_ms, zone)
        self._events = EventBook(tree, self._strata, self._book, held, now_ms, day, catalogue, clockwork)
        known = units if isinstance(units, UnitBatch) else UnitBatch.of(units, self._strata)
        self._units = UnitBook(tree, self._strata, known, now_ms)
        self._trail = Trail()
        self._alerts = AlertBook(tree, alerts, now_ms)
        self._surges = SurgeBook(tree, surges)
        self.walks = WalkBook(tree, self._strata, patrol, zone, walks, now_ms)
        if known is not units:  # columns are of an instant of the past, of which no stays are kept
            self._see(known.now)
        self._select = Selector(self._events, catalogue, self._units.departments, zone)
        self._queues = Queues(self._select)
        self._roster, self._posts = RosterBook(), Posts(tree)
        self._stamps: dict[str, Stamps] = {t: Stamps(tree.parent, 1) for t in TOPICS if t != "areas"}

    # What moves it

    def apply_events(self, rows: Sequence[EventNow]) -> bool:
        """Take newer revisions of events; True when there was one. Older and equal ones are ignored."""
        return self.apply_batch(EventBatch.of(values_of(rows), self.tree, self._book))

    def apply_batch(self, batch: EventBatch) -> bool:
        """As ``apply_events``, of events that are columns already, numbered by the same book."""
        return self._touch("events", self._events.apply(batch, self.now_ms))

    def apply_units(self, rows: Sequence[UnitNow]) -> bool:
        """Take newer states and fixes of units; True when there was one. What they walk counts as walked at once."""
        self._see(rows)
        return self._touch("units", self._units.apply(rows, self.now_ms))

    def _see(self, rows: Iterable[UnitNow]) -> None:
        stays = np.array([(u.area_id, u.fix_ms) for u in rows if u.stay_fixes], np.int64).reshape(-1, 2)
        self.walks.seen(stays[:, 0], stays[:, 1])

    def apply_alerts(self, rows: Sequence[AlertNow]) -> bool:
        """Take alerts as they are now; True when one differed."""
        return self._touch("alerts", self._alerts.apply(rows, self.now_ms))

    def apply_surges(self, rows: Sequence[SurgeNow]) -> bool:
        """Take surges as they are now; True when one differed."""
        return self._touch("surges", self._surges.apply(rows))

    def apply_walks(self, rows: Walks) -> bool:
        """Take grids as they were walked last; True when one is covered since."""
        return self._touch("walks", self.walks.apply(rows))

    def set_walks(self, rows: Walks) -> None:
        """Take another reading of all grids, in place of what is held."""
        plan = self.walks.plan
        self.walks = WalkBook(self.tree, self._strata, plan, self.zone, rows, self.now_ms)
        self.version += 1
        self._stamps["walks"].floor = self.version

    def set_roster(self, roster: RosterBook) -> None:
        """Take another reading of the roster; whatever is said of units may have changed."""
        self._roster = roster
        self.version += 1
        self._stamps["units"].floor = self.version

    def roster_runs_out(self) -> bool:
        """Whether the roster that is known ends soon, so that more has to be read."""
        return self._roster.runs_out(self.now_ms)

    def set_totals(self, totals: StoredTotals, *, some: bool = False) -> bool:
        """Take the store's all-time counts; True when one differed. They must be of the same moment as the events.

        ``some``: they are not of all areas; the others keep theirs.
        """
        rows = np.zeros((len(self.tree), len(TOTALS)), np.int32)
        place = self.tree.ordinal_by_id
        where = np.array([place.get(i, -1) for i in totals.area_id.tolist()], np.int64)
        known = where >= 0
        for i, name in enumerate(TOTALS):
            rows[where[known], i] = getattr(totals, name)[known]
        areas = where[known] if some else np.arange(len(self.tree))
        return self._touch("events", self._events.set_totals(areas, rows[areas]))

    def set_ever(self, rows: Ints) -> None:
        """Take all-time counts of all areas, a row for each in the order of TOTALS."""
        self._events.set_ever(rows)
        self.version += 1
        self._stamps["events"].floor = self.version

    def not_held(self, ids: Iterable[int]) -> set[int]:
        """Those of these event ids that are not held: new ones, or ended ones that have left."""
        return set(ids) - self._events.columns.slot_of_id.keys()

    def advance(self, now_ms: int) -> bool:
        """Move the clock: deadlines pass, fixes get stale, midnight rolls. True when something changed.

        A clock that goes backwards is ignored.
        """
        if now_ms <= self.now_ms:
            return False
        self.now_ms = now_ms
        touched = np.concatenate((self._events.advance(now_ms), self._units.advance(now_ms)))
        self._trail.note(now_ms, self._events.columns)
        forgot = self._touch("alerts", self._alerts.advance(now_ms))
        rolled = now_ms >= self._events.day.end_ms
        if rolled:
            self._events.roll(Day.of(now_ms, self.zone))
            self.version += 1
            self._stamps["events"].floor = self._stamps["clock"].floor = self.version
        turned = self.walks.advance(now_ms)
        if turned:
            self.version += 1
            self._stamps["walks"].floor = self.version
        return self._touch("clock", touched) or rolled or forgot or turned

    def replace_content(self, other: Moving) -> None:
        """Take over what another (freshly loaded) situation holds; every stamp grows. The other is used up."""
        version = max(self.version, other.version) + 1
        for name in Moving.__slots__:
            setattr(self, name, getattr(other, name))
        self.version = self._areas_version = version
        for stamps in self._stamps.values():
            stamps.floor = version

    def stamp(self, topic: Topic, o: int) -> int:
        """Grows when anything of this topic changed in the area ("areas": when the city was loaded anew)."""
        return self._areas_version if topic == "areas" else self._stamps[topic].of(o)

    def _touch(self, topic: Topic, areas: Longs) -> bool:
        if len(areas):
            self.version += 1
            self._stamps[topic].touch(areas, self.version)
        return bool(len(areas))
