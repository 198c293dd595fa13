"""What happens in the city from now on: new events, and the next step of every event that is open."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt

from geodata.demo import ledger
from geodata.demo.deadlines import Deadlines
from geodata.demo.history import SOURCE_SYSTEM, answering, describe, draw_grids
from geodata.demo.lives import PATHS, draw_lives, typical_life_h
from geodata.demo.mix import Mix
from geodata.demo.rhythm import EVENTS_PER_GRID_DAY, STORM_DISTRICTS, STORM_FACTOR, midnight_ms, rate_per_s
from geodata.demo.roster import Roster
from geodata.demo.simulator.client import Json
from geodata.demo.stage import Stage
from geodata.domain.catalogue import Catalogue
from geodata.domain.clocks import WorkCalendar
from geodata.domain.events import ASKING, ENDED, FOLLOWS, SOURCES, Need, State

Longs = npt.NDArray[np.int64]

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
CATCH_UP_S = 60.0  # at most so many seconds' worth of new events at once, after a pause
ACTIONS_AT_ONCE = 2000
BURST_SHARE, BURST_SIZE, BURST_MS = 0.02, (6, 16), 600_000
LATE_URGENT = 0.3
REPLY_MS = 15 * 60_000
OVERDUE_H = 2.5  # median hours in which an overdue event is closed after all

# What is still to come for an event found open, by its state, with the share of the rest of its life each step takes.
_WORK = (("accept", 0.1), ("arrive", 0.2), ("report_back", 0.5))
_CLOSE = (("check", 0.12), ("close", 0.08))
TO_COME: dict[State, tuple[tuple[str, float], ...]] = {
    State.REPORTED: (("register", 0.05), ("dispatch", 0.08), *_WORK, *_CLOSE),
    State.TO_VERIFY: (("verify", 0.1), ("register", 0.04), ("dispatch", 0.08), *_WORK, *_CLOSE),
    State.TO_REGISTER: (("register", 0.05), ("dispatch", 0.08), *_WORK, *_CLOSE),
    State.TO_DISPATCH: (("dispatch", 0.1), *_WORK, *_CLOSE),
    State.RETURNED: (("confirm_return", 0.05), ("dispatch", 0.05), *_WORK, *_CLOSE),
    State.REOPENED: (("dispatch", 0.1), *_WORK, *_CLOSE),
    State.SUSPENDED: (("resume", 3.0), ("dispatch", 0.1), *_WORK, *_CLOSE),
    State.DISPATCHED: (*_WORK, *_CLOSE),
    State.HANDLING: (("report_back", 0.7), *_CLOSE),
    State.HANDLED: _CLOSE,
    State.TO_CHECK: _CLOSE,
    State.TO_CLOSE: (("close", 0.3),),
}
REASONS: dict[str, tuple[str, ...]] = {
    "register": ("属受理范围，事实清楚", "经核实属实"),
    "reject": ("不属于受理范围", "核实后未发现问题", "现场已恢复"),
    "return": ("不属于本单位职责", "位置有误,需重新派遣"),
    "rework": ("核查未通过,现场仍有残留", "处置不彻底"),
    "suspend": ledger.REASONS,
    "merge": ("同一地点重复上报",),
    "void": ("测试记录", "重复录入"),
    "force_close": ("长期未果,转专项处理",),
    "reply": ("您反映的问题已办理完毕", "已核查处理，感谢监督"),
}


@dataclass(slots=True)
class Case:
    """An open event and the steps before it: (moment in epoch ms, action), in order. ``asked``: somebody waits to hear
    what became of it."""

    code: str
    grid: int
    subtype: int
    lon: float
    lat: float
    unit: int
    steps: list[tuple[int, str]] = field(default_factory=list)
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """A step that is due now."""

    case: Case
    action: str
    at_ms: int


class Casebook:
    """Draws new events, and keeps the next step of every open one in a heap."""

    def __init__(
        self, stage: Stage, roster: Roster, catalogue: Catalogue, calendar: WorkCalendar, rng: np.random.Generator,
        *, speed: float, now_ms: int,
    ) -> None:  # fmt: skip
        self._stage, self._roster, self._catalogue, self._calendar = stage, roster, catalogue, calendar
        self._rng, self._speed, self._mix = rng, speed, Mix.of(catalogue)
        self._subtypes = list(catalogue.subtypes.values())
        self._index = {s.code: i for i, s in enumerate(self._subtypes)}
        self._grid_of = {code: i for i, code in enumerate(stage.code.tolist())}
        self._run = f"{now_ms:x}"
        self._number = 0
        self._last_ms = now_ms
        self._heap: list[tuple[int, int, Case]] = []
        self._order = 0
        self._bursts: list[tuple[int, int, int]] = []
        self._deadlines = Deadlines(calendar, now_ms, now_ms + DAY_MS)
        self._deadlines_until = now_ms + DAY_MS
        hit = np.random.default_rng(len(stage)).permutation(len(stage.late))[:STORM_DISTRICTS]
        self._storm_weight = np.where(np.isin(stage.district, hit), stage.weight, 0.0)

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def storm_districts(self) -> list[str]:
        """The codes of the districts that a storm hits."""
        hit = np.unique(self._stage.district[self._storm_weight > 0])
        return [str(c) for c in self._stage.district_code[hit]]

    def reports(self, now_ms: int, *, storm: bool) -> list[tuple[Case, Json]]:
        """What has been reported since the last call, as cases and records to post."""
        seconds = min((now_ms - self._last_ms) / 1000, CATCH_UP_S)
        self._last_ms = now_ms
        per_day = len(self._stage) * EVENTS_PER_GRID_DAY
        usual = rate_per_s(now_ms, per_day, self._calendar.zone) * self._speed * max(seconds, 0)
        n = int(self._rng.poisson(usual))
        grid = draw_grids(self._rng, self._stage.weight, n)
        subtype, source = self._mix.draw(self._rng, self._stage.kind[grid])
        more = usual * self._storm_weight.sum() * (STORM_FACTOR - 1) if storm else 0.0
        extra = draw_grids(self._rng, self._storm_weight, int(self._rng.poisson(more)))
        rain = self._mix.draw_storm(self._rng, len(extra))
        burst = self._burst(now_ms, usual)
        seen = np.full(len(burst), SOURCES.index("public"), np.int64)
        return self._open(
            now_ms, np.r_[grid, extra, burst[:, 0]], np.r_[subtype, rain[0], burst[:, 1]],
            np.r_[source, rain[1], seen],
        )  # fmt: skip

    def _burst(self, now_ms: int, usual: float) -> Longs:
        """(k, 2) grid and subtype of what belongs to a burst: the same matter again and again in one community."""
        if self._rng.random() < usual * BURST_SHARE / np.mean(BURST_SIZE):
            first = int(draw_grids(self._rng, self._stage.weight, 1)[0])
            subtype = int(self._mix.draw(self._rng, self._stage.kind[[first]])[0][0])
            near = np.flatnonzero(self._stage.community == self._stage.community[first])
            n = int(self._rng.integers(*BURST_SIZE))
            times = now_ms + self._rng.integers(0, int(BURST_MS / self._speed) + 1, n)
            self._bursts += [
                (int(t), int(g), subtype) for t, g in zip(times, self._rng.choice(near, n), strict=True)
            ]
        due = [(g, s) for t, g, s in self._bursts if t <= now_ms]
        self._bursts = [b for b in self._bursts if b[0] > now_ms]
        return np.array(due, np.int64).reshape(-1, 2)

    def _open(self, now_ms: int, grid: Longs, subtype: Longs, source: Longs) -> list[tuple[Case, Json]]:
        if not len(grid):
            return []
        n = len(grid)
        lon, lat = self._stage.points(self._rng, grid)
        text = describe(self._rng, self._stage.kind[grid], subtype, self._catalogue)
        at = np.full(n, now_ms)
        steps = self._lives(now_ms, at, grid, subtype, source)
        units = answering(self._roster, grid, subtype, self._catalogue)
        out = []
        for k in range(n):
            self._number += 1
            record = {
                "source": SOURCES[int(source[k])].value, "source_system": SOURCE_SYSTEM,
                "source_id": f"{self._run}-{self._number}", "subtype": self._subtypes[int(subtype[k])].code,
                "reported_at": now_ms, "description": text[k], "lon": float(lon[k]), "lat": float(lat[k]),
            }  # fmt: skip
            case = Case("", int(grid[k]), int(subtype[k]), float(lon[k]), float(lat[k]), int(units[k]), steps[k],
                        SOURCES[int(source[k])] in ASKING)  # fmt: skip
            out.append((case, record))
        return out

    def _lives(
        self, now_ms: int, at: Longs, grid: Longs, subtype: Longs, source: Longs
    ) -> list[list[tuple[int, str]]]:
        if now_ms > self._deadlines_until:
            self._deadlines = Deadlines(self._calendar, now_ms, now_ms + DAY_MS)
            self._deadlines_until = now_ms + DAY_MS
        deadline = self._deadlines.of(at, subtype, self._subtypes)
        urgent = np.array([self._subtypes[s].urgency == 1 for s in subtype.tolist()])
        share = self._stage.late[self._stage.district[grid]] * np.where(urgent, LATE_URGENT, 1.0)
        late = self._rng.random(len(at)) < share
        day = np.full(len(at), now_ms - midnight_ms(now_ms, self._calendar.zone))
        lives = draw_lives(self._rng, at, deadline, subtype, source, late, day, self._subtypes)
        moments = at[:, None] + ((lives.at_ms - at[:, None]) / self._speed).astype(np.int64)
        return [
            [(t, action) for t, (action, _) in zip(row, PATHS[p].steps, strict=False)]
            for row, p in zip(moments.tolist(), lives.path.tolist(), strict=True)
        ]

    def follow(self, case: Case, code: str) -> None:
        """The event was taken under this code: its life begins."""
        case.code = code
        self._push(case)

    def resume(self, event: Json, since_ms: int) -> Case | None:
        """An event found open in the city goes on; None where it stands in no grid. ``since_ms``: not before then."""
        grid = self._grid_of.get(event["area"] or "")
        subtype = self._index.get(event["subtype"])
        if grid is None or subtype is None or event["lon"] is None:
            return None
        state = State(event["state"])
        steps = TO_COME[state]
        begin = max(epoch_ms(event["state_at"]), since_ms)
        deadline = epoch_ms(event["deadline_at"]) if event["deadline_at"] else begin + 30 * DAY_MS
        life = typical_life_h(self._subtypes[subtype]) * HOUR_MS * float(self._rng.lognormal(0, 0.8))
        left = deadline - begin
        if left <= 0:
            life = OVERDUE_H * HOUR_MS * float(self._rng.lognormal(0, 0.7))
        elif self._rng.random() > self._stage.late[self._stage.district[grid]]:
            life = min(life, left * float(self._rng.uniform(0.4, 0.97)))
        shares = np.array([s for _, s in steps]) * self._rng.gamma(3.0, 1 / 3.0, len(steps))
        moments = begin + np.cumsum(shares) * life / self._speed
        unit = int(answering(self._roster, np.array([grid]), np.array([subtype]), self._catalogue)[0])
        case = Case(event["code"], grid, subtype, event["lon"], event["lat"], unit, asked=event["source"] in ASKING)
        case.steps = [(int(t), action) for t, (action, _) in zip(moments, steps, strict=True)]
        self._push(case)
        return case

    def due(self, now_ms: int) -> list[Act]:
        """The steps that are due, one of each event at most; ``done`` carries on with the next."""
        acts: list[Act] = []
        while self._heap and self._heap[0][0] <= now_ms and len(acts) < ACTIONS_AT_ONCE:
            at_ms, _, case = heapq.heappop(self._heap)
            acts.append(Act(case, case.steps[0][1], at_ms))
        return acts

    def record(self, act: Act, unit_code: str) -> Json:
        """The action to post."""
        action, same = act.action, None
        if action == "merge" and (same := self._same_matter(act.case)) is None:
            action = "void"
        step = FOLLOWS[action]
        record: Json = {"code": act.case.code, "action": action, "at": act.at_ms}
        if step.needs_unit:
            record |= {"unit": unit_code, "confirmed": True}
        if step.needs_reason:
            reasons: Sequence[str] = REASONS[action]
            record["reason"] = reasons[int(self._rng.integers(len(reasons)))]
        if Need.INTO in step.needs:
            record["into"] = same
        if Need.UNTIL in step.needs:
            record["until"] = act.at_ms + ledger.REVIEW_MS
        return record

    def _same_matter(self, case: Case) -> str | None:
        """The code of another open event of the same kind in the same grid."""
        alike = ((c.grid, c.subtype) == (case.grid, case.subtype) and c is not case for _, _, c in self._heap)
        return next((c.code for (_, _, c), same in zip(self._heap, alike, strict=True) if same), None)

    def done(self, act: Act) -> None:
        """The step was taken: the next one follows; after the end whoever reported it is told."""
        del act.case.steps[0]
        if FOLLOWS[act.action].to in ENDED and act.case.asked:
            wait_ms = REPLY_MS * float(self._rng.uniform(0.2, 2.0)) / self._speed
            act.case.steps = [(act.at_ms + int(wait_ms), "reply")]
        self._push(act.case)

    def later(self, act: Act, at_ms: int) -> None:
        """The step waits until then, and all that come after it as much longer."""
        act.case.steps = [(moment + at_ms - act.at_ms, action) for moment, action in act.case.steps]
        self._push(act.case)

    def _push(self, case: Case) -> None:
        if case.steps:
            self._order += 1
            heapq.heappush(self._heap, (case.steps[0][0], self._order, case))


def epoch_ms(iso: str) -> int:
    """A moment as the API writes it."""
    return int(datetime.fromisoformat(iso).timestamp() * 1000)
