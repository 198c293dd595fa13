"""Roles 角色 and rights 权限: who may do what, as one table. Where one may do it is the jurisdiction of the account."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from geodata.domain.events import Stage


class Role(StrEnum):
    """What an account is for."""

    VIEWER = "viewer"
    LEADER = "leader"
    INTAKE = "intake"
    DUTY_OFFICER = "duty_officer"
    SHIFT_LEADER = "shift_leader"
    CENTRE_HEAD = "centre_head"
    UNIT_MEMBER = "unit_member"
    UNIT_HEAD = "unit_head"
    SCREEN = "screen"
    FEED = "feed"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Right(StrEnum):
    """What may be seen or done, besides the steps of an event's life (``ACTS``)."""

    SEE = "see"
    OPEN_EVENTS = "open_events"
    SEE_UNITS = "see_units"
    READ_TRACKS = "read_tracks"
    EXPORT = "export"
    REPORT = "report"
    ENROL = "enrol"
    SEND_POSITIONS = "send_positions"
    SIGN_ON = "sign_on"
    READ_QUARANTINE = "read_quarantine"
    REPLAY = "replay"
    SEE_HEALTH = "see_health"
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_SCREENS = "manage_screens"
    MANAGE_PHONES = "manage_phones"
    MANAGE_FEEDS = "manage_feeds"
    READ_AUDIT = "read_audit"
    ACKNOWLEDGE = "acknowledge"
    READ_ALERTS = "read_alerts"
    JUDGE_SURGES = "judge_surges"


R = Role
PEOPLE: frozenset[Role] = frozenset(Role) - {R.SCREEN, R.FEED}
"""Roles of accounts that a person signs in to; they may be combined. A screen and a feed are nothing else besides."""

_STAFF = frozenset({
    R.LEADER, R.INTAKE, R.DUTY_OFFICER, R.SHIFT_LEADER, R.CENTRE_HEAD, R.UNIT_MEMBER, R.UNIT_HEAD,
})  # fmt: skip

RIGHTS: Mapping[Right, frozenset[Role]] = MappingProxyType({
    Right.SEE: frozenset(Role),
    Right.OPEN_EVENTS: _STAFF | {R.FEED},
    Right.SEE_UNITS: _STAFF | {R.FEED},
    Right.READ_TRACKS: frozenset({R.SHIFT_LEADER, R.CENTRE_HEAD}),
    Right.EXPORT: frozenset({R.LEADER, R.SHIFT_LEADER, R.CENTRE_HEAD}),
    Right.REPORT: frozenset({R.INTAKE, R.DUTY_OFFICER, R.SHIFT_LEADER, R.UNIT_MEMBER, R.FEED}),
    Right.ENROL: frozenset({R.SHIFT_LEADER, R.CENTRE_HEAD, R.FEED}),
    Right.SEND_POSITIONS: frozenset({R.UNIT_MEMBER, R.FEED}),
    Right.SIGN_ON: frozenset({R.UNIT_MEMBER}),
    Right.READ_QUARANTINE: frozenset({R.ADMIN, R.FEED}),
    Right.REPLAY: frozenset({R.ADMIN, R.FEED}),
    Right.SEE_HEALTH: frozenset({R.ADMIN, R.SHIFT_LEADER, R.CENTRE_HEAD, R.FEED}),
    Right.MANAGE_ACCOUNTS: frozenset({R.ADMIN}),
    Right.MANAGE_SCREENS: frozenset({R.ADMIN, R.SHIFT_LEADER}),
    Right.MANAGE_PHONES: frozenset({R.ADMIN, R.SHIFT_LEADER}),
    Right.MANAGE_FEEDS: frozenset({R.ADMIN}),
    Right.READ_AUDIT: frozenset({R.AUDITOR}),
    Right.ACKNOWLEDGE: _STAFF,
    Right.READ_ALERTS: frozenset({R.LEADER, R.SHIFT_LEADER, R.CENTRE_HEAD}),
    Right.JUDGE_SURGES: frozenset({R.LEADER, R.SHIFT_LEADER, R.CENTRE_HEAD}),
})  # fmt: skip

ACTS: Mapping[str, frozenset[Role]] = MappingProxyType({
    "ask_verify": frozenset({R.INTAKE, R.FEED}),
    "verify": frozenset({R.UNIT_MEMBER, R.FEED}),
    "register": frozenset({R.INTAKE, R.FEED}),
    "reject": frozenset({R.INTAKE, R.FEED}),
    "dispatch": frozenset({R.DUTY_OFFICER, R.SHIFT_LEADER, R.FEED}),
    "accept": frozenset({R.UNIT_MEMBER, R.FEED}),
    "arrive": frozenset({R.UNIT_MEMBER, R.FEED}),
    "report_back": frozenset({R.UNIT_MEMBER, R.FEED}),
    "return": frozenset({R.UNIT_MEMBER, R.FEED}),
    "confirm_return": frozenset({R.SHIFT_LEADER, R.FEED}),
    "refuse_return": frozenset({R.SHIFT_LEADER, R.FEED}),
    "ask_extend": frozenset({R.UNIT_MEMBER, R.FEED}),
    "grant_extend": frozenset({R.SHIFT_LEADER, R.CENTRE_HEAD, R.FEED}),
    "refuse_extend": frozenset({R.SHIFT_LEADER, R.CENTRE_HEAD, R.FEED}),
    "ask_check": frozenset({R.INTAKE, R.DUTY_OFFICER, R.FEED}),
    "check": frozenset({R.UNIT_MEMBER, R.FEED}),
    "rework": frozenset({R.UNIT_MEMBER, R.FEED}),
    "close": frozenset({R.INTAKE, R.FEED}),
    "force_close": frozenset({R.SHIFT_LEADER, R.FEED}),
    "void": frozenset({R.SHIFT_LEADER, R.FEED}),
    "merge": frozenset({R.INTAKE, R.FEED}),
    "suspend": frozenset({R.CENTRE_HEAD, R.FEED}),
    "resume": frozenset({R.CENTRE_HEAD, R.FEED}),
    "reopen": frozenset({R.SHIFT_LEADER, R.FEED}),
    "supervise": frozenset({R.LEADER, R.CENTRE_HEAD, R.FEED}),
    "answer": frozenset({R.DUTY_OFFICER, R.SHIFT_LEADER, R.FEED}),
    "placard": frozenset({R.LEADER, R.FEED}),
    "progress": frozenset({R.SHIFT_LEADER, R.CENTRE_HEAD, R.FEED}),
    "lift": frozenset({R.LEADER, R.FEED}),
    "reply": frozenset({R.INTAKE, R.SHIFT_LEADER, R.FEED}),
})  # fmt: skip
"""Who may take which step of ``events.FOLLOWS``; a feed only where its key has the scope ``act``."""

OWN_UNIT = frozenset({"accept", "arrive", "report_back", "return", "ask_extend"})
OTHER_UNIT = frozenset({"check", "rework"})
"""Steps that a unit member takes for its own unit's events only, and those that it must not take for them."""
SECOND_EXTENSION = frozenset({R.CENTRE_HEAD, R.FEED})
"""Who decides on the second extension of an event; the first is the shift leader's (and the centre head's)."""

REVEALS: Mapping[Stage, frozenset[Role]] = MappingProxyType({
    Stage.ACCEPT: frozenset({R.INTAKE}),
    Stage.DISPATCH: frozenset({R.DUTY_OFFICER}),
    Stage.HANDLE: frozenset({R.DUTY_OFFICER, R.UNIT_MEMBER}),
    Stage.CHECK: frozenset({R.INTAKE}),
    Stage.PAUSED: frozenset({R.CENTRE_HEAD}),
})  # fmt: skip
"""Who may reveal a reporter's contact: the role that handles the stage the event is in. A unit only its own event's."""
ANSWERS: frozenset[Role] = ACTS["reply"] - {R.FEED}
"""Who may reveal it after the end, while its reporter waits for a reply. A feed knows its own callers."""


class Scope(StrEnum):
    """What the key of a feed is for; a key has one or more."""

    REPORT = "report"
    ACT = "act"
    ENROL = "enrol"
    POSITIONS = "positions"
    READ = "read"
    QUARANTINE = "quarantine"


SCOPE_RIGHTS: Mapping[Scope, frozenset[Right]] = MappingProxyType({
    Scope.REPORT: frozenset({Right.REPORT}),
    Scope.ACT: frozenset(),
    Scope.ENROL: frozenset({Right.ENROL}),
    Scope.POSITIONS: frozenset({Right.SEND_POSITIONS}),
    Scope.READ: frozenset({Right.SEE, Right.OPEN_EVENTS, Right.SEE_UNITS, Right.SEE_HEALTH}),
    Scope.QUARANTINE: frozenset({Right.READ_QUARANTINE, Right.REPLAY}),
})  # fmt: skip


class Audience(StrEnum):
    """For whose eyes a picture is. The public one holds no name, no unit's code and no thread from dot to dot."""

    PUBLIC = "public"
    STAFF = "staff"


def rights_of(roles: frozenset[Role]) -> frozenset[Right]:
    """All rights that these roles give together."""
    return frozenset(right for right, holders in RIGHTS.items() if holders & roles)


def acts_of(roles: frozenset[Role]) -> frozenset[str]:
    """All steps that these roles may take together."""
    return frozenset(act for act, holders in ACTS.items() if holders & roles)
