"""What the drills of the browser rest on: where a frame ends on the wire, and the table that is written of a run."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callbacks.live.packets import Packet
from tests.browser.drills.relay import Boundary
from tests.browser.drills.table import BEGIN, END, ROWS, written

HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


@given(st.lists(st.sampled_from([0, 1, 5, 125, 126, 127, 300, 66_000]), max_size=6), st.lists(st.integers(1, 400)))
def test_a_frame_is_put_between_two_others_and_never_into_one(sizes: list[int], cuts: list[int]) -> None:
    frames = [Packet(b"\x00\xff" * (n // 2) + b"x" * (n % 2)).wire for n in sizes]
    data = HEAD + b"".join(frames)
    ends = {len(HEAD) + sum(map(len, frames[:k])) for k in range(len(frames) + 1)}
    boundary, at = Boundary(), 0
    for step in [*cuts, len(data)]:
        if at < len(data):
            chunk = data[at : at + step]
            at += len(chunk)
            assert boundary.is_whole(chunk) == (at in ends)


def test_the_table_has_a_row_for_each_drill_that_was_run_and_takes_the_place_of_the_one_before() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    made = written(page, {"restart": {"late": 0.94, "live": 2.0}, "unknown": {"live": 1.0}})
    assert "| the server is killed and started again | amber | 0.9 s (late) | 2.0 s |" in made
    assert made.count("| 2.0 s |") == 1
    assert "old" not in made
    assert made.startswith("before\n")
    assert made.endswith("\nafter\n")
    assert written(made, {}).count(BEGIN) == 1
    assert len({drill for drill, _, _ in ROWS}) == len(ROWS)
