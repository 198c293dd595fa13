"""Thumbnails: an area as a picture of a few square centimetres, on the ground of either theme."""

from __future__ import annotations

from collections.abc import Sequence

FILL, LINE = "#6f93bd", "#3f6ea3"
WIDTH = 70
"""Of a line, in units of ``boundaries.picture``: a hundredth of the picture's width."""


def thumbnail(size: tuple[int, int], paths: Sequence[str]) -> str:
    """The SVG of outlines (``boundaries.picture``)."""
    drawn = "".join(f'<path d="{path}"/>' for path in paths)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}"><g fill="{FILL}" fill-opacity="0.3"'
        f' stroke="{LINE}" stroke-width="{WIDTH}" stroke-linejoin="round">{drawn}</g></svg>'
    )
