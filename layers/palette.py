"""Colours, shapes and type of the map in both themes. Colour never stands alone: each urgency has its own shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from layers.base import Json

SHAPES = ("diamond", "triangle", "circle", "square", "caret", "target", "hollow", "outlined", "ramp", "burst")
"""What a swatch or an icon may look like; the browser draws each of them on the map and in the legend."""

TEXT = ("OneScreen Regular", "Noto Sans CJK SC", "Noto Sans SC", "Microsoft YaHei", "PingFang SC", "sans-serif")
TEXT_BOLD = ("OneScreen Bold", *TEXT[1:])
"""Font stacks. MapLibre draws every glyph from local fonts; it reads the weight off the first name, which none has."""


@dataclass(frozen=True, slots=True)
class Colours:
    """One theme of the map."""

    ground: str
    water: str
    water_edge: str
    road: str
    road_major: str
    relief_light: str
    line: str
    line_current: str
    fill_low: str
    fill_high: str
    name: str
    value: str
    halo: str
    outline: str
    urgency: tuple[str, str, str, str]
    alive: str
    silent: str
    heat: tuple[str, str, str, str]
    five: tuple[str, str, str, str, str, str]
    """Unknown, then the five colours from bad to good."""
    shares: tuple[str, str, str, str, str]
    """One hue from little to much."""


COLOURS: Mapping[str, Colours] = MappingProxyType({
    "dark": Colours(
        ground="#0a111c", water="#143a63", water_edge="#0a1a2e", road="#1c3350", road_major="#29496f",
        relief_light="#22364f", line="#4f9fe8", line_current="#9fd0ff",
        fill_low="#0e2238", fill_high="#2b7fbe",
        name="#e4eefa", value="#ffd27a", halo="#0a1626", outline="#ffffff",
        urgency=("#ff4d4f", "#f5a524", "#f2d24b", "#6cb6ff"), alive="#38d39f", silent="#8b9bb0",
        heat=("rgba(245,165,36,0)", "rgba(245,165,36,0.30)", "rgba(255,120,60,0.55)", "rgba(255,77,79,0.80)"),
        five=("#2b3a4d", "#b53a40", "#b5651d", "#a8912a", "#2467a8", "#1f8a68"),
        shares=("#1b363d", "#16404a", "#1a5c68", "#1f7c86", "#27a39f"),
    ),
    "light": Colours(
        ground="#eef3f8", water="#a9cdec", water_edge="#86b3da", road="#d3dde8", road_major="#b9c8d8",
        relief_light="#d9e3ec", line="#4a86bf", line_current="#14508c",
        fill_low="#eaf2fb", fill_high="#5da3dc",
        name="#12283f", value="#9a4b00", halo="#ffffff", outline="#10202f",
        urgency=("#d9252b", "#d97a00", "#b89600", "#1769c2"), alive="#0c8a5f", silent="#6a7787",
        heat=("rgba(217,122,0,0)", "rgba(230,140,20,0.35)", "rgba(225,85,30,0.60)", "rgba(200,20,30,0.85)"),
        five=("#c9d3de", "#e2777a", "#eda35f", "#ead36b", "#78aee6", "#6cc7a4"),
        shares=("#e6f3f2", "#c0e2e0", "#93cdcb", "#60b3b1", "#2f9794"),
    ),
})  # fmt: skip

URGENCY_SHAPES: Mapping[int, str] = MappingProxyType({1: "diamond", 2: "triangle", 3: "circle", 4: "square"})
URGENCY_RADII: Mapping[int, float] = MappingProxyType({1: 6.2, 2: 4.7, 3: 3.8, 4: 3.0})


def swatch(variable: str) -> str:
    """A colour of the legend that follows the page's theme: a CSS variable of ``map.css``."""
    return f"var(--map-{variable})"


def icon(shape: str, radius: float, fill: str, *, line: str = "", width: float = 0.0, ring: str = "") -> Json:
    """A picture for a MarkSlot's ``icons``; sizes in CSS pixels. No ``fill`` is hollow; ``ring`` is a circle around."""
    return {"shape": shape, "r": radius, "fill": fill, "line": line, "width": width, "ring": ring}
