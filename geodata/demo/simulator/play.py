"""Playing the city: two loops, one for what happens and one for who walks, until somebody stops them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from geodata.demo import stage as staging
from geodata.demo.rhythm import midnight_ms
from geodata.demo.roster import Roster, draw_roster
from geodata.demo.shifts import Turn, local_day, turn_at, turns_of
from geodata.demo.simulator.casebook import Act, Casebook, epoch_ms
from geodata.demo.simulator.client import Api, Json
from geodata.demo.simulator.crowd import Call, Crowd
from geodata.demo.stage import Stage
from geodata.domain.catalogue import Catalogue, EventClass, Subtype
from geodata.domain.clocks import WorkCalendar
from geodata.domain.events import ENDED, STATES, State
from geodata.services.calendar import work_calendar
from geodata.store.folder import DataFolder

log = logging.getLogger(__name__)

STORM_FILE = "storm"
TICK_S = 1.0
PLANNED_AT_ONCE = 1_000
LOST_LINE_S = 2.0
AFTER_FAULT_S = 5.0
ON_THE_WAY_MS = 480_000  # a unit found at work for longer has arrived
TAKEN = frozenset({"accepted", "duplicate"})
SETS_FREE = frozenset({"report_back", "return", "suspend", "force_close", "void"})
UNIT_STEPS = frozenset({"accept", "arrive", "report_back", "return"})
TAKEN_BY_A_UNIT = frozenset({State.HANDLING, State.RETURNED, State.HANDLED, State.TO_CHECK, State.TO_CLOSE})
PLAYED_MS = 900_000
"""So long a unit is left alone after a person was seen to act for it."""
OPEN = tuple(s for s in STATES if s not in ENDED)


@dataclass(frozen=True, slots=True)
class Script:
    """How to play. ``speed`` 2 brings twice as many events, lives half as long and steps twice as wide."""

    seed: int = 7
    speed: float = 1.0
    storm: bool = False


def run_simulator(base_url: str, key: str, folder: DataFolder, script: Script | None = None) -> None:
    """Play the demo city of a folder on a server until interrupted. Raises FileNotFoundError where it was not built.

    A storm (×10 in two districts) lasts while the folder holds a file named ``storm``; ``script.storm`` puts it there.
    """
    script = script or Script()
    logging.getLogger("httpx").setLevel(logging.WARNING)  # three requests a second are no news
    (folder.root / STORM_FILE).unlink(missing_ok=True)
    if script.storm:
        (folder.root / STORM_FILE).touch()
    asyncio.run(_run(base_url, key, folder, script))


async def _run(base_url: str, key: str, folder: DataFolder, script: Script) -> None:
    async with Api(base_url, key) as api:
        await Player(api, folder, script).play()


class Player:
    """Plays one city. Nothing it is told makes it stop."""

    def __init__(self, api: Api, folder: DataFolder, script: Script) -> None:
        self._api, self._folder, self._script = api, folder, script
        self._stage = Stage.load(folder.root / staging.FILE)
        self._roster: Roster = draw_roster(self._stage)
        self._calendar: WorkCalendar = work_calendar(folder.city())
        self._unit_index = {code: i for i, code in enumerate(self._roster.code)}
        # Random numbers of another run must differ, or the same units would walk the same way each morning.
        now_ms = _now_ms()
        self._rng = np.random.default_rng([script.seed, now_ms])
        self.crowd = Crowd(self._stage, self._roster, self._rng, now_ms, script.speed)
        order = np.argsort(self._stage.street[self._roster.first], kind="stable")
        self._by_street = order
        self._turn: Turn | None = None
        self._planned = local_day(now_ms, self._calendar.zone) + timedelta(days=1)
        self._plan: list[Json] = []
        self._street_cut = np.searchsorted(
            self._stage.street[self._roster.first][order], np.arange(int(self._stage.street.max()) + 2)
        )

    async def play(self) -> None:
        """Sign everybody on, take up what is open, then both loops for ever."""
        cases = None
        while cases is None:
            try:
                cases = await self.begin()
            except Exception:
                log.exception("the simulator could not begin; trying again")
                await asyncio.sleep(AFTER_FAULT_S)
        await asyncio.gather(_forever(lambda: self.live(cases)), _forever(self.walk))

    async def begin(self) -> Casebook:
        """Sign the units on and go on with the events that are open."""
        catalogue = _catalogue(await self._api.get("/api/v1/catalogue"))
        cases = Casebook(
            self._stage, self._roster, catalogue, self._calendar, self._rng,
            speed=self._script.speed, now_ms=_now_ms(),
        )  # fmt: skip
        self._take_turns(_now_ms())
        await self._api.post("/api/v1/units", self.crowd.sign_on(_now_ms()))
        found = await self._api.every("/api/v1/events", "events", [("state", s.value) for s in OPEN])
        self._take_up(cases, found)
        await self._api.post_now("/api/v1/positions", self.crowd.fixes(_now_ms(), everybody=True))
        log.info("%d units on duty, %d open events go on", len(self._roster), len(cases))
        return cases

    def _take_up(self, cases: Casebook, found: Sequence[Json]) -> None:
        """Go on from the moment at which the city stood still: that of the newest step."""
        since_ms = max((epoch_ms(e["state_at"]) for e in found), default=0)
        for event in found:
            case = cases.resume(event, since_ms)
            if case and event["unit"] in self._unit_index:
                case.unit = self._unit_index[event["unit"]]
                if event["state"] == State.HANDLING:
                    self.crowd.send(case.unit, Call(case.code, case.lon, case.lat))
                    if since_ms - epoch_ms(event["state_at"]) > ON_THE_WAY_MS:
                        self.crowd.arrive(case.unit, case.code)

    async def live(self, cases: Casebook) -> None:
        """One tick of what happens: new events, steps that are due, units that change what they do."""
        now_ms = _now_ms()
        new = cases.reports(now_ms, storm=(self._folder.root / STORM_FILE).exists())
        results = await self._api.post("/api/v1/events", [record for _, record in new])
        for (case, _), result in zip(new, results, strict=True):
            if result["status"] in TAKEN:
                cases.follow(case, result["code"])
            else:
                log.warning("a new event was not taken: %s", result)
        acts = [act for act in cases.due(now_ms) if not self._waits(cases, act, now_ms)]
        results = await self._api.post("/api/v1/actions", [self._record(cases, act) for act in acts])
        for act, result in zip(acts, results, strict=True):
            if result["status"] in TAKEN:
                self._follow_up(act)
                cases.done(act)
            else:
                log.info("%s of %s was not taken: %s", act.action, act.case.code, result.get("rule"))
                self.crowd.release(act.case.unit, act.case.code)
                if result.get("field") == "action":
                    await self._go_on(cases, act, now_ms)
        self._take_turns(now_ms)
        await self._post_plan(now_ms)
        self.crowd.settle(now_ms - midnight_ms(now_ms, self._calendar.zone))
        await self._api.post("/api/v1/units", self.crowd.news(now_ms))

    def _take_turns(self, now_ms: int) -> None:
        """Who is away changes with the shift."""
        if self._turn is None or now_ms >= self._turn.to_ms:
            self._turn = turn_at(now_ms, self._calendar.zone, len(self._roster))
            self.crowd.away = self._turn.leave | self._turn.absent
            self.crowd.walk_within(*self._turn.beats(self._roster.first, self._roster.last))

    async def _post_plan(self, now_ms: int) -> None:
        """On each new day plan the next one, some units at a time; before that its building did."""
        following = local_day(now_ms, self._calendar.zone) + timedelta(days=1)
        if following > self._planned:
            self._planned = following
            self._plan += [
                {"unit": code, "from": turn.from_ms, "to": turn.to_ms, "leave": bool(leave)}
                for turn in turns_of(following, self._calendar.zone, len(self._roster))
                for code, leave in zip(self._roster.code, turn.leave, strict=True)
            ]
        if self._plan:
            await self._api.post("/api/v1/roster", self._plan[:PLANNED_AT_ONCE])
            del self._plan[:PLANNED_AT_ONCE]

    def _waits(self, cases: Casebook, act: Act, now_ms: int) -> bool:
        """Whether a person plays the unit whose step this is: it then waits until that is long enough ago."""
        until_ms = int(self.crowd.played_until_ms[act.case.unit])
        if act.action not in UNIT_STEPS or until_ms <= now_ms:
            return False
        cases.later(act, until_ms)
        return True

    async def _go_on(self, cases: Casebook, act: Act, now_ms: int) -> None:
        """Somebody else acted on an event, too: its life goes on from where it stands now, with the unit it has now.

        Where it was a step of the unit itself, a person plays that unit.
        """
        event = await self._api.get(f"/api/v1/events/{act.case.code}")
        unit = self._unit_index.get(event["unit"])
        if unit == act.case.unit and act.action in UNIT_STEPS and event["state"] in TAKEN_BY_A_UNIT:
            self.crowd.played_until_ms[unit] = now_ms + PLAYED_MS
        if event["state"] not in OPEN:
            return
        case = cases.resume(event, now_ms)
        if case and unit is not None:
            case.unit = unit

    async def walk(self) -> None:
        """One tick of who walks where. What could not be told now is not told later."""
        if not await self._api.post_now("/api/v1/positions", self.crowd.fixes(_now_ms())):
            await asyncio.sleep(LOST_LINE_S)

    def _record(self, cases: Casebook, act: Act) -> Json:
        case = act.case
        if act.action == "dispatch":
            street = int(self._stage.street[case.grid])
            near = self._by_street[self._street_cut[street] : self._street_cut[street + 1]]
            near = near[self._roster.kind[near] == self._roster.kind[case.unit]]
            case.unit = self.crowd.nearest(near, case.lon, case.lat, otherwise=case.unit)
        return cases.record(act, self._roster.code[case.unit])

    def _follow_up(self, act: Act) -> None:
        """What the unit does after a step."""
        case = act.case
        if act.action == "accept":
            self.crowd.send(case.unit, Call(case.code, case.lon, case.lat))
        elif act.action == "arrive":
            self.crowd.arrive(case.unit, case.code)
        elif act.action in SETS_FREE:
            self.crowd.release(case.unit, case.code)


async def _forever(step: Callable[[], Awaitable[None]]) -> None:
    """Take the step once a second, whatever comes of it."""
    while True:
        began = time.monotonic()
        try:
            await step()
        except Exception:
            log.exception("a tick of the simulator failed; the next one comes")
            await asyncio.sleep(AFTER_FAULT_S)
        await asyncio.sleep(max(0.0, TICK_S - (time.monotonic() - began)))


def _catalogue(told: Json) -> Catalogue:
    return Catalogue.of((EventClass(**c) for c in told["classes"]), (Subtype(**s) for s in told["subtypes"]))


def _now_ms() -> int:
    return int(time.time() * 1000)
