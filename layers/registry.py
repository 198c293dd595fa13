"""Finding the layers: each module of this folder that is a layer says ``LAYER = …``."""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from layers.base import Layer

NOT_LAYERS = frozenset({"base", "base_style", "child_values", "kit", "palette", "registry"})


class RegistryError(ValueError):
    """The modules of this folder do not make a set of layers; the message names the module."""


def checked(found: Sequence[tuple[str, Any]]) -> tuple[Layer[Any], ...]:
    """The layers of (module name, its ``LAYER`` or None), in drawing order, the lowest first."""
    by_id: dict[str, str] = {}
    layers: list[Layer[Any]] = []
    for module, layer in found:
        if layer is None:
            raise RegistryError(f"layers/{module}.py has no LAYER")
        if layer.id in by_id:
            raise RegistryError(f"layers/{module}.py and layers/{by_id[layer.id]}.py both have the id {layer.id!r}")
        by_id[layer.id] = module
        layers.append(layer)
    return tuple(sorted(layers, key=lambda x: (x.order, x.id)))


def all_layers() -> tuple[Layer[Any], ...]:
    """Every layer of this folder in drawing order; RegistryError for two of one id or a module without one."""
    names = sorted(m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]) if m.name not in NOT_LAYERS)
    return checked([(name, getattr(import_module(f"layers.{name}"), "LAYER", None)) for name in names])


LAYERS: tuple[Layer[Any], ...] = all_layers()
LAYER_IDS: frozenset[str] = frozenset(layer.id for layer in LAYERS)
