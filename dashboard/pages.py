"""The pages as data: which panels each shows and on which side, and what the browser is told once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dashboard import ids
from dashboard.words import BROWSER
from geodata.domain.catalogue import Catalogue
from geodata.domain.events import OPEN, SOURCES, STATES, Stage
from geodata.domain.figures import FIGURES, held_by
from geodata.domain.focus import LOOKS, Focus, Look
from geodata.domain.lights import LIGHTS
from geodata.domain.picking import PICKS, USUAL
from geodata.domain.units import DEPARTMENTS


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: its id, and whether it is worth its room on every wall (else only on wide ones) and on a phone."""

    id: str
    on_wall: bool = True


SIDES: Mapping[str, Sequence[Panel]] = MappingProxyType({
    ids.LEFT: (Panel(ids.KPI), Panel(ids.ALL_TIME, on_wall=False), Panel(ids.CLASSES), Panel(ids.CURVE)),
    ids.RIGHT: (Panel(ids.FEED), Panel(ids.WORST, on_wall=False), Panel(ids.COVERAGE, on_wall=False),
                Panel(ids.RANKING)),
})  # fmt: skip


def city_facts(
    catalogue: Catalogue, layer_ids: Sequence[str], looks: Mapping[Focus, Look] = LOOKS
) -> dict[str, Any]:  # fmt: skip
    """What the browser needs besides the live frames. ``layer_ids`` are in drawing order; switches read top down."""
    return {
        "words": {lang: dict(table) for lang, table in BROWSER.items()},
        "layers": list(reversed(layer_ids)),
        "classes": [(c.code, c.name_zh, c.name_en) for c in catalogue.classes.values()],
        "states": [s.value for s in STATES if s in OPEN],
        "held": {figure.value: [s.value for s in held_by(figure)] for figure in FIGURES},
        "sources": [s.value for s in SOURCES],
        "lights": list(LIGHTS),
        "stages": [s.value for s in Stage],
        "kinds": list(DEPARTMENTS),
        "periods": {"picks": list(PICKS), "usual": USUAL},
        "focuses": {
            focus.value: _look(look, catalogue) for focus, look in looks.items() if look.fits(catalogue.classes)
        },
        "home": "/",
    }


def _look(look: Look, catalogue: Catalogue) -> dict[str, Any]:
    """What a theme screen stands for: panels, and parameters of an address as the address would say them."""
    classes = ".".join(code for code in look.classes if code in catalogue.classes)
    urgencies = ".".join(map(str, look.urgencies))
    view = {"layers": ".".join(look.layers), "measure": look.measure, "classes": classes, "urgencies": urgencies}
    return {"panels": list(look.panels), "view": view}
