"""Both languages are complete, nothing is said that nobody shows, and nothing is shown that nobody says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callbacks.access.audit_shown import VALUES
from callbacks.offering import PICKS
from dashboard.words import ALL, BROWSER, FORM_TABLES, TABLES, named, words
from geodata.domain.alerts import Answer, Trigger
from geodata.domain.catalogue import EventClass
from geodata.domain.events import FOLLOWS, SOURCES, STATES, URGENCIES, Mark, Stage
from geodata.domain.figures import FIGURES
from geodata.domain.focus import Focus
from geodata.domain.indicators_rank import PEERS
from geodata.domain.indicators_table import INDICATORS
from geodata.domain.kiosk import RULES as KIOSK_RULES
from geodata.domain.lights import Light
from geodata.domain.programmes import RULES as PROGRAMME_RULES
from geodata.domain.programmes import STEP_RULES, Transition
from geodata.domain.roles import Right, Role, Scope
from geodata.domain.units import DEPARTMENTS, FRESHNESS, UNIT_STATUSES, UnitKind
from geodata.domain.view import LANGUAGES, SCREEN_PAGES, Measure
from geodata.services.audit_reading import ACTIONS
from layers.registry import LAYER_IDS

ROOT = Path(__file__).resolve().parents[3]
SHOWN = ("dashboard", "callbacks", "layers")
DECLINING = ("geodata/services", "callbacks/access")
BRACES = re.compile(r"\{(\w+)\}")
SUFFIXES = {".py", ".js", ".html"}


def reasons() -> set[str]:
    """Every reason for which something is declined, as the services name it."""
    texts = [p.read_text("utf-8") for room in DECLINING for p in (ROOT / room).glob("*.py")]
    rules = {rule.name for rules in (KIOSK_RULES, PROGRAMME_RULES, STEP_RULES) for rule in rules}
    return {reason for text in texts for reason in re.findall(r'Declined\(\s*"?\w+"?, "(\w+)"', text)} | rules


FAMILIES = {
    "state": STATES, "stage": Stage, "source": SOURCES, "urgency": URGENCIES, "unit_status": UNIT_STATUSES,
    "unit_kind": UnitKind, "freshness": FRESHNESS, "measure": Measure, "layer": LAYER_IDS, "weekday": range(7),
    "colour": ("green", "blue", "yellow", "orange", "red", "none"), "role": Role, "role_note": Role, "right": Right,
    "scope": Scope, "act": FOLLOWS, "declined": reasons(), "audit_action": ACTIONS, "audit_value": VALUES,
    "screen_page": SCREEN_PAGES, "light": Light, "alert.trigger": Trigger, "alert.answer": Answer,
    "mark": [mark.name.lower() for mark in Mark if mark.name], "figure": FIGURES, "figure_why": FIGURES,
    "focus": Focus, "transition": Transition,
    "indicator": INDICATORS, "formula": INDICATORS, "peer": PEERS, "department": DEPARTMENTS,
    **{f"why.{action}": picks for action, picks in PICKS.items()},
}  # fmt: skip
SAID = re.compile(r"""["'`]([a-z_]+(?:\.[a-z0-9_]+)+)["'`]""")
PREFIX = re.compile(r"""["'`]([a-z_]+(?:\.[a-z0-9_]+)*\.)(?:["'`]|\{)""")


def sources() -> dict[Path, str]:
    """Everything that may say a key, but the tables themselves."""
    files = [p for room in SHOWN for p in (ROOT / room).rglob("*") if p.suffix in SUFFIXES]
    return {p: p.read_text("utf-8") for p in files if not re.fullmatch(r"words_\w+\.py", p.name)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_key_has_words_in_every_language(lang: str) -> None:
    keys = {key for table in TABLES for key in table}
    assert set(ALL[lang]) == keys
    empty = {key for key, text in ALL[lang].items() if not text.strip()}
    assert empty <= {"unit.events", "unit.units"}, "only English counts without a unit"


def test_both_languages_take_the_same_values() -> None:
    zh, en = (ALL[lang] for lang in LANGUAGES)
    assert {k for k in zh if set(BRACES.findall(zh[k])) != set(BRACES.findall(en[k]))} == set()


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_a_family_has_words_for_exactly_its_members(family: str) -> None:
    said = {key.removeprefix(f"{family}.") for key in ALL["zh"] if key.startswith(f"{family}.")}
    assert said == {str(getattr(member, "value", member)) for member in FAMILIES[family]}  # type: ignore[attr-defined]


def test_no_key_is_unused() -> None:
    texts = "\n".join(sources().values())
    said = set(SAID.findall(texts))
    prefixes = set(PREFIX.findall(texts))
    families = tuple(f"{name}." for name in FAMILIES)
    unused = {
        key for key in ALL["zh"]
        if key not in said and not key.startswith(families) and key.rpartition(".")[0] + "." not in prefixes
    }  # fmt: skip
    assert not unused, sorted(unused)


def test_no_key_is_missing() -> None:
    heads = {key.partition(".")[0] for key in ALL["zh"]}
    asked = re.compile(r"""(?:\bt\(|words\(\w+(?:\.\w+)*, )["']([a-z_]+\.[a-z0-9_.]*[a-z0-9_])["']\s*[,)]""")
    missing = {
        (path.name, key) for path, text in sources().items() for key in asked.findall(text)
        if key not in ALL["zh"] and key.partition(".")[0] in heads
    }  # fmt: skip
    assert missing == set()
    assert sum(len(asked.findall(text)) for text in sources().values()) > 60, "the search itself finds the calls"


def test_the_browser_gets_only_what_its_scripts_may_say() -> None:
    written = {key for table in FORM_TABLES for key in table}
    assert set(BROWSER["zh"]) == set(ALL["zh"]) - written
    assert BROWSER["en"]["page.language"] == "中文"


def test_words_take_values() -> None:
    assert words("zh", "ticker.quarantine", n="41") == "41 条记录被隔离，等待处理"
    with pytest.raises(KeyError):
        words("zh", "nobody.says.this")


def test_a_thing_without_a_name_is_called_otherwise() -> None:
    fire = EventClass("06", "消防安全", "Fire safety")
    assert (named("zh", fire), named("en", fire), named("en", None, "06")) == ("消防安全", "Fire safety", "06")
