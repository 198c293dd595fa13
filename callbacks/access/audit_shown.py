"""Lines of the audit as people read them: what was changed from what to what, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dashboard.format import NONE
from dashboard.forms import when
from dashboard.words import ALL, words
from geodata.domain.events import FOLLOWS
from geodata.services.audit_reading import ACTIONS
from geodata.store.audit import Line

VALUES = (
    "name", "roles", "areas", "scopes", "systems", "page", "unit_code", "totp_required", "federated", "why", "failures",
    "agent", "account", "kind", "second_factor_forgotten", "actor", "action", "subject", "from_ms", "to_ms", "state",
    "unit", "deadline_ms", "handled_ms", "ended_ms", "reason", "call_sign", "home_area_id", "skills", "status",
    "subtype", "source", "found", "until_ms", "into", "accountable", "order_kind", "placard_level", "assists", "marks",
    "photo", "stage", "consent", "trigger", "tier", "raised_ms", "covers", "n_event", "n_alert", "n_unit", "n_import",
    "n_areas", "n_roster", "n_roads", "n_surge", "steps", "transition", "hold_s", "programme", "top", "right", "bottom",
    "left", "columns", "rows", "bezel", "dim", "dim_from", "dim_to", "shift", "shown", "address",
)  # fmt: skip
"""Values that have words for what they are; others stand there by their own name."""
SAID_AS: Mapping[str, str] = MappingProxyType({
    "roles": "role.", "scopes": "scope.", "state": "state.", "status": "unit_status.", "source": "source.",
    "page": "screen_page.", "why": "audit_why.", "kind": "unit_kind.", "stage": "photo_stage.",
    "transition": "transition.", "marks": "mark.",
    "trigger": "alert.trigger.", "order_kind": "order_kind.", "placard_level": "placard_level.",
    "shown": "shown_kind.",
})  # fmt: skip
YES_OR_NO = frozenset({"totp_required", "federated", "second_factor_forgotten", "found"})
TELLING = frozenset({"found", "failures"})
"""Values that tell something even when they are nothing."""


class Change(NamedTuple):
    """A value before and after as text; ``old`` None where there was none."""

    name: str
    old: str | None
    new: str


def action_said(lang: str, action: str) -> str:
    """What was done."""
    if action == "*":
        return words(lang, "audit.action.all")
    if action in FOLLOWS:
        return words(lang, f"act.{action}")
    return words(lang, f"audit_action.{action}") if action in ACTIONS else action


def changes(line: Line, lang: str, zone: ZoneInfo) -> list[Change]:
    """What a line says about old and new values: those that differ, and of what is new all that is something; at the
    end which changes it covers.
    """
    old, new = _values(line.old), _values(line.new)
    if line.first_seq:
        few = line.first_seq == line.last_seq
        new["covers"] = f"{line.first_seq:,}" if few else f"{line.first_seq:,}–{line.last_seq:,}"
    differ = [n for n in dict.fromkeys((*old, *new)) if (old.get(n) or None) != (new.get(n) or None) or n in TELLING]
    return [
        Change(
            words(lang, f"audit_value.{n}") if n in VALUES else n,
            _said(lang, zone, n, old[n]) if n in old else None, _said(lang, zone, n, new.get(n)),
        )
        for n in differ
    ]  # fmt: skip


def _values(text: str) -> dict[str, object]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:  # it was too long to be kept whole
        return {"…": text[:200]}
    return found if isinstance(found, dict) else {"…": found}


def _said(lang: str, zone: ZoneInfo, name: str, value: object) -> str:
    if value is None or value in ("", []):
        return NONE
    if isinstance(value, list):
        return ", ".join(_said(lang, zone, name, one) for one in value)
    if name in YES_OR_NO:
        return words(lang, "audit.yes") if value else words(lang, "audit.no")
    if name.endswith("_ms") and isinstance(value, int):
        return when(zone, value)
    key = f"{SAID_AS[name]}{value}" if name in SAID_AS else ""
    return words(lang, key) if key in ALL[lang] else str(value)
