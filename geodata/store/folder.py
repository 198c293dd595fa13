"""A city's data folder: where its files lie, and ``city.toml``, what the operator may say about the city."""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from geodata.domain.focus import Focus, Look, looks_of
from geodata.domain.plans import PLANS, Plan
from geodata.domain.roles import Role
from geodata.domain.skills import SKILLS, Skill
from geodata.store.briefing_rules import BriefingSaid
from geodata.store.loop_rules import AlertsSaid, ColoursSaid, LightsSaid, SurgesSaid
from geodata.store.patrol_rules import CoverageSaid


class Basemap(BaseModel):
    """The base map under the boundaries: the demo city's own archive, a city's tiles by URL, or none."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["none", "archive", "raster", "vector"] = "none"
    url: str = ""
    style_layers: list[dict[str, object]] = Field(default_factory=list)
    attribution: str = ""
    min_zoom: int = 0
    max_zoom: int = 18


class Oidc(BaseModel):
    """``[access.oidc]``: an OpenID provider at which accounts may sign in.

    The client's secret is the text of the file ``oidc.secret`` in the data folder, or ``ONESCREEN_OIDC_SECRET``.
    """

    model_config = ConfigDict(extra="forbid")
    issuer: str
    client_id: str
    claim: str = "preferred_username"
    scopes: str = "openid profile"
    label_zh: str = "统一身份认证"
    label_en: str = "Single sign-on"


class AccessRules(BaseModel):
    """``[access]``: how people come in. Every figure has a default that a city may leave as it is.

    ``hosts``: names under which the server may be addressed; empty: any (a demo: this machine's own).
    ``address``: the address people use, for links that the server prints, where a proxy changes it.
    """

    model_config = ConfigDict(extra="forbid")
    session_idle_min: int = Field(default=120, ge=5, le=1440)
    session_max_h: int = Field(default=12, ge=1, le=168)
    invite_h: int = Field(default=72, ge=1, le=720)
    failures_max: int = Field(default=5, ge=3, le=20)
    lock_max_min: int = Field(default=15, ge=1, le=1440)
    totp_roles: tuple[Role, ...] = ()
    hosts: tuple[str, ...] = ()
    address: str = ""
    contact_days: int = Field(default=30, ge=0)
    audit_days: int = Field(default=400, ge=183)
    oidc: Oidc | None = None


class City(BaseModel):
    """``city.toml``. Everything has a default, so that the file may be missing.

    ``country`` (ISO 3166) chooses the table of public holidays; ``work_days`` and ``days_off`` are days on which the
    city differs from it. ``track_days``: how long the tracks of units are kept. ``[[joint]]``: plans of joint dispatch.
    ``[[skill]]``: which events want which skills. ``[focus]``: which classes a theme screen counts.
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
    joint: tuple[Plan, ...] = PLANS
    skill: tuple[Skill, ...] = SKILLS
    focus: dict[Focus, tuple[str, ...]] = Field(default_factory=dict)
    basemap: Basemap = Field(default_factory=Basemap)
    access: AccessRules = Field(default_factory=AccessRules)
    lights: LightsSaid = Field(default_factory=LightsSaid)
    colours: ColoursSaid = Field(default_factory=ColoursSaid)
    alerts: AlertsSaid = Field(default_factory=AlertsSaid)
    surges: SurgesSaid = Field(default_factory=SurgesSaid)
    coverage: CoverageSaid = Field(default_factory=CoverageSaid)
    briefing: BriefingSaid = Field(default_factory=BriefingSaid)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (LookupError, ValueError) as error:
            raise ValueError(f"{value!r} is not a time zone such as Asia/Shanghai") from error
        return value

    @property
    def looks(self) -> Mapping[Focus, Look]:
        """What theme screens show here."""
        return looks_of(self.focus)

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

    def area_tiles(self, build: str) -> Path:
        """The PMTiles archive of all levels of one build of the areas.

        The build is in its name: whichever build the database says is in force has its own archive, whenever the
        process that brought it in ended. Older versions wrote one without, which counts until the next import.
        """
        named, older = self.named_tiles(build), self.root / "areas.pmtiles"
        return older if older.exists() and not named.exists() else named

    def named_tiles(self, build: str) -> Path:
        """Where an import puts the archive of its build."""
        return self.root / f"areas-{build}.pmtiles"

    def drop_other_tiles(self, build: str) -> None:
        """Delete the archives of all builds but one: older ones, and those of imports that were cut short."""
        for path in self.root.glob("areas*.pmtiles"):
            if path != self.named_tiles(build):
                path.unlink(missing_ok=True)

    @property
    def base_tiles(self) -> Path:
        """The PMTiles archive of the base map, where there is one."""
        return self.root / "basemap.pmtiles"

    @property
    def replay(self) -> Path:
        """The folder of the logs of past days: made from the database, and made again where it is missing."""
        return self.root / "replay"

    @property
    def fonts(self) -> Path:
        """The folder of fonts for printed briefings, where the machine's own are not to be used; may be missing."""
        return self.root / "fonts"

    @property
    def ingest_key(self) -> Path:
        """The file that holds the key of the demo's simulator (mode 0600)."""
        return self.root / "ingest.key"

    @property
    def secret_key(self) -> Path:
        """The file that holds the keys by which contacts, second factors and the audit are sealed (mode 0600)."""
        return self.root / "secret.key"

    @property
    def oidc_secret(self) -> Path:
        """The file that holds the secret of the OpenID client, where there is one."""
        return self.root / "oidc.secret"

    def write_secret(self, path: Path, text: str) -> None:
        """A new file that only its owner can read; FileExistsError where it is there already. It is whole or absent."""
        self.root.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self.root, prefix=f".{path.name}-", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            os.link(file.name, path)

    def found_city(self, time_zone: str) -> bool:
        """Write a ``city.toml`` that says the time zone, where there is none; whether it was written."""
        path = self.root / "city.toml"
        if path.exists():
            return False
        City(time_zone=time_zone)
        self.write(path, f'time_zone = "{time_zone}"\n')
        return True

    def write(self, path: Path, text: str) -> None:
        """Write a file of the folder, whole: whoever reads it meets what was there before or this."""
        self.root.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}-{os.getpid()}")
        fresh.write_text(text, "utf-8")
        fresh.replace(path)

    def city(self) -> City:
        """What ``city.toml`` says; the defaults where it is missing."""
        path = self.root / "city.toml"
        try:
            return City.model_validate(tomllib.loads(path.read_text("utf-8"))) if path.exists() else City()
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
