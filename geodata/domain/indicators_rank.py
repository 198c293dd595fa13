"""Rank 排名: areas inside their peer groups, with the change on the period before and on the same one a year before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from geodata.domain.areas import Area
from geodata.domain.indicators import is_small
from geodata.domain.indicators_table import Better

PEERS: tuple[str, ...] = (
    "core", "suburb", "county", "subdistrict", "town", "township", "community", "village",
    "urban", "rural", "dedicated",
)  # fmt: skip
"""Peer groups that have a name, as ``Area.kind`` says them; a city may use others. 中心城区、近郊、远郊区县；
街道、镇、乡；社区、村；城市、农村、专属网格."""


class Standing(NamedTuple):
    """An area's value (None: nothing to divide by) and on how many cases it stands."""

    value: float | None
    den: int


class Rank(NamedTuple):
    """``place`` counts from 1 in the peer group, equal values share one; None without a value, or on fewer than 20
    cases, which are printed and not compared. ``of``: how many are ranked. Changes are differences of values."""

    key: str
    peer: str
    value: float | None
    den: int
    place: int | None
    of: int
    change: float | None
    change_year: float | None
    place_before: int | None


def peer_of(area: Area) -> str:
    """The peer group of an area: its kind; areas without a kind are one group."""
    return area.kind


def ranked(
    now: Mapping[str, Standing], before: Mapping[str, Standing], year: Mapping[str, Standing],
    peers: Mapping[str, str], better: Better,
) -> list[Rank]:  # fmt: skip
    """The areas of ``now``: groups in the order of PEERS, then by name; best first in each, unranked ones last.

    ``before`` and ``year`` may lack areas. ``peers`` gives each key's group.
    """
    places, places_before = _places(now, peers, better), _places(before, peers, better)
    sizes: dict[str, int] = {}
    for key in places:
        sizes[peers.get(key, "")] = sizes.get(peers.get(key, ""), 0) + 1
    rows = [
        Rank(key, peers.get(key, ""), s.value, s.den, places.get(key), sizes.get(peers.get(key, ""), 0),
             _change(s, before.get(key)), _change(s, year.get(key)), places_before.get(key))
        for key, s in now.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda r: (_group(r.peer), r.place is None, r.place or 0, r.value is None, r.key))


def _group(peer: str) -> tuple[int, str]:
    return (PEERS.index(peer) if peer in PEERS else len(PEERS), peer)


def _places(of: Mapping[str, Standing], peers: Mapping[str, str], better: Better) -> dict[str, int]:
    groups: dict[str, list[tuple[float, str]]] = {}
    for key, s in of.items():
        if s.value is not None and not is_small(s.den):
            groups.setdefault(peers.get(key, ""), []).append((-s.value if better is Better.HIGH else s.value, key))
    return {key: place for group in groups.values() for key, place in _numbered(sorted(group))}


def _numbered(ordered: Iterable[tuple[float, str]]) -> Iterable[tuple[str, int]]:
    last: float | None = None
    place = 0
    for n, (value, key) in enumerate(ordered, 1):
        if value != last:
            last, place = value, n
        yield key, place


def _change(now: Standing, then: Standing | None) -> float | None:
    if then is None or now.value is None or then.value is None:
        return None
    return now.value - then.value
