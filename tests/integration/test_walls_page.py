"""The page of walls as a shift leader uses it, without and with scripts, and what walls are told."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import httpx
import pytest

from callbacks.live import noting
from callbacks.live.echoes import read_echo
from callbacks.live.hub import Hub
from callbacks.live.topics import Client
from geodata.domain.roles import Role
from geodata.domain.showing import Seen, Socket
from geodata.intake.door import now_ms
from geodata.services import walls
from geodata.store import accounts
from tests.factories.access_browser import House, Labels, path_of, secret_on
from tests.unit.live.fakes import FakeOutlet

PUSH = {"act": "push", "screens": ["hall-1"], "span": "15", "address": "", "choice": "", "within": ""}


async def hung(leader: httpx.AsyncClient, login: str, area: str, name: str = "") -> str:
    """A new wall; its link."""
    told = {"login": login, "name": name, "areas": area, "page": "wall"}
    return path_of(secret_on(await leader.post("/admin/screens", data=told)))


async def on(house: House, link: str) -> httpx.AsyncClient:
    """The browser of a wall."""
    wall = house.browser()
    await wall.get(link)
    return wall


def seen(house: House, login: str, **socket: object) -> None:
    """A process has seen a screen just now."""
    now = now_ms()
    told = {"count": 1, "address": "/wall/D1?focus=safety", "state": "live", "beat_ms": now - 3_000, "opened_ms": now}
    walls.note(house.room.store, "p", {house.account(login).id: Seen(now, Socket(**told | socket))})  # type: ignore[arg-type]


def card(page: httpx.Response, login: str) -> str:
    """The text of a wall's card."""
    found = re.search(rf'<li class="wall" data-screen="{login}".*?</li>', page.text, re.DOTALL)
    assert found, login
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


def outcome(page: httpx.Response) -> str:
    """What the page says came of an order; "" where it says nothing."""
    found = re.search(r'<p class="notice [^"]*" role="status">(.*?)</p>', page.text)
    return unescape(found[1]) if found else ""


async def test_an_order_that_a_screen_cannot_show_is_said_so_and_can_be_released(house: House) -> None:
    leader = await house.inside("lead", Role.SHIFT_LEADER, areas=("D1",))
    await hung(leader, "hall-1", "D1")
    await leader.post("/walls", data=PUSH | {"address": "/wall/D1", "span": "open"})
    with house.room.store.begin() as conn:
        accounts.save(conn, replace(house.account("hall-1"), page="area"))
    page = await leader.get("/walls")
    assert "此屏无法显示：由" in card(page, "hall-1")
    assert 'value="hall-1" form="order"' in page.text
    released = {"act": "release", "screens": [], "within": "D1"}
    assert (await leader.post("/walls", data=released)).headers["location"] == "/walls?done=release&here=0&away=1"
    page = await leader.get("/walls")
    assert "此屏无法显示" not in page.text
    assert 'value="hall-1" form="order"' not in page.text


async def test_every_wall_within_reach_is_listed_connected_or_not_and_nobody_else(house: House) -> None:
    leader = await house.inside("lead", Role.SHIFT_LEADER, areas=("D1",))
    empty = await leader.get("/walls")
    assert 'href="/admin/screens"' in empty.text
    assert "先新增一块大屏" in empty.text
    for login, name in (("hall-1", "一楼大厅东墙"), ("hall-2", ""), ("hall-3", "")):
        await hung(leader, login, "D1", name)
    boss = await house.inside("boss", Role.ADMIN)
    await hung(boss, "other", "D2")
    old = {"build": "b0", "heap": 52_000_000, "first_heap": 40_000_000, "loaded_ms": now_ms(), "count": 2}
    seen(house, "hall-1", **old)
    seen(house, "hall-2", beat_ms=now_ms() - 30_000, doing="alert", build=house.room.build)
    page = await leader.get("/walls")
    assert "other" not in page.text
    assert re.search(r'data-part="count">[^<]*2 / 3', page.text)
    first = card(page, "hall-1")
    for text in (
        "一楼大厅东墙 hall-1", "实时", "安全", "自己的页面", "52 MB 加载后 +12 MB", "b0 与服务器不同", "连接 2"
    ):  # fmt: skip
        assert text in first, text
    assert re.search(r"最近画面 \d+ 秒前", first)
    assert 'href="/wall/D1?focus=safety"' in page.text
    second = card(page, "hall-2")
    assert "延迟" in second
    assert "正在插播告警" in second
    assert "浏览器不提供" in second
    assert "从未使用" in card(page, "hall-3")
    assert Labels(page.text).unnamed == []
    assert Labels(page.text).dangling == set()
    part = await leader.get("/walls?part=cards&lang=en")
    assert "<html" not in part.text
    assert "Live" in card(part, "hall-1")
    assert "/walls/map/D1" in part.text
    drawn = await leader.get("/walls/map/D1")
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert drawn.text.count("<path") >= 1


async def test_a_wall_that_tells_nonsense_of_itself_or_shows_the_future_is_listed_and_not_live(house: House) -> None:
    leader = await house.inside("lead", Role.SHIFT_LEADER, areas=("D1",))
    await hung(leader, "hall-1", "D1")
    seen(house, "hall-1", beat_ms=now_ms() + 3_600_000)
    assert "画面停止" in card(await leader.get("/walls"), "hall-1")
    wall = Client(FakeOutlet(), account_id=house.account("hall-1").id)
    hub = Hub(lambda view: None, lambda: 0)  # type: ignore[arg-type,return-value]
    hub.join(wall)
    told = read_echo({"beat": now_ms(), "state": "live", "build": "b1", "heap": None, "loaded": 2**53 - 1})
    assert told is not None
    hub.hear(wall, told)
    walls.note(house.room.store, "p", noting.seen(hub.walls(), hub.now_ms()))
    hub.leave(wall)
    page = await leader.get("/walls")
    assert page.status_code == 200
    assert "页面加载于 —" in card(page, "hall-1")


async def test_a_wall_is_told_what_a_desk_makes_it_show_and_by_whom_in_its_language(house: House) -> None:
    leader = await house.inside("lead", Role.SHIFT_LEADER, areas=("D1",))
    wall = await on(house, await hung(leader, "hall-1", "D1"))
    link = await hung(leader, "hall-2", "D1")
    assert (await wall.get("/screen")).json()["shown"] is None
    page = await leader.get("/walls?view=/duty/D1%3Flights%3Dred&desk=abc")
    assert "我正在看的：" in page.text
    answer = await leader.post("/walls", data=PUSH | {"choice": "/duty/D1?lights=red"})
    assert answer.headers["location"] == "/walls?done=push&here=0&away=1"
    page = await leader.get(answer.headers["location"])
    assert outcome(page) == "已留给 1 块未连接的大屏：重新连接时若仍有效才会显示。"
    assert 'class="notice warn"' in page.text
    told = (await wall.get("/screen")).json()["shown"]
    assert (told["kind"], told["address"]) == ("push", "/wall/D1?lights=red")
    area = house.room.situation.tree.areas[house.room.situation.tree.ordinal["D1"]]
    assert re.fullmatch(rf"由{area.name}值班长推送 · 至 \d\d:\d\d", told["line"])
    assert "lead" not in told["line"]
    english = (await wall.get("/screen?lang=en")).json()["shown"]["line"]
    assert re.fullmatch(rf"Shown by Shift leader, {area.label('en')} · until \d\d:\d\d", english)
    assert "推送" in card(await leader.get("/walls"), "hall-1")
    assert (await (await on(house, link)).get("/screen")).json()["shown"] is None
    held = {"act": "hold", "screens": [], "within": "D1", "span": "open"}
    seen(house, "hall-1")
    answer = await leader.post("/walls", data=held)
    assert answer.headers["location"] == "/walls?done=hold&here=1&away=1"
    assert outcome(await leader.get(answer.headers["location"])) == (
        "已定住：1 块在线，数据照常更新。 已留给 1 块未连接的大屏：重新连接时若仍有效才会显示。"
    )
    assert outcome(await leader.get("/walls?done=push&here=x&away=-1")) == ""
    assert (await wall.get("/screen")).json()["shown"]["line"].endswith("定住画面，数据实时 · 直到解除")
    released = await leader.post("/walls", data={"act": "release", "chosen": "hall-1 hall-2"})
    assert released.headers["location"] == "/walls?done=release&here=1&away=1"
    again = await leader.post("/walls", data={"act": "release", "chosen": "hall-1 hall-2"})
    assert outcome(await leader.get(again.headers["location"])) == "所选大屏没有可解除的画面。"
    assert (await wall.get("/screen")).json()["shown"] is None
    assert len(house.lines("release_screen")) == 2
    told = "/walls?done=push&here=2&away=0&lang=en"
    assert outcome(await leader.get(told)) == "Pushed: 2 connected, within some three seconds."


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"screens": []}, "screens", "请至少选择一块大屏"),
        ({"address": ""}, "choice", "请选择或粘贴"),
        ({"address": "https://elsewhere.example/wall/D1"}, "address", "elsewhere.example"),
        ({"address": "/wall/D2"}, "address", "不能显示"),
        ({"address": "http://[x"}, "address", "不能显示"),
        ({"span": "7"}, "span", "请选择多久"),
        ({"act": "mirror"}, "address", "推到大屏"),
    ],
)
async def test_what_is_declined_is_said_and_stays_typed(
    house: House, changed: dict[str, str | list[str]], field: str, said: str
) -> None:
    leader = await house.inside("lead", Role.SHIFT_LEADER, areas=("D1",))
    await hung(leader, "hall-1", "D1")
    page = await leader.post("/walls", data=PUSH | {"address": "/wall/D1"} | changed)
    assert page.status_code == 422
    assert f'id="{field}-wrong"' in page.text
    assert said in page.text
    assert ('value="hall-1" form="order" id="s-hall-1" checked' in page.text) == (field != "screens")
    assert Labels(page.text).dangling == set()
    assert house.lines("push_view") == []


async def test_an_address_beyond_a_wall_is_refused_by_the_name_of_the_area_and_ones_own_host_is_fine(
    house: House,
) -> None:
    boss = await house.inside("boss", Role.ADMIN)
    wall = await on(house, await hung(boss, "hall-1", "D1", "东墙"))
    page = await boss.post("/walls", data=PUSH | {"address": "/area/D2"})
    name = house.room.situation.tree.areas[house.room.situation.tree.ordinal["D2"]].name
    assert f"区域“{name}”不在这些大屏的管辖之内：东墙。" in unescape(page.text)
    assert (await wall.get("/screen")).json()["shown"] is None
    told = PUSH | {"address": "http://city.example/wall/D1?lang=en&theme=light"}
    assert (await boss.post("/walls", data=told)).status_code == 303
    assert (await wall.get("/screen")).json()["shown"]["address"] == "/wall/D1?lang=en&theme=light"


async def test_a_desk_that_is_mirrored_says_where_it_is_until_it_stops(house: House) -> None:
    leader = await house.inside("lead", Role.SHIFT_LEADER, areas=("D1",))
    wall = await on(house, await hung(leader, "hall-1", "D1"))
    start = {"act": "mirror", "screens": ["hall-1"], "view": "/area/D1", "desk": "abc"}
    assert (await leader.post("/walls", data=start)).headers["location"] == (
        "/walls?done=mirror&here=0&away=1&view=%2Farea%2FD1&desk=abc"
    )
    assert (await wall.get("/screen")).json()["shown"]["line"].endswith("值班长的页面")
    at = {"act": "at", "desk": "abc", "address": "/duty/G00?selected=event%3AE1"}
    assert (await leader.post("/walls/mirror", data=at)).json() == {"screens": 1, "beyond": 0}
    assert (await wall.get("/screen")).json()["shown"]["address"] == "/wall/G00?selected=event%3AE1"
    other = await house.inside("other", Role.SHIFT_LEADER, areas=("D1",))
    assert (await other.post("/walls/mirror", data=at)).json() == {"screens": 0, "beyond": 0}
    stop = {"act": "stop", "desk": "abc", "address": "/duty/G00"}
    assert (await leader.post("/walls/mirror", data=stop)).json() == {"screens": 0, "beyond": 0}
    assert (await wall.get("/screen")).json()["shown"] is None
    assert (len(house.lines("mirror_desk")), len(house.lines("release_screen"))) == (1, 1)
    assert (await wall.post("/walls/mirror", data=at)).status_code == 404
    assert (await wall.get("/walls")).status_code == 404
