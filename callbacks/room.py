"""Room: what a running process holds, handed to everything that is registered on the app."""

from __future__ import annotations

from dataclasses import dataclass

from geodata.domain.catalogue import Catalogue
from geodata.situation.situation import Situation
from geodata.situation.tailing import Tail
from geodata.store.engine import Store
from geodata.store.folder import City, DataFolder


@dataclass(frozen=True, slots=True)
class Room:
    """One process shows one city; ``build`` names the code and ``areas_build`` the boundaries that are served."""

    store: Store
    situation: Situation
    tail: Tail
    city: City
    folder: DataFolder
    catalogue: Catalogue
    build: str
    areas_build: str
