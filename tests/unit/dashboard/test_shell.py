"""The shell holds every component once, empty, and the facts that the browser needs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from dash import html

from dashboard import ids
from dashboard.pages import SIDES, city_facts
from dashboard.shell import INDEX, RESCUE, shell
from geodata.domain.catalogue import Catalogue
from geodata.domain.events import ENDED
from geodata.domain.view import LANGUAGES

CATALOGUE = Catalogue.read()
LAYERS = ["areas", "boundaries", "density", "units", "events", "labels"]
OF_THE_MAP = {value for name, value in vars(ids).items() if name.startswith("MAP")} - {ids.MAP_TOOLS}
BY_SCRIPTS = {ids.SEARCH}
ASSETS = Path(__file__).resolve().parents[3] / "dashboard" / "assets"


def made() -> Any:
    return shell(CATALOGUE, LAYERS, html.Div(className="pane"), {"name": "", "screen": False, "tops": []})


def found_ids(component: Any) -> list[str]:
    own = [component.id] if getattr(component, "id", None) else []
    return own + [c.id for c in component._traverse() if getattr(c, "id", None)]


def test_every_id_is_in_the_shell_once() -> None:
    known = {value for name, value in vars(ids).items() if name.isupper()}
    found = found_ids(made())
    assert len(found) == len(set(found))
    assert known == set(found) | OF_THE_MAP | BY_SCRIPTS


def test_what_the_shell_does_not_hold_is_made_by_a_script() -> None:
    texts = "\n".join(p.read_text("utf-8") for p in ASSETS.glob("*.js"))
    assert all(re.search(rf'id: "{name}"', texts) for name in BY_SCRIPTS)


def test_the_pane_of_the_map_stands_first_in_the_centre_and_its_tools_beside_it() -> None:
    centre = next(c for c in made()._traverse() if getattr(c, "id", "") == ids.CENTRE)
    assert centre.children[0].className == "pane"
    assert centre.children[1].id == ids.MAP_TOOLS
    assert "data-map-top" in centre.children[1].to_plotly_json()["props"]


def test_panels_come_empty_and_busy() -> None:
    panels = [c for c in made()._traverse() if isinstance(c, html.Section) and c.id not in (ids.ALERTS, ids.SURGES)]
    assert [p.id for p in panels] == [p.id for side in SIDES.values() for p in side]
    assert all(not getattr(p, "children", None) for p in panels)
    assert all(p.to_plotly_json()["props"]["aria-busy"] == "true" for p in panels)


def test_the_browser_gets_words_layers_and_the_options_of_the_filters() -> None:
    facts = city_facts(CATALOGUE, LAYERS)
    assert set(facts["words"]) == set(LANGUAGES)
    assert facts["layers"] == LAYERS[::-1], "switches read from the top of the map down"
    assert len(facts["classes"]) == len(CATALOGUE.classes)
    assert not set(facts["states"]) & {s.value for s in ENDED}


def test_the_page_says_its_language_and_theme_before_any_script_runs() -> None:
    assert re.search(r'<html lang="zh-CN" data-page="area" data-theme="dark" data-lang="zh">', INDEX)


@pytest.mark.usefixtures("node")
def test_a_page_that_waits_for_its_scripts_gives_up_one_request_before_the_next() -> None:
    script = """
      let every, given, signal;
      globalThis.window = globalThis;
      globalThis.location = {href: "/wall/C"};
      AbortSignal.timeout = (ms) => (given = ms, "a signal");
      globalThis.fetch = (_, options) => (signal = options.signal, new Promise(() => {}));
      globalThis.setInterval = (fn, ms) => (every = ms, fn());
    """
    done = subprocess.run(["node", "-e", script + RESCUE + "console.log(signal, given < every);"],
                          capture_output=True, text=True, check=True, timeout=30)  # fmt: skip
    assert done.stdout == "a signal true\n"
