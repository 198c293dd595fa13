"""What is replayed is what was shown: frames recorded live and frames of the same instants, on both databases."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from callbacks.live.board import SECTIONS
from callbacks.live.then import NOT_REPLAYED
from geodata.situation.clockwork import BY_THE_CLOCK
from geodata.situation.days import Day
from geodata.situation.replay import making
from geodata.situation.replay.archive import Archive
from geodata.situation.replay.daylog import DayLog
from geodata.situation.replay.files import LogFiles
from geodata.situation.strata import Strata
from geodata.store import events
from geodata.store.areas import load_tree
from geodata.store.catalogue import load_catalogue
from geodata.store.engine import Store
from geodata.store.history import bulk_history
from geodata.store.models import EventRow
from tests.conftest import own_store
from tests.factories.little_city import HOUR, history
from tests.integration.replay.walking import BEGIN, MINUTE, PLAN, VIEWS, ZONE, Json, Walk, replayed

STEPS, EVERY = 130, 9
TICKER_NOT_KEPT = frozenset({"feed_silent", "quarantine"})


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def walk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """Two days of it, made once: none but the last test of this file writes into it."""
    with own_store(request.param, request, tmp_path_factory.mktemp("walk")) as store:
        made = Walk(store)
        made.found()
        asyncio.run(walked(made))
        yield made


async def walked(walk: Walk) -> None:
    """Recorded every few steps and just around midnight."""
    tail = walk.tail()
    for k in range(STEPS):
        walk.go_on()
        midnight = Day.of(walk.now_ms, ZONE).start_ms
        if k % EVERY == 0 or walk.now_ms - midnight < 20 * MINUTE or midnight + 24 * HOUR - walk.now_ms < 20 * MINUTE:
            await walk.record(tail)
    await walk.record(tail)


def archive_of(store: Store, root: Path) -> Archive:
    with store.read() as conn:
        city = load_tree(conn), load_catalogue(conn)
    return Archive(store, LogFiles(root), lambda: city, ZONE, BY_THE_CLOCK, PLAN)


def comparable(frame: Json) -> Json:
    """A frame without what is not kept: the ages of the feeds, what waited in quarantine, alerts, how the numbers of
    this process compared an hour before, and the number by which a desk knows that its queue moved."""
    made = copy.deepcopy(frame)
    sections: dict[str, Any] = made["s"]
    for name in (*NOT_REPLAYED, "then"):
        sections.pop(name, None)
    sections["title"].pop("feed_quiet_ms")
    sections["kpi"]["overdue"].pop("prev")
    sections["ticker"] = [line for line in sections["ticker"] if line["kind"] not in TICKER_NOT_KEPT]
    return made


def by_id(slot: Json) -> Json:
    return {feature[0]: feature for feature in slot["all"]}


def test_every_frame_is_replayed_as_it_was_shown(walk: Walk, tmp_path: Path) -> None:
    archive = archive_of(walk.store, tmp_path)
    days = {Day.of(ms, ZONE).start_ms for ms, _ in walk.frames}
    assert len(days) >= 2, "the walk goes over midnight"
    assert any(frame["marks"]["surges/marks"]["all"] for frame in walk.frames.values()), "some surges were shown"
    covered = {frame["s"]["coverage"]["covered"] for frame in walk.frames.values() if "coverage" in frame["s"]}
    hours = {z for frame in walk.frames.values() for z in frame["traces"]["coverage/fill"]["z"]}
    assert len(covered) > 2, "some grids were covered, and some were not"
    assert len(hours) > 3
    for (at_ms, topic), shown in walk.frames.items():
        view = next(v for v in VIEWS if v.topic() == topic)
        then = comparable(replayed(walk, archive, at_ms, view))
        now = comparable(shown)
        for name in SECTIONS:
            assert then["s"].get(name) == now["s"].get(name), (at_ms, topic, name)
        for part in ("legend", "traces"):
            assert then[part] == now[part], (at_ms, topic, part)
        for slot, marks in now["marks"].items():
            assert by_id(then["marks"][slot]) == by_id(marks), (at_ms, topic, slot)


def test_stepping_forward_leads_to_the_same_frames(walk: Walk, tmp_path: Path) -> None:
    archive = archive_of(walk.store, tmp_path)
    moments = sorted({ms for ms, _ in walk.frames})
    steps = [(a, b) for a, b in pairwise(moments) if Day.of(a, ZONE).start_ms == Day.of(b, ZONE).start_ms]
    assert len(steps) > 5
    for before, at_ms in steps:
        for view in VIEWS[:6]:
            stepped, built = (comparable(replayed(walk, archive, at_ms, view, step_from=ms)) for ms in (before, 0))
            assert stepped["s"] == built["s"], (before, at_ms)
            for slot, marks in built["marks"].items():
                assert by_id(stepped["marks"][slot]) == by_id(marks), (before, at_ms, slot)


def test_a_day_that_is_over_is_made_once_and_read_from_its_file(walk: Walk, tmp_path: Path) -> None:
    first = min(ms for ms, _ in walk.frames)
    made = archive_of(walk.store, tmp_path).log(first, walk.now_ms)
    files = sorted(p.name for p in tmp_path.glob("*.log"))
    assert files[0][:10] == made.day.isoformat()
    read = archive_of(walk.store, tmp_path).log(first, walk.now_ms)
    assert (read.code, read.words, read.from_ms, read.to_ms) == (made.code, made.words, made.from_ms, made.to_ms)
    for name, column in made.events.items():
        assert np.array_equal(read.events[name][:], column[:], equal_nan=name in ("lon", "lat")), name
    assert np.array_equal(read.rest.ever, made.rest.ever)
    assert np.array_equal(read.rest.month, made.rest.month)
    (tmp_path / files[0]).write_bytes(b"no log")
    anew = archive_of(walk.store, tmp_path).log(first, walk.now_ms)
    assert anew.code == made.code, "what cannot be read is made anew"


def test_days_are_made_ahead_one_by_one_and_forgotten(walk: Walk, tmp_path: Path) -> None:
    archive = archive_of(walk.store, tmp_path)
    while archive.prepare(3, walk.now_ms):
        pass
    assert len(list(tmp_path.glob("*.log"))) == 3
    assert not archive.prepare(3, walk.now_ms)
    archive.prepare(1, walk.now_ms)
    assert len(list(tmp_path.glob("*.log"))) == 1


@pytest.mark.parametrize("overlap", [0, making.OVERLAP])
def test_the_log_of_a_running_day_grows_into_what_it_is_when_made_at_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overlap: int
) -> None:
    monkeypatch.setattr(making, "OVERLAP", overlap)
    walk = Walk(store)
    walk.found()
    grown = archive_of(store, tmp_path)
    with store.read() as conn:
        strata = Strata(load_tree(conn))
        # Some that ended long ago are answered or opened again meanwhile.
        long_ago = sa.select(EventRow.id).where(EventRow.ended_ms < BEGIN - 48 * HOUR).limit(30)
        walk.ended += events.by_ids(conn, list(conn.execute(long_ago).scalars()))
    assert walk.ended
    lengthened = 0
    for k in range(STEPS):
        walk.go_on()
        if k % 5:
            continue
        day = Day.of(walk.now_ms, ZONE).start_ms
        log, anew = (a.log(walk.now_ms, walk.now_ms) for a in (grown, archive_of(store, tmp_path)))
        lengthened += log.from_ms == day and log.seq > 0
        for at_ms in range(day, walk.now_ms, 37 * MINUTE):
            assert known(log, at_ms) == known(anew, at_ms), (k, at_ms)
            assert np.array_equal(log.month_at(at_ms, ZONE), anew.month_at(at_ms, ZONE)), (k, at_ms)
            assert np.array_equal(log.ever_at(at_ms, strata), anew.ever_at(at_ms, strata)), (k, at_ms)
    assert lengthened > 10


def known(log: DayLog, at_ms: int) -> Json:
    """Every event and unit as a log tells it at an instant; an order of their own."""
    at, units = log.held(at_ms), log.units_held(at_ms)
    told = {name: np.nan_to_num(column[at], nan=-1.0).tolist() for name, column in log.events.items()}
    told |= {name: [log.words[name][i] for i in told[name]] for name in ("cls", "subtype", "source")}
    told["code"] = [log.code[i] for i in log.event[at].tolist()]
    return {
        "events": sorted(zip(*told.values(), strict=True)),
        "units": sorted(zip(*(c[units].tolist() for name, c in log.units.items() if name != "to_ms"), strict=True)),
    }


def test_an_import_of_older_events_makes_the_days_anew(walk: Walk, tmp_path: Path) -> None:
    archive = archive_of(walk.store, tmp_path)
    at_ms = BEGIN + MINUTE
    before = archive.instant(at_ms, walk.now_ms).situation.totals(0)
    with walk.store.begin() as conn:
        bulk_history(conn, history(50, seed=9, prefix="L"), at_ms=walk.now_ms, actor="test")
    after = archive.instant(at_ms, walk.now_ms).situation.totals(0)
    assert after.reported_all == before.reported_all + 50
    assert after.open > before.open
