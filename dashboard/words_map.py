"""The words of the map: legend, notes, tooltips and controls."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "legend.areas.open": ("底色 · 在办件数", "Colour: open events"),
    "legend.areas.overdue": ("底色 · 超期件数", "Colour: overdue events"),
    "legend.areas.reported": ("底色 · 今日上报", "Colour: reported today"),
    "legend.areas.units": ("底色 · 在岗力量", "Colour: units on duty"),
    "legend.areas.density": ("底色 · 每平方公里在办", "Colour: open per km²"),
    "legend.events.1": ("特急事件", "Critical events"),
    "legend.events.2": ("紧急事件", "Urgent events"),
    "legend.events.3": ("较急事件", "Pressing events"),
    "legend.events.4": ("一般事件", "Ordinary events"),
    "legend.events.overdue": ("描边为超期", "Outlined: overdue"),
    "legend.events.piles": ("可疑堆点上,未画出", "On suspicious piles, not drawn"),
    "legend.note.in_colours": ("计入底色,放大后显示", "counted in the colours; drill to see them"),
    "legend.note.partly": ("另有 {n} 件计入底色", "{n} more are counted in the colours"),
    "legend.units.live": ("在岗巡查", "Units on duty"),
    "legend.units.moving": ("赶赴 · 处置", "En route or busy"),
    "legend.units.stale": ("定位陈旧(空心)", "Stale fix (hollow)"),
    "legend.units.lost": ("失联(灰色空心)", "Lost (hollow grey)"),
    "legend.note.cells": ("按区域合计为 {n} 个圆点", "summed into {n} dots by area"),
    "legend.surges": ("异动（实心为已确认）", "Surges (filled: confirmed)"),
    "legend.density": ("在办事件密度", "Density of open events"),
    "legend.note.piles": ("已剔除可疑堆点 {n} 件", "{n} on suspicious piles left out"),
    "map.fit": ("回到全图", "Show the whole area"),
    "map.aria": ("地图", "Map"),
    "map.units_here": ("在岗 {n} 个", "{n} units on duty"),
    "map.overdue": ("已超期", "overdue"),
    "map.lost": ("地图暂不可用,正在恢复", "The map is being restored"),
}
