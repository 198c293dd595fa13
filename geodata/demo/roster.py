"""Who is on duty: posts and teams with call signs, homes and beats. Never a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.demo.hierarchy import apportion
from geodata.demo.stage import Stage
from geodata.domain.units import UnitKind

Longs = npt.NDArray[np.int64]

UNITS_PER_GRID = 20_000 / 66_000
KINDS: tuple[UnitKind, ...] = tuple(UnitKind)
# kind → share of all units, letter in its code, sign in its call sign, what it can do
_KINDS: dict[UnitKind, tuple[float, str, str, str]] = {
    UnitKind.GRID_POST: (0.72, "G", "巡", "patrol,check"),
    UnitKind.ENFORCEMENT: (0.11, "E", "执", "enforcement"),
    UnitKind.MEDIATION: (0.06, "M", "调", "mediation"),
    UnitKind.EMERGENCY: (0.05, "R", "应", "rescue,fire,gas"),
    UnitKind.PROPERTY: (0.06, "P", "物", "property,lift"),
}


@dataclass(frozen=True, slots=True)
class Roster:
    """n units. ``kind`` index into KINDS; a unit's beat is the grids ``first`` … ``last`` − 1; ``home`` an area code.

    ``team`` (kinds, grids) the unit of each kind that answers there.
    """

    code: list[str]
    call_sign: list[str]
    kind: Longs
    home: list[str]
    skills: list[str]
    first: Longs
    last: Longs
    team: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.code)


def draw_roster(stage: Stage) -> Roster:
    """The units of a city: posts by community, teams by street; the same for the same stage."""
    total = max(len(KINDS) * 2, round(len(stage) * UNITS_PER_GRID))
    beats = [_beats(stage, kind, max(1, round(total * _KINDS[kind][0]))) for kind in KINDS]
    kind = np.concatenate([np.full(len(b), k) for k, b in enumerate(beats)])
    first, last = np.concatenate(beats).T
    district = stage.district[first]
    number = _numbers(district * len(KINDS) + kind)
    code, call_sign, home = [], [], []
    columns = (x.tolist() for x in (kind, district, number, first, last))
    for k, d, n, a, b in zip(*columns, strict=True):
        _, letter, sign, _ = _KINDS[KINDS[k]]
        code.append(f"{letter}{stage.district_code[d]}{n:04d}")
        call_sign.append(f"{stage.district_word[d]}{sign}{n:04d}")
        home.append(_home(stage, a, b))
    team = np.stack([_answering(stage, b, int((kind < k).sum())) for k, b in enumerate(beats)])
    skills = [_KINDS[KINDS[k]][3] for k in kind.tolist()]
    return Roster(code, call_sign, kind.astype(np.int64), home, skills, first, last, team.astype(np.int32))


def _beats(stage: Stage, kind: UnitKind, wanted: int) -> Longs:
    """(m, 2) first and last grid of each beat: parts of communities for posts, of streets for the others."""
    scope = stage.community if kind is UnitKind.GRID_POST else stage.street
    edge = np.flatnonzero(np.diff(scope)) + 1  # grids of one community, and of one street, follow each other
    first, last = np.r_[0, edge], np.r_[edge, len(scope)]
    size = last - first
    if wanted < len(size):  # too few for one each: neighbours share one
        cut = np.linspace(0, len(size), wanted + 1).astype(np.int64)
        return np.stack([first[cut[:-1]], last[cut[1:] - 1]], 1)
    share = apportion(size.astype(float), min(wanted, int(size.sum())), size)
    of = np.repeat(np.arange(len(size)), share)
    k = np.arange(len(of)) - np.repeat(np.r_[0, np.cumsum(share)[:-1]], share)
    low = first[of] + k * size[of] // share[of]
    high = first[of] + (k + 1) * size[of] // share[of]
    return np.stack([low, high], 1)


def _answering(stage: Stage, beats: Longs, offset: int) -> Longs:
    """The unit of this kind for each grid: the one whose beat it is."""
    return np.asarray(np.searchsorted(beats[:, 0], np.arange(len(stage)), side="right") - 1 + offset)


def _numbers(group: Longs) -> Longs:
    """A running number from 1 inside each group."""
    order = np.argsort(group, kind="stable")
    start = np.r_[True, np.diff(group[order]) > 0]
    begin = np.maximum.accumulate(np.where(start, np.arange(len(group)), 0))
    out = np.empty(len(group), np.int64)
    out[order] = np.arange(len(group)) - begin + 1
    return out


def _home(stage: Stage, first: int, last: int) -> str:
    """The smallest area that holds the whole beat."""
    if last - first == 1:
        return str(stage.code[first])
    for of, codes in (
        (stage.community, stage.community_code),
        (stage.street, stage.street_code),
        (stage.district, stage.district_code),
    ):
        if of[first] == of[last - 1]:
            return str(codes[of[first]])
    return ""
