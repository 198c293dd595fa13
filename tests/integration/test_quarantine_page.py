"""The page of the quarantine: what was held back and why, for whom, and what comes of submitting it again."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from callbacks.access.quarantine import PAGE
from callbacks.live.doors import read_doors
from geodata.domain.roles import Role
from geodata.intake.door import now_ms
from geodata.services.access import actor_of
from geodata.services.actors import Actor
from tests.factories.access_browser import House

CONTACT = "13800001111"
TOP = "/admin/quarantine"


def a_record(source_id: str, **other: Any) -> dict[str, Any]:
    return {
        "source": "hotline", "source_system": "12345", "source_id": source_id, "subtype": "0101", "area": "G00",
        "reported_at": now_ms() - 60_000, "contact": CONTACT,
    } | other  # fmt: skip


def send(house: House, *records: Any, sender: str = "", kind: Any = "events") -> None:
    actor = actor_of(house.account(sender)) if sender else Actor.operator("archive")
    told = house.room.door.take(kind, actor, None, json.dumps(records).encode())
    assert {o.status for o in told} == {"quarantined"}


def numbers(page: str) -> list[int]:
    """The records that a page shows, from the top."""
    return [int(n) for n in re.findall(r'<td data-label="#" class="n">(\d+)</td>', page)]


def total(page: str) -> int:
    found = re.search(r'<span class="count">([\d,]+)</span>', page)
    assert found
    return int(found[1].replace(",", ""))


@pytest.fixture
def held(house: House) -> House:
    """Sixty records with an unknown subtype, three with a wrong place, one unreadable, and two of a feed."""
    house.made("kiosk", ["feed"], scopes=["report", "quarantine"], systems=["12345"])
    send(house, *(a_record(f"s{n}", subtype="9999") for n in range(60)))
    send(house, *(a_record(f"p{n}", lon=200, lat=0) for n in range(3)))
    house.room.door.take("events", Actor.operator("archive"), None, f"{{{CONTACT}".encode())
    send(house, a_record("k1", subtype="9999"), a_record("k2", lon=200, lat=0), sender="kiosk")
    return house


async def test_every_record_is_shown_once_newest_first_and_as_many_as_the_screens_say(held: House) -> None:
    boss = await held.inside("chief", Role.ADMIN)
    page = (await boss.get(TOP)).text
    assert total(page) == read_doors(held.room.store, now_ms()).quarantined == 66
    seen = numbers(page)
    assert len(seen) == PAGE
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older
    rest = (await boss.get(older[1].replace("&amp;", "&"))).text
    assert 'rel="next"' not in rest
    seen += numbers(rest)
    assert seen == list(range(66, 0, -1))


async def test_it_is_narrowed_by_feed_field_sender_and_state_and_says_how_many(held: House) -> None:
    boss = await held.inside("chief", Role.ADMIN)
    for query, n in (
        ("field=subtype", 61), ("field=lon", 4), ("field=body", 1), ("feed=12345/events", 2), ("sender=kiosk", 2),
        ("sender=kiosk&field=lon", 1), ("sender=nobody", 0), ("feed=nothing", 0), ("state=replayed", 0),
        ("state=all", 66), ("state=nonsense", 66), ("field=%00lon", 4), ("before=x", 66),
        ("before=999999999999999", 66),
    ):  # fmt: skip
        page = await boss.get(f"{TOP}?{query}")
        assert page.status_code == 200
        assert total(page.text) == n, query
        assert len(numbers(page.text)) == min(n, PAGE), query


async def test_no_contact_is_shown_or_taken_along_and_a_record_is_no_markup(held: House) -> None:
    send(held, a_record("x", subtype="<b>x</b>", description="=1+1"))
    boss = await held.inside("chief", Role.ADMIN)
    pages = [(await boss.get(TOP + end)).text for end in ("", "?field=body", "/export.csv")]
    assert not [page for page in pages if CONTACT in page or "sealed_contact" in page or "gAAAA" in page]
    assert "其中的联系方式已略去" in pages[0]
    assert "密封保存" in pages[1]
    assert "<b>x</b>" not in pages[0]
    rows = list(csv.DictReader(io.StringIO(pages[2].removeprefix("\ufeff"))))
    assert [int(row["id"]) for row in rows] == list(range(67, 0, -1))
    assert {row["field"] for row in rows} == {"subtype", "lon", "body"}
    line = held.lines("export")[0]
    assert (line.actor, line.subject, json.loads(line.new)["rows"]) == ("chief", "quarantine.csv", 67)


async def test_what_is_submitted_again_is_told_in_a_sentence_and_leaves_when_it_is_taken(held: House) -> None:
    boss = await held.inside("chief", Role.ADMIN)
    [first, *_] = numbers((await boss.get(f"{TOP}?field=lon")).text)
    still = await boss.post(f"{TOP}/replay?lang=en", data={"ids": str(first), "field": "lon"})
    assert f"Record #{first} is still held back: lon 200" in still.text
    assert total(still.text) == 4
    with held.room.store.begin() as conn:  # the place was mended
        conn.exec_driver_sql("UPDATE quarantine SET record = replace(record, '200', '106.42') WHERE field = 'lon'")
        conn.exec_driver_sql("UPDATE quarantine SET record = replace(record, '\"lat\": 0', '\"lat\": 29.52')")
        conn.exec_driver_sql("UPDATE quarantine SET record = replace(record, '\"lat\":0', '\"lat\":29.52')")
    taken = await boss.post(f"{TOP}/replay?lang=en", data={"ids": str(first), "field": "lon"})
    assert f"Record #{first} was taken" in taken.text
    assert total(taken.text) == 3
    page = (await boss.get(TOP)).text
    shown = re.search(r'name="ids" value="([\d ]+ [\d ]+)"', page)
    assert shown
    many = await boss.post(f"{TOP}/replay?lang=en", data={"ids": shown[1]})
    assert "50 were submitted again: 3 taken, 0 known before or of no use any more, 47 still held back." in many.text
    again = await boss.post(f"{TOP}/replay?lang=en", data={"ids": str(first)})
    assert "Nothing was submitted" in again.text
    assert numbers((await boss.get(f"{TOP}?state=replayed")).text) == [first, 63, 62, 61]
    lines = held.lines("replay")
    assert len(lines) == 3
    assert {"accepted": 1, "records": str(first)} in [json.loads(line.new) for line in lines]


@pytest.mark.parametrize("ids", ["", "x", "0", "-1", "999999999999999", "1;DROP", " ".join(map(str, range(500)))])
async def test_ids_that_are_none_break_nothing(held: House, ids: str) -> None:
    boss = await held.inside("chief", Role.ADMIN)
    assert (await boss.post(f"{TOP}/replay", data={"ids": ids})).status_code == 200


async def test_an_admin_of_a_district_and_everybody_else_find_nothing(held: House) -> None:
    near = await held.inside("d1.admin", Role.ADMIN, areas=["D1"])
    page = (await near.get(TOP)).text
    assert total(page) == 0
    assert numbers(page) == []
    assert "9999" not in page
    assert "12345" not in page
    assert "kiosk" not in page
    assert "没有提交" in (await near.post(f"{TOP}/replay", data={"ids": "1 2 3"})).text
    assert "待处理隔离记录" not in (await near.get("/admin/feeds")).text
    other = await held.inside("head", Role.CENTRE_HEAD)
    for answer in (await other.get(TOP), await other.get(TOP + "/export.csv"), await other.post(TOP + "/replay")):
        assert answer.status_code in (404, 415)
    assert TOP not in (await other.get("/account")).text


async def test_a_feed_says_how_many_of_its_records_wait_and_leads_to_them(held: House) -> None:
    boss = await held.inside("chief", Role.ADMIN)
    for page in ("/admin/feeds", "/admin/feeds/kiosk"):
        assert f'<a class="link" href="{TOP}?sender=kiosk">2</a>' in (await boss.get(page)).text
