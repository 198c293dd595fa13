"""The whole way in through a real OpenID provider: from our page to the provider's form, and back with a session."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from authlib.deprecate import AuthlibDeprecationWarning

import app
from callbacks.room import Room
from geodata.domain.roles import Role
from geodata.intake.gate import COOKIE
from geodata.services.accounts import Wanted, create
from geodata.services.actors import Actor
from geodata.store.tokens import Kind
from tests.factories.page_city import found

with warnings.catch_warnings():
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from oidc_provider_mock import User, run_server_in_thread

pytestmark = [
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
]
KINDS: tuple[Kind, ...] = ("session",)
USERS = [User(sub=f"u-{n}", claims={"preferred_username": name}) for n, name in enumerate(("li.na", "nobody.here"))]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A city whose people sign in at a provider, and one person who does."""
    with run_server_in_thread(user_claims=USERS) as server:
        folder = found(tmp_path_factory.mktemp("oidc"))
        (folder.root / "city.toml").write_text(
            f'[access.oidc]\nissuer = "http://localhost:{server.server_port}"\nclient_id = "onescreen"\n', "utf-8"
        )
        folder.oidc_secret.write_text("of the client\n", "utf-8")
        opened = app.open_room(folder, "")
        wanted = Wanted("li.na", roles=[Role.LEADER.value], areas=["D1"], federated=True)
        _, secret = create(opened.access, Actor.operator(), opened.situation.tree, wanted, 1_760_000_000_000)
        assert secret == ""
        yield opened
        opened.store.close()


async def come_back(room: Room, sub: str) -> httpx.Response:
    """What a browser gets that asks for a district, is sent to the provider, signs in there and is sent back."""
    transport = httpx.ASGITransport(app.create_app(room).server)
    headers = {"accept": "text/html", "sec-fetch-site": "none"}
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://city.example", headers=headers) as ours,
        httpx.AsyncClient() as theirs,
    ):
        asked = await ours.get("/area/D1")
        page = await ours.get(asked.headers["location"])
        assert "/login/oidc?next=/area/D1" in page.text
        sent = await ours.get("/login/oidc?next=%2Farea%2FD1")
        signed = await theirs.post(sent.headers["location"], data={"sub": sub})
        back = urlsplit(signed.headers["location"])
        assert back.netloc == "city.example"
        answer = await ours.get(f"{back.path}?{back.query}")
        again = await ours.get(f"{back.path}?{back.query}")
        assert again.status_code == 401, "what comes back is good for once"
        return answer


async def test_whom_the_provider_names_comes_in_as_the_account_that_was_made(room: Room) -> None:
    answer = await come_back(room, "u-0")
    assert (answer.status_code, answer.headers["location"]) == (303, "/area/D1")
    secret = answer.cookies[COOKIE]
    found_session = room.sessions.find(secret, KINDS, room.situation.now_ms)
    assert found_session is not None
    assert (found_session[1].name, found_session[1].areas) == ("li.na", frozenset({"D1"}))


async def test_whom_no_account_was_made_for_stays_outside(room: Room) -> None:
    answer = await come_back(room, "u-1")
    assert answer.status_code == 401
    assert COOKIE not in answer.cookies
