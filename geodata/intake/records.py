"""The records of the native API: what may stand in them, and how they become what the services take."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.json_schema import SkipJsonSchema

from geodata.domain.events import FOLLOWS, Source
from geodata.domain.units import UnitKind, UnitStatus
from geodata.services.case import Action
from geodata.services.closing import FIELD, SEALED, sealed
from geodata.services.enrolling import UnitReport
from geodata.services.outcomes import Refusal, Submitted
from geodata.services.reporting import NewEvent
from geodata.services.rostering import ShiftPlan
from geodata.services.sealing import Seal
from geodata.services.tracking import Position

RECORDS_MAX = 5000
SEALED_MAX = 356  # of a contact of at most 192 bytes, which are 64 Chinese characters
EPOCH_MS_FROM = 100_000_000_000
"""A number of seconds would be the year 5138 from here on: so large a number is milliseconds."""


def _plain(text: str) -> str:
    """Text that every database can keep."""
    if "\x00" in text:
        raise ValueError("holds a NUL character")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError("holds half of a character (a lone surrogate)")
    return text


def _moment(value: Any) -> Any:
    """A number is epoch seconds or milliseconds; pydantic reads ISO 8601 with an offset."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    seconds = value / 1000 if abs(value) >= EPOCH_MS_FROM else value
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError("is not a moment between the years 1 and 9999") from None


PLAIN = AfterValidator(_plain)
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^\S+$"), PLAIN]
Skill = Annotated[str, Field(max_length=32, pattern=r"^[^,]+$"), PLAIN]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


class Record(BaseModel):
    """What all records have in common: unknown keys are ignored, texts stay as they are."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class EventRecord(Record):
    """An event. ``source_system`` and ``source_id`` make it the same event again; times are ISO 8601 with an offset."""

    source: Source
    source_system: Annotated[str, Field(min_length=1, max_length=32), PLAIN]
    source_id: Annotated[str, Field(min_length=1, max_length=64), PLAIN]
    subtype: Code
    reported_at: Moment
    description: Annotated[str, Field(max_length=2000), PLAIN] = ""
    lon: Lon | None = None
    lat: Lat | None = None
    area: Code | None = None
    urgency: Annotated[int, Field(ge=1, le=4, strict=True)] | None = None
    deadline_at: Moment | None = None
    contact: Annotated[str, Field(max_length=192, description="How the reporter can be answered; kept sealed.")] = ""
    sealed_contact: SkipJsonSchema[Annotated[str, Field(max_length=SEALED_MAX)]] = ""

    def read(self) -> NewEvent:
        """As the service takes it."""
        if (self.lon is None) != (self.lat is None):
            raise Refusal("lon" if self.lon is None else "lat", None, "is missing; lon and lat come together")
        return NewEvent(
            self.source.value, self.source_system, self.source_id, self.subtype, _ms(self.reported_at),
            self.description, self.lon, self.lat, self.area, self.urgency,
            None if self.deadline_at is None else _ms(self.deadline_at), self.sealed_contact,
        )  # fmt: skip


class ActionRecord(Record):
    """An action on an event that is named by ``code``, or by ``source_system`` and ``source_id``.

    ``until``: the deadline that is asked for, the review of a suspension, the day by which an order is answered.
    ``into``: the event of which this one is a duplicate. ``assists``: units besides the leading ``unit``.
    ``confirmed``: a unit that has something to do already is sent all the same. ``joint``: a dispatch by the
    city's plan, which tells others, too. ``receipt``: the sender's own name of this step, by which it is done once,
    however often it is sent.
    """

    action: Literal[tuple(FOLLOWS)]  # type: ignore[valid-type]
    at: Moment
    code: Code | None = None
    source_system: Annotated[str, Field(max_length=32), PLAIN] = ""
    source_id: Annotated[str, Field(max_length=64), PLAIN] = ""
    unit: Code | None = None
    reason: Annotated[str, Field(max_length=500), PLAIN] = ""
    rev: Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)] | None = None
    until: Moment | None = None
    into: Code | None = None
    kind: Annotated[str, Field(max_length=16), PLAIN] = ""
    accountable: Annotated[str, Field(max_length=64), PLAIN] = ""
    assists: Annotated[tuple[Code, ...], Field(max_length=12)] = ()
    confirmed: Annotated[bool, Field(strict=True)] = False
    joint: Annotated[bool, Field(strict=True)] = False
    receipt: Annotated[str, Field(max_length=36, pattern=r"^[A-Za-z0-9._:-]*$")] = ""

    def read(self) -> Action:
        """As the service takes it."""
        if not self.code and not (self.source_system and self.source_id):
            raise Refusal("code", None, "is missing; name the event by code or by source_system and source_id")
        return Action(
            self.action, _ms(self.at), self.code or "", self.source_system, self.source_id, self.unit or "",
            self.reason, self.rev, None if self.until is None else _ms(self.until), self.into or "", self.kind,
            self.accountable, self.assists, self.confirmed, self.joint, self.receipt,
        )  # fmt: skip


class UnitRecord(Record):
    """A unit. What is left out stays as it was; a new unit needs ``call_sign``, ``kind`` and ``home_area``."""

    code: Code
    call_sign: Annotated[str, Field(min_length=1, max_length=64), PLAIN] | None = None
    kind: UnitKind | None = None
    home_area: Code | None = None
    skills: Annotated[tuple[Skill, ...], Field(max_length=7)] | None = None
    status: UnitStatus | None = None
    at: Moment | None = None

    def read(self) -> UnitReport:
        """As the service takes it."""
        return UnitReport(
            self.code, self.call_sign, None if self.kind is None else self.kind.value, self.home_area, self.skills,
            None if self.status is None else self.status.value, None if self.at is None else _ms(self.at),
        )  # fmt: skip


class ShiftRecord(Record):
    """A planned shift of a unit; ``leave``: it is excused from it. The same ``unit`` and ``from`` is the same shift."""

    unit: Code
    from_at: Annotated[Moment, Field(alias="from")]
    to_at: Annotated[Moment, Field(alias="to")]
    leave: Annotated[bool, Field(strict=True)] = False

    def read(self) -> ShiftPlan:
        """As the service takes it."""
        return ShiftPlan(self.unit, _ms(self.from_at), _ms(self.to_at), self.leave)


class PositionRecord(Record):
    """A fix of a unit: WGS-84, metres, metres per second, battery from 0 to 1."""

    unit: Code
    lon: Lon
    lat: Lat
    at: Moment
    accuracy_m: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None
    speed_ms: Annotated[float, Field(ge=0, le=400, allow_inf_nan=False)] | None = None
    battery: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None

    def read(self) -> Position:
        """As the service takes it."""
        return Position(self.unit, self.lon, self.lat, _ms(self.at), self.accuracy_m, self.speed_ms, self.battery)


Read = NewEvent | Action | UnitReport | Position | ShiftPlan
R = TypeVar("R", bound=Read)


def parse_body(body: bytes) -> list[Any]:
    """The records of a body: one, or a list. Raises Refusal where it is not JSON or holds too many."""
    parsed = _loads(body)
    records = parsed if isinstance(parsed, list) else [parsed]
    if len(records) > RECORDS_MAX:
        raise Refusal("body", f"{len(records)} records", f"is too long; send at most {RECORDS_MAX} records at once")
    return records


def read_records(
    reader: Callable[[Any], R], records: Sequence[Any], seal: Seal, received_ms: int | None = None
) -> list[Submitted[R]]:
    """Each record as its model reads it, or refused with the first field that is wrong. Contacts are closed first."""
    closed = [sealed(record, seal) for record in records]
    return [Submitted(record, _read(reader, record), key, received_ms) for record, key in closed]


def read_event(record: Any) -> NewEvent:
    """Raises Refusal or ValidationError, as the other readers do."""
    return EventRecord.model_validate(record).read()


def read_action(record: Any) -> Action:
    """See ``ActionRecord``."""
    return ActionRecord.model_validate(record).read()


def read_unit(record: Any) -> UnitReport:
    """See ``UnitRecord``."""
    return UnitRecord.model_validate(record).read()


def read_shift(record: Any) -> ShiftPlan:
    """See ``ShiftRecord``."""
    return ShiftRecord.model_validate(record).read()


def read_position(record: Any) -> Position:
    """See ``PositionRecord``."""
    return PositionRecord.model_validate(record).read()


def _read(reader: Callable[[Any], R], record: Any) -> R | Refusal:
    try:
        return reader(record)
    except Refusal as refusal:
        return refusal
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"])) or "record"
        if field == SEALED:
            return Refusal(FIELD, None, "is longer than 192 bytes")
        return Refusal(field, first["input"] if first["type"] != "missing" else None, first["msg"])


def _loads(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        why = str(error)
    # Python's reader takes NaN, endless numbers and lone surrogates: then only the record that holds one is refused.
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refusal("body", f"{len(body)} bytes", f"is not JSON: {why}") from None
