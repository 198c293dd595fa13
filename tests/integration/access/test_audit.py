"""The audit: whatever is done to its lines behind its back shows, and shows for good."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from geodata.services.actors import Actor
from geodata.services.auditing import Audit, Broken
from geodata.services.sealing import Seal
from geodata.store import audit, settings
from geodata.store.audit import Line, Sought
from tests.factories.access_city import DAY, MINUTE, NOW, Town, at_once, of, setting

LINES = 6
FIELDS = [name for name in Line._fields if name != "seq"]
OTHER: dict[str, Any] = {"at_ms": NOW - 1, "mac": "0" * 64, "first_seq": 3, "last_seq": 3}
"""Values of another kind than text."""
WHO = of("lin")


@pytest.fixture
def told(city: Town) -> Town:
    """A city with some lines, one a day, in which the lock against changes was opened by force."""
    for k in range(LINES):
        write(city, k)
    return city


def write(city: Town, k: int, at_ms: int | None = None) -> None:
    with city.store.begin() as conn:
        city.access.audit.record(
            conn, WHO, f"act{k}", f"event:E{k}", at_ms=NOW + k * DAY if at_ms is None else at_ms, area="D1",
            old={"state": "前", "n": k}, new={"state": "后", "n": k + 1},
        )  # fmt: skip


def check(city: Town, known_head: str = "") -> tuple[int, str, Broken | None]:
    with city.store.read() as conn:
        return city.access.audit.check(conn, known_head)


def by_force(city: Town, *statements: str, **values: Any) -> None:
    """Statements of somebody who can write the database, the lock against changes taken off first."""
    on = "" if city.store.dialect == "sqlite" else " ON audit"
    with city.store.begin() as conn:
        conn.execute(sa.text(f"DROP TRIGGER IF EXISTS audit_append_only{on}"))
        for statement in statements:
            conn.execute(sa.text(statement), values)


def insert(city: Town, **other: Any) -> None:
    with city.store.begin() as conn:
        line = next(line for line in audit.walk(conn) if line.seq == 3)
        audit.append(conn, [line._replace(**other)])


def test_whole_it_says_how_many_lines_and_its_head(told: Town) -> None:
    n, head, broken = check(told)
    assert (n, broken) == (LINES, None)
    assert head == f"{LINES}:{told.lines()[-1].mac}"
    assert check(told, head)[2] is None
    assert len({line.mac for line in told.lines()}) == LINES


def test_empty_it_holds(city: Town) -> None:
    assert check(city) == (0, f"0:{'0' * 64}", None)


def test_a_change_of_any_field_of_any_line_shows_there(told: Town) -> None:
    for line in told.lines():
        for field in FIELDS:
            value: Any = OTHER.get(field, "x")
            was = getattr(line, field)
            change = f"UPDATE audit SET {field} = :value WHERE seq = :seq"
            by_force(told, change, value=value, seq=line.seq)
            broken = check(told)[2]
            assert broken is not None, (line.seq, field)
            assert (broken.seq, "was changed" in broken.text) == (line.seq, True)
            by_force(told, change, value=was, seq=line.seq)
            assert check(told)[2] is None


def test_any_missing_line_shows_and_where_it_was(told: Town) -> None:
    for line in told.lines():
        by_force(told, "DELETE FROM audit WHERE seq = :seq", seq=line.seq)
        broken = check(told)[2]
        assert broken is not None
        assert (broken.seq, "missing" in broken.text) == (line.seq, True)
        with told.store.begin() as conn:
            audit.append(conn, [line])
        assert check(told)[2] is None


TAMPERED: dict[str, tuple[str, ...]] = {
    "all lines are gone": ("DELETE FROM audit",),
    "all but the first are gone": ("DELETE FROM audit WHERE seq > 1",),
    "the first half is gone": ("DELETE FROM audit WHERE seq < 4",),
    "the second half is gone": ("DELETE FROM audit WHERE seq > 3",),
    "two lines have changed places": (
        "UPDATE audit SET seq = 99 WHERE seq = 3", "UPDATE audit SET seq = 3 WHERE seq = 4",
        "UPDATE audit SET seq = 4 WHERE seq = 99",
    ),
    "the lines after a gap have moved up": (
        "DELETE FROM audit WHERE seq = 3", "UPDATE audit SET seq = -seq WHERE seq > 3",
        "UPDATE audit SET seq = -seq - 1 WHERE seq < 0",
    ),
    "the head is gone": ("DELETE FROM setting WHERE key = 'audit_head'",),
    "the head is another": ("UPDATE setting SET value = '3:00:00' WHERE key = 'audit_head'",),
    "the head is nonsense": ("UPDATE setting SET value = 'x' WHERE key = 'audit_head'",),
    "the last line and the head are gone": (
        "DELETE FROM audit WHERE seq = 6", "DELETE FROM setting WHERE key = 'audit_head'",
    ),
    "a beginning was marked without a key": (
        "DELETE FROM audit WHERE seq < 4", "INSERT INTO setting (key, value) VALUES ('audit_base', '3:00:00')",
    ),
    "the mark of the beginning is nonsense": ("INSERT INTO setting (key, value) VALUES ('audit_base', 'x')",),
    "the mark of the beginning is the head": (
        "INSERT INTO setting (key, value) SELECT 'audit_base', value FROM setting WHERE key = 'audit_head'",
        "DELETE FROM audit",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", TAMPERED)
def test_it_shows_and_is_healed_neither_by_the_lines_that_follow_nor_by_forgetting_that(told: Town, how: str) -> None:
    by_force(told, *TAMPERED[how])
    assert check(told)[2] is not None
    for k in range(LINES, LINES + 3):
        write(told, k)
    assert check(told)[2] is not None
    forget(told, NOW + (LINES + 1) * DAY)
    assert check(told)[2] is not None


@pytest.mark.parametrize("seq", [-3, 0, 4, LINES + 1])
def test_a_line_put_in_shows(told: Town, seq: int) -> None:
    if seq == 4:
        by_force(told, "DELETE FROM audit WHERE seq = 4")
    insert(told, seq=seq)
    assert check(told)[2] is not None


def test_lines_put_after_the_end_show_and_do_not_stop_the_city(told: Town) -> None:
    insert(told, seq=LINES + 1)
    insert(told, seq=LINES + 2)
    write(told, 50)
    assert told.lines()[-1].action == "act50"
    broken = check(told)[2]
    assert broken is not None
    assert broken.seq == LINES + 1


def test_another_key_fits_no_line(told: Town) -> None:
    with told.store.read() as conn:
        broken = Audit(Seal([Fernet.generate_key().decode()])).check(conn)[2]
    assert broken is not None
    assert broken.seq == 1


def test_a_new_key_on_top_leaves_all_signatures_as_they_are(city: Town) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    closed = Seal([old]).seal("x")
    for keys in ([old], [new, old]):
        with city.store.begin() as conn:
            Audit(Seal(keys)).record(conn, WHO, "act", "x", at_ms=NOW)
    with city.store.read() as conn:
        assert Audit(Seal([new, old])).check(conn)[::2] == (2, None)
        assert Audit(Seal([new])).check(conn)[2] is not None
    assert Seal([new, old]).unseal(closed) == "x"
    assert Seal([new]).unseal(closed) is None


def test_both_databases_refuse_to_change_a_line(told: Town) -> None:
    for change in ("actor = 'x'", "at_ms = 0 WHERE seq = 1", "mac = mac"):
        with pytest.raises(SQLAlchemyError, match="append-only"), told.store.begin() as conn:
            conn.execute(sa.text(f"UPDATE audit SET {change}"))
    assert check(told)[2] is None


def test_forgetting_takes_away_the_oldest_lines_and_the_rest_holds(told: Town) -> None:
    assert forget(told, NOW) == 0
    assert forget(told, NOW + 1) == 1
    assert forget(told, NOW + 1) == 0
    assert forget(told, NOW + 2 * DAY + 1) == 2
    assert [line.seq for line in told.lines()] == [4, 5, 6]
    assert check(told)[::2] == (3, None)
    write(told, LINES)
    assert check(told)[::2] == (4, None)
    assert told.lines()[-1].seq == LINES + 1


def forget(city: Town, before_ms: int) -> int:
    with city.store.begin() as conn:
        return city.access.audit.forget(conn, before_ms)


def test_the_newest_line_is_never_forgotten(told: Town) -> None:
    forget(told, NOW + 99 * DAY)
    assert check(told)[::2] == (len(told.lines()), None)
    assert told.lines()[-1].seq == LINES


@pytest.mark.parametrize("statements", [
    ("DELETE FROM audit",),
    ("DELETE FROM audit", "DELETE FROM setting WHERE key = 'audit_head'"),
    ("DELETE FROM setting WHERE key = 'audit_base'",),
    ("UPDATE setting SET value = '1:00:00' WHERE key = 'audit_base'",),
    ("DELETE FROM audit WHERE seq = 4",),
    ("DELETE FROM audit WHERE seq = 6",),
])  # fmt: skip
def test_after_forgetting_too_nothing_goes_unnoticed(told: Town, statements: tuple[str, ...]) -> None:
    forget(told, NOW + 2 * DAY + 1)
    by_force(told, *statements)
    assert check(told)[2] is not None
    write(told, 50)
    assert check(told)[2] is not None


def test_an_older_mark_of_the_beginning_does_not_fit_again(told: Town) -> None:
    forget(told, NOW + 1)
    older = setting(told.store, settings.AUDIT_BASE)
    forget(told, NOW + 2 * DAY + 1)
    by_force(told, "UPDATE setting SET value = :older WHERE key = 'audit_base'", older=older)
    broken = check(told)[2]
    assert broken is not None
    assert "line 2 is missing" in broken.text


def test_lines_that_were_made_to_look_old_are_not_forgotten(told: Town) -> None:
    by_force(told, "UPDATE audit SET at_ms = 1 WHERE seq < 6")
    assert forget(told, NOW) == 0
    assert len(told.lines()) == LINES
    assert check(told)[2] is not None


def test_a_line_out_of_time_does_not_open_a_gap_when_lines_are_forgotten(city: Town) -> None:
    for k, at_ms in enumerate([NOW, NOW + DAY, NOW - DAY, NOW + 2 * DAY]):
        write(city, k, at_ms)
    assert forget(city, NOW + 1) == 1
    assert [line.seq for line in city.lines()] == [2, 3, 4]
    assert check(city)[2] is None


def test_a_head_that_was_noted_elsewhere_shows_that_all_was_written_anew_with_the_key(told: Town) -> None:
    _, noted, _ = check(told)
    write(told, LINES)
    assert check(told, noted)[2] is None
    by_force(told, "DELETE FROM audit", "DELETE FROM setting WHERE key = 'audit_head'")
    assert check(told)[2] is None, "with nothing left there is nothing to fit; hence the noted head"
    assert check(told, noted)[2] is not None
    for k in range(LINES + 1):
        write(told, k + 1)
    assert check(told)[::2] == (LINES + 1, None)
    broken = check(told, noted)[2]
    assert broken is not None
    assert "was noted" in broken.text


def test_a_head_that_is_none_is_not_in_it(told: Town) -> None:
    for known in ("x", "1:x", "\x00", "9" * 500, "6:"):
        assert check(told, known)[2] is not None


def test_a_day_can_be_read_with_who_where_and_what_it_was_before_and_after(told: Town) -> None:
    with told.store.read() as conn:
        day = audit.page(conn, Sought(from_ms=NOW + DAY, to_ms=NOW + 2 * DAY), 100)
    assert [line.action for line in day] == ["act1"]
    assert (day[0].actor, day[0].subject, day[0].area) == ("lin", "event:E1", "D1")
    assert (json.loads(day[0].old), json.loads(day[0].new)) == ({"state": "前", "n": 1}, {"state": "后", "n": 2})


PAGES: list[tuple[Sought, list[int]]] = [
    (Sought(), [6, 5, 4, 3, 2, 1]), (Sought(before_seq=4), [3, 2, 1]), (Sought(actor="lin", action="act2"), [3]),
    (Sought(actor="who"), []), (Sought(subject="event:E0"), [1]), (Sought(areas=["D1"]), [6, 5, 4, 3, 2, 1]),
    (Sought(areas=["D2"]), []), (Sought(areas=[]), []), (Sought(areas=[f"A{n}" for n in range(600)] + ["D1"]), [6, 5, 4,
                                                                                                           3, 2, 1]),
]  # fmt: skip


def test_lines_are_found_by_who_what_when_and_where(told: Town) -> None:
    with told.store.read() as conn:
        for sought, expected in PAGES:
            assert [line.seq for line in audit.page(conn, sought, 100)] == expected
        assert [line.seq for line in audit.page(conn, Sought(areas=["D1"]), 2)] == [6, 5]


ODD = ["a\x00b", "\x00" * 99, "\ud800", "x" * 5000, "\u202e\n'\"\\"]


def test_whatever_text_it_is_given_a_line_is_written_and_holds(city: Town) -> None:
    for odd in ODD:
        actor = Actor(odd, address=odd)
        with city.store.begin() as conn:
            city.access.audit.record(conn, actor, "act", odd, at_ms=NOW, area=odd, old={"a": odd}, new={odd: object()})
    assert check(city)[::2] == (len(ODD), None)
    for line in city.lines():
        assert json.loads(line.old)
        assert json.loads(line.new)
        assert len(line.new) < 10_000


def test_what_is_undone_leaves_no_line(city: Town) -> None:
    def half_way(conn: Connection) -> None:
        city.access.audit.record(conn, WHO, "act", "x", at_ms=NOW)
        raise RuntimeError("half way")

    for work in (half_way, half_way):
        with pytest.raises(RuntimeError), city.store.begin() as conn:
            work(conn)
    write(city, 1)
    assert [line.seq for line in city.lines()] == [1]
    assert check(city)[2] is None


def test_threads_that_write_at_once_make_one_unbroken_chain(city: Town) -> None:
    def fifty(thread: int) -> int:
        for k in range(50):
            write(city, thread * 50 + k, NOW + k * MINUTE)
        return thread

    assert sorted(map(str, at_once(8, fifty, 8))) == [str(n) for n in range(8)]
    assert check(city)[::2] == (400, None)
    assert sorted(line.action for line in city.lines()) == sorted(f"act{k}" for k in range(400))
