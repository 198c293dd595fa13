"""Areas: a city's hierarchy as data. Any number of levels, any codes, branches of unequal depth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


class HierarchyError(ValueError):
    """The areas do not form one tree; the message names the offending code and the rule."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a city's hierarchy; ``depth`` 0 is the city itself."""

    depth: int
    key: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Area:
    """One area without its polygon. ``lon``/``lat`` (WGS-84) is a point inside it, for its label."""

    id: int
    code: str
    name: str
    depth: int
    parent_code: str | None
    lon: float
    lat: float
    bbox: tuple[float, float, float, float]
    area_m2: float
    name_en: str = ""
    kind: str = ""
    initials: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    def label(self, lang: str) -> str:
        """The name to show in this language; the only name where there is no other."""
        return self.name_en if lang == "en" and self.name_en else self.name


class AreaTree:
    """The hierarchy numbered depth first: an area's whole subtree is the range ``[o, end[o])``.

    ``o`` is called the ordinal. Ordinal 0 is the city. Siblings follow the order of their codes. An event or unit
    carries the ordinal of the deepest area it could be placed in, so that
    ``total(parent) = sum(total(child) for child in children) + directly placed at the parent``: what stands directly
    at a parent that has children is *unplaced* below it, and never lost.
    """

    __slots__ = ("areas", "children_of", "depth", "end", "lat", "levels", "lon", "ordinal", "ordinal_by_id", "parent")

    def __init__(self, levels: Sequence[Level], areas: Sequence[Area]) -> None:
        """Number the areas; raise HierarchyError for no root, several roots, orphans, cycles or equal codes."""
        by_code = {a.code: a for a in areas}
        if len(by_code) != len(areas):
            raise HierarchyError("two areas carry the same code")
        kids: dict[str | None, list[Area]] = {}
        for a in sorted(areas, key=lambda a: a.code):
            if a.parent_code is not None and a.parent_code not in by_code:
                raise HierarchyError(f"area {a.code} names the parent {a.parent_code}, which does not exist")
            kids.setdefault(a.parent_code, []).append(a)
        roots = kids.get(None, [])
        if len(roots) != 1:
            raise HierarchyError(f"a city has one root area; found {len(roots)}: {[r.code for r in roots[:5]]}")
        order: list[Area] = []
        stack = [roots[0]]
        while stack:
            a = stack.pop()
            order.append(a)
            stack.extend(reversed(kids.get(a.code, ())))
        if len(order) != len(areas):
            lost = sorted(set(by_code) - {a.code for a in order})
            raise HierarchyError(f"areas {lost[:5]} are their own ancestors")
        n = len(order)
        self.levels: tuple[Level, ...] = tuple(levels)
        self.areas: tuple[Area, ...] = tuple(order)
        self.ordinal: dict[str, int] = {a.code: i for i, a in enumerate(order)}
        self.ordinal_by_id: dict[int, int] = {a.id: i for i, a in enumerate(order)}
        self.parent: Ints = np.fromiter(
            (-1 if a.parent_code is None else self.ordinal[a.parent_code] for a in order), np.int32, n
        )
        self.depth: Ints = np.fromiter((a.depth for a in order), np.int32, n)
        size = np.ones(n, np.int32)
        for i in range(n - 1, 0, -1):
            size[self.parent[i]] += size[i]
        self.end: Ints = np.arange(n, dtype=np.int32) + size
        self.lon: Floats = np.fromiter((a.lon for a in order), np.float64, n)
        self.lat: Floats = np.fromiter((a.lat for a in order), np.float64, n)
        by_parent = np.argsort(self.parent, kind="stable").astype(np.int32)
        first = np.searchsorted(self.parent[by_parent], np.arange(n + 1))
        self.children_of: tuple[Ints, Ints] = (by_parent, first.astype(np.int32))

    def __len__(self) -> int:
        return len(self.areas)

    def children(self, o: int) -> Ints:
        """Ordinals of the direct children, ascending; empty for a leaf."""
        flat, first = self.children_of
        return flat[first[o] : first[o + 1]]

    def is_leaf(self, o: int) -> bool:
        """Whether nothing lies below."""
        return bool(self.end[o] == o + 1)

    def chain(self, o: int) -> list[int]:
        """The ordinals from the city down to ``o``, both included."""
        up = []
        while o >= 0:
            up.append(o)
            o = int(self.parent[o])
        return up[::-1]

    def place(self, o: int, lang: str, within: int = 0) -> str:
        """The names from below ``within`` down to ``o``, as people say where something is; its own where it is
        ``within`` itself."""
        chain = self.chain(o)
        below = chain[chain.index(within) + 1 :] if within in chain else chain[1:]
        return " · ".join(self.areas[i].label(lang) for i in below or [o])

    def path(self, o: int) -> Iterator[Area]:
        """The areas from the city down to ``o``."""
        return (self.areas[i] for i in self.chain(o))

    def descendants(self, o: int, steps: int) -> Ints:
        """Ordinals ``steps`` levels below ``o`` (0 = itself), plus leaves that end above that depth."""
        now = np.array([o], np.int32)
        for _ in range(steps):
            parts = [k if len(k := self.children(int(i))) else np.array([i], np.int32) for i in now]
            now = np.concatenate(parts) if parts else now
        return now
