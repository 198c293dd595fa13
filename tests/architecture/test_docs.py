"""What the documents promise is there: every test that docs/security.md names."""

from __future__ import annotations

import re
from pathlib import Path

from dashboard import indicators
from dashboard.rules import table

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`((?:[a-z_]+/)*test_[a-z0-9_]+\.py)::(test_[a-z0-9_]+)`")


def test_every_test_that_is_named_as_proof_exists() -> None:
    named = NAMED.findall((ROOT / "docs/security.md").read_text("utf-8"))
    assert len(named) > 50
    homes = (ROOT / "tests/integration", ROOT / "tests")
    missing = []
    for file, test in named:
        path = next((home / file for home in homes if (home / file).exists()), None)
        if path is None or f"def {test}(" not in path.read_text("utf-8"):
            missing.append(f"{file}::{test}")
    assert missing == []


def test_the_rules_of_the_closed_loop_are_printed_as_they_are() -> None:
    page = (ROOT / "docs/loop.md").read_text("utf-8")
    printed = page.partition("<!-- rules -->\n")[2].partition("\n<!-- /rules -->")[0]
    assert printed == table(), "print them anew: python app.py rules"


def test_the_indicators_are_printed_as_they_are() -> None:
    page = (ROOT / "docs/indicators.md").read_text("utf-8")
    printed = page.partition("<!-- indicators -->\n")[2].partition("\n<!-- /indicators -->")[0]
    assert printed == indicators.table(), "print them anew: python app.py indicators"
