"""Drafts: single areas on their way into a tree, and the ways one finds its parent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geodata.boundaries.mapping import ParentRule, Source
from geodata.boundaries.reading import RawAreas
from geodata.boundaries.report import Report

ROOT = "\0root"
"""Stands for "no parent": the area is the root, or hangs below the one that is made."""


@dataclass(eq=False, slots=True)
class Draft:
    """One area. ``said`` is its parent as the file says, ``parent`` a code, ROOT, or empty where none was found."""

    code: str
    name: str
    name_en: str
    kind: str
    said: str
    valid_from: str
    valid_to: str
    polygon: shapely.Geometry | None
    depth: int
    level: str
    parent: str = ""
    why: str = ""

    def where(self) -> dict[str, Any]:
        """Its level, code and place, for a finding."""
        at: dict[str, Any] = {"level": self.level, "code": self.code}
        if self.polygon is not None:
            point = shapely.point_on_surface(self.polygon)
            at |= {"lon": float(shapely.get_x(point)), "lat": float(shapely.get_y(point))}
        return at


def drafts_of(raw: RawAreas, depth: int, level: str) -> list[Draft]:
    """The drafts of one file's areas."""
    return [
        Draft(raw.code[i], raw.name[i], raw.name_en[i], raw.kind[i], raw.parent[i], raw.valid_from[i], raw.valid_to[i],
              raw.polygon[i], depth, level)
        for i in range(len(raw))
    ]  # fmt: skip


def find_parents(
    rows: Sequence[Draft], upper: Sequence[Draft], source: Source, has_column: bool, report: Report
) -> None:
    """Give each draft of a level its parent among ``upper``, the drafts of all levels above (the nearest level last).

    What finds none keeps ``parent`` empty and ``why`` says the reason.
    """
    level = rows[0].level if rows else ""
    rule: ParentRule = source.parents or ("prefix" if source.parent_prefix else "column" if has_column else "")
    above = [d for d in upper if d.depth == upper[-1].depth]
    if rule == "column":
        _by_column(rows, upper)
    elif rule == "prefix":
        _by_prefix(rows, above, source.parent_prefix)
    elif rule == "within":
        _by_place(rows, above, level, report)
    elif len(above) == 1:
        for d in rows:
            d.parent = above[0].code
        report.add("parents", f"all areas hang below {above[0].code}, the only area above", level=level)
    else:
        for d in rows:
            d.why = "nothing says whose part it is: name a parent column, a code prefix, or --parents within"


def _by_column(rows: Sequence[Draft], upper: Sequence[Draft]) -> None:
    codes = {d.code for d in upper}
    for d in rows:
        if d.said in codes:
            d.parent = d.said
        else:
            d.why = f"names the parent {d.said}, which does not exist above" if d.said else "names no parent"


def _by_prefix(rows: Sequence[Draft], above: Sequence[Draft], length: int) -> None:
    """The area above whose code begins with the same ``length`` characters; 0 takes the length of the codes above."""
    lengths = [length] if length else sorted({len(d.code) for d in above}, reverse=True)
    tables: list[Mapping[str, list[str]]] = []
    for n in lengths:
        table: dict[str, list[str]] = {}
        for d in above:
            if length or len(d.code) == n:
                table.setdefault(d.code[:n], []).append(d.code)
        tables.append(table)
    for d in rows:
        fits = next((t[d.code[:n]] for n, t in zip(lengths, tables, strict=True) if d.code[:n] in t), [])
        if len(fits) == 1:
            d.parent = fits[0]
        else:
            head = d.code[: lengths[0]] if lengths else ""
            d.why = f"{len(fits) or 'no'} areas above have codes that begin with {head}"


def _by_place(rows: Sequence[Draft], above: Sequence[Draft], level: str, report: Report) -> None:
    """The area above that contains the area's inner point, else the one it overlaps most."""
    having = [d for d in rows if d.polygon is not None]
    upper = [d for d in above if d.polygon is not None]
    tree = shapely.STRtree(np.array([d.polygon for d in upper], object))
    points = shapely.point_on_surface(np.array([d.polygon for d in having], object))
    for i, j in zip(*tree.query(points, predicate="intersects").tolist(), strict=True):
        having[i].parent = having[i].parent or upper[j].code
    left = [d for d in having if not d.parent]
    for d in left:
        near = tree.query(d.polygon, predicate="intersects")
        shared = [shapely.area(shapely.intersection(d.polygon, upper[j].polygon)) for j in near]
        if shared and max(shared) > 0:
            d.parent = upper[int(near[int(np.argmax(shared))])].code
        else:
            d.why = "lies in no area of the level above"
    overlapping = sum(bool(d.parent) for d in left)
    text = f"{len(having):,} parents found by place, {overlapping:,} of them by the largest overlap"
    report.add("parents", text, level=level)
