"""The command line: every command explains itself, and what is expected to go wrong is a sentence and an exit code."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import app
from geodata.intake import terminal
from geodata.store.engine import Store
from geodata.store.folder import DataFolder
from tests.factories.page_city import open_room

COMMANDS = (
    ("serve",), ("demo",), ("simulate",), ("check",), ("export",),
    ("import",), ("import", "areas"), ("import", "events"), ("import", "roster"),
    ("import", "roads"), ("user",), ("user", "add"),
    ("user", "invite"), ("user", "list"), ("user", "end"), ("screen",), ("screen", "add"), ("feed",), ("feed", "add"),
    ("feed", "key"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No path is broken into two lines, however deep the tests' folder lies."""
    monkeypatch.setattr(terminal.say, "width", 1000)


def run(*words: str) -> Result:
    return CliRunner().invoke(app.cli, list(words))


def told(result: Result) -> str:
    """What was said, in one line."""
    return " ".join(result.output.split())


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """The data folder of a small city."""
    room = open_room(tmp_path)
    room.store.close()
    return room.folder.root


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    result = run(*words, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("serve", "--host", "0.0.0.0", "--data", "{city}"), "for this machine only"),
        (("demo", "--host", "0.0.0.0", "--data", "{empty}/d"), "for this machine only"),
        (("check", "people", "--data", "{city}"), "possible: all, audit"),
        (("user", "add", "x y", "--role", "viewer", "--data", "{city}"), "login"),
        (("user", "add", "eve", "--role", "king", "--data", "{city}"), "roles"),
        (("user", "add", "eve", "--role", "viewer", "--area", "nowhere", "--data", "{city}"), "nowhere"),
        (("serve", "--data", "{empty}"), "There is no city in"),
        (("import", "roster", "{empty}/none.csv", "--data", "{city}"), "none.csv"),
        (("import", "roads", "{empty}/none.gpkg", "--data", "{city}"), "none.gpkg: there is no such file"),
        (("import", "roads", "{empty}/none.gpkg", "--data", "{empty}"), "There is no city in"),
        (("check", "--data", "{empty}"), "There is no city in"),
        (("serve", "--data", "{city}", "--database", "mysql://u@h/x"), "mysql is not supported"),
        (("export", "people", "{empty}/x.csv", "--data", "{city}"), "'people' is not known"),
        (("export", "events", "{empty}/x.pdf", "--data", "{city}"), "must end in one of"),
        (("export", "events", "{empty}/x.csv", "--data", "{city}", "--area", "nowhere"), "'nowhere' is not an area"),
        (("import", "events", "{empty}/x.csv", "--mapping", "{empty}/m.toml", "--data", "{city}"), "m.toml"),
        (("import", "areas", "{empty}/x.geojson", "--data", "{empty}/new"), "Refused"),
    ],
)
def test_what_is_expected_to_go_wrong_is_said_and_ends_with_one(
    city: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    result = run(*(word.format(city=city, empty=empty) for word in words))
    assert result.exit_code == 1, result.output
    assert said in told(result)


def test_beyond_this_machine_a_server_needs_an_admin_who_can_sign_in(
    city: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (city / "city.toml").write_text('title_zh = "某市"\n', "utf-8")
    monkeypatch.setattr(app, "listen", lambda room, host, port: None)
    serve = ("serve", "--host", "0.0.0.0", "--port", "8059", "--data", str(city))
    refused = run(*serve)
    assert refused.exit_code == 1
    assert "app.py user add LOGIN --role admin" in told(refused)
    add = ["user", "add", "root", "--role", "admin", "--password-stdin", "--data", str(city)]
    assert CliRunner().invoke(app.cli, add, input="seven grey herons wade\n").exit_code == 0
    assert run(*serve).exit_code == 0


def test_accounts_screens_and_feeds_are_made_listed_and_ended_on_the_command_line(city: Path) -> None:
    data = ("--data", str(city))
    made = run("user", "add", "ann", "--role", "leader", "--area", "D1", *data)
    assert "/welcome/" in told(made)
    link = run("screen", "add", "hall", "--area", "D1", *data)
    key = run("feed", "add", "hotline", "--scope", "report", "--system", "12345", *data)
    other = run("feed", "key", "hotline", *data)
    assert "/s/" in link.output
    assert key.output.strip() != other.output.strip()
    assert run("user", "end", "ann", *data).exit_code == 0
    listed = run("user", "list", *data).output
    assert {line.split("\t")[0] for line in listed.splitlines()} >= {"ann", "hall", "hotline"}
    assert "(ended)" in listed
    checked = run("check", "audit", *data)
    assert checked.exit_code == 0
    assert "5 lines, unbroken" in told(checked)


def test_check_finds_a_line_that_was_taken_out_of_the_audit(city: Path) -> None:
    run("user", "add", "ann", "--role", "leader", "--data", str(city))
    run("user", "add", "bob", "--role", "leader", "--data", str(city))
    store = Store.open(DataFolder(city).database_url)
    with store.begin() as conn:
        conn.exec_driver_sql("DELETE FROM audit WHERE seq = 1")
    store.close()
    result = run("check", "audit", "--data", str(city))
    assert result.exit_code == 1
    assert "line 1 is missing" in told(result)


def test_a_taken_port_is_said_before_any_long_work(city: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("serve", "--data", str(city), "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1
    assert "choose another with --port" in told(result)


def test_an_unknown_time_zone_in_city_toml_is_named_with_its_file(city: Path) -> None:
    (city / "city.toml").write_text('time_zone = "Asia/Chongching"\n', "utf-8")
    result = run("serve", "--data", str(city))
    assert result.exit_code == 1
    assert "city.toml" in told(result)
    assert "Asia/Chongching" in told(result)


def test_check_finds_a_total_that_does_not_agree(city: Path) -> None:
    assert run("check", "--data", str(city)).exit_code == 0
    store = Store.open(DataFolder(city).database_url)
    with store.begin() as conn:
        conn.exec_driver_sql("UPDATE area_total SET reported = reported + 1 WHERE area_id = 1")
    store.close()
    result = run("check", "--data", str(city))
    assert result.exit_code == 1
    assert "kept" in told(result)


@pytest.mark.parametrize("ending", ["csv", "geojson", "gpkg"])
@pytest.mark.parametrize("what", ["areas", "events", "units"])
def test_every_list_is_exported_in_every_format(city: Path, tmp_path: Path, what: str, ending: str) -> None:
    out = tmp_path / f"{what}.{ending}"
    assert run("export", what, str(out), "--data", str(city)).exit_code == 0
    assert out.stat().st_size > 0


def test_a_roster_is_planned_from_a_file_and_what_was_refused_is_named_with_its_line(
    city: Path, tmp_path: Path
) -> None:
    file = tmp_path / "shifts.csv"
    shift = "2026-11-26 08:00,2026-11-26 16:00"
    file.write_text(f"unit,from,to\nU1,{shift}\nU9,{shift}\n", "utf-8")
    said = told(run("import", "roster", str(file), "--data", str(city)))
    assert "1 shifts taken" in said
    assert "line 3: unit: U9 is not a unit of this city" in said
    assert "1 shifts known already" in told(run("import", "roster", str(file), "--data", str(city)))
