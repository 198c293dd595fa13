"""Event columns: the events held in memory as numpy columns over slots that are used again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from geodata.domain.areas import AreaTree, Ints
from geodata.domain.catalogue import Catalogue
from geodata.domain.clocks import NEVER
from geodata.domain.events import ENDED, SOURCES, STATES, State
from geodata.situation.runs import SLOTS_MAX, Longs
from geodata.store.events import EVENT_FIELDS, EventNow

CLOCK = 2
"""``on_time`` of an event on which no source has judged: its clock decides."""
NO_UNIT = -1
FREE = -1
"""The area of a slot that holds no event."""
STATE_INDEX = {state.value: i for i, state in enumerate(STATES)}
SUSPENDED, FORCED = STATES.index(State.SUSPENDED), STATES.index(State.FORCED_CLOSED)
IS_ENDED = np.array([state in ENDED for state in STATES])

NUMBERS: dict[str, type[np.generic]] = {
    "id": np.int64, "rev": np.int32, "o": np.int32, "lon": np.float64, "lat": np.float64, "urgency": np.int8,
    "cls": np.int16, "subtype": np.int16, "source": np.int16, "state": np.int8, "on_pile": np.bool_,
    "reported_ms": np.int64, "state_ms": np.int64, "dispatched_ms": np.int64, "handled_ms": np.int64,
    "ended_ms": np.int64, "deadline_ms": np.int64, "on_time": np.int8, "unit_id": np.int64,
    "marks": np.int16, "stage_ms": np.int64, "clock_ms": np.int64, "paused_ms": np.int64,
}  # fmt: skip
KEPT: dict[str, type[np.generic]] = {
    "overdue": np.bool_, "due_soon": np.bool_, "light": np.int8, "yellow_ms": np.int64, "dark_ms": np.int64,
}  # fmt: skip
"""What is not told of an event but found out about it: by the clock, and by the city's rules."""
TEXTS = ("code", "description")
TIMES_OR_NEVER = ("dispatched_ms", "handled_ms", "ended_ms", "deadline_ms", "stage_ms", "clock_ms")


class Words:
    """Codes as small numbers: known ones first in their order, others as they appear (an import may bring any)."""

    __slots__ = ("_index", "known", "texts")

    def __init__(self, known: Iterable[str]) -> None:
        self.texts: list[str] = list(known)
        self._index = {text: i for i, text in enumerate(self.texts)}
        self.known = len(self.texts)

    def numbers(self, texts: Iterable[str]) -> list[int]:
        """The numbers of these codes; a code not seen before gets the next one."""
        index, out = self._index, []
        for text in texts:
            if (i := index.get(text)) is None:
                i = index[text] = len(self.texts)
                self.texts.append(text)
            out.append(i)
        return out

    def find(self, texts: Iterable[str]) -> list[int]:
        """The numbers of those of these codes that are there."""
        return [self._index[t] for t in texts if t in self._index]


class Codebook:
    """The numbers of a city's classes, subtypes and sources."""

    __slots__ = ("classes", "sources", "subtypes")

    def __init__(self, catalogue: Catalogue) -> None:
        self.classes = Words(catalogue.classes)
        self.subtypes = Words(catalogue.subtypes)
        self.sources = Words(s.value for s in SOURCES)


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events on their way into the columns: one array per name in NUMBERS, one list per name in TEXTS."""

    numbers: dict[str, npt.NDArray[np.generic]]
    texts: dict[str, list[str]]

    def __len__(self) -> int:
        return len(self.texts["code"])

    @classmethod
    def of(cls, rows: Sequence[Sequence[object]], tree: AreaTree, book: Codebook) -> EventBatch:
        """Rows in the order of EVENT_FIELDS. An area that is not in force counts for the city itself."""
        raw = dict(zip(EVENT_FIELDS, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(EVENT_FIELDS, ())
        got: dict[str, Iterable[object]] = {name: raw[name] for name in NUMBERS if name in raw}
        place = tree.ordinal_by_id.get
        got["o"] = [place(i, 0) for i in raw["area_id"]]
        got["cls"] = book.classes.numbers(raw["class_code"])
        got["subtype"] = book.subtypes.numbers(raw["subtype_code"])
        got["source"] = book.sources.numbers(raw["source"])
        got["state"] = [STATE_INDEX[s] for s in raw["state"]]
        for name in TIMES_OR_NEVER:
            got[name] = [NEVER if t is None else t for t in raw[name]]
        got["lon"] = [np.nan if x is None else x for x in raw["lon"]]
        got["lat"] = [np.nan if x is None else x for x in raw["lat"]]
        got["on_time"] = [CLOCK if x is None else x for x in raw["on_time"]]
        got["unit_id"] = [NO_UNIT if x is None else x for x in raw["unit_id"]]
        numbers = {name: np.array(list(got[name]), kind) for name, kind in NUMBERS.items()}
        return cls(numbers, {name: list(raw[name]) for name in TEXTS})

    def take(self, at: Ints) -> EventBatch:
        """These of them, in this order."""
        texts = {name: [text[i] for i in at.tolist()] for name, text in self.texts.items()}
        return EventBatch({name: column[at] for name, column in self.numbers.items()}, texts)


_VALUES = attrgetter(*EVENT_FIELDS)


def values_of(rows: Iterable[EventNow]) -> list[Sequence[object]]:
    """The rows as tuples in the order of EVENT_FIELDS."""
    return [_VALUES(row) for row in rows]


class EventColumns:
    """The events held. A slot keeps its event until it leaves; free slots have the area FREE.

    ``overdue``, ``due_soon`` and ``light`` are kept by whoever moves the clock. At most SLOTS_MAX events are held.
    """

    id: Longs
    rev: Ints
    o: Ints
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    urgency: npt.NDArray[np.int8]
    cls: npt.NDArray[np.int16]
    subtype: npt.NDArray[np.int16]
    source: npt.NDArray[np.int16]
    state: npt.NDArray[np.int8]
    on_pile: npt.NDArray[np.bool_]
    reported_ms: Longs
    state_ms: Longs
    dispatched_ms: Longs
    handled_ms: Longs
    ended_ms: Longs
    deadline_ms: Longs
    on_time: npt.NDArray[np.int8]
    unit_id: Longs
    marks: npt.NDArray[np.int16]
    stage_ms: Longs
    clock_ms: Longs
    paused_ms: Longs
    yellow_ms: Longs
    dark_ms: Longs
    light: npt.NDArray[np.int8]
    overdue: npt.NDArray[np.bool_]
    due_soon: npt.NDArray[np.bool_]

    def __init__(self, batch: EventBatch) -> None:
        """Hold these events, each id once, in slots 0, 1, 2 …"""
        n = len(batch)
        for name in NUMBERS:
            setattr(self, name, batch.numbers[name].copy())
        for name, kind in KEPT.items():
            setattr(self, name, np.zeros(n, kind))
        self.code, self.description = list(batch.texts["code"]), list(batch.texts["description"])
        self.slot_of_id: dict[int, int] = dict(zip(self.id.tolist(), range(n), strict=True))
        self.slot_of_code: dict[str, int] = dict(zip(self.code, range(n), strict=True))
        self._free: list[int] = []
        self._check(n)

    @property
    def size(self) -> int:
        """Slots there are, used or free."""
        return len(self.id)

    def take_slots(self, n: int) -> list[int]:
        """Free slots for ``n`` new events; the columns grow by doubling."""
        if len(self._free) < n:
            old = self.size
            new = max(2 * old, old + n, 1024)
            new = max(old + n, min(new, SLOTS_MAX))
            self._check(new)
            for name in (*NUMBERS, *KEPT):
                column = getattr(self, name)
                setattr(self, name, np.concatenate((column, np.zeros(new - old, column.dtype))))
            self.o[old:] = FREE
            self.code.extend([""] * (new - old))
            self.description.extend([""] * (new - old))
            self._free.extend(range(new - 1, old - 1, -1))
        return [self._free.pop() for _ in range(n)]

    def write(self, slots: npt.NDArray[np.int64], batch: EventBatch) -> None:
        """Write these events into these slots."""
        for name in NUMBERS:
            getattr(self, name)[slots] = batch.numbers[name]
        codes, descriptions = batch.texts["code"], batch.texts["description"]
        for slot, event, code, description in zip(
            slots.tolist(), batch.numbers["id"].tolist(), codes, descriptions, strict=True
        ):
            self.code[slot], self.description[slot] = code, description
            self.slot_of_id[event] = self.slot_of_code[code] = slot

    def drop(self, slots: npt.NDArray[np.int64]) -> None:
        """Forget the events in these slots."""
        for slot in slots.tolist():
            del self.slot_of_id[int(self.id[slot])]
            del self.slot_of_code[self.code[slot]]
            self.code[slot] = self.description[slot] = ""
        self.o[slots] = FREE
        self.overdue[slots] = self.due_soon[slots] = False
        self.light[slots] = 0
        self._free.extend(slots.tolist())

    def is_open(self, slots: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which of these are open."""
        return ~IS_ENDED[self.state[slots]]

    def _check(self, n: int) -> None:
        if n > SLOTS_MAX:
            raise OverflowError(f"{n:,} events to hold; one situation holds at most {SLOTS_MAX:,}")
