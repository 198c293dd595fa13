"""Lists of ids and codes that a statement asks for: in parts, and of few lengths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

__all__ = ["IN_MAX", "filled", "parts"]

IN_MAX = 500
T = TypeVar("T")


def parts(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in lists of at most ``IN_MAX``, each of them ``filled``."""
    listed = list(values)
    return (filled(listed[i : i + IN_MAX]) for i in range(0, len(listed), IN_MAX))


def filled(values: Iterable[T]) -> list[T]:
    """The values, the last one again and again up to the next power of two (up to ``IN_MAX`` where that is less).

    What is asked for twice is found once. Each length of a list is another statement for a database, which each
    connection prepares and keeps: so there are ten.
    """
    listed = list(values)
    whole = 1 << max(0, len(listed) - 1).bit_length()
    whole = whole if len(listed) > IN_MAX else min(whole, IN_MAX)
    return listed + listed[-1:] * (whole - len(listed))
