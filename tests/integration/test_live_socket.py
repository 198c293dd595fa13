from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from callbacks.live.echoes import Echo
from callbacks.live.socket import BAD_MESSAGES_MAX, MESSAGE_MAX
from tests.unit.live.serving import PREPARED, LiveServer, free_port

Json = dict[str, Any]


@pytest.fixture(params=[PREPARED, "websockets-sansio"], ids=["prepared frames", "plain ASGI"])
def server(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    with LiveServer(free_port(), ws=request.param) as live:
        yield live


def dial(server: LiveServer, **options: Any) -> connect:
    return connect(f"ws://127.0.0.1:{server.port}/live", compression=None, **options)


async def hear(socket: ClientConnection, *kinds: str) -> Json:
    """The next message of one of these kinds."""
    while True:
        raw = await asyncio.wait_for(socket.recv(), 5)
        message: Json = orjson.loads(gzip.decompress(raw) if isinstance(raw, bytes) else raw)
        if message["k"] in kinds:
            return message


async def sub(socket: ClientConnection, view: str, topic: str = "", seq: int = 0, n: int = 1) -> None:
    await socket.send(orjson.dumps({"k": "sub", "view": view, "topic": topic, "seq": seq, "n": n}).decode())


async def test_a_screen_is_greeted_subscribes_and_follows(server: LiveServer) -> None:
    async with dial(server) as socket:
        hello = await hear(socket, "hello")
        assert hello["build"] == "b1"
        await sub(socket, "/area/W01?theme=light&selected=E1", n=5)
        on = await hear(socket, "on")
        assert (on["topic"], on["n"]) == ("/area/W01", 5)
        full = await hear(socket, "full", "delta")
        assert (full["k"], full["topic"], full["s"]["n"]) == ("full", "/area/W01", 0)
        await asyncio.to_thread(server.bump, "/area/W01")
        delta = await hear(socket, "full", "delta")
        assert (delta["k"], delta["seq"], delta["s"]["n"]) == ("delta", full["seq"] + 1, 1)


async def test_a_large_full_frame_comes_as_gzip(server: LiveServer) -> None:
    async with dial(server) as socket:
        await sub(socket, "/area/W01")
        await hear(socket, "full")
        await asyncio.to_thread(server.bump, "/area/W01", "城" * 50_000)
        await hear(socket, "delta")
        await sub(socket, "/area/W01")
        while isinstance(raw := await socket.recv(), str):
            pass
        assert len(raw) < 2_000
        assert orjson.loads(gzip.decompress(raw))["s"]["padding"] == "城" * 50_000


async def test_a_broken_line_is_resumed_where_it_broke(server: LiveServer) -> None:
    async with dial(server) as watcher:
        await sub(watcher, "/area/W01")
        async with dial(server) as socket:
            await sub(socket, "/area/W01")
            seq = (await hear(socket, "full"))["seq"]
        for _ in range(2):
            await asyncio.to_thread(server.bump, "/area/W01")
            await hear(watcher, "delta")
        async with dial(server) as socket:
            await sub(socket, "/area/W01", "/area/W01", seq)
            missed = [await hear(socket, "full", "delta") for _ in range(2)]
            assert [(m["k"], m["seq"]) for m in missed] == [("delta", seq + 1), ("delta", seq + 2)]


@pytest.mark.parametrize(
    ("view", "field"),
    [
        ("/nothing", "path"),
        ("/area/W01?lang=fr", "lang"),
        ("/area/W01?layers=none.x", "layers"),
        ("/area/nowhere", "area"),
    ],
)
async def test_a_wrong_view_is_refused_with_field_value_and_rule_and_the_socket_lives_on(
    server: LiveServer, view: str, field: str
) -> None:
    async with dial(server) as socket:
        await sub(socket, "/area/W01")
        await sub(socket, view)
        refused = await hear(socket, "refused")
        assert refused["field"] == field
        assert set(refused) == {"k", "field", "value", "rule"}
        await sub(socket, "/area/W02")
        assert (await hear(socket, "full"))["topic"] == "/area/W02"


async def test_a_page_of_another_site_is_not_let_in(server: LiveServer) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        await dial(server, origin="http://evil.example")
    assert refusal.value.response.status_code == 403
    async with dial(server, origin=f"http://127.0.0.1:{server.port}") as socket:
        await hear(socket, "hello")


async def test_a_message_that_is_too_long_ends_the_socket(server: LiveServer) -> None:
    async with dial(server) as socket:
        await socket.send("x" * (MESSAGE_MAX + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket, "never")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_messages_that_mean_nothing_are_borne_for_a_while(server: LiveServer) -> None:
    wrong: list[str | bytes] = ["", "[]", "1", "{", '{"k":"sub","view":3}', '{"k":"sub","view":"/area/a","seq":"1"}']
    wrong.append(b"\0")
    async with dial(server) as socket:
        for message in wrong:
            await socket.send(message)
        await sub(socket, "/area/W01")
        await hear(socket, "full")
        for _ in range(BAD_MESSAGES_MAX):
            await socket.send("nonsense")
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket, "never")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008


async def test_what_a_screen_says_of_itself_is_known_and_nonsense_is_not(server: LiveServer) -> None:
    async with dial(server) as socket:
        await sub(socket, "/wall/W01")
        full = await hear(socket, "full")
        echo = {"k": "echo", "beat": full["beat"], "state": "live", "build": "b1", "heap": 5_000_000}
        wrongs: list[Json] = [{"beat": -1}, {"beat": True}, {"state": "well"}, {"state": []}, {"build": "x" * 33}]
        for wrong in (*wrongs, {"heap": "1"}):
            await socket.send(orjson.dumps({**echo, **wrong}).decode())
        await sub(socket, "/wall/W01")
        await hear(socket, "full")
        (client,) = server.hub.clients
        assert client.echo is None
        await socket.send(orjson.dumps(echo).decode())
        await sub(socket, "/wall/W01")
        await hear(socket, "full")
        assert client.echo == Echo(full["beat"], "live", "b1", 5_000_000)


async def test_a_client_that_left_is_forgotten(server: LiveServer) -> None:
    async with dial(server) as socket:
        await sub(socket, "/area/W01")
        await hear(socket, "full")
        assert await asyncio.to_thread(server.do, lambda: len(server.hub.clients)) == 1
    for _ in range(200):
        if not await asyncio.to_thread(server.do, lambda: len(server.hub.clients)):
            break
        await asyncio.sleep(0.01)
    else:
        pytest.fail("the client is still there")


async def test_a_server_that_stops_lets_its_screens_go_at_once() -> None:
    live = LiveServer(free_port())
    await asyncio.to_thread(live.__enter__)
    async with dial(live) as socket:
        await sub(socket, "/area/W01")
        await hear(socket, "full")
        await asyncio.to_thread(live.__exit__)
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket, "never")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
