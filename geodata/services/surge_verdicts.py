"""Reading surges, and what a person makes of them: confirmed or dismissed, with who, when and why, in the audit too."""

from __future__ import annotations

from dataclasses import dataclass

from geodata.domain.areas import AreaTree
from geodata.domain.roles import Right
from geodata.domain.surges import Verdict
from geodata.services.access import Access
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.services.looking import NotThereError, area_ids
from geodata.services.outcomes import Refusal
from geodata.store import surges
from geodata.store.engine import Connection, Store
from geodata.store.surges import SurgeNow

NOTE_MAX = 400


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is said of a surge; ``seen`` is the verdict that whoever says it had before its eyes ('' for none)."""

    verdict: Verdict
    note: str = ""
    seen: str = ""


def judge(access: Access, desk: Desk, actor: Actor, surge_id: int, ruling: Ruling, now_ms: int) -> SurgeNow:
    """Confirm or dismiss a surge; it may be over. Raises NotAllowedError, NotThereError, and Refusal where somebody
    else was first, who then is named, or a dismissal says no reason."""
    actor.needs(Right.JUDGE_SURGES)
    note = " ".join(ruling.note.split())
    if len(note) > NOTE_MAX:
        raise Refusal("note", note[:40], f"has at most {NOTE_MAX} characters")
    with access.store.begin() as conn:
        surge = _found(conn, desk.tree, actor, surge_id)
        if ruling.verdict is Verdict.DISMISSED and not note:
            raise Refusal("note", "", "says why it is dismissed")
        if surge.verdict != ruling.seen:
            who = f"{surge.judged_by} {surge.verdict} it meanwhile" if surge.verdict else "nobody has judged it"
            raise Refusal("seen", ruling.seen, f"is not how it stands: {who}")
        surges.judge(conn, surge_id, ruling.verdict.value, note=note, at_ms=now_ms, by=actor.name)
        area = desk.tree.areas[desk.tree.ordinal_by_id.get(surge.area_id, 0)].code
        told = {"class": surge.class_code, "n": surge.n, "expected": round(surge.expected, 1), "note": note}
        access.audit.record(
            conn, actor, "judge_surge", f"surge:{surge_id}", at_ms=now_ms, area=area, old={"verdict": surge.verdict},
            new={"verdict": ruling.verdict.value, **told},
        )  # fmt: skip
        return surges.by_ids(conn, [surge_id])[0]


def standing(desk: Desk, actor: Actor, area: str | None) -> list[SurgeNow]:
    """What is more than usual now in an area and below it (without one: in the whole reach), the least probable first.

    Raises NotAllowedError, NotThereError.
    """
    actor.needs(Right.SEE)
    ids = area_ids(actor, desk.tree, area)
    within = None if ids is None else frozenset(ids)
    with desk.store.read() as conn:
        found = [s for s in surges.standing(conn) if within is None or s.area_id in within]
    return sorted(found, key=lambda s: (s.peak_p, s.id))


def past(
    desk: Desk, actor: Actor, *, area: str | None, from_ms: int, to_ms: int, before_id: int | None, limit: int
) -> list[SurgeNow]:
    """Surges that began in a span, in an area and below it (without one: in the whole reach), newest first.

    Raises NotAllowedError, NotThereError.
    """
    actor.needs(Right.SEE)
    ids = area_ids(actor, desk.tree, area)
    with desk.store.read() as conn:
        return surges.page(conn, area_ids=ids, from_ms=from_ms, to_ms=to_ms, before_id=before_id, limit=limit)


def surge(store: Store, tree: AreaTree, actor: Actor, surge_id: int) -> SurgeNow:
    """One surge, whether it stands or not. Raises NotAllowedError, NotThereError."""
    actor.needs(Right.SEE)
    with store.read() as conn:
        return _found(conn, tree, actor, surge_id)


def _found(conn: Connection, tree: AreaTree, actor: Actor, surge_id: int) -> SurgeNow:
    found = surges.by_ids(conn, [surge_id])
    if not found or not actor.reaches(tree, tree.ordinal_by_id.get(found[0].area_id, 0)):
        raise NotThereError("there is no such surge")
    return found[0]
