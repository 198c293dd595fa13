"""Writing many rows at once, the fast way of each database. Columns in, rows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

UNNEST_MAX = 1000
Columns = Mapping[str, Sequence[Any]]


def insert(conn: Connection, table: sa.Table, columns: Columns, *, add: bool = False) -> None:
    """Insert rows given as columns of equal length. ``add``: where the key exists, add the other columns to it."""
    names = list(columns)
    n = len(columns[names[0]])
    if not n:
        return
    target = f"{_quoted(table.name)} ({', '.join(map(_quoted, names))})"
    merge = _merge(table, names) if add else ""
    if conn.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        _run_many(conn, f"INSERT INTO {target} VALUES ({marks}){merge}", columns)
    elif n <= UNNEST_MAX:
        _execute(conn, f"INSERT INTO {target} SELECT * FROM unnest({_arrays(table, names)}){merge}", columns)
    elif not add:
        _copy(conn, target, columns)
    else:
        _execute(conn, f"CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT {', '.join(map(_quoted, names))} "
                       f"FROM {_quoted(table.name)} WITH NO DATA")  # fmt: skip
        _copy(conn, f"incoming ({', '.join(map(_quoted, names))})", columns)
        _execute(conn, f"INSERT INTO {target} SELECT * FROM incoming{merge}")
        _execute(conn, "DROP TABLE incoming")


def update(conn: Connection, table: sa.Table, key: str, columns: Columns) -> None:
    """Set the other columns of the rows whose ``key`` column is given."""
    names = [n for n in columns if n != key]
    if not len(columns[key]):
        return
    where = f"{_quoted(table.name)}.{_quoted(key)}"
    if conn.dialect.name == "sqlite":
        sets = ", ".join(f"{_quoted(n)} = ?" for n in names)
        ordered = {n: columns[n] for n in [*names, key]}
        _run_many(conn, f"UPDATE {_quoted(table.name)} SET {sets} WHERE {where} = ?", ordered)
        return
    sets = ", ".join(f"{_quoted(n)} = v.{_quoted(n)}" for n in names)
    ordered = {n: columns[n] for n in [key, *names]}
    listed = ", ".join(map(_quoted, ordered))
    _execute(conn, f"UPDATE {_quoted(table.name)} SET {sets} FROM unnest({_arrays(table, list(ordered))}) "
                   f"AS v({listed}) WHERE {where} = v.{_quoted(key)}", ordered)  # fmt: skip


def _merge(table: sa.Table, names: Sequence[str]) -> str:
    keys = [c.name for c in table.primary_key]
    here = _quoted(table.name)
    sums = [f"{q} = {here}.{q} + excluded.{q}" for q in (_quoted(n) for n in names if n not in keys)]
    return f" ON CONFLICT ({', '.join(map(_quoted, keys))}) DO UPDATE SET {', '.join(sums)}"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _arrays(table: sa.Table, names: Sequence[str]) -> str:
    dialect = sa.dialects.registry.load("postgresql")()
    return ", ".join(f"%s::{table.c[n].type.compile(dialect)}[]" for n in names)


def _run_many(conn: Connection, statement: str, columns: Columns) -> None:
    # The driver itself: SQLAlchemy would copy every row once more.
    conn.connection.driver_connection.executemany(statement, zip(*columns.values(), strict=True))  # type: ignore[union-attr]


def _execute(conn: Connection, statement: str, columns: Columns | None = None) -> None:
    arguments = tuple(list(c) for c in columns.values()) if columns else ()
    conn.exec_driver_sql(statement, arguments)


def _copy(conn: Connection, target: str, columns: Columns) -> None:
    driver = cast(Any, conn.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in zip(*columns.values(), strict=True):
            copy.write_row(row)
