"""What a request says: the fields of its form or query, its language, who calls from where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request

from geodata.domain.roles import PEOPLE, Role
from geodata.domain.view import LANGUAGES, THEMES
from geodata.intake.gate import address_of
from geodata.services.declining import Declined
from geodata.services.sessions import Session
from geodata.services.signing_in import Caller
from geodata.store.folder import City

FIELDS_MAX = 100
NEXT_MAX = 2_000
FORM = "application/x-www-form-urlencoded"
ID_MAX = 2**31 - 1
YEARS = (1971, 2900)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form or a query, in their order; a text holds no NUL, which PostgreSQL does not take."""

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """The fields of an urlencoded text. HTTPException 400 where there are too many."""
        try:
            found = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX)
        except ValueError:
            raise HTTPException(400, "too many fields") from None
        return cls(tuple((name, value.replace("\x00", "")) for name, value in found))

    def one(self, name: str, otherwise: str = "") -> str:
        """The first value of a field."""
        return next((value for n, value in self.pairs if n == name), otherwise)

    def several(self, name: str) -> list[str]:
        """All values of a field, ticked boxes for example."""
        return [value for n, value in self.pairs if n == name]

    def listed(self, name: str) -> list[str]:
        """What stands in a text, separated by spaces, lines, commas or semicolons."""
        text = self.one(name)
        for separator in ",;，；、":
            text = text.replace(separator, " ")
        return text.split()


async def form_of(request: Request) -> Form:
    """The fields of a request's body; the gate has bounded its size."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise HTTPException(415, f"a form is sent as {FORM}")
    return Form.parse((await request.body()).decode("utf-8", "replace"))


async def query_of(request: Request) -> Form:
    """The fields of a request's query."""
    return Form.parse(request.url.query)


def language_of(request: Request, city: City) -> str:
    """The language that the address, else the cookie asks for, else the city's."""
    told = (request.query_params.get("lang"), request.cookies.get("lang"), city.language)
    return next(str(lang) for lang in told if lang in LANGUAGES)


def theme_of(request: Request, otherwise: str = THEMES[0]) -> str:
    """The theme that the address, else the cookie asks for, else dark or whatever is said here."""
    told = (request.query_params.get("theme"), request.cookies.get("theme"), otherwise)
    return next(str(theme) for theme in told if theme in THEMES)


def caller_of(request: Request) -> Caller:
    """Where a try comes from."""
    agent = request.headers.get("user-agent", "")
    return Caller(address_of(request), "".join(c for c in agent if c.isprintable())[:128])


def session_of(request: Request) -> Session | None:
    """The session of whoever has signed in, screens included; set by the gate."""
    found = request.scope.get("onescreen.session")
    return found if isinstance(found, Session) else None


def is_person(session: Session | None) -> bool:
    """Whether a person has signed in."""
    return session is not None and bool({Role(r) for r in session.account.roles} & PEOPLE)


def local_path(told: str) -> str:
    """The address to go on to: only one of this very server, else ``/``.

    Browsers read ``//host`` and ``/\\host`` as another server, and drop tabs and line ends before they read at all.
    """
    fits = told.startswith("/") and not told.startswith("//") and "\\" not in told and len(told) <= NEXT_MAX
    return told if fits and told.isprintable() else "/"


def number_of(told: str) -> int | None:
    """A number as ids and sequences are; None for anything else."""
    return int(told) if told.isascii() and told.isdigit() and len(told) <= 15 else None


def day_ms(field: str, told: str, zone: ZoneInfo, days_later: int = 0) -> int | None:
    """The first moment of a day (or of one some days later) in the city's zone, epoch ms; None for no day at all."""
    if not told.strip():
        return None
    try:
        day = date.fromisoformat(told.strip())
    except ValueError:
        raise Declined(field, "date_form") from None
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise Declined(field, "date_form")
    day += timedelta(days=days_later)
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)
