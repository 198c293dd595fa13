"""Every word people see, in both languages. ``words(lang, key)``; each module ``dashboard/words_*.py`` adds its table.

A table is a module constant ``WORDS: dict[str, tuple[str, str]]`` of key → (Chinese, English).
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from geodata.domain.view import LANGUAGES


def _tables() -> Mapping[str, Mapping[str, str]]:
    both: dict[str, dict[str, str]] = {lang: {} for lang in LANGUAGES}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if not module.name.startswith("words_"):
            continue
        table: dict[str, tuple[str, str]] = import_module(f"dashboard.{module.name}").WORDS
        for key, pair in table.items():
            for lang, text in zip(LANGUAGES, pair, strict=True):
                if key in both[lang]:
                    raise ValueError(f"dashboard/{module.name}.py says {key!r} a second time")
                both[lang][key] = text
    return MappingProxyType({lang: MappingProxyType(table) for lang, table in both.items()})


ALL: Mapping[str, Mapping[str, str]] = _tables()


def words(lang: str, key: str, **values: object) -> str:
    """The words of ``key`` in ``lang`` with ``values`` put into its braces; KeyError for an unknown key."""
    text = ALL[lang][key]
    return text.format(**values) if values else text
