"""The demo's past patrols: what is kept of each shift, and what its replay says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from geodata.demo.build import build_demo
from geodata.demo.city import CitySize
from geodata.services.desk import Desk
from geodata.situation.replay.walks_then import walks_at
from geodata.store import coverage, shift_blocks, walk_log, walks
from geodata.store.engine import Store
from geodata.store.folder import DataFolder

SIZE = CitySize(3, 12, 60, 300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A very small city."""
    made = DataFolder(Path(tmp_path_factory.mktemp("walked")))
    build_demo(made, 7, SIZE)
    return made


@pytest.fixture
def store(folder: DataFolder) -> Iterator[Store]:
    """Its store."""
    opened = Store.open(folder.database_url)
    yield opened
    opened.close()


def test_the_walk_log_of_the_past_days_says_what_is_kept_of_each_shift(folder: DataFolder, store: Store) -> None:
    grids = Desk.load(store, folder.city()).grids
    with store.read() as conn:
        shifts = coverage.known(conn, 0, 1 << 60)
        blocks = {shift: shift_blocks.of_shift(conn, shift.from_ms) for shift in shifts[:-1]}
        now, first = walks.everything(conn), walk_log.known_since(conn)
    assert len(blocks) > 80
    assert first == shifts[0].from_ms
    assert walks_at(store, grids, first - 1) is None
    for shift, rows in list(blocks.items())[::9]:
        before = walks_at(store, grids, shift.to_ms - 1)  # at its end the next one begins
        assert before is not None
        ended = rows.last_ms < shift.to_ms
        assert ended.mean() > 0.9
        at_end = before.met_ms[grids.places(rows.area_id[ended])] == shift.from_ms
        met_then = {*rows.area_id[ended][at_end].tolist()}
        met = rows.area_id[grids.met(grids.places(rows.area_id), rows.inside_ms, rows.fixes)]
        assert met_then == {*met.tolist()} & {*rows.area_id[ended].tolist()}
        walked = before.last_ms[grids.places(rows.area_id)]
        assert (walked == rows.last_ms)[ended].all()
        middle = walks_at(store, grids, (shift.from_ms + shift.to_ms) // 2)
        assert middle is not None
        assert 0 < np.count_nonzero(middle.met_ms == shift.from_ms) < len(met)
    then = walks_at(store, grids, int(now.last_ms.max()))
    assert then is not None
    assert (then.last_ms[grids.places(now.area_id)] == now.last_ms).all()
