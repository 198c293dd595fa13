"""A city's data folder: where its files lie, and ``city.toml``, what the operator may say about the city."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Basemap(BaseModel):
    """The base map under the boundaries: the demo city's own archive, a city's tiles by URL, or none."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["none", "archive", "raster", "vector"] = "none"
    url: str = ""
    style_layers: list[dict[str, object]] = Field(default_factory=list)
    attribution: str = ""
    min_zoom: int = 0
    max_zoom: int = 18


class City(BaseModel):
    """``city.toml``. Everything has a default, so that the file may be missing.

    ``country`` (ISO 3166) chooses the table of public holidays; ``work_days`` and ``days_off`` are days on which the
    city differs from it. ``track_days``: how long the tracks of units are kept.
    """

    model_config = ConfigDict(extra="forbid")
    title_zh: str = "基层治理指挥中心"
    title_en: str = "Grassroots governance command centre"
    time_zone: str = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"
    approval_number: str = ""
    country: str = "CN"
    track_days: int = Field(default=30, ge=0)
    work_days: tuple[date, ...] = ()
    days_off: tuple[date, ...] = ()
    demo: bool = False
    basemap: Basemap = Field(default_factory=Basemap)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (LookupError, ValueError) as error:
            raise ValueError(f"{value!r} is not a time zone such as Asia/Shanghai") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The files of one city under ``root``."""

    root: Path

    @property
    def database_url(self) -> str:
        """The SQLite file as a SQLAlchemy URL."""
        return f"sqlite:///{(self.root / 'city.sqlite').as_posix()}"

    @property
    def area_tiles(self) -> Path:
        """The PMTiles archive of all levels."""
        return self.root / "areas.pmtiles"

    @property
    def base_tiles(self) -> Path:
        """The PMTiles archive of the base map, where there is one."""
        return self.root / "basemap.pmtiles"

    @property
    def ingest_key(self) -> Path:
        """The file that holds the ingest key (mode 0600)."""
        return self.root / "ingest.key"

    def found_city(self, time_zone: str) -> bool:
        """Write a ``city.toml`` that says the time zone, where there is none; whether it was written."""
        path = self.root / "city.toml"
        if path.exists():
            return False
        City(time_zone=time_zone)
        self.root.mkdir(parents=True, exist_ok=True)
        path.write_text(f'time_zone = "{time_zone}"\n', "utf-8")
        return True

    def city(self) -> City:
        """What ``city.toml`` says; the defaults where it is missing."""
        path = self.root / "city.toml"
        try:
            return City.model_validate(tomllib.loads(path.read_text("utf-8"))) if path.exists() else City()
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
