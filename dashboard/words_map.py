"""The words of the map: legend, notes, tooltips and controls. ``dashboard.words`` merges them into one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

WORDS_MAP: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "layer.areas": {"zh": "区域底色", "en": "Area colours"},
    "layer.boundaries": {"zh": "网格边界", "en": "Boundaries"},
    "layer.labels": {"zh": "名称", "en": "Labels"},
    "layer.events": {"zh": "事件", "en": "Events"},
    "layer.units": {"zh": "巡查力量", "en": "Units"},
    "layer.density": {"zh": "热力", "en": "Density"},
    "measure.open": {"zh": "在办件数", "en": "Open events"},
    "measure.overdue": {"zh": "超期件数", "en": "Overdue events"},
    "measure.reported": {"zh": "今日上报", "en": "Reported today"},
    "measure.units": {"zh": "在岗力量", "en": "Units on duty"},
    "measure.density": {"zh": "每平方公里在办", "en": "Open per km²"},
    "legend.areas.open": {"zh": "底色 · 在办件数", "en": "Colour: open events"},
    "legend.areas.overdue": {"zh": "底色 · 超期件数", "en": "Colour: overdue events"},
    "legend.areas.reported": {"zh": "底色 · 今日上报", "en": "Colour: reported today"},
    "legend.areas.units": {"zh": "底色 · 在岗力量", "en": "Colour: units on duty"},
    "legend.areas.density": {"zh": "底色 · 每平方公里在办", "en": "Colour: open per km²"},
    "legend.events.1": {"zh": "特急事件", "en": "Critical events"},
    "legend.events.2": {"zh": "紧急事件", "en": "Urgent events"},
    "legend.events.3": {"zh": "较急事件", "en": "Pressing events"},
    "legend.events.4": {"zh": "一般事件", "en": "Ordinary events"},
    "legend.events.overdue": {"zh": "描边为超期", "en": "Outlined: overdue"},
    "legend.note.in_colours": {"zh": "计入底色,放大后显示", "en": "counted in the colours; drill to see them"},
    "legend.note.partly": {"zh": "另有 {n} 件计入底色", "en": "{n} more are counted in the colours"},
    "legend.units.live": {"zh": "在岗巡查", "en": "Units on duty"},
    "legend.units.moving": {"zh": "赶赴 · 处置", "en": "En route or busy"},
    "legend.units.stale": {"zh": "定位陈旧(空心)", "en": "Stale fix (hollow)"},
    "legend.units.lost": {"zh": "失联(灰色空心)", "en": "Lost (hollow grey)"},
    "legend.note.cells": {"zh": "按区域合计为 {n} 个圆点", "en": "summed into {n} dots by area"},
    "legend.density": {"zh": "在办事件密度", "en": "Density of open events"},
    "legend.note.piles": {"zh": "已剔除可疑堆点 {n} 件", "en": "{n} on suspicious piles left out"},
    "map.fit": {"zh": "回到全图", "en": "Show the whole area"},
    "map.aria": {"zh": "地图", "en": "Map"},
    "map.approval": {"zh": "审图号", "en": "Map approval no."},
    "map.units_here": {"zh": "在岗 {n} 个", "en": "{n} units on duty"},
    "map.overdue": {"zh": "已超期", "en": "overdue"},
    "map.drill": {"zh": "双击下钻", "en": "Double-click to open"},
    "map.lost": {"zh": "地图暂不可用,正在恢复", "en": "The map is being restored"},
})  # fmt: skip
