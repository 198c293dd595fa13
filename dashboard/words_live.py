"""Words of the live frames: comparisons, ranking, ticker. Placeholders in braces: key → (Chinese, English)."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "prev.yesterday": ("较昨日同时", "vs yesterday"),
    "prev.hour_ago": ("较 1 小时前", "vs 1 h ago"),
    "base.last_week": ("上周同日", "a week ago"),
    "ranking.on_time": ("{level}按期结案率", "On-time closing by {level}"),
    "ranking.coverage": ("{level}巡查覆盖", "Patrol coverage by {level}"),
    "ranking.leaf": ("已是最小单元，没有下级可比", "The smallest unit: nothing below to compare"),
    "ranking.on_time_none": ("本月还没有应结案件", "Nothing was due this month"),
    "ranking.coverage_none": ("本班没有到期的网格", "No grid is due with this shift"),
    "ticker.kind.red_overdue": ("超期", "Overdue"),
    "ticker.kind.feed_silent": ("断流", "Silent feed"),
    "ticker.kind.quarantine": ("隔离", "Quarantine"),
    "ticker.kind.units_lost": ("失联", "Lost contact"),
    "ticker.red_overdue": ("{area} {what}，已超期 {age}", "{area}: {what}, overdue for {age}"),
    "ticker.feed_silent": ("数据源 {name} 已 {age} 没有新数据", "no data from {name} for {age}"),
    "ticker.quarantine": ("{n} 条记录被隔离，等待处理", "{n} records are held back for review"),
    "ticker.units_lost": ("{n} 个在岗单位失联超过 15 分钟", "{n} units on duty silent for over 15 min"),
}
