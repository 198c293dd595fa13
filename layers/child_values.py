"""What areas and labels have in common: the children of the area that is shown, and the measure of each."""

from __future__ import annotations

from dataclasses import dataclass

from geodata.domain.areas import AreaTree
from geodata.domain.view import MapView, Measure
from geodata.situation.situation import Situation


@dataclass(frozen=True, slots=True)
class ChildValues:
    """The measure per area, in the tree's order.

    ``ordinals`` are the children, or the leaf itself, which has the middle of its own scale: its siblings may not
    be for the eyes of who looks. ``outlines_of`` is the code whose children's outlines are needed (a leaf's are its
    own). ``texts``: what labels say instead of the values, where another layer gives the colours.
    """

    tree: AreaTree
    ordinals: tuple[int, ...]
    values: tuple[float, ...]
    outlines_of: str
    scale_max: float
    texts: tuple[str, ...] = ()


def child_values(situation: Situation, view: MapView) -> ChildValues:
    """The children of the view's area with their values; KeyError for an area that is not in force."""
    tree = situation.tree
    o = tree.ordinal[view.area]
    leaf = tree.is_leaf(o)
    parent = int(tree.parent[o]) if leaf else o
    if parent < 0:
        return ChildValues(tree, (o,), (), "", 0.0)
    ordinals, values = situation.children(parent, view.measure, view.filters)
    pairs = [(int(i), float(v)) for i, v in zip(ordinals, values, strict=True)]
    shown = [p for p in pairs if p[0] == o] if leaf else pairs
    top = 2 * shown[0][1] if leaf else scale_top([v for _, v in shown])
    return ChildValues(tree, tuple(i for i, _ in shown), tuple(v for _, v in shown), view.area, top)


def scale_top(values: list[float]) -> float:
    """The value that takes the strongest colour: the largest, unless it would leave all others pale.

    One area far above the rest (a hotline's default place, a storm) is cut off at half as much again as what nine in
    ten areas stay within; the label prints its number.
    """
    if not values:
        return 0.0
    ordered = sorted(values)
    usual = ordered[int(0.9 * (len(ordered) - 1))]
    return min(ordered[-1], 1.5 * usual) or ordered[-1]


def value_text(value: float, measure: Measure) -> str:
    """The value as the map prints it: whole numbers with thousands marks, a density with one decimal below ten."""
    if measure is Measure.DENSITY and value < 10:
        return f"{value:.1f}" if value >= 0.05 or value == 0 else "<0.1"
    return f"{value:,.0f}"
