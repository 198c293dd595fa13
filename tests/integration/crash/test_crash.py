"""kill −9 at random moments under load: what was acknowledged is there once, and the next start needs no hand.

``ONESCREEN_KILLS`` says how many kills over both databases (``make drill``: 200); ``ONESCREEN_SEED`` which ones.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from geodata.services.desk import Desk
from geodata.store import settings
from tests.integration.crash import town
from tests.integration.crash.drill import Drill, Pace
from tests.integration.crash.load import Ledger
from tests.integration.crash.proof import digest, opened, prove
from tests.integration.crash.town import Files, Town
from tests.postgres import Server

KILLS, SEED = int(os.environ.get("ONESCREEN_KILLS", "4")), int(os.environ.get("ONESCREEN_SEED", "9"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("files") / "imports")


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory, files: Files) -> Town:
    """The city in a file of an older version."""
    root = tmp_path_factory.mktemp("older") / "city"
    return town.found(root, files, f"sqlite:///{root / 'city.sqlite'}")


@pytest.fixture(scope="module")
def pace(older: Town, files: Files, tmp_path_factory: pytest.TempPathFactory) -> Pace:
    return Pace.of(town.copy_of(older, tmp_path_factory.mktemp("pace") / "city"), files)


@pytest.fixture
def reborn(kind: str, older: Town, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[int], Town]:
    """The older city anew, by the number of its life; that of the life before is gone."""
    lived: list[Town] = []
    server: Server | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
    like = server.new_database() if server else ""
    if server:
        town.copied(older.url, like)

    def anew(life: int) -> Town:
        for before in lived[-1:]:
            shutil.rmtree(before.folder.root)
            if server:
                server.drop(before.url)
        url = server.new_database(like.rpartition("/")[2]) if server else ""
        lived.append(town.copy_of(older, tmp_path / f"life{life}", url))
        return lived[-1]

    return anew


def test_what_was_acknowledged_outlives_kill_9_and_nothing_is_left_by_half(
    kind: str, reborn: Callable[[int], Town], files: Files, pace: Pace
) -> None:
    kills = KILLS // 2 if kind == "sqlite" else KILLS - KILLS // 2
    drill = Drill(kind, files, reborn, pace, SEED)
    try:
        drill.run(kills)
    finally:
        sys.stderr.write("\n".join([f"\n{kind}, seed {SEED}:", *drill.tally.lines()]) + "\n")
    assert sum(drill.tally.kills.values()) == kills


def test_the_proof_names_what_is_lost_counted_wrongly_or_drawn_for_another_build(older: Town, tmp_path: Path) -> None:
    there = town.copy_of(older, tmp_path / "city")
    with opened(there) as store:
        Desk.load(store, there.folder.city())  # counts by days, which the older file has not
        with store.read() as conn:
            build = settings.get(conn, settings.AREAS_BUILD) or ""
        archives = {build: digest(there.folder.area_tiles(build))}
        assert prove(there, store, Ledger(), archives) == []
        lost = Ledger({"e1": "P1"}, {"e1"}, {"e1": 1}, {"U01": 1}, {"phone-000003": "x"})
        found = {text.partition(":")[0] for text in prove(there, store, lost, archives)}
        assert found == {"events", "steps", "contacts", "positions", "photos", "receipts"}
        with store.begin() as conn:
            conn.exec_driver_sql("UPDATE rollup_day SET closed = closed + 1 WHERE closed > 0")
        there.folder.area_tiles(build).write_bytes(b"another")
        found = {text.partition(":")[0] for text in prove(there, store, Ledger(), archives)}
        assert found == {"rollup_day", "tiles"}
