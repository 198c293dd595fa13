"""The pages of programmes and screens as a shift leader uses them, and what a screen is told."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from geodata.domain.catalogue import Catalogue, EventClass
from geodata.domain.roles import Role
from geodata.intake.door import now_ms
from geodata.services.actors import Actor
from geodata.services.outcomes import Submitted
from geodata.services.reporting import NewEvent, report_events
from tests.factories.access_browser import House, Labels, path_of, secret_on

ITSELF = {"name": "白班", "area": "D1", "transition": "fade", "hold_s": "30"}
STEP = {
    "act": "save", "rev": "1", "area": "D1", "focus": "safety", "theme": "light", "lang": "zh", "measure": "",
    "dwell_s": "40", "days": ["1", "2", "3", "4", "5", "6", "7"], "from_min": "00:00", "to_min": "24:00",
}  # fmt: skip


async def made(leader: httpx.AsyncClient) -> str:
    """The address of a new programme."""
    answer = await leader.post("/admin/programmes", data=ITSELF)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def step(leader: httpx.AsyncClient, address: str, **changed: Any) -> httpx.Response:
    return await leader.post(f"{address}/steps", data=STEP | changed)


def order(page: httpx.Response) -> list[str]:
    """The addresses of the steps on a page, in their order."""
    table = page.text.partition('id="steps"')[2].partition("</table>")[0]
    return [a.replace("&amp;", "&") for a in re.findall(r'href="(/wall/[^"]+)"', table)]


async def test_a_shift_leader_makes_a_programme_orders_it_and_looks_ahead(house: House) -> None:
    leader = await house.inside("lead", Role.SHIFT_LEADER, areas=("D1",))
    address = await made(leader)
    assert (await step(leader, address)).status_code == 303
    own = {"rev": "2", "focus": "", "theme": "dark", "own_layers": "1", "layers": ["areas", "labels"], "area": "G00"}
    assert (await step(leader, address, **own)).status_code == 303
    page = await leader.get(address)
    assert order(page) == ["/wall/D1?theme=light&focus=safety", "/wall/G00?layers=areas.labels"]
    assert len(re.findall(r"<tr>", page.text.partition('id="ahead"')[2])) == 1 + 12
    assert (await leader.post(f"{address}/steps/1", data={"act": "up", "rev": "3"})).status_code == 303
    assert order(await leader.get(address)) == ["/wall/G00?layers=areas.labels", "/wall/D1?theme=light&focus=safety"]
    edit = await leader.get(f"{address}?step=2")
    assert re.search(r'<option value="safety" selected>', edit.text)
    assert Labels(edit.text).unnamed == []
    assert Labels(edit.text).dangling == set()
    changed = STEP | {"rev": "4", "focus": "patrol", "days": ["6", "7"], "from_min": "22:00", "to_min": "06:00"}
    assert (await leader.post(f"{address}/steps/1", data=changed)).status_code == 303
    said = (await leader.get(f"{address}?lang=en")).text
    assert "22:00–06:00" in said
    assert "Saturday Sunday" in said
    assert (await leader.post(f"{address}/steps/0", data={"act": "remove", "rev": "5"})).status_code == 303
    assert order(await leader.get(address)) == ["/wall/D1?theme=light&focus=patrol"]
    assert (await leader.post(address, data=ITSELF | {"rev": "6", "name": "夜班"})).status_code == 303
    assert "夜班" in (await leader.get("/admin/programmes")).text
    assert (await leader.post(f"{address}/end")).headers["location"] == "/admin/programmes?done=ended"
    assert (await leader.get(address)).status_code == 404


async def test_a_step_counts_what_is_ticked_and_is_shown_and_changed_with_it(house: House) -> None:
    leader = await house.inside("lead", Role.SHIFT_LEADER, areas=("D1",))
    address = await made(leader)
    ticked = {"urgencies": ["2", "1"], "sources": ["hotline"], "lights": ["red"]}
    assert (await step(leader, address, **ticked)).status_code == 303
    told = "/wall/D1?urgencies=1.2&sources=hotline&lights=red&theme=light&focus=safety"
    page = await leader.get(f"{address}?step=1&lang=en")
    assert order(page) == [told]
    assert "critical · urgent" in page.text
    names = {(name, value) for name, value in re.findall(r'name="(\w+)" value="(\w+)" checked', page.text)}
    assert {("urgencies", "1"), ("urgencies", "2"), ("sources", "hotline"), ("lights", "red")} <= names
    assert not [value for name, value in names if name == "classes"], "those of the theme screen are not the step's own"
    assert Labels(page.text).unnamed == []
    changed = STEP | {"rev": "2", "focus": "disputes", "classes": ["10"]}
    assert (await leader.post(f"{address}/steps/0", data=changed)).status_code == 303
    assert order(await leader.get(address)) == ["/wall/D1?classes=10&theme=light&focus=disputes"]
    wrong = await step(leader, address, rev="3", classes=["99"], urgencies=["1"])
    assert wrong.status_code == 422
    assert 'name="urgencies" value="1" checked' in wrong.text, "what was ticked stays"


async def test_theme_screens_that_count_nothing_here_are_named(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    leader = await house.inside("lead", Role.SHIFT_LEADER, areas=("D1",))
    address = await made(leader)
    assert "Not offered" not in (await leader.get(f"{address}?lang=en")).text
    other = Catalogue.of([EventClass("noise", "噪声", "Noise")], [])
    monkeypatch.setattr(house.room.situation, "catalogue", other)
    page = (await leader.get(f"{address}?lang=en")).text
    offered = re.findall(r'<option value="(\w+)"', page.partition('name="focus"')[2].partition("</select>")[0])
    assert offered == ["patrol", "emergency"]
    missing = page.partition("Not offered")[2].partition("</p>")[0]
    assert re.findall('chip">([^<]+)<', missing) == ["City order", "Safety", "Disputes", "Livelihood"]


async def test_what_is_declined_is_said_and_stays_typed(house: House) -> None:
    leader = await house.inside("lead", Role.SHIFT_LEADER, areas=("D1",))
    address = await made(leader)
    for changed, field in (
        ({"dwell_s": "5"}, "dwell_s"), ({"dwell_s": "long"}, "dwell_s"), ({"from_min": "25:00"}, "from_min"),
        ({"to_min": "7"}, "to_min"), ({"days": []}, "days"), ({"area": "D2"}, "address"),
        ({"focus": "sports"}, "address"), ({"rev": "0"}, "name"),
    ):  # fmt: skip
        page = await step(leader, address, **changed)
        assert page.status_code == 422, changed
        assert f'id="{field}-wrong"' in page.text, changed
        assert 'value="40"' in page.text or "dwell_s" in changed
        assert Labels(page.text).dangling == set()
    wrong = await leader.post(address, data=ITSELF | {"rev": "1", "hold_s": "1"})
    assert wrong.status_code == 422
    assert 'id="hold_s-wrong"' in wrong.text
    assert (await leader.post(f"{address}/steps/7", data={"act": "up", "rev": "1"})).status_code == 422
    assert order(await leader.get(address)) == []


async def test_a_screen_is_told_its_programme_how_it_hangs_and_what_is_urgent(house: House) -> None:
    leader = await house.inside("lead", Role.SHIFT_LEADER, areas=("D1",))
    address = await made(leader)
    await step(leader, address)
    link = secret_on(await leader.post("/admin/screens", data={"login": "hall", "areas": "D1", "page": "wall"}))
    page = await leader.get("/admin/screens/hall")
    assert Labels(page.text).unnamed == []
    assert "白班" in page.text
    hangs = {"programme": address.rpartition("/")[2], "top": "0", "right": "8", "bottom": "0", "left": "8",
             "columns": "3", "rows": "2", "bezel": "6", "dim": "50", "dim_from": "00:00", "dim_to": "24:00",
             "shift": "1"}  # fmt: skip
    wrong = await leader.post("/admin/screens/hall", data=hangs | {"dim": "dark"})
    assert wrong.status_code == 422
    assert 'id="dim-wrong"' in wrong.text
    wrong = await leader.post("/admin/screens/hall", data=hangs | {"programme": "x"})
    assert 'id="programme-wrong"' in wrong.text, "what is no number takes nothing away"
    assert (await leader.post("/admin/screens/hall", data=hangs)).status_code == 303
    wall = house.browser()
    await wall.get(path_of(link))
    told = (await wall.get("/screen")).json()
    assert (told["programme"], told["transition"], told["hold_ms"], told["own"]) == (True, "fade", 30_000, "/wall/D1")
    assert [address for _, _, address in told["order"]] == ["/wall/D1?theme=light&focus=safety"]
    assert told["brightness"] == 50
    hung = {"top": 0, "right": 8, "bottom": 0, "left": 8, "columns": 3, "rows": 2, "bezel": 6, "shift": 1}
    assert told["kiosk"] == hung
    event = NewEvent("hotline", "t", "r", "0203", now_ms(), lon=106.47, lat=29.57, urgency=1)
    (outcome,) = report_events(house.room.door.desk(), Actor.operator(), [Submitted({}, event)], feed="t",
                               now_ms=now_ms())  # fmt: skip
    house.room.tail.look_again()
    await house.room.tail.step()
    calls = (await wall.get("/screen?lang=en")).json()["calls"]
    call = next(call for call in calls if call["code"] == outcome.code)
    assert (call["why"], call["lonlat"]) == ("New critical event", [106.47, 29.57])
    assert all("D1" in call["areas"] for call in calls)
    assert call["areas"][:2] == ["C", "D1"]
    assert (await leader.get("/screen")).status_code == 404
