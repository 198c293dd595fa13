"""Coming in: what the tests of passwords, second factors, sessions and accounts share."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

import pytest

from geodata.services.actors import Actor
from geodata.services.declining import Declined
from geodata.services.sessions import Sessions
from geodata.services.signing_in import Caller, SignedIn, sign_in
from geodata.store import tokens
from geodata.store.tokens import Kind, Token
from tests.factories.access_city import NOW, PASSWORD, Town

P = ParamSpec("P")
HERE = Caller("10.0.0.7", "a browser")
KINDS: tuple[Kind, ...] = ("session",)
INVITE: tuple[Kind, ...] = ("invite",)
HALF: tuple[Kind, ...] = ("half",)
EVERY_KIND: tuple[Kind, ...] = ("session", "half", "screen", "feed", "field", "invite")


def come(city: Town, login: str = "lin", password: str = PASSWORD, now_ms: int = NOW) -> SignedIn:
    return sign_in(city.access, login, password, HERE, now_ms)


def declined(call: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> tuple[str, str, dict[str, object]]:
    """All that whoever tries gets to see."""
    with pytest.raises(Declined) as caught:
        call(*args, **kwargs)
    return caught.value.field, caught.value.reason, caught.value.values


def stands(city: Town, secret: str, now_ms: int) -> bool:
    return Sessions(city.access).find(secret, KINDS, now_ms) is not None


def token_of(city: Town, secret: str) -> Token:
    with city.store.read() as conn:
        found = tokens.find(conn, secret)
    assert found is not None
    return found[0]


def actor_by(city: Town, secret: str, kinds: tuple[Kind, ...] = KINDS, now_ms: int = NOW) -> Actor:
    """Whoever asks with this secret."""
    found = Sessions(city.access).find(secret, kinds, now_ms)
    assert found is not None
    return found[1]
