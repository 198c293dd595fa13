"""The logs of days that are over, as files: made once, read in some tens of ms, and never needed as a truth."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import zstandard

from geodata.situation.columns import NUMBERS
from geodata.situation.replay.daylog import UNITS, Arrays, DayLog, Rest, firsts
from geodata.situation.replay.narrow import Narrow, Shared, narrowed
from geodata.store.tallies import TOTALS

LEVEL = 3
LEFT_S = 3600.0
"""Nobody writes at one file for so long."""
FORM = 2
"""The form of the files: a file of another form is made anew."""


class LogFiles:
    """``<data>/replay``: one file for each day that is over, named after what may write the past anew (``key``)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, day: date, key: str) -> Path:
        """The file of a day."""
        name = hashlib.blake2b(f"{FORM}|{key}".encode(), digest_size=6).hexdigest()
        return self._folder / f"{day.isoformat()}-{name}.log"

    def has(self, day: date, key: str) -> bool:
        """Whether there is one."""
        return self.path(day, key).exists()

    def save(self, log: DayLog, key: str) -> None:
        """Write a log beside its place and move it there: several processes may make the same one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self.path(log.day, key)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(packed(log))
        fresh.replace(path)

    def load(self, day: date, key: str) -> DayLog | None:
        """A log, or None where there is none that can be read."""
        try:
            return unpacked(self.path(day, key).read_bytes())
        except (OSError, ValueError, KeyError, zstandard.ZstdError):
            return None

    def forget(self, before: date, key: str) -> None:
        """Delete the logs of days before one, those of another key, and what processes that ended left half written."""
        if not self._folder.is_dir():
            return
        for path in self._folder.glob("*"):
            with contextlib.suppress(OSError):
                if path.suffix != ".log" and time.time() - path.stat().st_mtime > LEFT_S:
                    path.unlink()
        for path in self._folder.glob("*.log"):
            if path.name < before.isoformat() or path != self.path(date.fromisoformat(path.name[:10]), key):
                with contextlib.suppress(OSError):
                    path.unlink()


def packed(log: DayLog) -> bytes:
    """A log as bytes: a line of JSON with what it holds and how long each part is, then the parts."""
    first = firsts(log.event)
    columns: dict[str, npt.NDArray[Any]] = {
        "event": log.event, "begun": log.begun, "left": log.left, "ever": log.rest.ever, "month": log.rest.month,
        **{f"u.{name}": log.units[name] for name in UNITS},
    }  # fmt: skip
    shared: list[str] = []
    for name in NUMBERS:
        every = log.events[name][:]
        each = every[first]
        if np.array_equal(each[log.event], every, equal_nan=every.dtype.kind == "f"):
            shared.append(name)
        columns[f"e.{name}"] = each if name in shared else every
    told = {
        name: (c, 0, 0) if isinstance(c, np.ndarray) else (c.offsets, c.base, c.none)
        for name, c in ((name, narrowed(column)) for name, column in columns.items())
    }  # fmt: skip
    head = {
        "day": log.day.isoformat(), "from_ms": log.from_ms, "to_ms": log.to_ms, "words": log.words, "shared": shared,
        "arrays": [(name, a.dtype.str, a.size, base, none) for name, (a, base, none) in told.items()],
    }  # fmt: skip
    body = b"".join([*(np.ascontiguousarray(a).tobytes() for a, _, _ in told.values()), "\n".join(log.code).encode()])
    return zstandard.ZstdCompressor(LEVEL).compress(orjson.dumps(head) + b"\n" + body)


def unpacked(data: bytes) -> DayLog:
    """The log in these bytes. Raises ValueError, KeyError and ZstdError where they are none."""
    whole = zstandard.ZstdDecompressor().decompress(data)
    at = whole.index(b"\n")
    head, at = orjson.loads(whole[:at]), at + 1
    columns: dict[str, npt.NDArray[Any] | Narrow] = {}
    for name, kind, n, base, none in head["arrays"]:
        array = np.frombuffer(whole, np.dtype(kind), n, at)
        columns[name] = Narrow(array, base, none) if base else array
        at += array.nbytes
    text = whole[at:].decode()
    wide: Arrays = {name: column[:] for name, column in columns.items() if not name.startswith("e.")}
    event = wide["event"]
    events = {
        name: Shared(columns[f"e.{name}"], event) if name in head["shared"] else columns[f"e.{name}"]
        for name in NUMBERS
    }  # fmt: skip
    return DayLog(
        date.fromisoformat(head["day"]), head["from_ms"], head["to_ms"], events, wide["begun"], wide["left"], event,
        text.split("\n") if text else [], head["words"], {name: wide[f"u.{name}"] for name in UNITS},
        Rest(wide["ever"].reshape(-1, len(TOTALS)), wide["month"].reshape(2, -1)),
    )  # fmt: skip
