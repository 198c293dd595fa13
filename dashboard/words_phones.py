"""Words of the page on which links for phones are handed out: key → (Chinese, English)."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "nav.phones": ("手机端", "Phones"),
    "phones.lead": (
        "每个链接把一部手机变成一支力量的手机端：签到签退、签收、到场、拍照、反馈。手机丢失时请立即停用。",
        "A link makes a phone the phone of one unit: sign on and off, accept, arrive, photograph, report back. "
        "End it at once when a phone is lost.",
    ),
    "phones.list": ("处置人员", "Unit members"),
    "phones.search": ("账号、呼号或编码", "Login, call sign or code"),
    "phones.since": ("链接发放", "Link made"),
    "phones.none_yet": ("尚未发放", "none yet"),
    "phones.no_unit": ("没有这支力量", "there is no such unit"),
    "phones.none": (
        "您的管辖范围内还没有绑定力量的处置人员账号。",
        "There is no unit member with a unit within your jurisdiction yet.",
    ),
    "phones.issue": ("发放链接", "Make a link"),
    "phones.renew.why": ("原来的手机立即失效，需用新链接重新打开。", "The phone that has it now stops at once."),
    "phones.end": ("停用手机", "End"),
    "phones.end.why": ("这部手机立即不能再看、再办任何事件。", "The phone sees and does nothing any more, at once."),
    "phones.end.sure": ("确认停用", "End this phone"),
    "phones.link": ("手机链接", "Link of the phone"),
    "phones.qr": ("用手机扫描的二维码", "QR code for the phone"),
    "phones.how": (
        "请用这部手机扫描二维码，打开后选择“添加到主屏幕”。任何人拿到这个链接都能以该力量的名义操作，请勿转发。",
        "Scan the code with that phone, then choose “Add to home screen”. Whoever has this link acts in the name of "
        "the unit: do not pass it on.",
    ),
    "admin.done.phone_ended": ("手机链接已停用。", "The link of the phone has ended."),
    "declined.no_unit": ("没有力量“{value}”。", "There is no unit “{value}”."),
    "field.unlinked": ("手机链接已失效", "This phone's link does not work any more"),
    "field.unlinked.why": (
        "请联系值班长重新发放链接。已填写而未发送的内容仍保存在手机里。",
        "Ask the shift leader for a new one. What was not sent yet is still kept on the phone.",
    ),
}
