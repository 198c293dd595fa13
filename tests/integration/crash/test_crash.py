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

from tests.integration.crash import town
from tests.integration.crash.drill import Drill, Pace
from tests.integration.crash.town import Files, Town
from tests.postgres import Server

KILLS, SEED = int(os.environ.get("ONESCREEN_KILLS", "6")), int(os.environ.get("ONESCREEN_SEED", "9"))


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
    drill = Drill(files, reborn, pace, SEED)
    try:
        drill.run(kills)
    finally:
        sys.stderr.write("\n".join([f"\n{kind}, seed {SEED}:", *drill.tally.lines()]) + "\n")
    assert sum(drill.tally.kills.values()) == kills
