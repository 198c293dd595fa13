"""Wording: which events say a text: in their description, their code, the name of their kind, or of their place."""

from __future__ import annotations

import numpy as np

from geodata.domain.catalogue import Catalogue
from geodata.situation.event_book import Bools, EventBook
from geodata.situation.runs import Longs

PLACES_KEPT = 32


class Wording:
    """Looks for texts, without regard to case. What places are called is looked up once per text."""

    def __init__(self, book: EventBook, catalogue: Catalogue) -> None:
        self._book, self._catalogue = book, catalogue
        self._named: dict[str, list[int]] = {}

    def says(self, text: str, slots: Longs, o: int) -> Bools:
        """Which of these events of an area say the text. The area's own name says nothing about any of them."""
        wanted, c = text.casefold(), self._book.columns
        kinds = np.array([self._kind(code, wanted) for code in self._book.book.subtypes.texts], np.bool_)
        found: Bools = kinds[c.subtype[slots]] | self._places(wanted, o)[c.o[slots]]
        rest = np.flatnonzero(~found)
        description, code = c.description, c.code
        found[rest] = [
            wanted in description[s].casefold() or wanted in code[s].casefold() for s in slots[rest].tolist()
        ]
        return found

    def _kind(self, code: str, wanted: str) -> bool:
        kind = self._catalogue.subtypes.get(code)
        return kind is not None and (wanted in kind.name_zh.casefold() or wanted in kind.name_en.casefold())

    def _places(self, wanted: str, o: int) -> Bools:
        """Per ordinal: whether it lies in a place below the area that is called so."""
        tree = self._book.tree
        if wanted not in self._named:
            if len(self._named) >= PLACES_KEPT:
                self._named.clear()
            self._named[wanted] = [
                i for i, area in enumerate(tree.areas)
                if wanted in area.name.casefold() or wanted in area.name_en.casefold()
            ]  # fmt: skip
        steps = np.zeros(len(tree) + 1, np.int32)
        for top in self._named[wanted]:
            if o < top < tree.end[o]:
                steps[top] += 1
                steps[tree.end[top]] -= 1
        inside: Bools = np.cumsum(steps[:-1]) > 0
        return inside
