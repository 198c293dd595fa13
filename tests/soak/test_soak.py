"""Five minutes of the soak among the tests, and a planted leak in each place that it must name.

Five minutes cannot show a slope of 1 MB an hour; they show that what is counted stays the same, and leaks of the size
that a forgotten listener or a kept frame makes. The hour is ``make soak``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from geodata.store.folder import DataFolder
from tests.browser.map_browser import chromium
from tests.soak.bars import PLANTED, SHORT, SHORT_BARS
from tests.soak.city import build
from tests.soak.slopes import Bar, Verdict, find
from tests.soak.soak import findings, soak
from tests.soak.telling import BEGIN, END, table, write_down
from tests.soak.walls import INTERPRETED, Hung

pytestmark = pytest.mark.timeout(1_200)
LEAK_ON_THE_PAGE = """() => {
  const kept = (window.kept = []), map = onescreen.map.state.map;
  setInterval(() => {
    kept.push(Array.from({ length: 20000 }, Math.random));
    map.on('moveend', () => kept.length);
    addEventListener('resize', () => kept.length);
  }, 500);
}"""
LEAK_IN_THE_SERVER = """
import sys, threading, time
kept = []
def grow():
    while True:
        kept.append([object() for _ in range(20_000)])
        time.sleep(0.5)
if "--port" in sys.orig_argv:
    threading.Thread(target=grow, daemon=True).start()
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(INTERPRETED) as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """The small demo city."""
    made = DataFolder(tmp_path_factory.mktemp("soak") / "city")
    build(made, small=True)
    return made


def test_five_minutes_of_walls_have_no_slope(browser: Browser, folder: DataFolder) -> None:
    samples = soak(browser, folder, SHORT)
    found = findings(samples, SHORT, SHORT_BARS)
    sys.stderr.write("\n" + table(found, SHORT, "small city") + "\n")
    assert [f"{f.name}: {f}" for f in found if f.verdict is Verdict.FAILS] == []
    frames = [value for _, value in samples["still frames"]]
    assert frames[-1] > frames[0] + SHORT.lasts_s / 10, "a wall that gets nothing cannot leak"


def test_a_leak_that_was_planted_is_named(browser: Browser, folder: DataFolder, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(LEAK_IN_THE_SERVER, "utf-8")

    def plant(walls: Sequence[Hung]) -> None:
        walls[1].page.evaluate(LEAK_ON_THE_PAGE)

    samples = soak(browser, folder, PLANTED, surroundings={"PYTHONPATH": str(tmp_path)}, meanwhile=plant)
    broken = {f.name for f in findings(samples, PLANTED, SHORT_BARS) if f.verdict is Verdict.FAILS}
    assert {"still heap", "still listeners", "still heard", "server rss"} <= broken
    assert not broken & {"turning listeners", "turning heard"}, "the other wall has no leak"


@pytest.mark.parametrize(
    ("per_h", "noise", "verdict"), [(0.0, 0.05, Verdict.HOLDS), (0.0, 5.0, Verdict.OPEN), (3.0, 0.05, Verdict.FAILS)]
)
def test_a_slope_breaks_its_bar_only_where_noise_cannot_be_all_of_it(
    per_h: float, noise: float, verdict: Verdict
) -> None:
    wave = (0.3, -1.0, 0.7, -0.2, 1.0, -0.8, 0.1, -0.1)
    rows = [(10.0 * n, 30 + per_h * n / 360 + noise * wave[n // 9 % 8]) for n in range(361)]
    (found,) = find({"wall heap": rows}, {"heap": "MB"}, {"heap": Bar(per_h=1.0)}, 600, 90)
    assert found.verdict is verdict
    assert found.slope.low <= per_h <= found.slope.high


def test_what_is_counted_may_turn_but_not_grow() -> None:
    turning = [(10.0 * n, 20 + n % 4) for n in range(40)]
    growing = [(10.0 * n, 20 + n % 4 + n // 20) for n in range(40)]
    samples = {"a layers": turning, "b layers": growing}
    held, grown = find(samples, {"layers": ""}, {"layers": Bar(more=0)}, 0, 40)
    assert (held.verdict, grown.verdict) == (Verdict.HOLDS, Verdict.FAILS)


def test_the_table_stands_between_its_markers(tmp_path: Path) -> None:
    docs = tmp_path / "reliability.md"
    docs.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")
    write_down(docs, "new")
    assert docs.read_text("utf-8") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    with pytest.raises(ValueError, match="no markers"):
        write_down(tmp_path.joinpath("reliability.md"), "new") if docs.write_text("none", "utf-8") else None
