"""Words of the page from which desks drive walls: key → (Chinese, English)."""

from __future__ import annotations

Pairs = dict[str, tuple[str, str]]

SHOWN: Pairs = {
    "shown.who": ("{area}{role}", "{role}, {area}"),
    "shown.push": ("由{who}推送", "Shown by {who}"),
    "shown.hold": ("由{who}定住画面，数据实时", "Held by {who} (data live)"),
    "shown.mirror": ("跟随{who}的页面", "Mirrors the page of {who}"),
    "shown.until": ("至 {time}", "until {time}"),
    "shown.open": ("直到解除", "until released"),
    "shown_kind.push": ("推送", "Pushed"),
    "shown_kind.hold": ("定住", "Held"),
    "shown_kind.mirror": ("镜像", "Mirror"),
}

WALLS: Pairs = {
    "nav.walls": ("大屏调度", "Walls"),
    "walls.lead": (
        "把画面推送到大屏、定住或解除，也可以让大屏跟随您的页面。",
        "Push a view to walls, hold them, release them, or let them mirror your page.",
    ),
    "walls.list": ("大屏", "Walls"),
    "walls.none": ("您的管辖范围内还没有大屏。", "There are no screens within your jurisdiction."),
    "walls.none.how": (
        "先新增一块大屏，再在它的浏览器里打开链接，它就会出现在这里。",
        "Add a screen and open its link in the browser of that screen: it then appears here.",
    ),
    "walls.none.add": ("新增大屏", "Add a screen"),
    "walls.online": ("在线 {n} / {all}", "{n} of {all} connected"),
    "walls.set_up": ("设置", "Set up"),
    "walls.within": ("全选此区域", "All in this area"),
    "walls.chosen": ("已选 {n} 块", "{n} chosen"),
    "walls.what": ("推送什么", "What to push"),
    "walls.what.here": ("我正在看的：{view}", "What I am looking at: {view}"),
    "walls.what.none": ("请选择", "Choose"),
    "walls.what.programme": ("节目单：{name}", "Programme: {name}"),
    "walls.what.saved": ("常用视图", "Saved views"),
    "walls.address": ("或粘贴地址", "Or paste an address"),
    "walls.address.hint": (
        "任何页面的地址；大屏按大屏的样式显示。",
        "The address of any page; walls show it in their own form.",
    ),
    "walls.span": ("多久", "For how long"),
    "walls.span.15": ("15 分钟", "15 min"),
    "walls.span.60": ("1 小时", "1 hour"),
    "walls.span.open": ("直到解除", "Until released"),
    "walls.act.push": ("推送到所选大屏", "Push to the chosen walls"),
    "walls.act.hold": ("定住画面", "Hold the view"),
    "walls.act.hold.hint": (
        "不轮播、不返回，数据照常更新；告警只出卡片。",
        "No turning, no returning; data stays live, an alert is only a card.",
    ),
    "walls.act.mirror": ("跟随我的页面", "Mirror my page"),
    "walls.act.mirror.hint": (
        "您去哪里，大屏跟到哪里；停止、关闭或一分钟没有回音即解除。",
        "Walls go where you go until you stop, close the page, or it is silent for a minute.",
    ),
    "walls.act.mirror.how": (
        "要让大屏跟随，请在总览或值班台点“推到大屏”进入本页。",
        "To be mirrored, come here by “Show on a wall” on the overview or the duty desk.",
    ),
    "walls.act.release": ("解除", "Release"),
    "walls.act.release.hint": ("回到自己的节目单或页面。", "Back to its programme or its own page."),
    "walls.done.push": ("已推送：{n} 块在线，约三秒内显示。", "Pushed: {n} connected, within some three seconds."),
    "walls.done.hold": ("已定住：{n} 块在线，数据照常更新。", "Held: {n} connected; data stays live."),
    "walls.done.release": ("已解除：{n} 块在线，回到自己的画面。", "Released: {n} connected, back at their own."),
    "walls.done.mirror": (
        "{n} 块在线大屏正在跟随您的页面，请回到那个页面继续操作。",
        "{n} connected now mirror your page: go back to it and work on.",
    ),
    "walls.done.nothing": ("所选大屏没有可解除的画面。", "There was nothing to release on them."),
    "walls.away.order": (
        "已留给 {n} 块未连接的大屏：重新连接时若仍有效才会显示。",
        "Kept for {n} not connected: shown when back, if it still stands then.",
    ),
    "walls.away.release": (
        "已解除 {n} 块未连接的大屏：重新连接后显示自己的画面。",
        "Released for {n} not connected: at their own once back.",
    ),
    "walls.state.live": ("实时", "Live"),
    "walls.state.late": ("延迟", "Late"),
    "walls.state.down": ("画面停止", "Stopped"),
    "walls.state.wait": ("正在打开", "Opening"),
    "walls.state.gone": ("未连接", "Not connected"),
    "walls.frame": ("最近画面", "Last frame"),
    "walls.frame.why": (
        "大屏每 5 秒回报一次它显示的画面有多旧。",
        "Each screen says every 5 seconds how old its picture is.",
    ),
    "walls.frame.ago": ("{age}前", "{age} ago"),
    "walls.memory": ("内存", "Memory"),
    "walls.memory.change": ("加载后 {change}", "{change} since load"),
    "walls.memory.unknown": ("浏览器不提供", "not told by the browser"),
    "walls.build": ("版本", "Version"),
    "walls.build.old": ("与服务器不同", "not the server’s"),
    "walls.loaded": ("页面加载于", "Page loaded"),
    "walls.sockets": ("连接", "Sockets"),
    "walls.why.own": ("自己的页面", "Its own page"),
    "walls.why.programme": ("节目单“{name}”", "Programme “{name}”"),
    "walls.why.step": ("节目单“{name}” · 第 {n} 个画面", "Programme “{name}” · step {n}"),
    "walls.why.alert": ("正在插播告警", "An alert comes between"),
    "walls.why.unseen": ("此屏无法显示：{order}", "It cannot show: {order}"),
    "walls.why.touched": ("有人在屏前操作", "Somebody stands before it"),
    "walls.view.all": ("综合", "Everything"),
    "walls.view.live": ("实时", "Live"),
    "walls.view.replay": ("回放 {time}", "Replay of {time}"),
    "walls.view.layers": ("图层：{layers}", "Layers: {layers}"),
    "walls.view.no_layers": ("不显示图层", "No layers"),
    "walls.view.filters": ("筛选 {n} 项", "{n} filters"),
    "walls.view.event": ("事件 {code}", "Event {code}"),
    "walls.view.unknown": ("尚未显示任何画面", "Nothing shown yet"),
    "walls.map": ("{area}的轮廓", "Outline of {area}"),
    "walls.age.d": ("{n} 天", "{n} d"),
    "walls.age.h": ("{n} 小时", "{n} h"),
    "walls.age.m": ("{n} 分钟", "{n} min"),
    "walls.age.s": ("{n} 秒", "{n} s"),
}

DECLINED: Pairs = {
    "declined.show_none": ("请至少选择一块大屏。", "Choose at least one wall."),
    "declined.show_page": (
        "这些屏不是大屏模式，不能推送：{screens}。",
        "These screens do not show walls, so nothing can be pushed to them: {screens}.",
    ),
    "declined.show_what": ("请选择或粘贴要推送的画面。", "Choose or paste what is to be pushed."),
    "declined.show_address": ("不能显示：{part} = {value}。", "It cannot be shown: {part} = {value}."),
    "declined.show_host": ("这是别的服务器的地址：{value}。", "That is the address of another server: {value}."),
    "declined.show_area": (
        "区域“{area}”不在这些大屏的管辖之内：{screens}。",
        "The area “{area}” is beyond these walls: {screens}.",
    ),
    "declined.show_span": ("请选择多久。", "Say for how long."),
    "declined.show_desk": (
        "请从总览或值班台点“推到大屏”进入本页，再开始镜像。",
        "Come here by “Show on a wall” on the overview or the duty desk to be mirrored.",
    ),
}

AUDIT: Pairs = {
    "audit_action.push_view": ("推送到大屏", "Pushed to a wall"),
    "audit_action.hold_screen": ("定住大屏", "Held a wall"),
    "audit_action.mirror_desk": ("大屏开始镜像", "A wall began to mirror"),
    "audit_action.release_screen": ("解除大屏", "Released a wall"),
    "audit_value.shown": ("方式", "How"),
    "audit_value.address": ("画面", "View"),
}

WORDS: Pairs = SHOWN | WALLS | DECLINED | AUDIT
