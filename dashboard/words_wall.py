"""Words of theme screens, of the alert that comes between, of a desk that walls mirror: key → (Chinese, English)."""

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
    "call.stays": ("画面已定住，不跳转", "the view is held and stays"),
    "page.show": ("推到大屏", "Show on a wall"),
    "mirror.on": ("{n} 块大屏正在跟随本页", "{n} walls mirror this page"),
    "mirror.on.one": ("1 块大屏正在跟随本页", "1 wall mirrors this page"),
    "mirror.beyond": ("{n} 块看不到这个区域，停在原处", "{n} may not see this area and stay where they were"),
    "mirror.lost": ("连不上服务器，大屏可能已解除", "No answer: walls may have been released"),
    "mirror.stop": ("停止", "Stop"),
}
