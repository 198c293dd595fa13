"""A briefing as a PDF: laid out by Typst, Chinese fonts embedded as subsets, the same bytes for the same content."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from dashboard.briefing_drawings import days_svg, map_svg
from geodata.domain.briefing import Briefing

LAYOUT = Path(__file__).with_name("templates") / "briefing.typ"
FAMILIES = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "PingFang SC",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
)  # fmt: skip
"""Families that hold simplified Chinese, the best first."""


class NoFontError(RuntimeError):
    """This machine has no font with Chinese characters that could be embedded."""


def pdf(b: Briefing, said: dict[str, Any], lang: str, fonts: Path) -> bytes:
    """The file of a briefing; ``said`` as ``briefing.told`` says it, ``fonts``: the city's own folder of fonts, which
    may be missing. Its date is the end of the period. Raises NoFontError."""
    book = _fonts(str(fonts) if fonts.is_dir() else "")
    family = chinese(book.families())
    data = {**said, "font": family, "map": map_svg(b, lang), "days": days_svg(b, lang)}
    made = datetime.fromtimestamp(b.as_of_ms // 1000, UTC)
    return typst.compile(
        LAYOUT.read_bytes(), font_paths=book, sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        timestamp=made, format="pdf",
    )  # fmt: skip


def chinese(families: Sequence[str]) -> str:
    """The best of these families for Chinese. Raises NoFontError."""
    for family in FAMILIES:
        if family in families:
            return family
    raise NoFontError("no font with Chinese characters")


@lru_cache(maxsize=4)
def _fonts(folder: str) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=[folder] if folder else [])
