"""A browser without scripts before the pages of coming in: the router and the gate over a small city."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Self

import httpx
from fastapi import FastAPI

import app
from callbacks.access import pages
from callbacks.room import Room
from geodata.domain.roles import Role
from geodata.intake.door import now_ms
from geodata.intake.gate import COOKIE, Gate
from geodata.services.accounts import Wanted, create
from geodata.services.actors import Actor
from geodata.services.passwords import rehash
from geodata.store import accounts, audit
from geodata.store.accounts import Account
from geodata.store.audit import Line
from geodata.store.folder import DataFolder

PASSWORD = "seven herons over the old bridge"
HASH = rehash(PASSWORD)
ADDRESS = "10.0.0.9"


class House:
    """The room, its app, and what the store keeps."""

    def __init__(self, room: Room) -> None:
        self.room = room
        inner = FastAPI(openapi_url=None)
        inner.include_router(pages.router(room))
        inner.add_middleware(Gate, sessions=room.sessions)
        self.app = inner

    @classmethod
    def open(cls, folder: Path, **access: Any) -> Self:
        """The city in a folder; ``access`` are fields of Access that are to be otherwise."""
        room = app.open_room(DataFolder(folder), "")
        return cls(replace(room, access=replace(room.access, **access)) if access else room)

    def browser(self, scheme: str = "http") -> httpx.AsyncClient:
        """A browser of its own, without any cookie. Redirects are not followed."""
        headers = {"sec-fetch-site": "same-origin", "accept": "text/html", "user-agent": "Firefox/140"}
        transport = httpx.ASGITransport(self.app, client=(ADDRESS, 1))
        return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://city.example", headers=headers)

    def person(self, login: str, *roles: Role, areas: Sequence[str] = ("C",), **other: Any) -> Account:
        """A person who can sign in with PASSWORD."""
        fresh = Account(0, login, "", tuple(roles), tuple(areas), password=HASH, created_ms=now_ms(), **other)
        with self.room.store.begin() as conn:
            return accounts.add(conn, fresh)

    def made(self, login: str, roles: Sequence[str], areas: Sequence[str] = ("C",), **other: Any) -> str:
        """The secret of a new account."""
        wanted = Wanted(login, roles=roles, areas=areas, **other)
        return create(self.room.access, Actor.operator(), self.room.situation.tree, wanted, now_ms())[1]

    def account(self, login: str) -> Account:
        """The account as it is kept now."""
        with self.room.store.read() as conn:
            found = accounts.by_login(conn, login)
        assert found is not None
        return found

    def lines(self, action: str = "") -> list[Line]:
        """The audit's lines, of one action or all, oldest first."""
        with self.room.store.read() as conn:
            return [line for line in audit.walk(conn) if action in ("", line.action)]

    async def inside(self, login: str, *roles: Role, areas: Sequence[str] = ("C",), **other: Any) -> httpx.AsyncClient:
        """The browser of somebody new who has signed in."""
        self.person(login, *roles, areas=areas, **other)
        browser = self.browser()
        await sign_in(browser, login)
        return browser


async def sign_in(browser: httpx.AsyncClient, login: str, password: str = PASSWORD, **other: str) -> httpx.Response:
    """What the form of the login page sends."""
    answer = await browser.post("/login", data={"login": login, "password": password, **other})
    assert answer.status_code == 303, answer.text
    return answer


def secret_on(page: httpx.Response) -> str:
    """The link or key that a page shows once."""
    found = re.search(r'<output id="secret"[^>]*>([^<]+)</output>', page.text)
    assert found, page.text
    return found[1]


def path_of(link: str) -> str:
    """The path of a link to this city."""
    return link.removeprefix("http://city.example")


def cookie_in(answer: httpx.Response, name: str = COOKIE) -> Mapping[str, str]:
    """The attributes of a cookie that an answer sets, in lower case; its value as ``value``."""
    header = next(h for h in answer.headers.get_list("set-cookie") if h.startswith(f"{name}="))
    value, *rest = header.removeprefix(f"{name}=").split("; ")
    parts = (part.partition("=") for part in rest)
    return {"value": value.strip('"'), **{k.lower(): v.lower() for k, _, v in parts}}


def hidden(page: httpx.Response, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


class Labels(HTMLParser):
    """Controls of a page that nothing names, ids that are there twice, and references to ids that are not there."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.unnamed: list[str] = []
        self._for: set[str] = set()
        self._asked: set[str] = set()
        self._controls: list[str] = []
        self._in_label = 0
        self.feed(text)
        self.unnamed += [i for i in self._controls if i not in self._for]
        self.dangling = self._asked - set(self.ids)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what names what."""
        told = {k: v or "" for k, v in attrs}
        if "id" in told:
            self.ids.append(told["id"])
        self._asked |= set(told.get("aria-describedby", "").split())
        if told.get("href", "").startswith("#"):
            self._asked.add(told["href"][1:])
        if tag == "label":
            self._in_label += 1
            self._for.add(told.get("for", ""))
        control = tag in ("input", "select", "textarea") and told.get("type") != "hidden" and "hidden" not in told
        if control and not self._in_label and "aria-label" not in told:
            self._controls.append(told.get("id", f"{tag} without id"))

    def handle_endtag(self, tag: str) -> None:
        """Leave a label."""
        self._in_label -= tag == "label"


@contextmanager
def house_of(founded: Path, folder: Path, **access: Any) -> Iterator[House]:
    """A city that was founded elsewhere, copied into a folder; ``access`` as for House.open."""
    shutil.copytree(founded, folder)
    opened = House.open(folder, **access)
    yield opened
    opened.room.store.close()
