"""The rooms, the one direction of imports, and the size of things."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("app.py", "geodata", "layers", "dashboard", "callbacks")
LINES_MAX = 400
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}


def sources(*tops: str) -> list[Path]:
    """Every Python file of these rooms."""
    found = [p for top in tops for p in ([ROOT / top] if top.endswith(".py") else sorted((ROOT / top).rglob("*.py")))]
    assert found
    return found


def test_imports_follow_the_one_direction() -> None:
    run = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


def imported(path: Path) -> set[str]:
    """The first names of all modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_nothing_below_the_wiring_knows_it_and_the_wiring_draws_and_asks_nothing_itself() -> None:
    assert [p for p in sources(*ROOMS[1:]) if "app" in imported(p)] == []
    assert imported(ROOT / "app.py") & {"plotly", "sqlalchemy", "alembic", "psycopg"} == set()


def test_a_page_a_socket_and_a_service_read_an_address_in_one_way() -> None:
    readers = [p.name for p in sources("callbacks") if "parse_view(" in p.read_text("utf-8")]
    assert readers == ["queue.py"]


def test_the_top_level_is_the_one_agreed() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {line.split("/", 1)[0] for line in listed.splitlines()}
    allowed = {
        "app.py", "dashboard", "layers", "callbacks", "geodata", "tests", "bench", "docs", ".ci", ".gitignore",
        "README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", "Makefile", "requirements.lock",
    }  # fmt: skip
    assert top <= allowed


def test_no_file_is_longer_than_one_thing_needs() -> None:
    screens = [p for p in (ROOT / "dashboard/assets").rglob("*") if p.suffix in {".js", ".css"}]
    long = {
        str(p.relative_to(ROOT)): n
        for p in [*sources(*ROOMS, "tests", "bench"), *screens]
        if (n := len(p.read_text("utf-8").splitlines())) > LINES_MAX
    }
    assert long == {}


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [p for p in sources(*ROOMS) if p.stem in FORBIDDEN_NAMES] == []


def test_nothing_is_imported_inside_a_function() -> None:
    inside = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources(*ROOMS)
        for function in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


def test_functions_stay_short() -> None:
    lengths = sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in sources(*ROOMS)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert lengths[int(len(lengths) * 0.9)] <= 40


def test_callbacks_are_registered_on_the_app_given_and_never_globally() -> None:
    loose = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources(*ROOMS)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
        and node.module == "dash"
        and {a.name for a in node.names} & {"callback", "clientside_callback"}
    ]
    assert loose == []


def test_the_lock_file_pins_everything_and_names_no_address() -> None:
    lines = [x for x in (ROOT / "requirements.lock").read_text("utf-8").splitlines() if x and not x.startswith("#")]
    assert lines
    assert [x for x in lines if "==" not in x or "://" in x or x.startswith("-")] == []
