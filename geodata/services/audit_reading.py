"""Reading the audit: by whoever has the right, and only what was done within its own jurisdiction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from geodata.domain.areas import AreaTree
from geodata.domain.roles import Right
from geodata.services.access import Access
from geodata.services.actors import Actor
from geodata.services.auditing import CHANGES
from geodata.store import audit
from geodata.store.audit import Line, Sought

EXPORT_MAX = 100_000
STEP = 5_000
ACTIONS = (
    "sign_in", "sign_in_oidc", "step_in", "sign_in_failed", "sign_out", "sign_out_everywhere", "set_password",
    "set_second_factor", "invite_first_admin", "create_account", "change_account", "end_account", "renew_secret",
    "end_token", "open_screen", "issue_phone", "end_phone", "open_phone", "photo", "reveal_contact", "read_track",
    "export", "export_audit", "replay",
    "report", "enrol", "sign_on", "sign_off", "status", "edit", "acknowledge", "plan_roster", CHANGES,
    "judge_surge", "add_programme", "change_programme", "end_programme", "hang_screen",
    "push_view", "hold_screen", "mirror_desk", "release_screen",
)  # fmt: skip
"""What lines tell of, besides the steps of an event (``events.FOLLOWS``)."""


def lines(access: Access, actor: Actor, tree: AreaTree, sought: Sought, limit: int) -> list[Line]:
    """The lines that are sought, newest first. Raises NotAllowedError.

    Lines that belong to no area are for those whose jurisdiction is the whole city.
    """
    actor.needs(Right.READ_AUDIT)
    with access.store.read() as conn:
        return audit.page(conn, replace(sought, areas=_reach(actor, tree)), limit)


def export_lines(access: Access, actor: Actor, tree: AreaTree, sought: Sought, now_ms: int) -> Iterator[Line]:
    """The same lines for a file, EXPORT_MAX at most; that they were taken is a line itself. Raises NotAllowedError."""
    actor.needs(Right.READ_AUDIT)
    told = {
        name: value for name in ("actor", "action", "subject", "from_ms", "to_ms")
        if (value := getattr(sought, name)) not in ("", None)
    }  # fmt: skip
    with access.store.begin() as conn:
        access.audit.record(conn, actor, "export_audit", "audit", at_ms=now_ms, new=told)
    return _walk(access, actor, tree, sought)


def _walk(access: Access, actor: Actor, tree: AreaTree, sought: Sought) -> Iterator[Line]:
    for _ in range(EXPORT_MAX // STEP):
        found = lines(access, actor, tree, sought, STEP)
        yield from found
        if len(found) < STEP:
            return
        sought = replace(sought, before_seq=found[-1].seq)


def _reach(actor: Actor, tree: AreaTree) -> list[str] | None:
    if actor.reaches(tree, 0):
        return None
    return [tree.areas[o].code for span in actor.ordinals(tree) for o in span]
