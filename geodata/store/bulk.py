"""Writing many rows at once, the fast way of each database. Columns in, rows out.

A column is a sequence of plain values or a numpy array, in which NONE (whole numbers) and NaN (floats) mean NULL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.engine import Connection

UNNEST_MAX = 1000
SLICE = 50_000
NONE = int(np.iinfo(np.int64).min)
Column = Sequence[Any] | npt.NDArray[Any]
Columns = Mapping[str, Column]


def insert(conn: Connection, table: sa.Table, columns: Columns, *, add: bool = False, merge: str = "") -> None:
    """Insert rows given as columns of equal length. ``add``: where the key exists, add the other columns to it;
    ``merge``: what is set there instead, as SQL of both databases, in which the new row is called ``excluded``."""
    names = list(columns)
    n = len(columns[names[0]])
    if not n:
        return
    target = f"{_quoted(table.name)} ({', '.join(map(_quoted, names))})"
    merge = _merge(table, names, merge) if add or merge else ""
    if conn.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        _run_many(conn, f"INSERT INTO {target} VALUES ({marks}){merge}", columns)
    elif n <= UNNEST_MAX:
        _execute(conn, f"INSERT INTO {target} SELECT * FROM unnest({_arrays(table, names)}){merge}", columns)
    elif not merge:
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


def _merge(table: sa.Table, names: Sequence[str], sets: str) -> str:
    keys = [c.name for c in table.primary_key]
    here = _quoted(table.name)
    sums = [f"{q} = {here}.{q} + excluded.{q}" for q in (_quoted(n) for n in names if n not in keys)]
    return f" ON CONFLICT ({', '.join(map(_quoted, keys))}) DO UPDATE SET {sets or ', '.join(sums)}"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _arrays(table: sa.Table, names: Sequence[str]) -> str:
    dialect = sa.dialects.registry.load("postgresql")()
    return ", ".join(f"%s::{table.c[n].type.compile(dialect)}[]" for n in names)


def _run_many(conn: Connection, statement: str, columns: Columns) -> None:
    # The driver itself: SQLAlchemy would copy every row once more.
    driver = cast(sqlite3.Connection, conn.connection.driver_connection)
    for rows in _slices(columns):
        driver.executemany(statement, rows)


def _execute(conn: Connection, statement: str, columns: Columns | None = None) -> None:
    arguments = tuple(_plain(c) for c in columns.values()) if columns else ()
    conn.exec_driver_sql(statement, arguments)


def _copy(conn: Connection, target: str, columns: Columns) -> None:
    driver = cast(Any, conn.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for rows in _slices(columns):
            for row in rows:
                copy.write_row(row)


def _slices(columns: Columns) -> Iterator[Iterator[tuple[Any, ...]]]:
    # In slices, because a million rows as Python objects take a gigabyte.
    n = len(next(iter(columns.values())))
    for i in range(0, n, SLICE):
        yield zip(*(_plain(c[i : i + SLICE]) for c in columns.values()), strict=True)


def _plain(column: Column) -> list[Any]:
    if not isinstance(column, np.ndarray):
        return list(column)
    values: list[Any] = column.tolist()
    if column.dtype.kind in "fi":
        missing = np.isnan(column) if column.dtype.kind == "f" else column == NONE
        for i in np.flatnonzero(missing).tolist():
            values[i] = None
    return values
