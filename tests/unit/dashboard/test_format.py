"""Numbers, ages and times as people read them, on the server and in the browser alike."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dashboard.format import NONE, age, moment, number, percent
from dashboard.words import ALL

ASSETS = Path(__file__).resolve().parents[3] / "dashboard" / "assets"

NUMBERS = [
    ("zh", 0, "0"), ("zh", 1234, "1,234"), ("zh", 99_999, "99,999"), ("zh", 100_000, "10 万"),
    ("zh", 123_456, "12.3 万"), ("zh", 12_345_678, "1,234.6 万"), ("en", 99_999, "99,999"), ("en", 123_456, "123.5k"),
    ("en", 1_234_567, "1.2M"), ("en", 100_000, "100k"), ("en", None, NONE), ("zh", -1234, "-1,234"),
]  # fmt: skip
AGES = [("zh", 61_000, "1 分钟"), ("zh", 3_599_000, "59 分钟"), ("en", 7_200_000, "2 h"), ("en", 180_000_000, "2 d")]


@pytest.mark.parametrize(("lang", "n", "text"), NUMBERS)
def test_large_numbers_are_short_and_small_ones_exact(lang: str, n: int | None, text: str) -> None:
    assert number(lang, n) == text


@pytest.mark.parametrize(("lang", "ms", "text"), [*AGES, ("zh", 400, "0 秒"), ("zh", -5, "0 秒")])
def test_an_age_is_said_in_its_largest_unit(lang: str, ms: int, text: str) -> None:
    assert age(lang, ms) == text


def test_a_rate_of_nothing_is_a_dash() -> None:
    assert percent(0, 0) == NONE
    assert percent(911, 972) == "93.7 %"


def test_a_moment_is_told_in_the_citys_zone() -> None:
    assert moment(ZoneInfo("Asia/Shanghai"), 1_795_270_327_000) == "2026-11-21 22:12"


@pytest.mark.usefixtures("node")
def test_the_browser_writes_numbers_and_ages_as_the_server_does() -> None:
    script = f"""
      globalThis.window = globalThis;
      globalThis.document = {{documentElement: {{dataset: {{lang: "zh"}}}}}};
      for (const file of ["words.js", "format.js"]) require({json.dumps(str(ASSETS))} + "/" + file);
      onescreen.words.set({{words: {json.dumps({k: dict(v) for k, v in ALL.items()})}}});
      const as = (lang, write) => {{ document.documentElement.dataset.lang = lang; return write(); }};
      const numbers = {json.dumps(NUMBERS)}.map(([lang, n]) => as(lang, () => onescreen.format.number(n)));
      const ages = {json.dumps(AGES)}.map(([lang, ms]) => as(lang, () => onescreen.format.age(ms)));
      const spans = [42000, 3599000, 3600000, 345599000, -61000, 864000000].map((ms) => onescreen.format.span(ms));
      console.log(JSON.stringify({{numbers, ages, spans}}));
    """
    # By standard input: all words together are more than one argument may hold.
    said = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=True, timeout=30)
    told = json.loads(said.stdout)
    assert told["numbers"] == [text for _, _, text in NUMBERS]
    assert told["ages"] == [text for _, _, text in AGES]
    assert told["spans"] == ["00:42", "59:59", "1:00:00", "95:59:59", "01:01", "10 d"]
