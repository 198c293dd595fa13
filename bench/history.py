"""P6: what a 30-day trend costs when the city has a hundred times the history.

``python -m bench.history`` prints the figures. The tables are the real ones, filled by SQL: events on grids at a steady
30,000 a day, the roll-ups of every area that has some; the questions are the service's own. ``ONESCREEN_BENCH_EVENTS``
says how many events the large city has; a hundred million take some 25 GB and twenty minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import fmean, median
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from bench.situation import tree_of
from geodata.domain.areas import AreaTree
from geodata.domain.catalogue import Catalogue
from geodata.domain.periods import Period, date_of, midnight_ms
from geodata.domain.view import Filters
from geodata.services.actors import Actor
from geodata.services.measuring import measured, trend
from geodata.situation.situation import Situation
from geodata.store import bulk
from geodata.store.ancestry import prepare_areas
from geodata.store.engine import Store
from geodata.store.models import AreaRow, table
from geodata.store.models_days import DAY_COUNTS

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(os.environ.get("ONESCREEN_BENCH_FOLDER", ROOT / "data" / "bench-history"))
ZONE = ZoneInfo("Asia/Shanghai")
FAN_OUT = (38, 27, 11, 6)
A_DAY = 30_000
STEP_MS = 86_400_000 // A_DAY
SMALL, LARGE = 1_000_000, int(os.environ.get("ONESCREEN_BENCH_EVENTS", 100_000_000))
TODAY = 20_700
"""The day on which the city stands, as a number."""
SPAN = 30
SLICE = 5_000_000
ROUNDS = 60
NEEDED = ("ix_event_area_reported", "ix_event_area_ended", "ix_event_area_deadline", "ix_event_to_come")
"""The indexes that the questions use; the others of the table are left out of the large file."""
EVENTS = """
    INSERT INTO event (id, code, source, source_system, source_id, subtype_code, class_code, urgency, description,
        on_pile, area_id, state, rev, reported_ms, state_ms, dispatched_ms, handled_ms, ended_ms, deadline_ms,
        last_seq, traces)
    WITH RECURSIVE n(i) AS (SELECT :low UNION ALL SELECT i + 1 FROM n WHERE i < :high),
    e AS (
        SELECT i, :begin + i * :step AS reported, (i * 2654435761) % 4294967296 AS h,
               3600000 + (i * 40503) % 360000000 AS life
        FROM n
    )
    SELECT i, printf('%09d', i), CASE h % 7 WHEN 0 THEN 'hotline' WHEN 1 THEN 'video' ELSE 'patrol' END, 'b',
        printf('%09d', i), '0101', printf('%02d', 1 + h % 10), 3, '', 0, :grid + h % :grids,
        CASE WHEN reported + life < :now THEN 'closed' ELSE 'handling' END, 3, reported, reported, reported + 600000,
        reported + life / 2, CASE WHEN reported + life < :now THEN reported + life END, reported + 172800000, 1, 5
    FROM e"""
CUBE = 70
"""Classes times sources: as many rows has a day of an area with hourly roll-ups."""


@dataclass(frozen=True, slots=True)
class Built:
    """A city with a history of so many events."""

    n: int
    store: Store
    situation: Situation
    days: int


def build(n: int, tree: AreaTree, catalogue: Catalogue) -> Built:
    """Fill the file of a city, if it is not there yet."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"events-{n}.sqlite"
    days = n // A_DAY
    now_ms = midnight_ms(date_of(TODAY), ZONE) + 15 * 3_600_000
    done = path.with_suffix(".done")
    if not done.exists():
        path.unlink(missing_ok=True)
        store = Store.open(f"sqlite:///{path.as_posix()}")
        with store.begin() as conn:
            bulk.insert(conn, table(AreaRow), _areas(tree))
            prepare_areas(conn)
        store.close()
        with closing(sqlite3.connect(path, isolation_level=None)) as raw:
            _fill(raw, n, tree, now_ms, days)
        done.touch()
    opened = Store.open(f"sqlite:///{path.as_posix()}")
    return Built(n, opened, Situation(tree, catalogue, ZONE, now_ms), days)


def _areas(tree: AreaTree) -> dict[str, bulk.Column]:
    areas = tree.areas
    parents = [bulk.NONE if a.parent_code is None else areas[tree.ordinal[a.parent_code]].id for a in areas]
    ones = [0.0] * len(areas)
    texts = {name: [""] * len(areas) for name in ("name", "name_en", "initials", "kind", "valid_from")}
    return {
        "id": [a.id for a in areas], "code": [a.code for a in areas], "depth": [a.depth for a in areas],
        "parent_id": np.array(parents, np.int64), "polygon": [b""] * len(areas), "outline": [b""] * len(areas),
        **texts, **dict.fromkeys(("lon", "lat", "west", "south", "east", "north", "area_m2"), ones),
    }  # fmt: skip


def _fill(raw: sqlite3.Connection, n: int, tree: AreaTree, now_ms: int, days: int) -> None:
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "foreign_keys=OFF", "threads=2"):
        raw.execute(f"PRAGMA {pragma}")
    indexes = "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'event' AND sql LIKE 'CREATE INDEX%'"
    made: dict[str, str] = dict(raw.execute(indexes).fetchall())
    for name in made:
        raw.execute(f"DROP INDEX {name}")
    leaves = [a.id for a in tree.areas if a.depth == len(FAN_OUT)]
    known = {"begin": now_ms - n * STEP_MS, "step": STEP_MS, "now": now_ms, "grid": min(leaves), "grids": len(leaves)}
    for low in range(1, n + 1, SLICE):
        raw.execute("BEGIN")
        raw.execute(EVENTS, known | {"low": low, "high": min(n, low + SLICE - 1)})
        raw.execute("COMMIT")
    for name in NEEDED:
        raw.execute(made[name])
    raw.execute("BEGIN")
    for kinds, flag in ((1, "daily"), (CUBE, "rolled")):
        raw.execute(_rows_sql(kinds, flag), {"first": TODAY - days, "today": TODAY})
    raw.execute("COMMIT")
    raw.execute("ANALYZE")
    raw.execute("PRAGMA journal_mode=WAL")


def _rows_sql(kinds: int, flag: str) -> str:
    """A row for each area with this flag, each day and each kind; one kind is the row of all."""
    values = [f"1 + (area_id * 31 + day * 17 + k * {i + 7}) % 23" for i in range(len(DAY_COUNTS))]
    texts = "'', ''" if kinds == 1 else "printf('%02d', 1 + k % 10), 's' || (k / 10)"
    return f"""
        INSERT INTO rollup_day (area_id, day, class_code, source, {', '.join(DAY_COUNTS)})
        WITH RECURSIVE d(day) AS (SELECT :first UNION ALL SELECT day + 1 FROM d WHERE day < :today),
        kinds(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM kinds WHERE k < {kinds - 1})
        SELECT area_id, day, {texts}, {', '.join(values)}
        FROM area_total, d, kinds WHERE {flag} = 1 ORDER BY area_id, day"""


def ask(city: Built, rng: np.random.Generator) -> list[float]:
    """Milliseconds of a trend of one random area of each level, over thirty random days."""
    tree = city.situation.tree
    leaf = int(rng.choice(np.flatnonzero(tree.end == np.arange(len(tree)) + 1)))
    out = []
    for o in tree.chain(leaf):
        end = TODAY - int(rng.integers(0, city.days - SPAN + 1))
        period = Period(date_of(end - SPAN + 1), date_of(end))
        began = time.thread_time_ns()
        found = trend(city.store, city.situation, Actor.operator(), tree.areas[o].code, period, Filters())
        out.append((time.thread_time_ns() - began) / 1e6)
        assert len(found["on_time"]) == SPAN
    return out


def besides(city: Built) -> str:
    """What else was asked, once each warm: a month with its ranking, a year, a class."""
    tree, actor = city.situation.tree, Actor.operator()
    month = Period(date_of(TODAY - SPAN + 1), date_of(TODAY))
    year = Period(month.last - timedelta(days=364), month.last)
    district, street = (tree.areas[int(tree.children(o)[0])].code for o in (0, int(tree.children(0)[0])))
    told = []
    for name, code, period, filters in (
        ("a month of the city with its districts", None, month, Filters()),
        ("of a district with its streets", district, month, Filters()),
        ("of a street with its communities", street, month, Filters()),
        ("of the city for one class", None, month, Filters(classes=("03",))),
        ("a year of the city with its districts", None, year, Filters()),
    ):
        spent = []
        for _ in range(5):
            began = time.thread_time_ns()
            measured(city.store, city.situation, actor, code, period, filters, children=True)
            spent.append((time.thread_time_ns() - began) / 1e6)
        told.append(f"{name} {median(spent):.0f} ms")
    return ", ".join(told)


def figures() -> dict[str, dict[str, Any]]:
    """P6.trend: the slowest level's 95th percentile in the large city; P6.flat: large over small."""
    tree, catalogue = tree_of(FAN_OUT), Catalogue.read()
    cities = [build(n, tree, catalogue) for n in (SMALL, LARGE)]
    rng = np.random.default_rng(3)
    taken: list[list[list[float]]] = [[], []]
    for _ in range(ROUNDS):
        for k, city in enumerate(cities):
            taken[k].append(ask(city, rng))
    small, large = (np.array(t) for t in taken)
    worst = float(np.percentile(large, 95, axis=0).max())
    medians = [np.median(t, axis=0).tolist() for t in (small, large)]
    flat = max(fmean(medians[1]) / fmean(medians[0]), max(medians[1]) / max(medians[0]))
    size = cities[1].store.url.rpartition("/")[2]
    gib = (FOLDER / size).stat().st_size / 2**30
    method = (
        f"{LARGE:,} events ({cities[1].days:,} days at {A_DAY:,}; {gib:.0f} GiB) against {SMALL:,} ({cities[0].days} "
        f"days), {len(tree):,} areas, SQLite, tables and roll-ups filled by SQL, the roll-ups with invented counts, "
        f"only the indexes of events that these questions use. Asked: closing, on-time, overdue and registration rate "
        f"for each of {SPAN} days of random areas at random times, by the service ({ROUNDS} ways from the city to a "
        f"grid, the two cities in turns). Processor time of the one thread that asks and reads. "
    )
    listed = "; ".join(f"{c.n:,}: " + " / ".join(f"{v:.1f}" for v in m) for c, m in zip(cities, medians, strict=True))
    p95 = " / ".join(f"{v:.1f}" for v in np.percentile(large, 95, axis=0))
    other = besides(cities[1])
    for city in cities:
        city.store.close()
    if "ONESCREEN_BENCH_KEEP" not in os.environ:
        shutil.rmtree(FOLDER, ignore_errors=True)
    key = f"P6.trend_{LARGE // 1_000_000}m"
    return {
        key: {
            "value": round(worst, 1), "unit": "ms", "bar": 50, "better": "lower", "peer": f"{SMALL:,} events",
            "method": f"{method}The value is the slowest level's 95th percentile (city to grid: {p95}). All indicators "
            f"with the periods before and a year before: {other}",
        },
        "P6.flat": {
            "value": round(flat, 2), "unit": "×", "bar": 1.5, "better": "lower",
            "peer": f"{LARGE:,} over {SMALL:,} events",
            "method": f"{method}The ratio of the mean over the levels or of the slowest level, whichever is worse. "
            f"Medians in ms, city to grid: {listed}",
        },
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(figures(), ensure_ascii=False, indent=1))
