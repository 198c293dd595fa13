"""Desk: what every service needs to know of the city."""

from __future__ import annotations

from dataclasses import dataclass, field

from geodata.boundaries.placing import Placer
from geodata.domain import alerts, lights, surges
from geodata.domain.alerts import AlertRules
from geodata.domain.areas import AreaTree
from geodata.domain.catalogue import Catalogue
from geodata.domain.clocks import WorkCalendar
from geodata.domain.coverage import DEFAULT_PLAN, Grids, PatrolPlan
from geodata.domain.lights import LightRules
from geodata.domain.plans import PLANS, Plan
from geodata.domain.surges import SurgeRules
from geodata.services.calendar import work_calendar
from geodata.store import settings
from geodata.store.areas import has_areas, load_tree
from geodata.store.catalogue import load_catalogue
from geodata.store.engine import Store
from geodata.store.folder import City
from geodata.store.rollups import rebuild
from geodata.store.tracing import retrace


class NoAreasError(ValueError):
    """A city without boundaries cannot take events."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The city as its services see it; immutable, loaded again after areas or catalogue have changed."""

    store: Store
    tree: AreaTree
    placer: Placer
    catalogue: Catalogue
    calendar: WorkCalendar
    lights: LightRules = lights.DEFAULT_RULES
    alerts: AlertRules = alerts.DEFAULT_RULES
    joint: tuple[Plan, ...] = PLANS
    surges: SurgeRules = surges.DEFAULT_RULES
    patrol: PatrolPlan = DEFAULT_PLAN
    grids: Grids = field(init=False)

    def __post_init__(self) -> None:
        """The grids follow from the areas and the plan."""
        object.__setattr__(self, "grids", Grids.of(self.tree, self.patrol))

    @classmethod
    def load(cls, store: Store, city: City) -> Desk:
        """Read areas, polygons and catalogue. Raises NoAreasError where there are none yet."""
        keep_zone(store, city)
        with store.read() as conn:
            if not has_areas(conn):
                raise NoAreasError("there are no areas yet; import them first: python app.py import areas --help")
            tree = load_tree(conn)
            catalogue = load_catalogue(conn)
        placer = Placer.load(store, tree)
        calendar = work_calendar(city)
        return cls(
            store, tree, placer, catalogue, calendar, city.lights.rules, city.alerts.rules, city.joint,
            city.surges.rules, city.coverage.plan,
        )  # fmt: skip


def keep_zone(store: Store, city: City) -> None:
    """Make the store count months and days by the city's own calendar, and anew after a migration that asks for it."""
    with store.read() as conn:
        known, due = settings.get(conn, settings.TIME_ZONE), settings.get(conn, settings.RECOUNT)
    if known != city.time_zone or due:
        with store.begin() as conn:
            settings.put(conn, settings.TIME_ZONE, city.time_zone)
            if due:
                retrace(conn)
                settings.drop(conn, settings.RECOUNT)
            rebuild(conn)
