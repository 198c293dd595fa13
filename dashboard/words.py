"""Every word people see, in both languages: ``words(lang, key)``. The tables live in ``dashboard/words_*.py``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

from dashboard import (
    words_access,
    words_admin,
    words_alerts,
    words_analysis,
    words_briefing,
    words_coverage,
    words_duty,
    words_field,
    words_indicators,
    words_lights,
    words_lists,
    words_live,
    words_loop,
    words_map,
    words_phones,
    words_programmes,
    words_quarantine,
    words_replay,
    words_roles,
    words_screen,
    words_surges,
    words_terms,
    words_wall,
    words_walls,
)
from geodata.domain.view import LANGUAGES


def _merged(tables: Iterable[Mapping[str, tuple[str, str]]]) -> Mapping[str, Mapping[str, str]]:
    both: dict[str, dict[str, str]] = {lang: {} for lang in LANGUAGES}
    for table in tables:
        for key, pair in table.items():
            if key in both[LANGUAGES[0]]:
                raise ValueError(f"the words of {key!r} are given twice")
            for lang, text in zip(LANGUAGES, pair, strict=True):
                both[lang][key] = text
    return MappingProxyType({lang: MappingProxyType(table) for lang, table in both.items()})


BROWSER_TABLES = (
    words_terms.WORDS, words_live.WORDS, words_screen.WORDS, words_map.WORDS, words_lights.WORDS,
    words_duty.WORDS, words_alerts.WORDS, words_lists.WORDS, words_indicators.FIGURES, words_surges.WORDS,
    words_coverage.WORDS, words_replay.WORDS, words_analysis.WORDS, words_wall.WORDS,
)  # fmt: skip
FORM_TABLES = (
    words_loop.WORDS, words_roles.WORDS, words_access.WORDS, words_admin.WORDS, words_field.WORDS, words_phones.WORDS,
    words_quarantine.WORDS, words_programmes.WORDS, words_walls.WORDS,
    words_indicators.WORDS, words_briefing.WORDS,
)  # fmt: skip
TABLES = (*BROWSER_TABLES, *FORM_TABLES)
ALL: Mapping[str, Mapping[str, str]] = _merged(TABLES)
BROWSER: Mapping[str, Mapping[str, str]] = _merged(BROWSER_TABLES)
"""What the browser gets with the shell; the rest is said by forms that the server writes (``dashboard/forms.py``)."""


def words(lang: str, key: str, **values: object) -> str:
    """The words of ``key`` in ``lang`` with ``values`` put into its braces; KeyError for an unknown key."""
    text = ALL[lang][key]
    return text.format(**values) if values else text


class Named(Protocol):
    """What has a name in both languages: a level, a class, a subtype."""

    @property
    def name_zh(self) -> str: ...

    @property
    def name_en(self) -> str: ...


def named(lang: str, thing: Named | None, otherwise: str = "") -> str:
    """The name of a thing in ``lang``; ``otherwise`` where there is no such thing."""
    if thing is None:
        return otherwise
    return thing.name_en if lang == "en" else thing.name_zh
