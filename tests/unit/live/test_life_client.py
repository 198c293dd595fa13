"""Proof of life in the browser's scripts, run by node with time in the hands of the test."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

RIG = Path(__file__).with_name("rig.js")
PANELS = Path(__file__).parents[3] / "dashboard" / "assets" / "panels.js"
pytestmark = pytest.mark.usefixtures("node")


def run(script: str) -> Any:
    """What the script says by ``rig.say``."""
    return run_in(RIG, script)


def run_in(rig: Path, script: str) -> Any:
    """The same with another rig."""
    whole = f"(async () => {{ const rig = require({json.dumps(str(rig))}); {script}; process.exit(0); }})();"
    done = subprocess.run(["node", "-"], input=whole, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


@pytest.mark.parametrize("away_s", [32, 240, 3_600])
def test_a_page_dials_for_ever_never_waits_longer_than_twelve_seconds_and_is_live_again_at_once(away_s: int) -> None:
    told = run(f"""
      rig.beats(); rig.live.sub("/wall/C"); await rig.pass(3000);
      const before = rig.state(), first = rig.sockets.length;
      rig.cut(); await rig.pass({away_s} * 1000);
      const away = rig.state(), dialled = rig.sockets.slice(first - 1).map((s) => s.at);
      rig.up = true; await rig.pass(13000);
      const gaps = dialled.slice(1).map((at, i) => at - dialled[i]);
      rig.say({{before, away, back: rig.state(), tries: gaps.length, longest: Math.max(...gaps.slice(1))}});
    """)
    assert (told["before"], told["back"]) == ("live", "live")
    assert told["away"] == "down"
    assert told["tries"] >= away_s / 13
    assert told["longest"] <= 12_010


def test_late_after_five_seconds_and_down_after_thirty() -> None:
    told = run("""
      const states = []; rig.live.on("state", (m) => states.push([m.state, rig.ms]));
      rig.beats(); rig.live.sub("/wall/C"); await rig.pass(10000);
      const cut = rig.ms; rig.cut(); await rig.pass(60000);
      rig.say(states.map(([state, ms]) => [state, ms - cut]).slice(1));
    """)
    assert [state for state, _ in told] == ["late", "down"]
    assert told[0][1] <= 6_000
    assert 28_000 <= told[1][1] <= 32_000


def test_a_page_that_never_got_a_line_says_so_after_thirty_seconds_too() -> None:
    told = run("""
      rig.up = false; rig.live.sub("/wall/C"); await rig.pass(20000);
      const early = rig.state(); await rig.pass(15000);
      rig.say([early, rig.state(), rig.live.state().why, rig.live.state().lastAt]);
    """)
    assert told == ["late", "down", "line", None]


@pytest.mark.parametrize(("held", "why"), [("beat", "intake"), ("at", "store")])
def test_a_line_that_is_well_does_not_hide_that_the_road_behind_it_is_cut(held: str, why: str) -> None:
    told = run(f"""
      rig.beats(); rig.live.sub("/wall/C"); await rig.pass(3000);
      const since = rig.server(); rig.held = {{"{held}": since}};
      await rig.pass(7000); const late = rig.live.state();
      await rig.pass(30000); const down = rig.live.state();
      rig.held = {{}}; await rig.pass(3000);
      rig.say([late.state, late.why, late.lastAt - since, down.state, down.why, down.ageMs, rig.state(),
               rig.sockets.length]);
    """)
    assert told[:5] == ["late", why, 0, "down", why]
    assert 36_000 < told[5] < 39_000
    assert told[6:] == ["live", 1]


@pytest.mark.parametrize("off_h", [-24, 24])
def test_ages_are_by_the_servers_clock_also_when_the_screens_own_is_set_while_it_runs(off_h: int) -> None:
    told = run(f"""
      rig.off = {off_h} * 3600e3; rig.beats(); rig.live.sub("/wall/C"); await rig.pass(5000);
      const wrong = rig.live.state().ageMs; rig.off = 0; await rig.pass(2000);
      rig.say([wrong, rig.live.state().ageMs, rig.state(), rig.live.serverNow() - rig.server()]);
    """)
    assert told[0] < 1_500
    assert told[1] < 1_500
    assert told[2:] == ["live", 0]


@pytest.mark.parametrize("told_of_it", [False, True])
def test_a_machine_that_slept_shows_nothing_old_as_live_when_it_awakes_and_dials_at_once(told_of_it: bool) -> None:
    told = run(f"""
      rig.beats(); rig.live.sub("/wall/C"); await rig.pass(5000);
      const before = rig.state(), sockets = rig.sockets.length;
      rig.wall += 8 * 3600e3; rig.deaf = true;
      if ({json.dumps(told_of_it)}) rig.newest().fail(1006);
      const states = [];
      for (let i = 0; i < 4; i++) {{ await rig.pass(1000); states.push(rig.state()); }}
      const dialled = rig.sockets.length - sockets, age = rig.live.state().ageMs;
      rig.deaf = false; await rig.pass(2000);
      rig.say([before, states, dialled, age, rig.state(), rig.live.state().ageMs < 1500]);
    """)
    assert told[0] == "live"
    assert told[1] == ["late"] * 4
    assert told[2] >= 1
    assert told[3] is None
    assert told[4:] == ["live", True]


def test_one_message_from_the_future_is_not_believed_but_a_servers_clock_may_be_set() -> None:
    told = run("""
      rig.beats(); rig.live.sub("/wall/C"); await rig.pass(5000);
      const far = rig.server() + 7200e3;
      rig.newest().hear({k: "beat", at: far, src: far, beat: far}); await rig.pass(2000);
      const once = [rig.live.stats.bad, Math.abs(rig.live.serverNow() - rig.server()) < 100, rig.state()];
      rig.wall += 7200e3; await rig.pass(6000);
      rig.say([once, Math.abs(rig.live.serverNow() - rig.server()) < 100, rig.state(), rig.sockets.length]);
    """)
    assert told == [[1, True, "live"], True, "live", 1]


POISON = {
    "no JSON": '"{"',
    "an error page": '"<html><h1>502 Bad Gateway</h1></html>"',
    "another form": '{k: "delta", form: 2, topic: "T", seq: rig.seq + 1, ...rig.proof(), s: {n: -1}}',
    "no form": '{k: "full", topic: "T", seq: rig.seq + 1, ...rig.proof(), s: {n: -1}}',
    "no time": '{k: "beat", src: 1, beat: 1}',
    "a time that is none": '{k: "delta", form: 1, topic: "T", seq: rig.seq + 1, ...rig.proof(), at: "x", s: {n: -1}}',
    "a beat from after its time": '{k: "beat", ...rig.proof(), beat: rig.server() + 1}',
    "a name of every object": '{k: "toString", ...rig.proof()}',
    "too large": '"1".repeat(16e6 + 1)',
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
def test_a_poisoned_frame_is_dropped_counted_and_asked_for_anew_in_full(poison: str) -> None:
    told = run(f"""
      const seen = []; onescreen.panels = {{apply: (name, value) => seen.push(value)}};
      rig.beats(); rig.live.sub("/wall/C"); await rig.pass(5000);
      rig.newest().hear({poison}); await rig.pass(4000);
      const asked = rig.newest().sent.filter((m) => m.k === "sub").pop();
      rig.say([seen.includes(-1), rig.live.stats.bad, asked.seq, rig.state(), rig.live.state().ageMs,
               rig.sockets.length]);
    """)
    assert told[:4] == [False, 1, 0, "live"]
    assert told[4] < 1_500
    assert told[5] == 1


def test_a_part_that_throws_for_ever_leaves_the_others_live_and_asks_ever_more_seldom() -> None:
    told = run("""
      let n = 0;
      onescreen.panels = {apply: (name) => { if (name === "kpi") throw new Error("a bug"); n += 1; }};
      rig.beats();
      setInterval(() => { rig.seq += 1; rig.newest().hear(
        {k: "delta", form: 1, topic: "T", seq: rig.seq, ...rig.proof(), s: {kpi: rig.seq, n: rig.seq}}); }, 1000);
      rig.live.sub("/wall/C"); await rig.pass(600000);
      rig.say([n, rig.state(), rig.newest().sent.filter((m) => m.k === "sub").length]);
    """)
    assert told[0] > 500
    assert told[1] == "live"
    assert 5 < told[2] < 20


def test_the_page_echoes_the_newest_beat_and_says_at_once_that_it_is_late() -> None:
    told = run("""
      onescreen.account = {me: () => ({screen: true})};
      rig.beats(); rig.live.sub("/wall/C"); await rig.pass(21000);
      const echoes = rig.newest().sent.filter((m) => m.k === "echo");
      const gap = rig.server() - echoes[echoes.length - 1].beat;
      rig.held = {beat: rig.server() - 10000}; await rig.pass(1100);
      rig.say([echoes.length, gap, echoes[2], rig.newest().sent.pop().state]);
    """)
    assert 4 <= told[0] <= 6
    assert told[1] < 7_000
    assert {k: told[2][k] for k in ("state", "build", "heap")} == {"state": "live", "build": "b1", "heap": 7}
    assert told[3] == "late"


def test_after_an_upgrade_the_page_loads_anew_but_never_into_an_error_page() -> None:
    told = run("""
      rig.page = (n) => n < 4 ? {ok: false, text: async () => "<h1>502</h1>"}
        : n < 6 ? {ok: true, text: async () => "<h1>It works!</h1>"}
        : {ok: true, text: async () => '<div id="react-entry-point">'};
      rig.beats(); rig.live.sub("/wall/C"); await rig.pass(3000);
      rig.cut(); await rig.pass(2000); rig.up = true; rig.build = "b2";
      let asked = 0;
      for (let i = 0; i < 300 && !rig.reloads; i++) { await rig.pass(1000); if (!rig.reloads) asked = rig.fetched; }
      await rig.pass(60000);
      rig.say([asked, rig.fetched, rig.reloads]);
    """)
    assert told == [5, 6, 1]


def test_a_probe_that_hangs_is_given_up_and_tried_again() -> None:
    told = run("""
      rig.page = (n) => n < 3 ? new Promise(() => {}) : {ok: true, text: async () => '<div id="react-entry-point">'};
      rig.beats(); rig.live.sub("/wall/C"); await rig.pass(3000);
      void onescreen.life.reload(); await rig.pass(60000); rig.say([rig.fetched, rig.reloads]);
    """)
    assert told == [3, 1]


def test_what_a_full_frame_does_not_name_is_well_again() -> None:
    told = run("""
      rig.live.sub("/wall/C"); await rig.pass(100);
      const parts = () => onescreen.life.parts(), says = [];
      rig.newest().full({fails: {kpi: ["raised", 5], feed: ["source", 7]}}); await rig.pass(100); says.push(parts());
      rig.newest().hear({k: "delta", form: 1, topic: "T", seq: ++rig.seq, ...rig.proof(), fails: {kpi: null}});
      await rig.pass(100); says.push(parts());
      onescreen.life.drew("n"); onescreen.life.broke("n"); onescreen.life.broke("feed"); says.push(parts());
      onescreen.life.drew("n"); rig.newest().full(); await rig.pass(100); says.push(parts());
      rig.say([says, rig.server()]);
    """)
    first, second, third, last = told[0]
    assert first == {"kpi": ["raised", 5], "feed": ["source", 7]}
    assert second == {"feed": ["source", 7]}
    assert (third["feed"], third["n"][0], third["n"][1] > 5) == (["raised", 0], "raised", True)
    assert last == {"feed": ["raised", 0]}


def test_a_desk_is_looked_after_by_whoever_sits_there_and_echoes_more_seldom() -> None:
    told = run("""
      onescreen.account = {me: () => ({screen: false})};
      rig.beats(); rig.live.sub("/area/C"); await rig.pass(65000);
      rig.say(rig.newest().sent.filter((m) => m.k === "echo").length);
    """)
    assert 3 <= told <= 5


def test_a_view_that_was_refused_is_asked_for_every_half_minute_and_what_stands_there_grows_old_meanwhile() -> None:
    told = run("""
      rig.beats(); rig.live.sub("/area/C"); await rig.pass(5000);
      const subs = () => rig.newest().sent.filter((m) => m.k === "sub").length;
      rig.gone = true; rig.newest().hear({k: "refused", field: "area", value: "C", rule: "known"});
      const asked = subs(); await rig.pass(300000);
      const { state, why, ageMs } = rig.live.state(); const again = subs() - asked;
      rig.gone = false; await rig.pass(35000);
      rig.say([state, why, ageMs > 295000, again, rig.state(), rig.live.state().ageMs < 1500, rig.sockets.length]);
    """)
    assert told[:3] == ["down", "refused", True]
    assert 8 <= told[3] <= 10
    assert told[4:] == ["live", True, 1]


def test_a_page_whose_area_came_back_is_lost_no_more() -> None:
    told = run(f"""
      const marks = new Set(), lost = () => marks.has("data-lost");
      document.documentElement.toggleAttribute = (name, on) => (on ? marks.add(name) : marks.delete(name));
      document.querySelectorAll = () => [];
      onescreen.words = {{ready: () => false}};
      onescreen.view = {{onChange() {{}}, parse: () => ({{known: true}})}};
      onescreen.mounts = []; require({json.dumps(str(PANELS))}); onescreen.mounts.forEach((fn) => fn());
      rig.beats(); rig.gone = true; rig.live.sub("/area/GONE"); await rig.pass(1000);
      onescreen.panels.viewed({{ok: false, field: "area", value: "GONE"}}); await rig.pass(20000);
      const before = lost(); rig.gone = false; await rig.pass(15000); rig.say([before, lost(), rig.state()]);
    """)
    assert told == [True, False, "live"]


def test_a_second_that_ticks_before_the_last_script_of_a_page_has_come_breaks_nothing() -> None:
    told = run(f"""
      const banners = []; onescreen.life = {{ banner: (state) => banners.push(state.state), drew() {{}} }};
      require({json.dumps(str(PANELS))}); onescreen.panels.liveness({{ state: "late" }}); await rig.pass(3000);
      const before = [...banners];
      onescreen.words = {{ ready: () => true }}; onescreen.panels.liveness({{ state: "live" }});
      rig.say([before, banners]);
    """)  # fmt: skip
    assert told == [[], ["live"]]
