"""How a city's own export of events becomes ours: the mapping file (TOML)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from geodata.boundaries.datum import Datum
from geodata.domain.events import CLOSED, ENDED, Source, State

Timeliness = Literal["on_time", "overdue", "unjudged"]
JUDGED: dict[Timeliness, int] = {"on_time": 1, "overdue": 0, "unjudged": -1}
Several = Annotated[tuple[str, ...], BeforeValidator(lambda v: (v,) if isinstance(v, str) else tuple(v))]


class MappingError(ValueError):
    """The mapping file cannot be used, or does not fit the file; the message names the key and the rule."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnNames(_Strict):
    """Which column holds what. Empty: the file has none. ``description`` may name several, they are joined."""

    source_id: str
    reported: str
    ended: str = ""
    deadline: str = ""
    status: str = ""
    on_time: str = ""
    source: str = ""
    class_: str = Field("", alias="class")
    subtype: str = ""
    description: Several = ()
    lon: str = ""
    lat: str = ""
    area: str = ""

    def all_of_them(self) -> dict[str, str]:
        """Column by the key that names it, for those that are named."""
        named = {f.alias or name: getattr(self, name) for name, f in type(self).model_fields.items()}
        several = {f"description[{k}]": c for k, c in enumerate(self.description)}
        return {key: column for key, column in named.items() if column and isinstance(column, str)} | several


class Coordinates(_Strict):
    """The reference system of ``lon``/``lat``: any EPSG code, or a datum that has none."""

    crs: str = "EPSG:4326"
    datum: Datum = "wgs84"


class AreaCodes(_Strict):
    """How the area column becomes an area code, for rows without coordinates: exact values first, else a prefix."""

    prefix: str = ""
    values: dict[str, str] = Field(default_factory=dict)


class Categories(_Strict):
    """Event classes and subtypes.

    ``take = "columns"`` makes the city's own catalogue from the values of the class and subtype columns;
    ``take = "subtypes"`` uses the city's catalogue as it is, and ``subtypes`` says which value means which code.
    ``class_names_zh`` and ``subtype_names_zh`` give Chinese names to values; ``urgency`` an urgency to subtypes.
    """

    take: Literal["columns", "subtypes"] = "columns"
    subtypes: dict[str, str] = Field(default_factory=dict)
    otherwise: str = ""
    default_urgency: int = Field(4, ge=1, le=4)
    urgency: dict[str, Annotated[int, Field(ge=1, le=4)]] = Field(default_factory=dict)
    limit_work_days: float = Field(10, gt=0)
    class_names_zh: dict[str, str] = Field(default_factory=dict)
    subtype_names_zh: dict[str, str] = Field(default_factory=dict)


class HistoryMapping(_Strict):
    """The whole mapping file.

    ``status``, ``on_time`` and ``sources`` turn values of the file (upper and lower case and blanks at the ends do not
    matter) into ours; ``status_otherwise`` and ``source_otherwise`` are for values that are not named (empty: such a
    row is quarantined). ``time_zone`` is that of times without an offset; empty: the city's.
    """

    source_system: str = Field(min_length=1, max_length=32)
    code_prefix: str | None = Field(None, max_length=32)
    encoding: str = ""
    delimiter: str = Field("", max_length=1)
    member: str = ""
    time_zone: str = ""
    time_format: str = ""
    columns: ColumnNames
    coordinates: Coordinates = Coordinates()
    areas: AreaCodes = AreaCodes()
    categories: Categories = Categories()
    status: dict[str, State] = Field(default_factory=dict)
    status_otherwise: State | Literal[""] = ""
    on_time: dict[str, Timeliness] = Field(default_factory=dict)
    sources: dict[str, Source] = Field(default_factory=dict)
    source_otherwise: Source | Literal[""] = Source.HOTLINE
    open_state: State = State.HANDLING
    closed_state: State = State.CLOSED
    piles_from: int = Field(50, ge=2)
    pile_share: float = Field(0.005, gt=0, le=1)

    @classmethod
    def read(cls, path: Path) -> HistoryMapping:
        """Read a mapping file. Raises MappingError."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text("utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise MappingError(f"{path.name} is not TOML: {error}") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise MappingError(f"{path.name}: {'.'.join(map(str, first['loc'])) or 'file'}: {first['msg']}") from error

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            return value and ZoneInfo(value).key
        except (ValueError, OSError, LookupError):
            raise ValueError(f"{value!r} is not a time zone") from None

    @model_validator(mode="after")
    def _consistent(self) -> HistoryMapping:
        c, k = self.columns, self.categories
        rules = {
            "columns.lon and columns.lat come together": bool(c.lon) == bool(c.lat),
            "columns.status needs a table [status]": not c.status or bool(self.status or self.status_otherwise),
            "columns.on_time needs a table [on_time]": not c.on_time or bool(self.on_time),
            "categories.take = columns needs columns.class or columns.subtype": k.take != "columns"
            or bool(c.class_ or c.subtype),
            "categories.take = subtypes needs columns.subtype or categories.otherwise": k.take != "subtypes"
            or bool(c.subtype or k.otherwise),
            "open_state must be a state of an open event": self.open_state not in ENDED,
            "closed_state must be closed or forced_closed": self.closed_state in CLOSED,
        }
        broken = [rule for rule, holds in rules.items() if not holds]
        if broken:
            raise ValueError(broken[0])
        return self
