"""Surges in the native API: what is more than usual now, what was, and what people make of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from geodata.domain.areas import AreaTree
from geodata.domain.roles import Right
from geodata.domain.surges import Verdict
from geodata.intake.door import Door, now_ms
from geodata.intake.records import PLAIN
from geodata.intake.spans import span_ms
from geodata.services import surge_verdicts
from geodata.services.actors import Actor, asking
from geodata.services.surge_verdicts import NOTE_MAX, Ruling
from geodata.store.surges import SurgeNow

AreaCode = Annotated[str | None, Query(max_length=64, description="Only in this area and all below it.")]
SurgeId = Annotated[int, Path(ge=1, le=2**53)]
Before = Annotated[int | None, Query(ge=1, le=2**53, description="Only older ones than this id (`next`).")]


class RulingRecord(BaseModel):
    """What is said of a surge. ``seen``: the verdict that it had when it was looked at, none by default."""

    model_config = ConfigDict(extra="forbid")
    verdict: Verdict
    note: Annotated[str, Field(max_length=NOTE_MAX), PLAIN] = ""
    seen: Verdict | None = None


def add_routes(guarded: APIRouter, door: Door) -> None:
    """Add the routes. All of them are plain functions: the framework runs them in threads."""

    @guarded.get("/surges", tags=["surges"])
    def list_surges(area: AreaCode = None) -> dict[str, Any]:
        """What is more than usual now, the least probable first."""
        desk, actor = door.desk(), asking.get()
        return {"surges": [_surge(desk.tree, actor, s) for s in surge_verdicts.standing(desk, actor, area)]}

    @guarded.get("/surges/past", tags=["surges"])
    def list_past(
        area: AreaCode = None, from_at: AwareDatetime | None = None, to_at: AwareDatetime | None = None,
        before: Before = None, limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> dict[str, Any]:  # fmt: skip
        """What began in a span of at most 31 days (without one: the last 24 hours), over or not, newest first."""
        desk, actor = door.desk(), asking.get()
        from_ms, to_ms = span_ms(from_at, to_at, now_ms())
        found = surge_verdicts.past(desk, actor, area=area, from_ms=from_ms, to_ms=to_ms, before_id=before, limit=limit)
        following = found[-1].id if len(found) == limit else None
        return {"surges": [_surge(desk.tree, actor, s) for s in found], "next": following}

    @guarded.post("/surges/{surge_id}/judge", tags=["surges"])
    def judge(surge_id: SurgeId, ruling: Annotated[RulingRecord, Body()]) -> dict[str, Any]:
        """Confirm or dismiss a surge, with a note: that you did is written down. A dismissal says why."""
        desk, actor = door.desk(), asking.get()
        said = Ruling(ruling.verdict, ruling.note, ruling.seen.value if ruling.seen else "")
        judged = surge_verdicts.judge(door.access, desk, actor, surge_id, said, now_ms())
        return {"surge": _surge(desk.tree, actor, judged)}


def _surge(tree: AreaTree, actor: Actor, s: SurgeNow) -> dict[str, Any]:
    """Who judged it and why is the staff's business."""
    o = tree.ordinal_by_id.get(s.area_id, 0)
    told: dict[str, Any] = {
        "id": s.id, "area": tree.areas[o].code, "class": s.class_code, "state": s.state.value,
        "began_at": _time(s.began_ms), "from": _time(s.from_ms), "to": _time(s.to_ms), "n": s.n,
        "usual": round(s.expected, 2), "probability": float(f"{s.p:.3g}"), "peak": s.peak_n,
        "peak_at": _time(s.peak_to_ms), "ended_at": _time(s.ended_ms), "into": s.into_id, "verdict": s.verdict or None,
    }  # fmt: skip
    if actor.may(Right.SEE_UNITS):
        told |= {"judged_by": s.judged_by or None, "judged_at": _time(s.judged_ms), "note": s.note or None}
    return told


def _time(ms: int | None) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC).isoformat()
