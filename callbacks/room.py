"""Room: what a running process holds, handed to everything that is registered on the app."""

from __future__ import annotations

from dataclasses import dataclass, field

from callbacks.pace import Pace
from geodata.domain.catalogue import Catalogue
from geodata.intake.door import Door
from geodata.services.access import Access
from geodata.services.sessions import Sessions
from geodata.situation.situation import Situation
from geodata.situation.tailing import Tail
from geodata.store import settings
from geodata.store.engine import Store
from geodata.store.folder import City, DataFolder


@dataclass(frozen=True, slots=True)
class Room:
    """One process shows one city; ``build`` names the code that runs."""

    store: Store
    situation: Situation
    tail: Tail
    city: City
    folder: DataFolder
    build: str
    access: Access
    sessions: Sessions
    door: Door
    pace: Pace = field(default_factory=Pace)

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue as the live picture holds it: an import may add to it while the process runs."""
        return self.situation.catalogue

    @property
    def areas_build(self) -> str:
        """The build of the boundaries in force; part of every tile's address."""
        with self.store.read() as conn:
            return settings.get(conn, settings.AREAS_BUILD) or ""
