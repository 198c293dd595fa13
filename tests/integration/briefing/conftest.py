"""The little city with six hundred events of forty days, whose first thirty days are over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from geodata.domain.briefing import Brief, Briefing, Kind
from geodata.domain.periods import local_day
from geodata.services.actors import Actor
from geodata.services.briefing import made
from geodata.situation.loading import load_situation
from geodata.situation.situation import Situation
from geodata.store.engine import Store
from geodata.store.folder import City
from geodata.store.history import bulk_history
from tests.factories.access_city import OPERATOR
from tests.factories.little_city import HOUR, T0, found_city, history

DAY = 24 * HOUR
NOW = T0 + 41 * DAY
ZONE = ZoneInfo("Asia/Shanghai")
TODAY = local_day(NOW, ZONE)
CITY = City(title_zh="小城", title_en="Little city", approval_number="审图号:GS(2026)0001")


@dataclass
class Office:
    """A store, its live picture, and briefings of it."""

    store: Store
    situation: Situation

    def of(self, kind: Kind = Kind.WEEK, area: str = "C", days_ago: int = 14, by: Actor = OPERATOR) -> Briefing:
        """The briefing of the period that a day lies in."""
        return made(self.store, self.situation, CITY, by, area, brief(kind, days_ago)).briefing


def brief(kind: Kind = Kind.WEEK, days_ago: int = 14) -> Brief:
    """The period of a day so long ago."""
    return Brief.of(kind, TODAY - timedelta(days=days_ago))


@pytest.fixture
def office(store: Store) -> Office:
    """Once on each database."""
    return founded(store)


@pytest.fixture
def small_office(sqlite_store: Store) -> Office:
    """Where the database makes no difference."""
    return founded(sqlite_store)


def founded(store: Store) -> Office:
    """Found the city and let things happen in it."""
    with store.begin() as conn:
        found_city(conn)
        bulk_history(conn, history(600), at_ms=NOW, actor="wang.officer")
    return Office(store, load_situation(store, ZONE, NOW))
