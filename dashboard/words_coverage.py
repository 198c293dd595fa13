"""Words of patrol coverage: the panel, the list of grids, the layer, a grid's card: key → (Chinese, English)."""

from __future__ import annotations

PANEL: dict[str, tuple[str, str]] = {
    "coverage.title": ("巡查覆盖", "Patrol coverage"),
    "coverage.shift": ("本班 {start}–{end}", "Shift {start}–{end}"),
    "coverage.why": (
        "巡查覆盖率 = 本班到期网格中已按规则巡到的 ÷ 本班到期网格；规则为网格内停留时间和定位次数，不含打卡点",
        "Coverage = grids due with this shift that were walked by their rule ÷ grids due with it; the rule: time "
        "inside and number of fixes, without checkpoints",
    ),
    "coverage.due": ("应巡 {n}", "{n} due"),
    "coverage.covered": ("已巡 {n}", "{n} walked"),
    "coverage.missing": ("未巡 {n}", "{n} not yet"),
    "coverage.later": ("后续班次到期未巡 {n}", "{n} due later"),
    "coverage.unknown": ("还没有巡查定位，无法计算覆盖率。", "No position of a patrol has come yet."),
    "coverage.unknown_then": ("该时刻没有巡查记录", "What had been walked then is not on record"),
    "coverage.none_due": ("本班没有到期的网格", "No grid is due with this shift"),
}

GRIDS: dict[str, tuple[str, str]] = {
    "grids.title": ("网格巡查清单", "Grids"),
    "grids.total": ("{n} 个", "{n}"),
    "grids.wait": ("正在读取网格", "Reading the grids"),
    "grids.empty": ("没有符合当前条件的网格。", "No grid matches."),
    "grids.clear": ("清除条件", "Clear"),
    "grids.text": ("查找网格名称、编码", "Find a name or a code"),
    "grids.walk": ("巡查情况", "Patrol"),
    "grids.type": ("网格类型", "Kind"),
    "grids.due": ("本班应巡", "due this shift"),
    "grids.state.missing": ("未巡", "not yet"),
    "grids.state.covered": ("已巡", "walked"),
    "grids.state.later": ("后续到期", "due later"),
    "grids.state.ahead": ("提前完成", "walked ahead"),
    "grids.every.shift": ("每班", "each shift"),
    "grids.every.day": ("每天", "each day"),
    "grids.every.days": ("每 {n} 天", "every {n} days"),
    "grids.since": ("{age}前巡过", "walked {age} ago"),
    "grids.never": ("从未巡过", "never walked"),
    "grids.until": ("{time} 前到期", "due until {time}"),
    "grids.inside": ("本班 {n} / {need} 分钟", "{n} / {need} min this shift"),
    "grids.sort": ("排序", "Order"),
    "grids.sort.oldest": ("最久未巡优先", "Longest not walked"),
    "grids.sort.due": ("最早到期优先", "Due first"),
    "grids.sort.code": ("按编码", "By code"),
    "grid_kind.urban": ("城市网格", "urban"),
    "grid_kind.rural": ("农村网格", "rural"),
    "grid_kind.dedicated": ("专属网格", "dedicated"),
    "grid_kind.none": ("未分类", "no kind"),
    "column.grid": ("网格", "Grid"),
    "column.grid_kind": ("网格类型", "Kind of grid"),
    "column.walk": ("巡查情况", "Patrol"),
    "column.walked_at": ("最近巡查", "Last walked"),
    "column.hours_since": ("距今小时", "Hours since"),
    "column.due_until": ("到期时间", "Due until"),
    "column.every": ("巡查频次", "How often"),
    "column.inside_min": ("本班停留分钟", "Minutes inside this shift"),
    "column.need_min": ("规则分钟", "Minutes needed"),
    "column.fixes": ("本班定位次数", "Fixes this shift"),
}

CARD: dict[str, tuple[str, str]] = {
    "drawer.grid_kind": ("网格类型", "Kind of grid"),
    "drawer.posts": ("责任岗位", "Posts"),
    "drawer.posts_of": ("{area}：{posts}", "{area}: {posts}"),
    "drawer.contact_role": ("联系岗位", "Whom to ask"),
    "drawer.contact_role.of": ("{role} · {area}", "{role} · {area}"),
    "drawer.walked": ("最近巡查", "Last walked"),
    "drawer.walk": ("巡查情况", "Patrol"),
    "drawer.walk.of": ("{state} · {every} · {time} 前到期", "{state} · {every} · due until {time}"),
    "drawer.inside": ("本班停留", "Inside this shift"),
    "drawer.inside.of": ("{n} / {need} 分钟 · 定位 {fixes} 次", "{n} / {need} min · {fixes} fixes"),
    "drawer.coverage": ("巡查覆盖（本班）", "Coverage (this shift)"),
    "drawer.strip": ("近 30 天巡查覆盖 {rate}", "Coverage of 30 days: {rate}"),
    "drawer.strip.cell": ("{time} · {covered} / {due}", "{time} · {covered} / {due}"),
    "drawer.strip.unknown": ("{time} · 没有数据", "{time} · no data"),
    "drawer.strip.free": ("{time} · 无到期网格", "{time} · nothing due"),
}

MAP: dict[str, tuple[str, str]] = {
    "layer.coverage": ("巡查覆盖", "Patrol coverage"),
    "legend.coverage.rate": ("底色 · 本班巡查覆盖率", "Colour: coverage this shift"),
    "legend.coverage.hours": ("底色 · 距上次巡查小时数", "Colour: hours since walked"),
    "legend.coverage.none": ("无数据或无到期网格", "No data, or nothing due"),
    "legend.coverage.rate.p0": ("< 20 %", "< 20 %"),
    "legend.coverage.rate.p20": ("20–40 %", "20–40 %"),
    "legend.coverage.rate.p40": ("40–60 %", "40–60 %"),
    "legend.coverage.rate.p60": ("60–80 %", "60–80 %"),
    "legend.coverage.rate.p80": ("≥ 80 %", "≥ 80 %"),
    "legend.coverage.hours.green": ("≤ 8 小时", "≤ 8 h"),
    "legend.coverage.hours.blue": ("≤ 24 小时", "≤ 24 h"),
    "legend.coverage.hours.yellow": ("≤ 48 小时", "≤ 48 h"),
    "legend.coverage.hours.orange": ("≤ 72 小时", "≤ 72 h"),
    "legend.coverage.hours.red": ("> 72 小时或从未", "> 72 h or never"),
}

WORDS: dict[str, tuple[str, str]] = {**PANEL, **GRIDS, **CARD, **MAP}
