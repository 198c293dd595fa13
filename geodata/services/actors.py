"""Who asks: every service is called in the name of an actor, who carries its rights and its jurisdiction."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from geodata.domain.areas import AreaTree
from geodata.domain.events import FOLLOWS, Stage
from geodata.domain.roles import ANSWERS, REVEALS, SCOPE_RIGHTS, Right, Role, Scope, acts_of, rights_of

PEOPLE = "people"
"""The source system, and the feed, of everything that people report."""


class NotAllowedError(PermissionError):
    """The actor has not got the right. What is not in its jurisdiction is not refused but unknown, as if it did not
    exist."""

    def __init__(self, actor: Actor, right: str) -> None:
        super().__init__(f"{actor.name or 'nobody'} may not {right}")
        self.right = right


@dataclass(frozen=True, slots=True)
class Actor:
    """An account as it asks. Nobody may do anything by default.

    ``areas``: the codes of its jurisdiction, each with all below it; None is the whole city (``operator`` only).
    ``systems``: the source systems that a feed may speak for; None is any. ``address``: where it asks from.
    ``token_id`` names the session or key; ``page`` and ``unit_code`` are what a screen and a unit member are bound to.
    """

    name: str = ""
    roles: frozenset[Role] = frozenset()
    areas: frozenset[str] | None = frozenset()
    rights: frozenset[Right] = frozenset()
    acts: frozenset[str] = frozenset()
    systems: frozenset[str] | None = frozenset()
    account_id: int = 0
    token_id: int = 0
    address: str = ""
    page: str = ""
    unit_code: str = ""

    @classmethod
    def of(
        cls, name: str, roles: frozenset[Role], areas: frozenset[str], *, scopes: frozenset[Scope] = frozenset(),
        systems: frozenset[str] | None = frozenset(), account_id: int = 0, token_id: int = 0, address: str = "",
        page: str = "", unit_code: str = "",
    ) -> Actor:  # fmt: skip
        """The actor of an account: the rights of its roles; of a feed only those within its scopes."""
        rights, acts = rights_of(roles), acts_of(roles)
        if Role.FEED in roles:
            scoped: frozenset[Right] = frozenset().union(*(SCOPE_RIGHTS[s] for s in scopes))
            rights, acts = rights & scoped, acts if Scope.ACT in scopes else frozenset()
        else:
            systems = frozenset({PEOPLE})  # no login stands in an event
        return cls(name, roles, areas, rights, acts, systems, account_id, token_id, address, page, unit_code)

    @classmethod
    def operator(cls, name: str = "operator") -> Actor:
        """Whoever works on the machine itself and can read its files anyway: every right, the whole city."""
        return cls(name, frozenset(Role), None, frozenset(Right), frozenset(FOLLOWS), None, address="local")

    def may(self, right: Right) -> bool:
        """Whether it has the right, anywhere."""
        return right in self.rights

    def needs(self, right: Right) -> None:
        """NotAllowedError where it has not got the right."""
        if right not in self.rights:
            raise NotAllowedError(self, right.value)

    def reaches(self, tree: AreaTree, o: int) -> bool:
        """Whether the area with this ordinal lies in its jurisdiction."""
        if self.areas is None:
            return True
        for code in self.areas:
            top = tree.ordinal.get(code)
            if top is not None and top <= o < tree.end[top]:
                return True
        return False

    def ordinals(self, tree: AreaTree) -> list[range]:
        """The ordinals of its jurisdiction as ranges that do not overlap, in their order."""
        if self.areas is None:
            return [range(len(tree))]
        tops = sorted(o for code in self.areas if (o := tree.ordinal.get(code)) is not None)
        spans: list[range] = []
        for o in tops:
            if not spans or o >= spans[-1].stop:
                spans.append(range(o, int(tree.end[o])))
        return spans

    def home(self, tree: AreaTree) -> int | None:
        """The ordinal of the first of its areas; None where none of them is in force."""
        spans = self.ordinals(tree)
        return spans[0].start if spans else None

    @property
    def is_unit_member(self) -> bool:
        """Whether it acts as a unit: a feed, which may act for all, does not."""
        return Role.UNIT_MEMBER in self.roles and Role.FEED not in self.roles

    def may_reveal(self, stage: Stage | None, unit_code: str, *, waits: bool = False) -> bool:
        """Whether it handles an event of this stage, dispatched to this unit; an ended event is nobody's, but while its
        reporter ``waits`` for a reply."""
        if stage is None:
            return waits and bool(ANSWERS & self.roles)
        handling = REVEALS[stage] & self.roles
        if handling == {Role.UNIT_MEMBER}:
            return bool(unit_code) and unit_code == self.unit_code
        return bool(handling)


NOBODY = Actor()
asking: ContextVar[Actor] = ContextVar("asking", default=NOBODY)
"""Who asks in this request: set by the gate, read by callbacks and doors. Without a gate it is nobody."""
