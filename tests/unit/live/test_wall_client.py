"""A wall that follows its programme for weeks, run by node with time in the hands of the test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.live.test_life_client import run_in

RIG, KIOSK, MIRROR, WALLS = (
    Path(__file__).with_name(f"{name}_rig.js") for name in ("wall", "kiosk", "mirror", "walls")
)  # fmt: skip
pytestmark = pytest.mark.usefixtures("node")


def run(script: str) -> Any:
    """What the script says by ``rig.say``, once the wall has started."""
    return run_in(RIG, f"rig.start(); await rig.pass(1000); {script}")


@pytest.mark.parametrize("left", ["/wall/D1?at=2026-11-20T14%3A30", "/area/C", "/wall/D1"])
def test_a_wall_that_somebody_left_elsewhere_goes_back_to_where_it_was(left: str) -> None:
    told = run(f"""
      rig.at = "/wall/C?focus=safety";
      rig.touch(); rig.at = {json.dumps(left)};
      await rig.pass(60000); rig.touch();
      await rig.pass(110000); const soon = rig.at;
      await rig.pass(15000);
      rig.say([soon, rig.at]);
    """)
    assert told == [left, "/wall/C?focus=safety"]


def test_a_wall_with_a_programme_goes_back_to_it_from_another_page() -> None:
    told = run("""
      rig.plan = { ...rig.plan, programme: true, order: [[0, 1e15, "/wall/D2"]] };
      await rig.pass(5000); rig.touch(); rig.at = "/area/C";
      await rig.pass(100000); const soon = rig.at;
      await rig.pass(30000); rig.say([soon, rig.at]);
    """)
    assert told == ["/area/C", "/wall/D2"]


def test_a_wall_nobody_touched_stays_at_the_address_that_it_was_given() -> None:
    told = run("""
      rig.at = "/wall/C?theme=light"; await rig.pass(600000); rig.say([rig.at, rig.went]);
    """)
    assert told == ["/wall/C?theme=light", []]


@pytest.mark.parametrize(
    ("programme", "to"),
    [('programme: true, order: [[0, 1e15, "/wall/D2"]]', "/wall/D2"), ("programme: false", "/wall/C")],
)
def test_an_area_that_is_gone_does_not_hold_a_wall_up(programme: str, to: str) -> None:
    told = run(f"""
      rig.plan = {{ ...rig.plan, {programme} }}; await rig.pass(5000);
      rig.at = "/wall/GONE"; rig.went = []; rig.life = "down"; rig.tell("refused", {{}});
      await rig.pass(8000); rig.say([rig.at, rig.went]);
    """)
    assert told == [to, [to]]


def test_where_the_line_is_down_nothing_turns() -> None:
    told = run("""
      rig.life = "down"; rig.plan = { ...rig.plan, programme: true, order: [[0, 1e15, "/wall/D2"]] };
      await rig.pass(60000); rig.say(rig.at);
    """)
    assert told == "/wall/C"


def test_an_alert_promises_no_return_while_nothing_turns() -> None:
    told = run("""
      rig.plan = { ...rig.plan, calls: [rig.call(1)] }; await rig.pass(5000);
      const said = () => rig.card.children[3].text.includes("call.returns");
      const before = said(); rig.life = "down"; await rig.pass(60000);
      const cut = [said(), rig.card.hidden]; rig.life = "live"; await rig.pass(5000);
      rig.say([before, cut, rig.card.hidden, rig.at]);
    """)
    assert told == [True, [False, False], True, "/wall/C"]


def test_an_alert_is_shown_once_and_a_wall_remembers_none_for_weeks() -> None:
    told = run("""
      for (let n = 1; n <= 40; n += 1) {
        rig.plan = { ...rig.plan, calls: [rig.call(n), ...rig.plan.calls].slice(0, 5) };
        await rig.pass(120000);
      }
      const shown = rig.went.filter((address) => address.includes("selected"));
      rig.say([shown.length, new Set(shown).size, onescreen.programme.remembered(), rig.at]);
    """)
    shown, different, remembered, at = told
    assert shown == different == 40
    assert remembered <= 6
    assert at == "/wall/C"


def test_a_screen_that_may_not_stay_awake_asks_once_a_minute_however_often_it_was_hidden() -> None:
    told = run_in(KIOSK, """
      for (let n = 0; n < 50; n += 1) { rig.happens("visibilitychange"); await rig.pass(10); }
      const before = rig.asked; await rig.pass(600000); rig.say(rig.asked - before);
    """)  # fmt: skip
    assert told == 10


def test_a_screen_stays_awake_by_one_lock_and_takes_another_when_that_is_lost() -> None:
    told = run_in(KIOSK, """
      await rig.pass(100); rig.may = true; rig.happens("visibilitychange"); rig.happens("visibilitychange");
      await rig.pass(100);
      const first = [rig.locks.length, onescreen.kiosk.held()];
      rig.locks[0].end(); await rig.pass(2000);
      rig.say([first, rig.locks.length, onescreen.kiosk.held()]);
    """)  # fmt: skip
    assert told == [[1, True], 2, True]


def test_the_cursor_goes_after_five_seconds_and_stays_away_while_only_the_picture_moves() -> None:
    told = run_in(KIOSK, """
      const idle = () => rig.attributes.has("data-idle");
      rig.happens("pointermove", { screenX: 5, screenY: 5 }); const moved = idle();
      await rig.pass(6000); const gone = idle();
      rig.happens("pointermove", { screenX: 5, screenY: 5 }); const wandered = idle();
      rig.happens("pointermove", { screenX: 6, screenY: 5 }); rig.say([moved, gone, wandered, idle()]);
    """)  # fmt: skip
    assert told == [False, True, True, False]


SHOWN = 'shown: { kind: "push", since: 1, address: "/wall/D1?lights=red", until: null, line: "who" }'
PROGRAMME = 'programme: true, order: [[0, 1e15, "/wall/D2"]]'


@pytest.mark.parametrize(("programme", "after"), [(PROGRAMME, "/wall/D2"), ("programme: false", "/wall/C")])
def test_what_a_desk_shows_goes_before_the_programme_and_whoever_stands_there_and_ends_by_its_time(
    programme: str, after: str
) -> None:
    told = run(f"""
      rig.plan = {{ ...rig.plan, {programme} }}; await rig.pass(5000);
      rig.touch(); await rig.pass(1000);
      rig.plan = {{ ...rig.plan, {SHOWN} }}; rig.plan.shown.until = rig.server() + 60000; await rig.pass(5000);
      const soon = rig.at; rig.page = () => ({{ ok: false }}); // no word comes any more: its time ends it all the same
      await rig.pass(60000); rig.say([soon, rig.at]);
    """)
    assert told == ["/wall/D1?lights=red", after]


def test_a_held_wall_tells_an_alert_by_its_card_and_stays_and_a_pushed_one_goes_there_and_returns() -> None:
    for kind, went in (("hold", []), ("push", ["/wall/C?selected=event%3AE1", "/wall/D1?lights=red"])):
        told = run(f"""
          rig.plan = {{ ...rig.plan, {SHOWN} }}; rig.plan.shown.kind = "{kind}"; await rig.pass(5000);
          rig.went = []; rig.plan = {{ ...rig.plan, calls: [rig.call(1)] }}; await rig.pass(5000);
          const card = [rig.card.hidden, onescreen.programme.doing()];
          await rig.pass(10000); rig.say([card, rig.went, rig.card.hidden]);
        """)
        assert told == [[False, "alert"], went, True], kind


def test_a_new_order_ends_the_alert_that_is_up() -> None:
    told = run(f"""
      rig.plan = {{ ...rig.plan, hold_ms: 300000, calls: [rig.call(1)] }};
      await rig.pass(5000); const up = rig.card.hidden;
      rig.plan = {{ ...rig.plan, {SHOWN} }}; await rig.pass(5000); rig.say([up, rig.card.hidden, rig.at]);
    """)
    assert told == [False, True, "/wall/D1?lights=red"]


@pytest.mark.parametrize("told_on", [True, False])
def test_a_wall_that_loads_itself_anew_during_an_alert_returns_to_where_it_was(told_on: bool) -> None:
    at, doing, later = run(f"""
      rig.at = "/wall/C?focus=safety"; rig.plan = {{ ...rig.plan, calls: [rig.call(1)] }}; await rig.pass(5000);
      if (!{json.dumps(told_on)}) rig.plan = {{ ...rig.plan, calls: [] }};
      rig.reload(); await rig.pass(5000); const soon = [rig.at, onescreen.programme.doing()];
      await rig.pass(30000); rig.say([...soon, rig.at]);
    """)
    assert (at, doing) == (("/wall/C?selected=event%3AE1", "alert") if told_on else ("/wall/C?focus=safety", ""))
    assert later == "/wall/C?focus=safety"


@pytest.mark.parametrize(("programme", "to"), [(PROGRAMME, "/wall/D2"), ("programme: false", "/wall/C?focus=safety")])
def test_a_wall_that_loads_itself_anew_while_somebody_looks_around_goes_back(programme: str, to: str) -> None:
    told = run(f"""
      rig.at = "/wall/C?focus=safety"; rig.plan = {{ ...rig.plan, {programme} }};
      rig.touch(); rig.at = "/area/D1"; rig.reload(); await rig.pass(5000); rig.say(rig.at);
    """)
    assert told == to


def test_a_view_that_was_pushed_and_ended_while_a_wall_loaded_itself_anew_is_left() -> None:
    told = run(f"""
      rig.plan = {{ ...rig.plan, {SHOWN} }}; await rig.pass(5000); const pushed = rig.at;
      rig.plan = {{ ...rig.plan, shown: null }}; rig.reload(); await rig.pass(5000); rig.say([pushed, rig.at]);
    """)
    assert told == ["/wall/D1?lights=red", "/wall/C"]


def test_at_night_what_fails_and_an_alert_are_as_bright_as_by_day() -> None:
    told = run("""
      rig.plan = { ...rig.plan, brightness: 20 }; await rig.pass(5000); const said = [rig.light];
      rig.page = () => ({ ok: false });
      rig.life = "late"; await rig.pass(1000); said.push(rig.light);
      rig.life = "down"; await rig.pass(1000); said.push(rig.light);
      rig.page = () => ({ ok: true, json: async () => ({ ...rig.plan, now: rig.server() }) });
      rig.tell("refused", {}); await rig.pass(5000); said.push(rig.light);
      rig.life = "live"; rig.tell("on", {}); await rig.pass(1000); said.push(rig.light);
      rig.plan = { ...rig.plan, calls: [rig.call(1)] }; await rig.pass(5000); said.push(rig.light);
      await rig.pass(15000); said.push(rig.light); rig.say(said);
    """)
    assert told == [20, 20, 100, 100, 20, 100, 20]


def test_a_desk_that_stops_while_an_answer_is_awaited_or_the_line_is_down_is_mirrored_no_more() -> None:
    told = run_in(MIRROR, """
      await rig.pass(10); rig.stop(); rig.goes(); await rig.answer(1);
      const asked = [...rig.acts]; await rig.answer();
      const lost = rig.chip.hidden; rig.goes(); await rig.answer(0);
      await rig.pass(60000); rig.say([asked, lost, rig.acts, rig.chip.hidden]);
    """)  # fmt: skip
    assert told == [["at", "stop"], False, ["at", "stop", "stop"], True]


def test_a_desk_that_stopped_and_is_mirrored_anew_goes_on() -> None:
    told = run_in(MIRROR, """
      await rig.pass(10); await rig.answer(1); rig.stop(); await rig.answer();
      rig.channel.onmessage({ data: "desk1" }); await rig.answer(2);
      await rig.pass(20000); await rig.answer(2); rig.say([rig.acts, rig.chip.hidden]);
    """)  # fmt: skip
    assert told == [["at", "stop", "at", "at"], False]


def test_a_desk_that_is_mirrored_anew_while_its_stop_is_under_way_goes_on() -> None:
    told = run_in(MIRROR, """
      await rig.pass(10); await rig.answer(1); rig.stop();
      rig.channel.onmessage({ data: "desk1" }); await rig.answer(0); await rig.answer(2);
      rig.say([rig.acts, rig.chip.hidden]);
    """)  # fmt: skip
    assert told == [["at", "stop", "at"], False]


def test_the_walls_that_are_ticked_when_a_form_is_sent_again_are_ordered_and_no_others() -> None:
    told = run_in(WALLS, """
      const [first, second] = rig.boxes;
      first.checked = true; rig.happens("submit"); rig.happens("pageshow");
      first.checked = false; second.checked = true; rig.happens("submit");
      rig.say([rig.fields, rig.boxes.map((box) => box.disabled)]);
    """)  # fmt: skip
    assert told == [[{"type": "hidden", "name": "chosen", "value": "hall-2"}], [False, True, False]]


def test_a_page_of_a_proxy_empties_no_list_of_walls_but_is_said_to_be_old() -> None:
    told = run_in(WALLS, """
      const said = [];
      for (const told of ["a proxy's page", "", "ours"]) {
        rig.told = told; await rig.pass(6000); said.push([rig.walls.length, rig.old]);
      }
      rig.say(said);
    """)  # fmt: skip
    assert told == [[3, True], [3, True], [0, False]]
