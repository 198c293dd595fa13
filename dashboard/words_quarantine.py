"""Words of the page of what is held back in quarantine: key → (Chinese, English)."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "nav.quarantine": ("隔离区", "Quarantine"),
    "feeds.held": ("待处理隔离记录", "Held back"),
    "quarantine.lead": (
        "不能收下的记录整条保留在这里，写明是哪个字段、什么值、违反哪条规则。改正原因后重新提交，以发送者现在的权限收下；"
        "上报人的联系方式不显示。",
        "A record that could not be taken is kept whole, with the field, the value and the rule. Once the reason is "
        "mended it is submitted again, with the rights that its sender has now. Contacts of reporters are not shown.",
    ),
    "quarantine.records": ("隔离记录", "Records"),
    "quarantine.feed": ("数据源", "Feed"),
    "quarantine.field": ("字段", "Field"),
    "quarantine.sender": ("发送账号", "Sender"),
    "quarantine.state": ("状态", "State"),
    "quarantine.state.waiting": ("待处理", "waiting"),
    "quarantine.state.replayed": ("已收下", "taken after all"),
    "quarantine.state.all": ("全部", "all"),
    "quarantine.any": ("全部", "any"),
    "quarantine.no_field": ("（未指明）", "(none named)"),
    "quarantine.received": ("收到", "Received"),
    "quarantine.rule": ("值与规则", "Value and rule"),
    "quarantine.record": ("原始记录", "As sent"),
    "quarantine.closed": ("其中的联系方式已略去。", "The contact in it is left out."),
    "quarantine.nothing": ("不是可读的记录，密封保存。", "It could not be read as a record and is kept sealed."),
    "quarantine.cut": ("只显示开头，全文见导出文件。", "Only its beginning is shown; the file holds all of it."),
    "quarantine.again": ("重新提交", "Submit again"),
    "quarantine.again_all": ("重新提交本页 {n} 条", "Submit the {n} on this page again"),
    "quarantine.again_all.why": (
        "按收到的先后逐条提交。仍不符合规则的留在隔离区；重复提交不会生成两件。",
        "They go in one by one, oldest first. What still breaks a rule stays; nothing is taken twice.",
    ),
    "quarantine.again_all.sure": ("提交 {n} 条", "Submit {n}"),
    "quarantine.import": ("来自导入文件，改正后重新导入即可。", "A row of an import: mend it and import again."),
    "quarantine.taken_at": ("{time} 已收下", "taken {time}"),
    "quarantine.none": ("没有记录被隔离。", "Nothing is held back."),
    "quarantine.none_found": ("没有符合条件的记录。", "No record fits the filter."),
    "quarantine.older": ("更早的记录", "Older"),
    "quarantine.newest": ("回到最新", "Newest"),
    "quarantine.export": ("导出 CSV", "Export CSV"),
    "quarantine.told.none": (
        "没有提交：所选记录已不在等待，或不能重新提交。",
        "Nothing was submitted: what was chosen waits no more, or cannot be submitted again.",
    ),
    "quarantine.told.accepted": (
        "记录 #{id} 已收下，离开隔离区。", "Record #{id} was taken and has left the quarantine.",
    ),
    "quarantine.told.duplicate": (
        "记录 #{id} 此前已收下，离开隔离区。", "Record #{id} had been taken before; it has left the quarantine.",
    ),
    "quarantine.told.dropped": (
        "记录 #{id} 已无需收下，离开隔离区。", "Record #{id} is of no use any more; it has left the quarantine.",
    ),
    "quarantine.told.still": ("记录 #{id} 仍被隔离：{why}", "Record #{id} is still held back: {why}"),
    "quarantine.told.many": (
        "重新提交 {n} 条：收下 {taken} 条，此前已有或无需收下 {known} 条，仍被隔离 {still} 条。",
        "{n} were submitted again: {taken} taken, {known} known before or of no use any more, {still} still held back.",
    ),
}  # fmt: skip
