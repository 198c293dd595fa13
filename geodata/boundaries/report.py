"""What an import of areas found: refusals, notices and facts, each with its place; for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from rich.console import Console
from rich.table import Table

LISTED_MAX = 1000
PRINTED_MAX = 8
"""Findings kept, and printed, per rule; the counts are always whole."""


class Severity(StrEnum):
    """A refusal stops the import; a notice is imported and told; a fact only says what was done."""

    REFUSED = "refused"
    NOTICE = "notice"
    FACT = "fact"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the check and how much it weighs."""

    severity: Severity
    title: str


_R, _N, _F = Severity.REFUSED, Severity.NOTICE, Severity.FACT
RULES: Mapping[str, Rule] = MappingProxyType({
    "unreadable": Rule(_R, "files or columns that cannot be read"),
    "crs": Rule(_R, "coordinates that cannot be where the file says"),
    "missing_code": Rule(_R, "areas without a code"),
    "unusable_code": Rule(_R, "codes that cannot be used"),
    "duplicate_code": Rule(_R, "codes that stand more than once"),
    "orphan": Rule(_R, "areas whose parent does not exist"),
    "no_root": Rule(_R, "no one root area"),
    "not_above": Rule(_R, "parents that are not on a higher level, or areas in a circle"),
    "empty_level": Rule(_R, "levels without areas"),
    "no_polygon": Rule(_R, "areas without a polygon"),
    "edition": Rule(_R, "an edition older than the one in force"),
    "left_out": Rule(_N, "broken areas left out, as asked"),
    "invalid_polygon": Rule(_N, "invalid polygons (stored repaired)"),
    "mixed_geometry": Rule(_N, "geometries with points or lines beside polygons (those are left out)"),
    "overlap": Rule(_N, "overlaps between areas of a level"),
    "gap": Rule(_N, "parts of an area that no area below covers"),
    "beyond_parent": Rule(_N, "parts of areas outside their parent"),
    "missing_name": Rule(_N, "areas without a name (shown by code)"),
    "name_twice": Rule(_N, "names that are not unique on their level"),
    "unequal_codes": Rule(_N, "codes of unequal length: lost leading zeros?"),
    "suspect_crs": Rule(_N, "suspicion of a wrong CRS"),
    "assumed": Rule(_N, "assumptions about the files"),
    "wrong_date": Rule(_N, "dates that cannot be read"),
    "not_in_force": Rule(_N, "areas not in force on the day of the edition (left out)"),
    "moved_code": Rule(_N, "codes that name another place than before (old area closed, new id)"),
    "reattached": Rule(_N, "events and units placed again, because their area is closed or now has areas below"),
    "merged_parts": Rule(_F, "rows with one code joined into one area, as asked"),
    "read": Rule(_F, "files read"),
    "root_made": Rule(_F, "root made as asked"),
    "parents": Rule(_F, "how parents were found"),
    "checked": Rule(_F, "what was checked"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: the rule, in words, and where (WGS-84), of what size where that applies."""

    rule: str
    text: str
    level: str = ""
    code: str = ""
    lon: float | None = None
    lat: float | None = None
    size_m2: float | None = None


@dataclass
class Report:
    """The outcome of an import or a dry run. ``totals`` counts findings, sizes in ``sizes_m2``, whole per rule."""

    findings: list[Finding] = field(default_factory=list)
    totals: Counter[str] = field(default_factory=Counter)
    sizes_m2: dict[str, float] = field(default_factory=dict)
    counts: list[tuple[str, str, str, int]] = field(default_factory=list)
    written: bool = False
    dry_run: bool = False
    edition: str = ""
    build: str = ""
    changes: dict[str, int] = field(default_factory=dict)
    tiles: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, rule: str, text: str, **where: Any) -> None:
        """Note a finding of a known rule."""
        finding = Finding(rule, text, **where)
        assert rule in RULES
        self.totals[rule] += 1
        if finding.size_m2 is not None:
            self.sizes_m2[rule] = self.sizes_m2.get(rule, 0.0) + finding.size_m2
        if self.totals[rule] <= LISTED_MAX:
            self.findings.append(finding)

    def of(self, rule: str) -> Iterator[Finding]:
        """The findings of one rule, largest first where they have a size."""
        found = (f for f in self.findings if f.rule == rule)
        return iter(sorted(found, key=lambda f: -(f.size_m2 or 0.0)))

    @property
    def refused(self) -> bool:
        """Whether something breaks the hierarchy, so that nothing is written."""
        return any(RULES[rule].severity is Severity.REFUSED for rule, n in self.totals.items() if n)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data for JSON."""
        return {
            "written": self.written, "dry_run": self.dry_run, "refused": self.refused, "edition": self.edition,
            "build": self.build, "seconds": round(self.seconds, 2), "changes": self.changes, "tiles": self.tiles,
            "levels": [dict(zip(("key", "name_zh", "name_en", "areas"), row, strict=True)) for row in self.counts],
            "totals": {
                rule: {"severity": RULES[rule].severity.value, "title": RULES[rule].title, "count": n,
                       "size_m2": round(self.sizes_m2[rule], 1) if rule in self.sizes_m2 else None}
                for rule, n in self.totals.items()
            },
            "findings": [{k: v for k, v in asdict(f).items() if v not in ("", None)} for f in self.findings],
        }  # fmt: skip

    def print(self, console: Console) -> None:
        """Print it for people."""
        if self.counts:
            table = Table("level", "名称", "name", "areas")
            for row in self.counts:
                table.add_row(*row[:3], f"{row[3]:,}")
            console.print(table)
        for severity, style in ((_F, "dim"), (_N, "yellow"), (_R, "bold red")):
            for rule, about in RULES.items():
                if about.severity is severity and self.totals[rule]:
                    self._print_rule(console, rule, style)
        console.print(self.outcome(), style="bold red" if self.refused else "bold green")

    def _print_rule(self, console: Console, rule: str, style: str) -> None:
        n, size = self.totals[rule], self.sizes_m2.get(rule)
        head = f"{RULES[rule].severity}: {RULES[rule].title}: {n:,}"
        console.print(head + (f", {size:,.0f} m² in all" if size is not None else ""), style=style, markup=False)
        for shown, f in enumerate(self.of(rule)):
            if shown == PRINTED_MAX:
                console.print(f"    … and {n - shown:,} more", style=style)
                break
            where = "" if f.lon is None else f" at {f.lon:.5f}, {f.lat:.5f}"
            what = " ".join(x for x in (f.level, f.code) if x)
            area = "" if f.size_m2 is None else f", {f.size_m2:,.1f} m²"
            console.print(f"    {what + ': ' if what else ''}{f.text}{area}{where}", markup=False, highlight=False)

    def outcome(self) -> str:
        """The last line: what has been done."""
        if self.refused:
            return "Refused; nothing was written."
        if self.dry_run:
            return "Dry run; nothing was written."
        areas = sum(row[3] for row in self.counts)
        changed = ", ".join(f"{n:,} {what}" for what, n in self.changes.items())
        return f"Imported {areas:,} areas ({changed}) in {self.seconds:.1f} s; build {self.build}."
