"""Writing the daily roll-ups: each event counts on the local days of its report, its end and its deadline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy.engine import Connection

from geodata.domain.periods import day_numbers
from geodata.store import bulk
from geodata.store.ancestry import Ancestry, Longs
from geodata.store.bulk import NONE
from geodata.store.grouping import climbed, grouped
from geodata.store.models_days import DAYS, ON_DEADLINE, ON_END, ON_REPORT

DAY_BITS = 17
"""Days since 1970 up to the year 2199 fit."""


def write(
    conn: Connection, tree: Ancestry, at: Longs, kinds: tuple[Sequence[str], Sequence[str]],
    moments: tuple[Longs, Longs, Longs], zone: ZoneInfo, added: Mapping[str, Longs], counts: Mapping[str, Longs],
) -> None:  # fmt: skip
    """Add n events that stand at the positions ``at``; ``kinds`` are their classes and sources, ``moments`` their
    times of report, end and deadline in epoch ms or NONE, ``counts`` what each adds to the columns of DAY_COUNTS."""
    above = tree.above(tree.daily)
    own = np.where(tree.daily, np.arange(len(tree.ids)), above)[at]
    classes, class_names = pd.factorize(np.asarray(kinds[0], object))
    sources, source_names = pd.factorize(np.asarray(kinds[1], object))
    n_kinds = len(class_names) * len(source_names)
    kind = classes.astype(np.int64) * len(source_names) + sources
    for names, ms, some in zip(
        (ON_REPORT, ON_END, ON_DEADLINE), moments, (added["reported"], added["ended"], added["due"]), strict=True
    ):
        which = np.flatnonzero((some != 0) & (ms != NONE) & (own >= 0))
        used = [name for name in names if name in counts and counts[name][which].any()]
        if not used:
            continue
        day = day_numbers(ms[which], zone)
        keys = ((own[which] << DAY_BITS) + day) * n_kinds + kind[which]
        values = np.stack([counts[name][which] for name in used])
        found_keys, found = climbed(keys, values, above, n_kinds << DAY_BITS)
        cell, place = found_keys % n_kinds, found_keys // n_kinds
        by_kind = tree.rolled[place >> DAY_BITS]
        whole_keys, whole = grouped(place, found)
        texts = (class_names[cell[by_kind] // len(source_names)], source_names[cell[by_kind] % len(source_names)])
        _insert(conn, tree, place[by_kind], texts, used, found[:, by_kind])
        nothing = np.full(len(whole_keys), "", object)
        _insert(conn, tree, whole_keys, (nothing, nothing), used, whole)


def _insert(
    conn: Connection, tree: Ancestry, place: Longs, kinds: tuple[Longs, Longs], names: Sequence[str], sums: Longs
) -> None:
    some = np.flatnonzero(sums.any(axis=0))
    columns: dict[str, bulk.Column] = {
        "area_id": tree.ids[place[some] >> DAY_BITS].tolist(),
        "day": (place[some] & ((1 << DAY_BITS) - 1)).tolist(),
        "class_code": kinds[0][some].tolist(), "source": kinds[1][some].tolist(),
    }  # fmt: skip
    columns |= {name: sums[k, some].tolist() for k, name in enumerate(names)}
    bulk.insert(conn, DAYS, columns, add=True)
