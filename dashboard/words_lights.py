"""Words of the lights 亮灯: key → (Chinese, English)."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "light.none": ("无时限", "No limit"),
    "light.green": ("绿灯 · 时限内", "Green · in time"),
    "light.yellow": ("黄灯 · 临近时限", "Yellow · limit nearly used"),
    "light.red": ("红灯 · 已超期", "Red · overdue"),
    "light.dark": ("深红灯 · 严重超期", "Dark red · long overdue"),
    "light.stopped": ("停表 · 已挂账", "Clock stopped · suspended"),
}
