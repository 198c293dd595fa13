"""Words of roles, rights, scopes and the steps of an event, one entry per member: key → (Chinese, English)."""

from __future__ import annotations

Pairs = dict[str, tuple[str, str]]

ROLES: Pairs = {
    "role.viewer": ("观察员", "Viewer"),
    "role.leader": ("领导", "Leader"),
    "role.intake": ("受理员", "Intake officer"),
    "role.duty_officer": ("派遣员", "Duty officer"),
    "role.shift_leader": ("值班长", "Shift leader"),
    "role.centre_head": ("中心主任", "Head of the centre"),
    "role.unit_member": ("处置人员", "Unit member"),
    "role.unit_head": ("单位负责人", "Head of a unit"),
    "role.screen": ("指挥大屏", "Wall screen"),
    "role.feed": ("接入系统", "Connected system"),
    "role.auditor": ("审计员", "Auditor"),
    "role.admin": ("管理员", "Administrator"),
}

ROLE_NOTES: Pairs = {
    "role_note.viewer": (
        "看地图和汇总数字，不能打开事件和力量的详情。",
        "Sees the map and the totals; opens neither events nor units.",
    ),
    "role_note.leader": (
        "逐级下钻，查看事件与力量，导出清单；不办理。",
        "Drills down level by level, opens events and units, exports lists; handles nothing.",
    ),
    "role_note.intake": (
        "受理上报，要求核实，立案、不立案、合并，核查后结案，答复上报人。",
        "Takes reports in, has them verified and checked, registers, rejects, merges, closes them, replies.",
    ),
    "role_note.duty_officer": (
        "把事件派给合适的力量，跟进到处置完成。",
        "Sends the right unit to each event and follows it until it is handled.",
    ),
    "role_note.shift_leader": (
        "带班：强制结案、作废、重开，查看轨迹，管理大屏。",
        "Runs the shift: forces a close, voids, reopens, reads tracks, manages screens.",
    ),
    "role_note.centre_head": (
        "批准挂账与恢复，查看轨迹，导出清单。",
        "Suspends and resumes events, reads tracks, exports lists.",
    ),
    "role_note.unit_member": (
        "签收、到场、反馈本单位的事件，上报新事件。",
        "Accepts its own unit's events, arrives, reports back, and reports new ones.",
    ),
    "role_note.unit_head": (
        "查看辖区事件与力量，已派遣事件超期时接到告警并确认；不办理。",
        "Sees its area's events and units, is told of overdue events that a unit has and confirms it; handles nothing.",
    ),
    "role_note.screen": (
        "挂在墙上、无人操作：地图、指标和实时事件，不出现任何姓名。",
        "On the wall and never touched: map, figures and live events, without any name.",
    ),
    "role_note.feed": (
        "其他系统用密钥推送或读取数据，范围由密钥限定。",
        "Another system that sends or reads data with a key, within the scopes of that key.",
    ),
    "role_note.auditor": (
        "查阅谁在何时看过、改过什么；自己什么也不能改。",
        "Reads who looked at or changed what, and when; can change nothing.",
    ),
    "role_note.admin": (
        "管理账号、大屏和接入系统；不办理，也不能打开事件。",
        "Manages accounts, screens and connected systems; neither handles nor opens events.",
    ),
}

RIGHTS: Pairs = {
    "right.see": ("查看地图与汇总", "See the map and the totals"),
    "right.open_events": ("打开单个事件", "Open single events"),
    "right.see_units": ("查看巡查力量", "See units"),
    "right.read_tracks": ("查看历史轨迹", "Read past tracks"),
    "right.export": ("导出清单", "Export lists"),
    "right.report": ("上报事件", "Report events"),
    "right.enrol": ("登记力量", "Enrol units"),
    "right.send_positions": ("上传定位", "Send positions"),
    "right.sign_on": ("为本单位签到、签退", "Sign the own unit on and off"),
    "right.read_quarantine": ("查看隔离记录", "Read quarantined records"),
    "right.replay": ("重新提交隔离记录", "Submit quarantined records again"),
    "right.see_health": ("查看运行状态", "See how the system runs"),
    "right.manage_accounts": ("管理账号", "Manage accounts"),
    "right.manage_screens": ("管理大屏和节目单", "Manage screens and programmes"),
    "right.manage_phones": ("发放手机链接", "Hand out links for phones"),
    "right.manage_feeds": ("管理接入系统", "Manage connected systems"),
    "right.read_audit": ("查阅审计记录", "Read the audit"),
    "right.acknowledge": ("确认通知到本人的告警", "Confirm alerts that ask them"),
    "right.read_alerts": ("查阅告警记录", "Read the record of alerts"),
    "right.judge_surges": ("判定异动", "Judge surges"),
}

SCOPES: Pairs = {
    "scope.report": ("上报事件", "Report events"),
    "scope.act": ("办理事件", "Take steps on events"),
    "scope.enrol": ("登记力量", "Enrol units"),
    "scope.positions": ("上传定位", "Send positions"),
    "scope.read": ("读取事件与力量", "Read events and units"),
    "scope.quarantine": ("处理隔离记录", "Handle quarantined records"),
}

ACTS: Pairs = {
    "act.ask_verify": ("要求核实", "Ask for verification"),
    "act.verify": ("核实", "Verify"),
    "act.register": ("立案", "Register"),
    "act.reject": ("不立案", "Reject"),
    "act.dispatch": ("派遣", "Dispatch"),
    "act.accept": ("签收", "Accept"),
    "act.arrive": ("到场", "Arrive"),
    "act.report_back": ("反馈", "Report back"),
    "act.return": ("回退", "Return"),
    "act.confirm_return": ("同意回退", "Confirm the return"),
    "act.refuse_return": ("驳回回退", "Refuse the return"),
    "act.ask_extend": ("申请延期", "Ask for an extension"),
    "act.grant_extend": ("同意延期", "Grant the extension"),
    "act.refuse_extend": ("驳回延期", "Refuse the extension"),
    "act.ask_check": ("要求核查", "Ask for a check"),
    "act.check": ("核查", "Check"),
    "act.rework": ("返工", "Send back for rework"),
    "act.close": ("结案", "Close"),
    "act.force_close": ("强制结案", "Force-close"),
    "act.void": ("作废", "Void"),
    "act.merge": ("合并", "Merge"),
    "act.suspend": ("挂账", "Suspend"),
    "act.resume": ("恢复", "Resume"),
    "act.reopen": ("重开", "Reopen"),
    "act.supervise": ("督办", "Supervise"),
    "act.answer": ("答复督办", "Answer the order"),
    "act.placard": ("挂牌督办", "Put on a placard"),
    "act.progress": ("填报进展", "Report progress"),
    "act.lift": ("摘牌", "Lift the placard"),
    "act.reply": ("答复", "Reply"),
}

WORDS: Pairs = {**ROLES, **ROLE_NOTES, **RIGHTS, **SCOPES, **ACTS}
