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


# -- what holds a redraw up ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("off_h", [-24, 24])
def test_colours_and_marks_go_on_when_the_screens_own_clock_is_set(off_h: int) -> None:
    told = run(f"""
      const {{ map }} = onescreen, scroll = () => rig.happens("scroll");
      map.applyTraces("areas/fill", {{ z: [1] }}); await rig.pass(4000);
      const before = rig.redraws.length; rig.off = {off_h} * 3600e3;
      map.applyTraces("areas/fill", {{ z: [2] }}); await rig.pass(4000);
      const colours = rig.redraws.length - before;
      rig.off = 0; scroll(); map.applyMarks("events/marks", {{ all: [["E1", 1, 1, {{}}]] }});
      const held = rig.drawn; rig.off = {off_h} * 3600e3;
      for (let ms = 0; ms < 3500; ms += 100) {{ scroll(); await rig.pass(100); }}
      rig.say([before, colours, held, rig.drawn]);
    """)
    assert told == [1, 1, 0, 1]


def test_an_outline_that_hangs_is_given_up_and_holds_no_other_area_up() -> None:
    told = run("""
      rig.page = (n, url) => url.includes("/D1.json") ? new Promise(() => {}) : rig.ours;
      onescreen.map.applyTraces("areas/fill", { geojson: "D1", locations: ["D11"] }); await rig.pass(5000);
      const stuck = rig.redraws.length;
      onescreen.map.applyTraces("areas/fill", { geojson: "C", locations: ["D1"] }); await rig.pass(25000);
      rig.say([stuck, rig.redraws.length, onescreen.map.gate.empty(), onescreen.map.behindMs()]);
    """)
    assert told == [0, 1, True, 0]


# -- loading anew --------------------------------------------------------------------------------------------------

DEAD = "rig.draws = false; await rig.start();"


@pytest.mark.parametrize(("tries", "stays_s", "goes_s"), [(0, 310, 30), (1, 610, 30), (3, 2410, 30)])
def test_a_screen_whose_map_does_not_come_up_loads_itself_anew_ever_more_seldom(
    tries: int, stays_s: int, goes_s: int
) -> None:
    told = run_in(RIG, f"""
      rig.kept.set("map_tries", "{tries}"); {DEAD} await rig.pass({stays_s} * 1000);
      const early = rig.reloads; await rig.pass({goes_s} * 1000);
      rig.say([onescreen.life.parts().map[0], early, rig.reloads, rig.kept.get("map_tries")]);
    """)  # fmt: skip
    assert told == ["raised", 0, 1, str(tries + 1)]


@pytest.mark.parametrize(
    "meanwhile", ["onescreen.account.me = () => ({ screen: false })", 'rig.doing = "alert"', "rig.cut()"]
)
def test_nobody_is_disturbed_by_a_map_that_does_not_come_up_and_no_line_is_needed_twice(meanwhile: str) -> None:
    told = run_in(RIG, f"{DEAD} {meanwhile}; await rig.pass(900000); rig.say([rig.reloads, rig.kept.size]);")
    assert told == [0, 0]


def test_a_map_that_was_well_for_long_is_helped_at_once_the_next_time() -> None:
    told = run("""
      rig.kept.set("map_tries", "4"); await rig.pass(1700000); const soon = rig.kept.get("map_tries");
      await rig.pass(120000); rig.say([soon, rig.kept.has("map_tries")]);
    """)
    assert told == ["4", False]


NIGHT, LATER = 28.3, 31
"""Hours since midnight of the day on which the wall began: just after its calm minute, and after that night."""


def test_a_screen_is_renewed_in_the_night_with_a_still_and_by_day_it_is_not() -> None:
    for page in ("wall", "area"):
        told = run_in(RIG, f"""
          onescreen.programme.plan = () => ({{ own: "/{page}/C" }}); rig.at = "/{page}/C"; await rig.start();
          await rig.hour(23); const day = rig.reloads; await rig.hour({NIGHT});
          rig.say([day, rig.reloads, rig.kept.has("still")]);
        """)  # fmt: skip
        assert told == [0, 1, True], page


def test_a_wall_that_somebody_left_at_another_page_is_not_renewed_there() -> None:
    told = run(f"""
      await rig.hour(23); onescreen.view.go("/area/C"); await rig.pass(5000); await rig.hour({NIGHT});
      rig.say(rig.reloads);
    """)
    assert told == 0


NEVER_SOUND = {
    "a part": 'onescreen.life.broke("feed");',
    "no picture to be taken": "document.documentElement.cloneNode = () => { throw new Error(); };",
    "a picture that never comes": "rig.draws = false;",
}


@pytest.mark.parametrize("broken", NEVER_SOUND.values(), ids=NEVER_SOUND.keys())
def test_what_fails_for_good_ends_no_renewal(broken: str) -> None:
    told = run(f"""
      await rig.hour(23); {broken} await rig.hour({NIGHT}); await rig.hour({LATER});
      const first = rig.reloads; await rig.hour({LATER} + 12); const day = rig.reloads;
      await rig.hour({NIGHT} + 24); rig.say([first, day, rig.reloads, rig.kept.has("still")]);
    """)
    assert told == [0, 0, 1, False]


def test_a_wall_that_a_touch_filled_keeps_the_screen_for_six_nights() -> None:
    told = run(f"""
      document.fullscreenElement = {{}}; await rig.hour(23); const nights = [];
      for (let n = 0; n < 7; n += 1) {{ await rig.hour({NIGHT} + 24 * n); nights.push(rig.reloads); }}
      rig.say(nights);
    """)
    assert told == [0] * 6 + [1]


def test_what_comes_while_the_server_is_asked_holds_the_renewal_up() -> None:
    told = run(f"""
      let answer; rig.page = () => new Promise((done) => (answer = done));
      await rig.hour(23); await rig.hour({NIGHT}); const asked = rig.fetched;
      rig.doing = "alert"; answer(rig.ours); await rig.pass(5000);
      rig.say([asked > 0, rig.reloads]);
    """)
    assert told == [True, 0]


def test_the_first_frame_is_waited_for_before_the_night_is_reckoned() -> None:
    """Until then the city's own time is not known: its day would be another."""
    told = run_in(RIG, f"""
      onescreen.panels.value = () => undefined; await rig.start();
      await rig.hour({NIGHT}); await rig.hour({NIGHT} + 24); rig.say(rig.reloads);
    """)  # fmt: skip
    assert told == 0
