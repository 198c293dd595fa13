"""Words of the pages of programmes and of how screens hang: key → (Chinese, English)."""

from __future__ import annotations

Pairs = dict[str, tuple[str, str]]

PROGRAMMES: Pairs = {
    "programmes.lead": (
        "大屏按节目单轮播区域和专题；红色事件和告警会插播。",
        "What walls show in turn: areas and theme screens. Critical events and alerts come between.",
    ),
    "programmes.list": ("全部节目单", "All programmes"),
    "programmes.none": ("您的管辖范围内还没有节目单。", "There are no programmes within your jurisdiction."),
    "programmes.add": ("新增节目单", "Add a programme"),
    "programme.lead": (
        "画面按顺序轮播，只在所选星期和时段显示；都不显示时大屏回到自己的页面。",
        "Steps take turns in their order, each on its days and hours. When none is on, the wall shows its own page.",
    ),
    "programme.name": ("名称", "Name"),
    "programme.steps": ("画面", "Steps"),
    "programme.no_steps": ("还没有画面，请在下方新增。", "There are no steps yet: add one below."),
    "programme.daily": ("每天", "every day"),
    "programme.itself": ("名称与切换", "Name and transition"),
    "programme.transition": ("切换方式", "Transition"),
    "programme.hold": ("告警插播秒数", "Seconds for an alert"),
    "programme.hold.hint": ("10 至 300 秒，之后返回轮播。", "10 to 300; then the programme goes on."),
    "programme.ahead": ("预览", "Look ahead"),
    "programme.ahead.from": ("从", "From"),
    "programme.ahead.show": ("查看", "Show"),
    "programme.ahead.list": ("接下来 24 小时内的画面", "What comes within 24 hours"),
    "programme.ahead.none": ("这段时间没有画面。", "Nothing is on in that time."),
    "programme.end": ("删除", "Delete"),
    "programme.end.why": ("使用它的大屏回到自己的页面。", "Screens that show it go back to their own page."),
    "programme.end.sure": ("确认删除", "Delete it"),
    "transition.fade": ("淡入淡出", "Fade"),
    "transition.cut": ("直接切换", "Cut"),
    "programme.step.add": ("新增画面", "Add a step"),
    "programme.step.change": ("修改", "Change"),
    "programme.step.change.n": ("修改第 {n} 个画面", "Change step {n}"),
    "programme.step.look": ("打开", "Open"),
    "programme.step.act.up": ("上移", "Earlier"),
    "programme.step.act.down": ("下移", "Later"),
    "programme.step.act.remove": ("移除", "Remove"),
    "programme.step.focus": ("专题", "Theme screen"),
    "programme.step.focus.none": ("综合", "Everything"),
    "programme.step.theme": ("配色", "Colours"),
    "programme.step.lang": ("语言", "Language"),
    "programme.step.lang.zh": ("中文", "Chinese"),
    "programme.step.lang.en": ("英文", "English"),
    "programme.step.measure": ("区域着色", "Colours of the areas"),
    "programme.step.as_theme": ("随专题", "as the theme screen has it"),
    "programme.step.layers": ("图层", "Layers"),
    "programme.step.own_layers": ("自选图层（不勾选则随专题）", "These layers (else those of the theme screen)"),
    "programme.step.focus.missing": (
        "事件目录中没有以下专题的类别，因此不提供：",
        "Not offered, as the city's catalogue has none of their classes:",
    ),
    "programme.step.filters": ("筛选", "Filters"),
    "programme.step.filters.hint": (
        "同一组内不勾选：随专题；综合画面为全部。",
        "Nothing ticked in a group: as the theme screen has it, else all.",
    ),
    "programme.step.dwell": ("停留秒数", "Seconds"),
    "programme.step.dwell.hint": ("10 至 3600 秒。", "10 to 3,600."),
    "programme.step.when": ("时间", "When"),
    "programme.step.days": ("星期", "Days"),
    "programme.step.from": ("从", "From"),
    "programme.step.to": ("至", "Until"),
    "programme.step.hours.hint": (
        "例如 08:30；结束早于开始表示跨过午夜。",
        "Such as 08:30; an earlier end means past midnight.",
    ),
}

SCREEN: Pairs = {
    "screen.programme": ("节目单", "Programme"),
    "screen.programme.none": ("无（只显示自己的页面）", "none (its own page only)"),
    "screen.programme.hint": (
        "只列出区域在这块大屏之内的节目单。",
        "Those whose area lies within the screen's own are listed.",
    ),
    "screen.dim": ("夜间亮度（%）", "Brightness at night (%)"),
    "screen.dim.hint": (
        "20 至 100；100 表示不调暗。插播告警时恢复亮度。",
        "20 to 100; 100 is never dimmed. An alert is bright.",
    ),
    "screen.dim_from": ("调暗开始", "Dimmed from"),
    "screen.dim_to": ("调暗结束", "Dimmed until"),
    "screen.shift": ("防烧屏位移（像素）", "Burn-in guard (pixels)"),
    "screen.shift.hint": (
        "画面每三分钟微移；0 表示不移动。",
        "The picture moves a little every three minutes; 0 is never.",
    ),
    "screen.safe": (
        "边框遮住的像素；内容不会放在那里。",
        "Pixels that frames hide; nothing is put there.",
    ),
    "screen.inset.top": ("上边（像素）", "Top (pixels)"),
    "screen.inset.right": ("右边（像素）", "Right (pixels)"),
    "screen.inset.bottom": ("下边（像素）", "Bottom (pixels)"),
    "screen.inset.left": ("左边（像素）", "Left (pixels)"),
    "screen.columns": ("横向拼接屏数", "Monitors side by side"),
    "screen.columns.hint": (
        "两侧栏目和插播卡片不跨拼缝。",
        "The side columns and the card of an alert keep off the seams.",
    ),
    "screen.bezel": ("拼缝宽度（像素）", "Width of a seam (pixels)"),
}

DECLINED: Pairs = {
    "declined.programme_name": ("名称须为 1 至 40 个字。", "A name has 1 to 40 characters."),
    "declined.programme_transition": ("没有这种切换方式。", "There is no such transition."),
    "declined.programme_hold": ("插播为 10 至 300 秒。", "An alert is shown for 10 to 300 seconds."),
    "declined.programme_steps": ("最多 24 个画面。", "At most 24 steps."),
    "declined.programme_changed": (
        "他人刚刚修改了这份节目单，请查看后重试。",
        "Somebody else has just changed it: look at it and try again.",
    ),
    "declined.programme_unknown": ("这块大屏不能使用该节目单。", "This screen cannot show that programme."),
    "declined.programmes_many": ("最多 {n} 份节目单。", "At most {n} programmes."),
    "declined.step_dwell": ("停留 10 至 3600 秒。", "A step takes 10 to 3,600 seconds."),
    "declined.step_days": ("请至少选择一天。", "Choose at least one day."),
    "declined.step_from": ("请填写时间，例如 08:30。", "Give a time such as 08:30."),
    "declined.step_to": (
        "请填写与开始不同的时间，例如 18:00；一天结束为 24:00。",
        "Give a time other than the start, such as 18:00; the day ends at 24:00.",
    ),
    "declined.step_unknown": ("没有这个画面。", "There is no such step."),
    "declined.step_address": ("不能显示：{part} = {value}。", "It cannot be shown: {part} = {value}."),
    "declined.step_wall": ("只能是大屏画面，且不能是回放。", "Only a wall that is live can be a step."),
    "declined.step_area": (
        "区域 {value} 不在节目单的区域之内。",
        "The area {value} is not within that of the programme.",
    ),
    "declined.kiosk_inset": ("边距为 0 至 400 像素。", "An edge is 0 to 400 pixels."),
    "declined.kiosk_columns": ("拼接 1 至 12 块屏。", "1 to 12 monitors."),
    "declined.kiosk_bezel": ("拼缝为 0 至 200 像素。", "A seam is 0 to 200 pixels."),
    "declined.kiosk_dim": ("亮度为 20% 至 100%。", "The brightness is 20 to 100 percent."),
    "declined.kiosk_hours": ("请填写时间，例如 22:00。", "Give a time such as 22:00."),
    "declined.kiosk_shift": ("位移为 0 至 8 像素。", "0 to 8 pixels."),
}

AUDIT: Pairs = {
    "audit_action.add_programme": ("新增节目单", "Added a programme"),
    "audit_action.change_programme": ("更改节目单", "Changed a programme"),
    "audit_action.end_programme": ("删除节目单", "Deleted a programme"),
    "audit_action.hang_screen": ("设置大屏", "Set up a screen"),
    "audit_value.steps": ("画面", "Steps"),
    "audit_value.transition": ("切换方式", "Transition"),
    "audit_value.hold_s": ("插播秒数", "Seconds for an alert"),
    "audit_value.programme": ("节目单", "Programme"),
    "audit_value.top": ("上边", "Top"),
    "audit_value.right": ("右边", "Right"),
    "audit_value.bottom": ("下边", "Bottom"),
    "audit_value.left": ("左边", "Left"),
    "audit_value.columns": ("拼接屏数", "Monitors"),
    "audit_value.bezel": ("拼缝", "Seam"),
    "audit_value.dim": ("夜间亮度", "Brightness at night"),
    "audit_value.dim_from": ("调暗开始（分）", "Dimmed from (minute)"),
    "audit_value.dim_to": ("调暗结束（分）", "Dimmed until (minute)"),
    "audit_value.shift": ("位移", "Shift"),
}

WORDS: Pairs = PROGRAMMES | SCREEN | DECLINED | AUDIT
