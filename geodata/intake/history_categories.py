"""Classes and subtypes of an export: the city's own from its columns, or the city's catalogue by a table."""

from __future__ import annotations

import hashlib
import re

from geodata.domain.catalogue import Catalogue, EventClass, Subtype
from geodata.intake.history_mapping import HistoryMapping, MappingError

CODE_MAX = 64
_NOT_IN_CODES = re.compile(r"[^\w]+")


def code_of(value: str, longest: int = CODE_MAX) -> str:
    """A code for a name: lower case, words joined by hyphens; a long one is cut and told apart by a digest."""
    code = _NOT_IN_CODES.sub("-", value.casefold()).strip("-_")
    if not code or len(code) > longest:
        code = (code[: longest - 7] + "-" + hashlib.sha256(value.encode()).hexdigest()[:6]).lstrip("-")
    return code


class Categoriser:
    """Gives each pair of category values its subtype; ``classes`` and ``subtypes`` are those it had to make."""

    def __init__(self, mapping: HistoryMapping, catalogue: Catalogue) -> None:
        self._categories = mapping.categories
        self._catalogue = catalogue
        self._by_value = {k.strip().casefold(): v for k, v in mapping.categories.subtypes.items()}
        self.classes: dict[str, EventClass] = {}
        self.subtypes: dict[str, Subtype] = {}
        self._found: dict[tuple[str, str], Subtype | None] = {}
        if mapping.categories.take == "subtypes":
            self._check(mapping)

    def subtype(self, class_value: str, subtype_value: str) -> Subtype | None:
        """The subtype of these values; None where the table knows none."""
        key = (class_value, subtype_value)
        if key not in self._found:
            made = self._make if self._categories.take == "columns" else self._look_up
            self._found[key] = made(class_value, subtype_value)
        return self._found[key]

    def _look_up(self, class_value: str, subtype_value: str) -> Subtype | None:
        for value in (subtype_value, class_value):
            code = self._by_value.get(value.strip().casefold())
            if code is not None:
                return self._catalogue.subtypes[code]
        return self._catalogue.subtypes.get(self._categories.otherwise)

    def _make(self, class_value: str, subtype_value: str) -> Subtype | None:
        c = self._categories
        class_name = class_value.strip() or subtype_value.strip()
        name = subtype_value.strip() or class_name
        if not name:
            return self._look_up(class_value, subtype_value)
        class_code = code_of(class_name)
        self.classes.setdefault(
            class_code, EventClass(class_code, c.class_names_zh.get(class_name, class_name)[:128], class_name[:128])
        )
        code = code_of(f"{class_code} {name}")
        subtype = Subtype(
            code, class_code, c.subtype_names_zh.get(name, name)[:128], name[:128],
            c.urgency.get(name, c.default_urgency), c.limit_work_days, "wd",
        )  # fmt: skip
        return self.subtypes.setdefault(code, subtype)

    def _check(self, mapping: HistoryMapping) -> None:
        named = [*mapping.categories.subtypes.values(), *filter(None, [mapping.categories.otherwise])]
        for code in named:
            if code not in self._catalogue.subtypes:
                raise MappingError(f"categories.subtypes: {code!r} is not in the city's event catalogue")
