"""Numbers, ages and times as people read them, for texts that the server writes (its twin: assets/format.js)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

NONE = "—"
_AGES = (
    (86_400_000, ("{} 天", "{} d")),
    (3_600_000, ("{} 小时", "{} h")),
    (60_000, ("{} 分钟", "{} min")),
    (1_000, ("{} 秒", "{} s")),
)
_BIG = {"zh": ((10_000, "万"),), "en": ((1_000_000, "M"), (1_000, "k"))}
_BIG_ABOVE = 99_999


def number(lang: str, n: int | None) -> str:
    """1,234 below 100,000; above it 12.3 万 in Chinese, 123k or 1.2M in English; a dash for nothing."""
    if n is None:
        return NONE
    if abs(n) <= _BIG_ABOVE:
        return f"{n:,}"
    size, unit = next((s, u) for s, u in _BIG[lang] if abs(n) >= s)
    text = f"{n / size:,.1f}".removesuffix(".0")
    return f"{text} {unit}" if lang == "zh" else f"{text}{unit}"


def age(lang: str, ms: float) -> str:
    """How long, in its largest unit, rounded down: 3 分钟 / 3 min."""
    whole = max(0, int(ms))
    size, texts = next((row for row in _AGES if whole >= row[0]), _AGES[-1])
    return texts[lang == "en"].format(whole // size)


def span(lang: str, ms: float) -> str:
    """How long something took: 00:42 below an hour, 11:42:07 below four days, then whole days."""
    seconds = max(0, int(ms)) // 1000
    if seconds >= 345_600:
        return age(lang, ms)
    hours, rest = divmod(seconds, 3600)
    text = f"{rest // 60:02}:{rest % 60:02}"
    return f"{hours}:{text}" if hours else text


def percent(num: int, den: int) -> str:
    """``num`` of ``den`` as 93.7 %; a dash for a zero denominator."""
    return f"{num / den:.1%}".replace("%", " %") if den else NONE


def moment(zone: ZoneInfo, ms: int) -> str:
    """Date and time of day in the city's zone, ISO order: 2026-11-21 14:32."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M")
