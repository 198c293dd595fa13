"""The map of a wall that hangs for weeks, run by node with time in the hands of the test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.live.test_life_client import run_in

RIG = Path(__file__).with_name("map_rig.js")
pytestmark = pytest.mark.usefixtures("node")


def run(script: str) -> Any:
    """What the script says by ``rig.say``, once the map stands."""
    return run_in(RIG, f"await rig.start(); {script}")


def test_the_map_goes_with_the_frames_and_asks_nobody_else_where_an_area_lies() -> None:
    told = run("""
      const { state } = onescreen.map, first = [state.card.code, onescreen.map.stats.fits];
      onescreen.view.go("/wall/D10"); await rig.pass(2000);
      rig.say([first, state.card.code, rig.pane.dataset.area, rig.cameras.pop()[0][0], rig.asked, rig.fetched]);
    """)
    assert told == [["C", 1], "D10", "D10", 3, [], 0]


def test_the_map_does_not_go_back_to_the_area_that_was_left_while_the_next_one_is_on_its_way() -> None:
    told = run("""
      onescreen.view.go("/wall/D1"); await rig.pass(2000);
      rig.deaf = true; onescreen.view.go("/wall/C"); await rig.pass(100);
      onescreen.panels.refresh(); await rig.pass(1000);
      const early = rig.pane.dataset.area; rig.deaf = false; await rig.pass(9000);
      rig.say([early, rig.pane.dataset.area]);
    """)
    assert told == ["C", "C"]
