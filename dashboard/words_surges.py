"""Words of the surges 异动: lines, marks and the card on which they are judged: key → (Chinese, English)."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "ticker.kind.surge": ("异动", "Surge"),
    "layer.surges": ("异动", "Surges"),
    "surge.line": ("{where} {what}：{said}", "{where}, {what}: {said}"),
    "surge.said": ("近一小时 {n} 件，往常 {usual} 件", "{n} in an hour, usually {usual}"),
    "surge.said.few": ("近一小时 {n} 件，往常不到 1 件", "{n} in an hour, usually less than one"),
    "surge.more": ("另有 {n} 处", "{n} more"),
    "surge.title": ("异动", "Surges"),
    "surge.since": ("始于 {time}", "since {time}"),
    "surge.confirm": ("属实", "Confirm"),
    "surge.dismiss": ("排除", "Dismiss"),
    "surge.note.confirm": ("说明（可不填）", "Note (may be left out)"),
    "surge.note.dismiss": ("排除原因（必填）", "Why it is dismissed"),
    "surge.cancel": ("取消", "Cancel"),
    "surge.sending": ("正在提交…", "Saving…"),
    "surge.failed": ("未能提交，请重试", "That did not work: try again"),
    "surge.overtaken": ("已由他人判定，请看最新状态", "Somebody else was first: see how it stands now"),
    "surge.reason": ("请填写原因", "Say why"),
    "surge.by": ("{who} 已确认属实", "confirmed by {who}"),
    "surge.by.note": ("{who} 已确认属实：{note}", "confirmed by {who}: {note}"),
    "surge.dismissed": ("已排除 {n} 处", "{n} dismissed"),
}
