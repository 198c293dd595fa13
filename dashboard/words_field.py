"""Words of the field page, which a unit has on its phone: key → (Chinese, English). The page gets all of them."""

from __future__ import annotations

Pairs = dict[str, tuple[str, str]]

FRAME: Pairs = {
    "field.title": ("一线处置", "Field"),
    "field.loading": ("正在读取任务…", "Reading tasks…"),
    "field.no_unit": (
        "这个账号没有绑定力量，请联系管理员。",
        "No unit is bound to this account. Ask an administrator.",
    ),
    "field.signed_out": (
        "登录已失效。请用新的手机链接重新打开；未发送的内容仍保存在手机里。",
        "Signed out. Open a new link of this phone; what was not sent is still kept here.",
    ),
    "field.signed_out.draft": (
        "登录已失效。填写的内容仍在这里，提交后保存在手机里，重新登录后发送。",
        "Signed out. What you filled in is still here: submit it, it is kept on the phone and sent once you are back.",
    ),
    "field.come_in": ("重新登录", "Sign in"),
    "field.offline": ("没有网络", "No network"),
    "field.offline.why": ("可继续操作，恢复后按顺序自动发送", "Go on: everything is sent in order when it is back"),
    "field.late": ("显示的是 {time} 的任务", "These are the tasks as of {time}"),
    "field.waiting": ("{n} 件待发送", "{n} to send"),
    "field.waiting.title": ("待发送", "Waiting to be sent"),
    "field.waiting.sending": ("正在发送…", "Sending…"),
    "field.refused": ("没有办成", "Not accepted"),
    "field.dismiss": ("知道了", "Dismiss"),
    "field.close": ("关闭", "Close"),
    "field.cancel": ("取消", "Cancel"),
    "field.install": ("安装到桌面", "Install"),
    "field.about": ("记录哪些信息", "What is recorded"),
    "field.storage": (
        "没有保存，也没有发送：手机存储空间不足，或浏览器处于无痕模式。请清理空间或退出无痕模式，然后再点一次。",
        "Neither kept nor sent: the phone's storage is full, or the browser is in private mode. Free some space or "
        "leave private mode, then tap again.",
    ),
    "field.former": (
        "这部手机已改由您的力量使用。原力量有 {n} 件尚未发送，已从手机中删除，请通知对方重新办理。",
        "This phone is your unit's now. {n} to send of the unit before it were deleted unsent: tell that unit to do "
        "them again.",
    ),
    "field.new": ("新任务：{what}", "New task: {what}"),
    "field.list": ("、", ", "),
}

DUTY: Pairs = {
    "field.sign_on": ("签到上岗", "Sign on"),
    "field.sign_off": ("签退", "Sign off"),
    "field.sign_off.sure": ("确认签退？签退后立即停止记录位置。", "Sign off? Your position is no longer recorded."),
    "field.on": ("在岗", "On duty"),
    "field.off": ("离岗", "Off duty"),
    "field.off.why": ("离岗期间不记录位置", "Nothing is recorded while you are off duty"),
    "field.since": ("自 {time}", "since {time}"),
    "field.fix.none": ("等待定位", "waiting for a position"),
    "field.fix.denied": (
        "未允许定位，指挥中心看不到您的位置",
        "Location is not allowed: the centre cannot see where you are",
    ),
    "field.fix.age": ("定位 {age}前", "position {age} ago"),
    "field.consent.title": ("签到前请阅读", "Before you sign on"),
    "field.consent.what": (
        "签到后，本手机约每 15 秒上传一次位置（经纬度、精度、时间），用于就近派遣和保障安全。",
        "While you are signed on, this phone sends its position about every 15 seconds (place, accuracy, time), so "
        "that the nearest unit can be sent and is safe.",
    ),
    "field.consent.when": (
        "只在签到期间记录；签退后立即停止，最后的位置同时删除。",
        "Only while signed on. It stops at once when you sign off, and the last position is deleted.",
    ),
    "field.consent.how_long": (
        "轨迹默认保存 30 天后自动删除；每次查看轨迹都会留下审计记录。",
        "Tracks are deleted after 30 days, if the city did not set another time; whoever reads one is written down.",
    ),
    "field.consent.not": (
        "不统计步数，不给个人打分；大屏上不出现姓名、电话和轨迹。",
        "No steps are counted and nobody gets a score. Walls show no name, no phone number and no track.",
    ),
    "field.consent.agree": ("同意并签到", "Agree and sign on"),
    "field.consent.no": ("不同意", "I do not agree"),
    "field.consent.version": ("告知版本 {version}", "Version {version}"),
    "field.consent.agreed": ("您于 {time} 同意", "You agreed on {time}"),
}

TASKS: Pairs = {
    "field.tasks": ("我的任务", "My tasks"),
    "field.checks": ("可核查", "For you to check"),
    "field.waits": ("已反馈，等待核查", "Reported back, waiting for a check"),
    "field.none": ("现在没有任务", "Nothing to do now"),
    "field.none.why": ("有新的派遣会显示在这里", "A new dispatch shows up here"),
    "field.left": ("剩余 {time}", "{time} left"),
    "field.over": ("超期 {time}", "{time} over"),
    "field.no_deadline": ("无时限", "no deadline"),
    "field.days": ("{n} 天", "{n} d"),
    "field.age.s": ("{n} 秒", "{n} s"),
    "field.age.min": ("{n} 分钟", "{n} min"),
    "field.age.h": ("{n} 小时", "{n} h"),
    "field.until": ("{time} 前", "by {time}"),
    "field.away": ("{way} · {bearing}", "{way} · {bearing}"),
    "field.metres": ("{n} 米", "{n} m"),
    "field.kilometres": ("{n} 公里", "{n} km"),
    "field.way": ("{way}（直线距离）", "{way} (straight line)"),
    "field.unplaced": ("没有准确位置，图上为所在区域", "No exact place: the map shows the area"),
    "field.no_position": ("没有本机位置", "own position unknown"),
    "field.bearing.n": ("正北", "north"),
    "field.bearing.ne": ("东北", "north-east"),
    "field.bearing.e": ("正东", "east"),
    "field.bearing.se": ("东南", "south-east"),
    "field.bearing.s": ("正南", "south"),
    "field.bearing.sw": ("西南", "south-west"),
    "field.bearing.w": ("正西", "west"),
    "field.bearing.nw": ("西北", "north-west"),
    "field.map_of": ("位置示意：{where}", "Where it is: {where}"),
    "field.navigate": ("导航", "Navigate"),
    "field.copy": ("复制坐标", "Copy position"),
    "field.copied": ("已复制", "Copied"),
    "field.code": ("编号 {code}", "No. {code}"),
    "field.step.accept": ("签收", "Accepted"),
    "field.step.arrive": ("到场", "On scene"),
    "field.step.report_back": ("反馈", "Reported"),
    "field.to_send": ("待发送", "to be sent"),
}

ACTS: Pairs = {
    "field.act.accept": ("签收", "Accept"),
    "field.act.arrive": ("我已到场", "I am there"),
    "field.act.report_back": ("反馈结果", "Report back"),
    "field.act.return": ("办不了", "Can't do it"),
    "field.act.ask_extend": ("申请延期", "More time"),
    "field.span": ("延长多久", "How much longer"),
    "field.assists": ("协办", "You assist"),
    "field.refused.until": ("期限不对，请重新选择。", "That is not later than the deadline. Choose again."),
    "field.act.check": ("核查通过", "Passed"),
    "field.act.rework": ("不合格，返工", "Not done: rework"),
    "field.photo": ("拍照", "Photo"),
    "field.photo.after": ("拍处置后照片", "Photo of how it is now"),
    "field.photo.check": ("拍核查照片", "Photo of what you see"),
    "field.photo.again": ("再拍一张", "One more"),
    "field.photo.none": ("无法读取这张照片，请重拍。", "This photo cannot be read. Take another one."),
    "field.photo.drop": ("不用这张照片", "Leave this photo out"),
    "field.note": ("说明（可不填）", "Note (optional)"),
    "field.note.must": ("没有照片时，请说明原因", "Without a photo, say why there is none"),
    "field.leave": ("放弃填写的内容？", "Leave without what you filled in?"),
    "field.leave.yes": ("放弃", "Leave"),
    "field.leave.no": ("继续填写", "Go on"),
    "field.reason": ("请说明原因", "Say why"),
    "field.missing": (
        "请拍一张处置后照片，或说明没有照片的原因。",
        "Take a photo of how it is now, or say why there is none.",
    ),
    "field.reason.missing": ("请填写原因。", "Please say why."),
    "field.kept": ("已保存，恢复网络后发送", "Kept: it is sent when the network is back"),
    "field.done": ("已保存，正在发送", "Kept, being sent"),
    "field.item.sign_on": ("签到", "Sign on"),
    "field.item.sign_off": ("签退", "Sign off"),
    "field.item.photo": ("照片", "Photo"),
    "photo_stage.before": ("处置前", "Before"),
    "photo_stage.after": ("处置后", "After"),
    "photo_stage.check": ("核查", "Check"),
}

REFUSED: Pairs = {
    "field.refused.now": (
        "此事件现在是“{state}”，不能这样操作。",
        "The event is “{state}” now: this is not possible.",
    ),
    "field.refused.other_unit": (
        "此事件已交给其他力量（{state}）。",
        "The event is another unit's now ({state}).",
    ),
    "field.refused.action": ("现在不能这样操作。", "This is not possible now."),
    "field.refused.code": (
        "没有这个事件，或它已不归您处理。",
        "There is no such event, or it is not yours any more.",
    ),
    "field.refused.photo": (
        "照片没有被接受：无法读取、过大，或缺少处置后照片。",
        "The photo is missing, too large or cannot be read.",
    ),
    "field.refused.reason": ("没有填写原因。", "It does not say why."),
    "field.refused.consent": (
        "告知内容已更新，请重新阅读并同意。",
        "The text has changed: read and agree to it again.",
    ),
    "field.refused.at": (
        "事件在此之后已有新的变化，或手机时间不准。",
        "The event has changed after that, or the phone's clock is wrong.",
    ),
    "field.refused.unit": (
        "这是为另一支力量做的，没有发送。",
        "This was done for another unit; it was not taken.",
    ),
    "field.refused.stage": ("照片的环节不对。", "Photos of this kind are not taken here."),
    "field.refused.other": ("服务器不接受这项内容。", "The server does not take this."),
}

WORDS: Pairs = {**FRAME, **DUTY, **TASKS, **ACTS, **REFUSED}
