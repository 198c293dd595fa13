"""From the areas of some files to one tree: faults named, nothing guessed. What breaks the tree is refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geodata.boundaries.areaset import AreaSet
from geodata.boundaries.drafts import ROOT, Draft, drafts_of, find_parents
from geodata.boundaries.mapping import LevelName, Root, Source
from geodata.boundaries.mvt import Geometries
from geodata.boundaries.reading import RawAreas
from geodata.boundaries.report import Report
from geodata.domain.areas import Level
from geodata.domain.view import CODE_MAX

NAME_MAX = 128


@dataclass(frozen=True, slots=True)
class TreeRules:
    """How to make the tree: a root to make, parts to join, broken areas to leave out, the day of the edition."""

    root: Root | None
    edition: str
    merge_parts: bool = False
    leave_out: bool = False


def tree_of_levels(
    files: Sequence[tuple[LevelName, Source, RawAreas]], rules: TreeRules, report: Report
) -> AreaSet | None:
    """The tree of files that are one level each, the city first; None where it is refused."""
    drafts: list[Draft] = []
    for depth, (name, source, raw) in enumerate(files):
        rows = _sound(_in_force(drafts_of(raw, depth, name.key), rules, report), rules, report)
        if not rows:
            report.add("empty_level", f"level {name.key} has no areas", level=name.key)
        elif depth == 0:
            for d in rows:
                d.parent = ROOT
        else:
            for d in rows:
                d.parent = ROOT if rules.root and d.said == rules.root.code else ""
            if drafts:
                find_parents([d for d in rows if not d.parent], drafts, source, raw.has_parent_column, report)
        drafts += rows
    return _finish(drafts, [name for name, _, _ in files], rules, report)


def tree_of_one_file(raw: RawAreas, names: Sequence[LevelName], rules: TreeRules, report: Report) -> AreaSet | None:
    """The tree of one file whose areas of all levels name their parents; None where it is refused."""
    drafts = _sound(_in_force(drafts_of(raw, 0, ""), rules, report), rules, report)
    codes = {d.code for d in drafts}
    for d in drafts:
        if not d.said or d.said == d.code or (rules.root and d.said == rules.root.code):
            d.parent = ROOT
        elif d.said in codes:
            d.parent = d.said
        else:
            d.why = f"names the parent {d.said}, which does not exist"
    loose = [d for d in drafts if not d.parent]
    if len(loose) == 1 and all(d.parent != ROOT for d in drafts):
        loose[0].parent = ROOT
    first = 0 if rules.root is None else 1
    deepest = _depths_from_parents(drafts)
    names = list(names)
    names += [LevelName.numbered(k + first) for k in range(len(names), deepest + 1)]
    for d in drafts:
        d.level = names[d.depth].key if d.depth >= 0 else ""
    return _finish(drafts, names[: deepest + 1], rules, report)


def _depths_from_parents(drafts: Sequence[Draft]) -> int:
    """Set each draft's depth by its parents; −1 for those in a circle. The largest depth."""
    below: dict[str, list[Draft]] = defaultdict(list)
    for d in drafts:
        d.depth = -1
        below[d.parent].append(d)
    now, depth = below[ROOT] + below[""], 0
    while now:
        for d in now:
            d.depth = depth
        now = [c for d in now for c in below[d.code] if c.depth < 0]
        depth += 1
    return max(depth - 1, 0)


def _in_force(drafts: list[Draft], rules: TreeRules, report: Report) -> list[Draft]:
    """The areas of the edition; the others are named."""
    now = []
    for d in drafts:
        if d.valid_from <= rules.edition and not (d.valid_to and d.valid_to <= rules.edition):
            now.append(d)
            continue
        span = f"valid from {d.valid_from or '…'} to {d.valid_to or '…'}"
        report.add("not_in_force", f"{d.name or 'area'}, {span}", level=d.level, code=d.code)
    return now


def _fault(rule: str, text: str, d: Draft, rules: TreeRules, report: Report) -> None:
    report.add("left_out" if rules.leave_out else rule, text, **d.where())


def _sound(drafts: list[Draft], rules: TreeRules, report: Report) -> list[Draft]:
    """The drafts that have a code and a polygon of their own; each that has not is a fault."""
    drafts = _joined(drafts, report) if rules.merge_parts else drafts
    sound = []
    for row, d in enumerate(drafts):
        if not d.code:
            _fault("missing_code", f"row {row + 1} ({d.name or 'no name'}) has no code", d, rules, report)
        elif len(d.code) > CODE_MAX or "/" in d.code or d.code in (".", "..") or not d.code.isprintable():
            text = f"{d.code[:80]!r}: a code stands in addresses; at most {CODE_MAX} characters, no slash"
            _fault("unusable_code", text, d, rules, report)
        elif d.polygon is None:
            _fault("no_polygon", f"{d.name or 'area'} has no polygon", d, rules, report)
        else:
            sound.append(d)
    return sound


def _joined(drafts: list[Draft], report: Report) -> list[Draft]:
    """Rows of one code and one name joined into one area."""
    groups: dict[tuple[str, str], list[Draft]] = defaultdict(list)
    for d in drafts:
        groups[d.code, d.name if d.code else str(id(d))].append(d)
    for group in groups.values():
        if len(group) > 1:
            group[0].polygon = shapely.union_all([d.polygon for d in group if d.polygon is not None])
            report.add("merged_parts", f"{len(group)} rows", level=group[0].level, code=group[0].code)
    return [group[0] for group in groups.values()]


def _finish(drafts: list[Draft], names: list[LevelName], rules: TreeRules, report: Report) -> AreaSet | None:
    drafts = _hanging(_unique(drafts, rules, report), rules, report)
    if rules.root:
        drafts, names = _below_root(drafts, names, rules.root, report)
    roots = [d for d in drafts if d.parent == ROOT]
    if len(roots) != 1 and drafts:
        shown = ", ".join(d.code for d in roots[:5])
        text = f"{len(roots)} areas have no parent ({shown}{' …' if len(roots) > 5 else ''}), but a city has one root"
        report.add("no_root", f"{text}: add its file, or make one with --root-code and --root-name")
    elif not drafts and not report.refused:
        report.add("no_root", "there are no areas")
    present = sorted({d.depth for d in drafts})
    for depth, name in enumerate(names):
        if drafts and depth not in present and not report.totals["empty_level"]:
            report.add("empty_level", f"level {name.key} has no areas left", level=name.key)
    return None if report.refused else _area_set(drafts, names)


def _unique(drafts: list[Draft], rules: TreeRules, report: Report) -> list[Draft]:
    """One draft per code."""
    groups: dict[str, list[Draft]] = defaultdict(list)
    for d in drafts:
        groups[d.code].append(d)
    for group in groups.values():
        if len(group) == 1:
            continue
        levels = sorted({d.level for d in group})
        what = f"stands {len(group)} times ({', '.join(sorted({d.name or '—' for d in group})[:3])})"
        if len(levels) > 1:
            text = f"{what} on the levels {', '.join(levels)}; a code_prefix in the mapping makes them different"
        else:
            text = f"{what}; --merge-parts joins rows of one code and name"
        _fault("duplicate_code", text, group[0], rules, report)
    if rules.root and rules.root.code in groups:
        report.add("duplicate_code", "the root to be made has the code of an area in the files", code=rules.root.code)
    return [group[0] for group in groups.values()]


def _hanging(drafts: list[Draft], rules: TreeRules, report: Report) -> list[Draft]:
    """The drafts that hang below a parent on a higher level; what hangs below something left out goes, too."""
    by_code = {d.code: d for d in drafts}
    for d in sorted(drafts, key=lambda d: d.depth):
        if d.parent == ROOT:
            continue
        parent = by_code.get(d.parent)
        if d.depth < 0:
            _fault("not_above", "is its own ancestor", d, rules, report)
        elif not d.parent:
            _fault("orphan", d.why, d, rules, report)
        elif parent is None:
            if rules.leave_out:
                _fault("orphan", f"its parent {d.parent} is left out", d, rules, report)
        elif parent.depth >= d.depth:
            _fault("not_above", f"its parent {d.parent} is on level {parent.level}, not above", d, rules, report)
        else:
            continue
        del by_code[d.code]
    return [d for d in drafts if d.code in by_code]


def _below_root(
    drafts: list[Draft], names: list[LevelName], root: Root, report: Report
) -> tuple[list[Draft], list[LevelName]]:
    """The drafts below a root that is the union of those without a parent."""
    tops = [d for d in drafts if d.parent == ROOT]
    for d in drafts:
        d.depth += 1
        d.parent = root.code if d.parent == ROOT else d.parent
    if not tops:
        return drafts, names
    whole = union([d.polygon for d in tops])
    report.add("root_made", f"{root.code} {root.name} is the union of {len(tops):,} areas", level=root.level.key)
    made = Draft(root.code, root.name, root.name_en, "", "", "", "", whole, 0, root.level.key, ROOT)
    return [made, *drafts], [root.level, *names]


def union(polygons: Iterable[shapely.Geometry | None]) -> shapely.Geometry:
    """The union; by the fast way where the polygons are a coverage."""
    shapes: Geometries = np.array(list(polygons), object)
    if shapely.coverage_is_valid(shapes):
        return shapely.coverage_union_all(shapes)
    return shapely.union_all(shapes)


def _area_set(drafts: list[Draft], names: Sequence[LevelName]) -> AreaSet:
    """The drafts as columns, parents before children, siblings by code."""
    below: dict[str, list[Draft]] = defaultdict(list)
    for d in sorted(drafts, key=lambda d: d.code):
        below[d.parent].append(d)
    ordered: list[Draft] = []
    now = below[ROOT]
    while now:
        ordered += now
        now = [c for d in now for c in below[d.code]]
    ordered.sort(key=lambda d: d.depth)
    row = {d.code: i for i, d in enumerate(ordered)}
    levels = tuple(Level(k, n.key, n.zh or n.en or n.key, n.en or n.zh or n.key) for k, n in enumerate(names))
    return AreaSet(
        levels, [d.code for d in ordered], [(d.name or d.name_en or d.code)[:NAME_MAX] for d in ordered],
        np.array([d.depth for d in ordered], np.int32), np.array([row.get(d.parent, -1) for d in ordered], np.int32),
        np.array([d.polygon for d in ordered], object), [d.name_en[:NAME_MAX] for d in ordered],
        [d.kind[:32] for d in ordered], [d.valid_from for d in ordered], [d.valid_to for d in ordered],
    )  # fmt: skip
