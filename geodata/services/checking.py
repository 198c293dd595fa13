"""``check``: does what is kept agree with what happened? Recounts slowly and names every difference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from geodata.domain.areas import AreaTree
from geodata.services.access import Access
from geodata.store import recount, settings
from geodata.store.areas import load_tree
from geodata.store.engine import Store
from geodata.store.folder import DataFolder
from geodata.store.history import imports_that_differ
from geodata.store.tallies import TOTALS


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``wrong`` says it needs someone."""

    subject: str
    text: str
    wrong: bool = False


def check_city(store: Store, folder: DataFolder) -> list[Finding]:
    """Look at areas, tiles, totals, roll-ups and quarantine. Reads only."""
    found: list[Finding] = []
    with store.read() as conn:
        tree = load_tree(conn)
        direct, kept = recount.events_by_area(conn), recount.totals_by_area(conn)
        rolled = recount.rolled_up(conn, tree.areas[0].id) if not tree.is_leaf(0) else None
        waiting = recount.quarantined(conn)
        build = settings.get(conn, settings.AREAS_BUILD) or ""
    per_level = np.bincount(tree.depth, minlength=len(tree.levels))
    counts = (f"{level.name_en} {n:,}" for level, n in zip(tree.levels, per_level, strict=True))
    found.append(Finding("areas", " / ".join(counts)))
    tiles = folder.area_tiles(build)
    found.append(Finding("tiles", f"{tiles} {'is there' if tiles.exists() else 'is missing: import the areas again'}",
                         not tiles.exists()))  # fmt: skip
    found += totals_agree(tree, direct, kept)
    events = sum(c.reported for c in direct)
    if rolled is not None:
        found.append(Finding("roll-ups", f"{rolled:,} reports rolled up, {events:,} events", rolled != events))
    found += [Finding("quarantine", f"{feed}: {n:,} records wait for replay") for feed, n in sorted(waiting.items())]
    return found


def check_audit(access: Access, known_head: str = "") -> list[Finding]:
    """Whether the audit's chain is unbroken, and the change log is what its lines cover.

    The head is worth noting where nobody can change it. Of a chain that is broken nothing hangs any more.
    """
    with access.store.read() as conn:
        lines, head, broken = access.audit.check(conn, known_head)
        if broken is not None:
            return [Finding("audit", f"broken: {broken.text}", wrong=True)]
        found = access.audit.check_changes(conn)
        strays, differ = recount.stray_states(conn), imports_that_differ(conn)
    said = f"{found.covered:,} covered by lines of the audit"
    if found.broken:
        said = f"broken: {found.broken}; {said} up to there"
    if found.before:
        said += f"; {found.before:,} older ones are not: from before the audit covered them, or with lines forgotten"
    if differ:
        imported = f"the events of change {differ[0]} are not those that were imported"
    else:
        imported = "the events of every import are those that were imported"
    return [
        Finding("audit", f"{lines:,} lines, unbroken; head {head}"),
        Finding("changes", said, wrong=bool(found.broken)),
        Finding("imports", imported, wrong=bool(differ)),
        Finding("states", f"{len(strays):,} events do not stand as their last change says: {', '.join(strays[:5])}",
                wrong=True) if strays else Finding("states", "every event stands as its last change says"),
    ]  # fmt: skip


def totals_agree(
    tree: AreaTree, direct: Iterable[recount.Counted], kept: Iterable[recount.Counted]
) -> list[Finding]:
    """One finding for each kept total that differs from the recount, or one that says all agree."""
    below = np.zeros((len(tree) + 1, len(TOTALS)), np.int64)
    lost = 0
    for c in direct:
        o = tree.ordinal_by_id.get(c.area_id)
        if o is None:
            lost += c.reported
        else:
            below[o + 1] += c[1:]
    summed = below.cumsum(axis=0)
    truth = summed[tree.end] - summed[:-1]
    held = np.zeros_like(truth)
    for c in kept:
        if (o := tree.ordinal_by_id.get(c.area_id)) is not None:
            held[o] = c[1:]
    found = [
        Finding("totals", f"{tree.areas[o].code}: {TOTALS[k]} kept {held[o, k]:,}, counted {truth[o, k]:,}", True)
        for o, k in zip(*np.nonzero(truth != held), strict=True)
    ]
    if lost:
        found.append(Finding("totals", f"{lost:,} events stand at areas that are no longer in force", True))
    return found or [Finding("totals", f"{int(truth[0, 0]):,} events; the totals of {len(tree):,} areas agree")]
