"""Words of the indicators 指标, and of the figures of a period that they are made of: key → (Chinese, English)."""

from __future__ import annotations

INDICATORS: dict[str, tuple[str, str]] = {
    "indicator.closing": ("结案率", "Closing rate"),
    "indicator.on_time": ("按期结案率", "On-time closing rate"),
    "indicator.overdue": ("超期率", "Overdue rate"),
    "indicator.registration": ("立案率", "Registration rate"),
    "indicator.dispatch": ("派遣准确率", "Dispatch accuracy"),
    "indicator.rework": ("返工率", "Rework rate"),
    "indicator.handling_mean": ("平均处置时长", "Mean handling time"),
    "indicator.handling_median": ("处置时长中位数", "Median handling time"),
    "indicator.handling_p90": ("处置时长 P90", "P90 of handling times"),
    "indicator.repeat": ("重复率", "Repeat rate"),
    "indicator.proactive": ("主动发现率", "Proactive rate"),
    "indicator.local_1": ("区县内化解率", "Resolved within the district"),
    "indicator.local_2": ("镇街内化解率", "Resolved within the street"),
    "indicator.local_3": ("村社区内化解率", "Resolved within the community"),
    "indicator.local_4": ("网格内化解率", "Resolved within the grid"),
    "indicator.local_5": ("微网格内化解率", "Resolved within the micro-grid"),
    "indicator.response": ("响应率", "Response rate"),
}
FORMULAS: dict[str, tuple[str, str]] = {
    "formula.closing": (
        "已结案 ÷ 应结案；应结案为时限落在本期的案件，不含挂账、作废、不立案、合并和尚未到期的在办案件",
        "closed ÷ due; due are the cases whose deadline falls in the period, without suspended, void, rejected and "
        "merged ones and without open ones that are not due yet",
    ),
    "formula.on_time": ("按期结案 ÷ 应结案", "closed on time ÷ due"),
    "formula.overdue": ("（超期结案 + 到期未结）÷ 应结案", "(closed late + due and open) ÷ due"),
    "formula.registration": ("立案 ÷ 本期上报", "registered ÷ reported in the period"),
    "formula.dispatch": (
        "未回退 ÷ 已派遣，按本期上报统计；回退经值班长确认才计",
        "not returned ÷ dispatched, of what was reported in the period; a return counts once it is confirmed",
    ),
    "formula.rework": (
        "有过返工 ÷ 经核查，按本期结案统计", "with at least one rework ÷ checked, of the cases closed in the period",
    ),
    "formula.handling_mean": (
        "派遣至处置完成，扣除其间挂账，按本期结案统计",
        "from dispatch to handled, less suspensions between, of the cases closed in the period",
    ),
    "formula.handling_median": (
        "处置时长的中位数；大区域由分段计数估算，误差不超过 9.6%",
        "the middle handling time; of large areas from buckets, at most 9.6 % off",
    ),
    "formula.handling_p90": (
        "九成案件的处置时长不超过此值；大区域由分段计数估算，误差不超过 9.6%",
        "nine in ten cases took no longer; of large areas from buckets, at most 9.6 % off",
    ),
    "formula.repeat": (
        "30 日内同一地点（约 50 米见方）同一小类再次上报 ÷ 本期上报",
        "same place (a square of some 50 m) and subtype again within 30 days ÷ reported in the period",
    ),
    "formula.proactive": (
        "（巡查 + 物联 + 视频）立案 ÷ 立案，按本期上报统计",
        "registered from patrols, sensors and video ÷ registered, of what was reported in the period",
    ),
    **{
        f"formula.local_{k}": (
            f"由本{zh}或以下力量处置并结案 ÷ 主办力量所属层级明确的结案",
            f"closed by a unit at home at the level of the {en} or below ÷ closed with a unit whose home is known",
        )
        for k, (zh, en) in enumerate(
            (("区县", "district"), ("镇街", "street"), ("村社区", "community"), ("网格", "grid"),
             ("微网格", "micro-grid")), 1,
        )
    },
    "formula.response": (
        "已答复 ÷ 上报人等待或等过答复的办结事件",
        "answered ÷ ended events whose reporter waits or waited for an answer",
    ),
}  # fmt: skip
FIGURES: dict[str, tuple[str, str]] = {
    "figure.period_reported": ("期内上报", "Reported in the period"),
    "figure.period_registered": ("期内立案", "Registered"),
    "figure.period_proactive": ("期内主动发现", "Found by the city itself"),
    "figure.period_dispatched": ("期内派遣", "Dispatched"),
    "figure.period_sent_right": ("派遣未回退", "Dispatched and not returned"),
    "figure.period_repeated": ("重复上报", "Repeats"),
    "figure.period_closed": ("期内结案", "Closed in the period"),
    "figure.period_handled": ("期内结案（计处置时长）", "Closed, timed"),
    "figure.period_checked": ("期内结案（经核查）", "Closed, checked"),
    "figure.period_reworked": ("期内结案（有返工）", "Closed, reworked"),
    "figure.period_asked": ("期内办结（须答复）", "Ended, to be answered"),
    "figure.period_answered": ("期内办结（已答复）", "Ended, answered"),
    "figure.period_levelled": ("期内结案（层级明确）", "Closed, level known"),
    "figure.period_local_1": ("区县内化解", "Resolved within the district"),
    "figure.period_local_2": ("镇街内化解", "Resolved within the street"),
    "figure.period_local_3": ("村社区内化解", "Resolved within the community"),
    "figure.period_local_4": ("网格内化解", "Resolved within the grid"),
    "figure.period_local_5": ("微网格内化解", "Resolved within the micro-grid"),
    "figure.period_due": ("期内应结案", "Due in the period"),
    "figure.period_due_closed": ("期内应结已结", "Due and closed"),
    "figure.period_due_on_time": ("期内按期结案", "Due and closed on time"),
    "figure.period_due_late": ("期内未按期", "Due and not closed on time"),
    "figure_why.period_reported": ("期内上报，不论现在状态", "Reported in the period, whatever became of them"),
    "figure_why.period_registered": ("期内上报且已立案", "Reported in the period and registered"),
    "figure_why.period_proactive": ("已立案，来自巡查、物联、视频", "Registered, from patrols, sensors, video"),
    "figure_why.period_dispatched": ("期内上报且派遣过", "Reported in the period and dispatched"),
    "figure_why.period_sent_right": ("派遣过，且没有经确认的回退", "Dispatched, and no return was confirmed"),
    "figure_why.period_repeated": ("30 日内同一地点同一小类再次上报", "Same place and subtype again within 30 days"),
    "figure_why.period_closed": ("期内结案或强制结案", "Closed or force-closed in the period"),
    "figure_why.period_handled": ("期内结案，且派遣、处置时间齐全", "Closed, with times of dispatch and of handling"),
    "figure_why.period_checked": ("期内结案，且有核查记录", "Closed in the period, with a check on record"),
    "figure_why.period_reworked": ("期内结案，核查未通过至少一次", "Closed, failed a check at least once"),
    "figure_why.period_asked": ("期内办结，上报人等待或等过答复", "Ended; the reporter waits or waited for an answer"),
    "figure_why.period_answered": ("期内办结，上报人已得到答复", "Ended, and the reporter was answered"),
    "figure_why.period_levelled": ("期内结案，且主办力量所属层级明确", "Closed by a unit whose home area is known"),
    **{
        f"figure_why.period_local_{k}": (
            f"期内结案，由{zh}或以下层级的力量主办", f"Closed by a unit of the level of the {en} or below",
        )
        for k, (zh, en) in enumerate(
            (("区县", "district"), ("镇街", "street"), ("村社区", "community"), ("网格", "grid"),
             ("微网格", "micro-grid")), 1,
        )
    },
    "figure_why.period_due": ("时限在期内且已到期或已办结", "Deadline in the period, and passed or ended before"),
    "figure_why.period_due_closed": ("期内应结案中已结案的", "Of those due, the closed ones"),
    "figure_why.period_due_on_time": ("期内应结案中按期结案的", "Of those due, closed on time"),
    "figure_why.period_due_late": ("期内应结案中未按期结案的", "Of those due, late or still open"),
    "list.period": ("指标时段", "A period"),
    "list.period.span": ("{first} 至 {last}", "{first} to {last}"),
}  # fmt: skip
PEERS: dict[str, tuple[str, str]] = {
    "peer.core": ("中心城区", "Core districts"),
    "peer.suburb": ("近郊区", "Suburban districts"),
    "peer.county": ("远郊区县", "Outer districts and counties"),
    "peer.subdistrict": ("街道", "Subdistricts"),
    "peer.town": ("镇", "Towns"),
    "peer.township": ("乡", "Townships"),
    "peer.community": ("社区", "Communities"),
    "peer.village": ("村", "Villages"),
    "peer.urban": ("城市网格", "Urban grids"),
    "peer.rural": ("农村网格", "Rural grids"),
    "peer.dedicated": ("专属网格", "Dedicated grids"),
}
WORDS: dict[str, tuple[str, str]] = {**INDICATORS, **FORMULAS, **PEERS}
"""What the server writes; the browser itself says the figures."""
