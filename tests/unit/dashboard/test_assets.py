"""What holds for every script and style sheet that the browser gets."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from dashboard import ids
from dashboard.shell import STILL

ASSETS = Path(__file__).resolve().parents[3] / "dashboard" / "assets"
SCRIPTS = sorted(ASSETS.glob("*.js"))
STYLES = sorted(ASSETS.glob("*.css"))
IDS = {value for name, value in vars(ids).items() if name.isupper()}
HTML_SINKS = re.compile(r"\b(innerHTML|outerHTML|insertAdjacentHTML|srcdoc|document\.write|eval)\b|new Function")
WRITTEN_OUT = {"wall_fresh.js": ('"<!doctype html>" + page.outerHTML',)}
"""The other way: a page becomes text, of which nothing but its still is made."""
FOREIGN = re.compile(r"(?:https?:)?//(?!www\.w3\.org/2000/svg)[a-z0-9-]+\.[a-z]", re.IGNORECASE)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_a_script_is_short_strict_and_stands_alone(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 400
    assert '"use strict";' in text
    assert not re.search(r"^\s*(import|export) ", text, re.MULTILINE)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_a_script_never_turns_text_into_html(path: Path) -> None:
    text = path.read_text("utf-8")
    for written_out in WRITTEN_OUT.get(path.name, ()):
        assert text.count(written_out) == 1
        text = text.replace(written_out, "")
    assert not HTML_SINKS.search(text)


def test_the_still_of_a_page_stands_in_a_frame_that_runs_nothing() -> None:
    assert STILL.index('setAttribute("sandbox", "allow-same-origin")') < STILL.index("srcdoc")


@pytest.mark.parametrize("path", [*SCRIPTS, *STYLES], ids=lambda p: p.name)
def test_nothing_is_asked_from_another_machine(path: Path) -> None:
    code = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert not FOREIGN.search(code)


def test_every_panel_is_drawn_into_a_component_that_exists() -> None:
    texts = "\n".join(p.read_text("utf-8") for p in SCRIPTS)
    boxes = set(re.findall(r'\bbox: "([\w-]+)"', texts))
    assert {"kpi", "feed", "ranking", "legend", "ticker"} <= boxes
    assert boxes <= IDS


def test_the_browser_writes_only_to_components_that_exist() -> None:
    texts = "\n".join(p.read_text("utf-8") for p in SCRIPTS)
    written = set(re.findall(r'set_props\(\s*"([\w-]+)"', texts))
    assert written >= {ids.URL, ids.SEARCH_ASK, ids.SELECTION_ASK}
    assert written <= IDS


@pytest.mark.usefixtures("node")
def test_scripts_may_be_loaded_in_any_order() -> None:
    own = [str(p) for p in SCRIPTS if not p.name.startswith(("map", "live"))]
    script = """
      globalThis.window = globalThis;
      globalThis.document = {documentElement: {dataset: {}}, addEventListener() {}};
      globalThis.location = {pathname: "/area/C", search: "", origin: "http://here"};
      for (const path of process.argv.slice(1)) require(path);
      console.log(Object.keys(onescreen).sort().join(" "), Object.keys(onescreen.sections).length);
    """
    told = {
        subprocess.run(["node", "-e", script, *order], capture_output=True, text=True, check=True, timeout=30).stdout
        for order in (own, own[::-1])
    }
    assert len(told) == 1
    assert "panels" in told.pop()


def _colour(text: str, name: str) -> tuple[float, float, float]:
    found = re.search(rf"--{name}: #([0-9a-f]{{6}});", text)
    assert found, name
    r, g, b = (int(found[1][i : i + 2], 16) / 255 for i in (0, 2, 4))
    return r, g, b


def _light(colour: tuple[float, float, float]) -> float:
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("ink", ["text", "muted", "strong", "accent", "red", "orange", "yellow", "blue", "alive"])
@pytest.mark.parametrize("ground", ["ground", "raised", "hover"])
def test_text_stands_out_from_what_it_stands_on(theme: str, ink: str, ground: str) -> None:
    """Contrast of at least 4.5 : 1 (WCAG 2.1, 1.4.3)."""
    text = (ASSETS / "theme.css").read_text("utf-8")
    dark, light = text.split(':root[data-theme="light"]')
    block = dark if theme == "dark" else light
    a, b = sorted((_light(_colour(block, ink)), _light(_colour(block, ground))), reverse=True)
    assert (a + 0.05) / (b + 0.05) >= 4.5
