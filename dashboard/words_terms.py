"""Words of the field, one entry per value of the domain's enumerations: key → (Chinese, English)."""

from __future__ import annotations

Pairs = dict[str, tuple[str, str]]

STATES: Pairs = {
    "state.reported": ("已上报", "reported"),
    "state.to_verify": ("待核实", "to verify"),
    "state.to_register": ("待立案", "to register"),
    "state.rejected": ("不立案", "rejected"),
    "state.to_dispatch": ("待派遣", "to dispatch"),
    "state.dispatched": ("已派遣", "dispatched"),
    "state.handling": ("处置中", "handling"),
    "state.handled": ("处置完成", "handled"),
    "state.to_check": ("待核查", "to check"),
    "state.to_close": ("待结案", "to close"),
    "state.closed": ("已结案", "closed"),
    "state.forced_closed": ("强制结案", "force-closed"),
    "state.returned": ("已回退", "returned"),
    "state.suspended": ("挂账", "suspended"),
    "state.void": ("作废", "void"),
    "state.merged": ("已合并", "merged"),
    "state.reopened": ("重开", "reopened"),
}

STAGES: Pairs = {
    "stage.accept": ("受理", "accept"),
    "stage.dispatch": ("派遣", "dispatch"),
    "stage.handle": ("处置", "handle"),
    "stage.check": ("核查", "check"),
    "stage.paused": ("挂账", "paused"),
}

SOURCES: Pairs = {
    "source.patrol": ("网格巡查", "patrol"),
    "source.hotline": ("12345 热线", "hotline"),
    "source.transfer": ("部门转办", "transferred"),
    "source.public": ("公众上报", "public"),
    "source.sensor": ("物联感知", "sensor"),
    "source.video": ("视频发现", "video"),
    "source.order": ("上级交办", "ordered"),
}

URGENCIES: Pairs = {
    "urgency.1": ("特急", "critical"),
    "urgency.2": ("紧急", "urgent"),
    "urgency.3": ("较急", "prompt"),
    "urgency.4": ("一般", "routine"),
}

UNITS: Pairs = {
    "unit_status.off_duty": ("离岗", "off duty"),
    "unit_status.on_duty": ("在岗", "on duty"),
    "unit_status.en_route": ("赶赴", "en route"),
    "unit_status.on_scene": ("到场", "on scene"),
    "unit_status.busy": ("处置中", "busy"),
    "unit_status.break": ("休息", "on a break"),
    "unit_kind.grid_post": ("网格岗", "grid post"),
    "unit_kind.enforcement": ("联合执法队", "enforcement team"),
    "unit_kind.mediation": ("调解队", "mediation team"),
    "unit_kind.emergency": ("应急队", "emergency team"),
    "unit_kind.property": ("物业队", "property firm"),
    "freshness.live": ("定位正常", "live"),
    "freshness.stale": ("定位延迟", "stale"),
    "freshness.lost": ("失联", "lost"),
}

MEASURES: Pairs = {
    "measure.open": ("在办件数", "Open events"),
    "measure.overdue": ("超期件数", "Overdue events"),
    "measure.reported": ("今日上报", "Reported today"),
    "measure.units": ("在岗力量", "Units on duty"),
    "measure.density": ("每平方公里在办", "Open per km²"),
}

LAYERS: Pairs = {
    "layer.areas": ("区域底色", "Area colours"),
    "layer.boundaries": ("网格边界", "Boundaries"),
    "layer.labels": ("名称数值", "Labels"),
    "layer.events": ("事件", "Events"),
    "layer.units": ("巡查力量", "Units"),
    "layer.density": ("热力", "Density"),
}

COLOURS: Pairs = {
    "colour.green": ("优", "excellent"),
    "colour.blue": ("良", "good"),
    "colour.yellow": ("中", "fair"),
    "colour.orange": ("较差", "weak"),
    "colour.red": ("差", "poor"),
    "colour.none": ("无数据", "no data"),
}

WORDS: Pairs = {**STATES, **STAGES, **SOURCES, **URGENCIES, **UNITS, **MEASURES, **LAYERS, **COLOURS}
