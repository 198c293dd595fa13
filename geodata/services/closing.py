"""Closing: a record that waits or is kept holds no contact in the open, wherever in it somebody put one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from geodata.services.sealing import Seal

FIELD, SEALED = "contact", "sealed_contact"


def sealed(record: Any, seal: Seal) -> tuple[Any, str]:
    """A record as it came with every contact in it closed, and what tells it from others: sealing is never twice the
    same, and a replay meets the record closed already. What claims to be sealed and is not by us, goes."""
    if not _tells(record):
        return record, ""
    try:
        kept = _changed(record, lambda name, value: _closed(name, value, seal))
        if not _tells(kept):
            return kept, ""
        plain = _changed(kept, lambda name, value: _opened(name, value, seal))
        if isinstance(plain, dict) and set(plain) == {FIELD}:
            return kept, seal.sign(str(plain[FIELD]))
        return kept, seal.sign(json.dumps(plain, sort_keys=True, default=str))
    except RecursionError:
        return "a contact in it is nested too deep", ""


def without(record: Any) -> Any:
    """A kept record without its contacts."""
    return _changed(record, lambda name, value: None if name == SEALED else (name, value))


def without_contact(record: str) -> str:
    """The text of a kept record without its contacts."""
    if SEALED not in record:
        return record
    try:
        return json.dumps(without(json.loads(record)))
    except (ValueError, RecursionError):  # it was too long to be kept whole, or too deep
        return "{}"


def _tells(record: Any) -> bool:
    """Whether there is a contact, open or sealed, anywhere in it."""
    waiting = [record]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if FIELD in part or SEALED in part:
                return True
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return False


def _changed(part: Any, change: Callable[[str, Any], tuple[str, Any] | None]) -> Any:
    """The record with each of its fields, on every level, as ``change`` gives it; None takes the field out."""
    if isinstance(part, list):
        return [_changed(one, change) for one in part]
    if not isinstance(part, dict):
        return part
    fields = (change(name, value) for name, value in part.items())
    return {name: _changed(value, change) for name, value in (f for f in fields if f is not None)}


def _closed(name: str, value: Any, seal: Seal) -> tuple[str, Any] | None:
    if name == SEALED:
        return (name, value) if isinstance(value, str) and seal.unseal(value) is not None else None
    if name != FIELD:
        return name, value
    if value in (None, ""):
        return None
    told = value if isinstance(value, str) else json.dumps(value)
    return SEALED, seal.seal(told.encode("utf-8", "backslashreplace").decode("utf-8"))


def _opened(name: str, value: Any, seal: Seal) -> tuple[str, Any]:
    return (FIELD, seal.unseal(value)) if name == SEALED else (name, value)
