"""Instants in addresses: local times of the city, and what is none."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.domain.instants import instant_of, moment_ms
from geodata.domain.view import MapView, ViewError, parse_view

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
KNOWN: dict[str, Any] = {"layer_ids": frozenset({"areas"}), "class_codes": frozenset({"01"})}


@given(st.integers(0, 2**32), st.sampled_from((SHANGHAI, ZoneInfo("UTC"))))
def test_an_instant_leads_to_the_second_that_it_was_written_of(second: int, zone: ZoneInfo) -> None:
    if zone is SHANGHAI and second < 700_000_000:
        second += 700_000_000  # its clocks were changed before that
    assert moment_ms(instant_of(second * 1000 + 999, zone), zone) == second * 1000


@pytest.mark.parametrize("said", [
    "now", "2026-11-20", "2026-11-20 14:30", "2026-11-20T14:30Z", "2026-11-20T14:30+08:00", "2026-13-20T14:30",
    "2026-02-30T14:30", "2026-11-20T25:00", "2026-11-20T14:30:61", "20261120T1430", "２０２６-11-20T14:30",
    "0001-01-01T00:00", "9999-12-31T23:59",  # no moment in every zone
])  # fmt: skip
def test_what_is_no_local_time_is_none(said: str) -> None:
    with pytest.raises(ViewError) as wrong:
        parse_view("/area/C", f"at={quote(said)}", **KNOWN)
    assert wrong.value.why == "form"


def test_clocks_that_are_changed_lead_to_one_moment() -> None:
    twice, never = "2026-10-25T02:30:00", "2026-03-29T02:30:00"
    assert instant_of(moment_ms(twice, BERLIN), BERLIN) == twice
    assert instant_of(moment_ms(never, BERLIN), BERLIN) == "2026-03-29T03:30:00"


def test_the_address_holds_the_instant_and_the_speed() -> None:
    view = parse_view("/area/D1", "at=2026-11-20T14:30&play=60", **KNOWN)
    assert (view.at, view.play) == ("2026-11-20T14:30:00", 60)
    assert parse_view(*view.address().split("?"), **KNOWN) == view
    assert view.topic() != view.to(at="").topic() != view.to(play=0).topic()
    assert parse_view("/area/D1", "at=2026-11-20T14:30", **KNOWN).topic() == view.to(play=0).topic()


@pytest.mark.parametrize(("query", "field", "value"), [
    ("at=yesterday", "at", "yesterday"), ("at=2026-11-20T14:30&play=7", "play", "7"),
    ("at=2026-11-20T14:30&play=x", "play", "x"), ("at=" + "9" * 500, "at", "9" * 64),
])  # fmt: skip
def test_a_wrong_instant_is_named(query: str, field: str, value: str) -> None:
    with pytest.raises(ViewError) as wrong:
        parse_view("/wall/C", query, **KNOWN)
    assert (wrong.value.field, wrong.value.value) == (field, value)


def test_pages_without_a_past_leave_it_out() -> None:
    assert parse_view("/units/C", "at=2026-11-20T14:30", **KNOWN) == MapView("C", "units")
    assert parse_view("/area/C", "play=60", **KNOWN) == MapView("C"), "there is nothing to play from"
