"""Who asks: every service is called in the name of an actor."""

from __future__ import annotations

from dataclasses import dataclass

from geodata.domain.areas import AreaTree


@dataclass(frozen=True, slots=True)
class Actor:
    """A person's account or a system at the door. ``areas``: codes it may act in with all below; None: the city."""

    name: str
    source_system: str = ""
    areas: frozenset[str] | None = None

    def may_act_in(self, tree: AreaTree, o: int) -> bool:
        """Whether the area with this ordinal is in its reach."""
        if self.areas is None:
            return True
        return any(tree.areas[i].code in self.areas for i in tree.chain(o))
