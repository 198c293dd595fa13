"""Words of theme screens and of the alert that comes between: key → (Chinese, English)."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "focus.city_order": ("市容秩序", "City order"),
    "focus.safety": ("安全", "Safety"),
    "focus.disputes": ("矛盾纠纷", "Disputes"),
    "focus.patrol": ("巡查", "Patrol"),
    "focus.livelihood": ("民生", "Livelihood"),
    "focus.emergency": ("应急", "Emergency"),
    "call.since": ("{time} 告警", "raised {time}"),
    "call.returns": ("{n} 秒后返回", "returns in {n} s"),
}
