"""Permits: every callback says which right it needs, and gets who asks as its first argument."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, Protocol, cast

from dash import no_update

from geodata.domain.roles import Right
from geodata.services.actors import Actor, asking

P = ParamSpec("P")


class Permitted(Protocol[P]):
    """A callback that knows its right."""

    right: Right

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Awaitable[Any]: ...


def permitted(right: Right) -> Callable[[Callable[Concatenate[Actor, P], Awaitable[Any]]], Permitted[P]]:
    """Call the callback in the name of who asks; who has not got the right changes nothing on the page."""

    def with_permit(callback: Callable[Concatenate[Actor, P], Awaitable[Any]]) -> Permitted[P]:
        async def asked(*args: P.args, **kwargs: P.kwargs) -> Any:
            actor = asking.get()
            return await callback(actor, *args, **kwargs) if actor.may(right) else no_update

        made = cast(Permitted[P], functools.wraps(callback)(asked))
        made.right = right
        return made

    return with_permit
