"""Words of the time bar: key → (Chinese, English)."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "page.replay": ("回放：查看过去某一时刻", "Replay: see a moment of the past"),
    "replay.sign": ("非实时 NOT LIVE", "NOT LIVE 非实时"),
    "replay.live": ("回到实时", "Back to live"),
    "replay.day": ("日期和时间", "Date and time"),
    "replay.slide": ("当日时刻", "Time of the day"),
    "replay.speed": ("播放速度", "Speed"),
    "replay.play": ("播放（空格键）", "Play (space)"),
    "replay.pause": ("暂停（空格键）", "Pause (space)"),
    "replay.back": ("前 10 分钟", "10 minutes back"),
    "replay.fore": ("后 10 分钟", "10 minutes on"),
    "replay.preparing": ("正在读取该时刻", "Reading that moment"),
    "replay.card": ("详情卡片为当前状态", "The card shows the present state"),
    "replay.no_units": ("力量状态自 {time} 起有记录", "What units did is on record from {time}"),
    "replay.no_walks": ("巡查覆盖自 {time} 起有记录", "Patrol coverage is on record from {time}"),
    "replay.refused.form": ("{value} 不是有效的时刻", "{value} is no time"),
    "replay.refused.future": ("{value} 尚未到来", "{value} has not come yet"),
    "replay.refused.before": ("{value} 早于保存期限，无法回放", "{value} is longer ago than what is kept"),
    "replay.refused.full": ("同时回放的画面已达上限，请稍后再试", "Too many replays are running: try again later"),
    "keys.replay": ("回放、回到实时", "Replay, back to live"),
    "keys.replay_play": ("回放：播放、暂停", "Replay: play, pause"),
    "keys.replay_back": ("回放：前 10 分钟", "Replay: 10 minutes back"),
    "keys.replay_fore": ("回放：后 10 分钟", "Replay: 10 minutes on"),
}
