"""Forms: the pages that work without any script, written by the server from ``dashboard/templates``."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboard.format import NONE, moment
from dashboard.words import words
from geodata.domain.view import LANGUAGES

TEMPLATES, ASSETS = (Path(__file__).with_name(name) for name in ("templates", "assets"))
_PAGES = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def render(name: str, lang: str, *, zone: ZoneInfo, **values: object) -> str:
    """The HTML of ``templates/<name>.html`` in a language; times are shown in ``zone``.

    Templates say ``t(key, …)`` for words and ``when(ms)`` for a time. A value that a template needs and does not get is
    an error, never a gap.
    """
    other = next(other for other in LANGUAGES if other != lang)
    said = {"lang": lang, "other_lang": other, "t": partial(words, lang), "when": partial(when, zone)}
    return _PAGES.get_template(f"{name}.html").render(**said, **values)


def when(zone: ZoneInfo, ms: int | None, *, seconds: bool = False) -> str:
    """A moment in the city's zone, ISO order; a dash for none."""
    if ms is None:
        return NONE
    if not seconds:
        return moment(zone, ms)
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
