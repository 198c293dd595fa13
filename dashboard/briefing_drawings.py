"""The pictures of a briefing as SVG: the map in five colours, and the days. The same bytes for the same content; the
page shows them and the PDF holds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from dashboard.words import words
from geodata.domain.briefing import Briefing, Child, Shape
from geodata.domain.indicators import NO_COLOUR, colour_of, is_small

FILLS = {
    "green": "#8fd0ae", "blue": "#a6c9ec", "yellow": "#f3df8a", "orange": "#f3bd88", "red": "#e99a97",
    NO_COLOUR: "#e6ebf1",
}  # fmt: skip
INK, MUTED, HAIR, REPORTED, CLOSED = "#0c1c2e", "#4d647e", "#8497ad", "#b4c3d4", "#3f76ad"
FONT = "Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif"
SIZE, SMALL = 150, 132
MARGIN, LINE = 1_700, 178
"""How wide the column for callouts is, and how far they stand apart."""


@dataclass(frozen=True, slots=True)
class _Label:
    shape: Shape
    name: str
    value: str

    @property
    def fits(self) -> bool:
        """Whether name and value fit into the area."""
        return self.shape.r >= SIZE * 1.15 and wide(self.name) / 2 <= self.shape.r * 1.25


def wide(text: str, size: int = SIZE) -> float:
    """About how wide a text is drawn."""
    return sum(size if ord(c) > 0x2E80 else 0.56 * size for c in text)


def map_svg(b: Briefing, lang: str) -> str:
    """The areas below (a lowest area: itself) by their on-time closing rate; each prints its value, in it or beside
    the map. Hatched: fewer than 20 cases."""
    own = b.line("on_time").now
    known = {c.area.code: c for c in b.children}
    labels = []
    paths = []
    for s in b.shapes:
        child = known.get(s.code)
        score = child.now if child else own
        colour = child.colour if child else colour_of(own.num or 0, own.den, b.steps)
        area = f'<path d="{s.path}" fill="{FILLS[colour]}" stroke="#ffffff" stroke-width="14" stroke-linejoin="round"/>'
        hatch = f'<path d="{s.path}" fill="url(#few)"/>' if score.den and is_small(score.den) else ""
        paths.append(area + hatch)
        name = child.area.label(lang) if child else b.area.label(lang)
        labels.append(_Label(s, name, _value(child, own.share)))
    outside = [x for x in labels if not x.fits]
    room = int(2 * b.size[1] / LINE) - 4
    inside = [x for x in labels if x.fits]
    if len(outside) > room:  # too many to call out: the ranking has them all
        inside += [x for x in outside if x.shape.r >= SMALL * 0.8]
        outside = []
    side = MARGIN if outside else 0
    width, height = b.size
    body = "".join([*paths, *map(_inside, inside), *_callouts(outside, width, height)])
    legend = _legend(b, lang, height)
    return _svg(-side, 0, width + 2 * side, height + 330, _HATCH + body + legend, words(lang, "briefing.map"))


_HATCH = (
    '<defs><pattern id="few" width="70" height="70" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="16" height="70" fill="{MUTED}"/></pattern></defs>'
)


def _value(child: Child | None, own: float | None) -> str:
    share = child.now.share if child else own
    return "—" if share is None else f"{share * 100:.1f}"


def _inside(x: _Label) -> str:
    if not x.fits:
        return _text(x.shape.x, x.shape.y + 40, x.value, SMALL, weight=600, halo=True)
    up = int(SIZE * 0.1)
    name = _text(x.shape.x, x.shape.y - up, x.name, SIZE, halo=True)
    return name + _text(x.shape.x, x.shape.y + SIZE, x.value, SIZE, weight=700, halo=True)


def _callouts(labels: Sequence[_Label], width: int, height: int) -> Iterator[str]:
    """Names and values beside the map, with a line to their areas; half of them to each side."""
    by_x = sorted(labels, key=lambda x: (x.shape.x, x.shape.y))
    half = (len(by_x) + 1) // 2
    for some, left in ((by_x[:half], True), (by_x[half:], False)):
        rows = sorted(some, key=lambda x: (x.shape.y, x.shape.x))
        for x, y in zip(rows, _spread([r.shape.y for r in rows], height), strict=True):
            end, at, anchor = (-60, -110, "end") if left else (width + 60, width + 110, "start")
            yield (f'<path d="M{x.shape.x} {x.shape.y}L{end} {y}" fill="none" stroke="{HAIR}" stroke-width="9"/>'
                   f'<circle cx="{x.shape.x}" cy="{x.shape.y}" r="24" fill="{INK}"/>')  # fmt: skip
            name = x.name if wide(x.name, SMALL) <= MARGIN - 430 else x.name[:10] + "…"
            yield _text(at, y + 40, f"{name} {x.value}", SMALL, anchor=anchor)


def _spread(wanted: Sequence[int], height: int) -> list[int]:
    """Heights at least a line apart, near those wanted and inside the picture."""
    out: list[int] = []
    for y in wanted:
        out.append(max(y, out[-1] + LINE if out else 100))
    floor = height - 60
    for i in range(len(out) - 1, -1, -1):
        out[i] = min(out[i], floor)
        floor = out[i] - LINE
    return out


def _legend(b: Briefing, lang: str, top: int) -> str:
    parts, x = [], 60
    edge = 1.0
    for least, colour in b.steps:
        text = f"≥ {least:.0%}" if least > 0 else f"< {edge:.0%}"
        edge = least or edge
        parts.append(_swatch(x, top + 150, FILLS[colour], text))
        x += 860
    parts.append(_swatch(x, top + 150, FILLS[NO_COLOUR], words(lang, "briefing.map.none")))
    return "".join(parts)


def _swatch(x: int, y: int, fill: str, text: str) -> str:
    box = f'<rect x="{x}" y="{y}" width="190" height="120" fill="{fill}" stroke="{HAIR}" stroke-width="6"/>'
    return box + _text(x + 240, y + 100, text, SMALL, anchor="start", fill=MUTED)


CHART, BARS = 7_200, 1_050


def days_svg(b: Briefing, lang: str) -> str:
    """Reports and closings of each day as bars, and below them the on-time closing rate in the five colours."""
    n = max(1, len(b.days))
    step = CHART / n
    most = max([1, *(d.reported for d in b.days), *(d.closed for d in b.days)])
    parts = [_key(lang, most), f'<path d="M0 {230 + BARS}H{CHART}" stroke="{HAIR}" stroke-width="8"/>']
    bar = step * 0.34
    small = int(min(SMALL, step * 0.42))
    for i, d in enumerate(b.days):
        mid = (i + 0.5) * step
        for value, left, fill in ((d.reported, mid - bar - 6, REPORTED), (d.closed, mid + 6, CLOSED)):
            high = round(BARS * value / most)
            parts.append(f'<rect x="{left:.0f}" y="{230 + BARS - high}" width="{bar:.0f}" height="{high}" '
                         f'fill="{fill}"/>')  # fmt: skip
        colour = colour_of(d.on_time, d.due, b.steps)
        top = 230 + BARS + 60
        parts.append(f'<rect x="{mid - step * 0.46:.0f}" y="{top}" width="{step * 0.92:.0f}" height="190" '
                     f'fill="{FILLS[colour]}"/>')  # fmt: skip
        rate = "—" if not d.due else f"{100 * d.on_time / d.due:.0f}"
        parts.append(_text(round(mid), top + 138, rate, small))
        first = i == 0 or d.day.endswith("-01")
        day = d.day[5:] if step > 450 else (f"{int(d.day[5:7])}/{int(d.day[8:])}" if first else str(int(d.day[8:])))
        parts.append(_text(round(mid), top + 350, day, small, fill=MUTED))
    return _svg(0, 0, CHART, 230 + BARS + 60 + 400, "".join(parts), words(lang, "briefing.trend"))


def _key(lang: str, most: int) -> str:
    parts, x = [], 0
    for fill, name in ((REPORTED, "reported"), (CLOSED, "closed")):
        text = words(lang, f"briefing.tally.{name}")
        parts.append(f'<rect x="{x}" y="30" width="120" height="120" fill="{fill}"/>')
        parts.append(_text(x + 165, 132, text, SMALL, anchor="start", fill=MUTED))
        x += 165 + round(wide(text, SMALL)) + 260
    parts.append(f'<rect x="{x}" y="30" width="120" height="120" fill="{FILLS["green"]}" stroke="{HAIR}" '
                 'stroke-width="5"/>')  # fmt: skip
    parts.append(_text(x + 165, 132, words(lang, "briefing.trend.rate"), SMALL, anchor="start", fill=MUTED))
    parts.append(_text(CHART, 132, f"↑ {most:,}", SMALL, anchor="end", fill=MUTED))
    return "".join(parts)


def _text(
    x: int, y: int, text: str, size: int, *, anchor: str = "middle", weight: int = 400, fill: str = INK,
    halo: bool = False,
) -> str:  # fmt: skip
    bold = f' font-weight="{weight}"' if weight != 400 else ""
    bold += ' stroke="#ffffff" stroke-width="26" stroke-linejoin="round" paint-order="stroke"' if halo else ""
    return (f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}"{bold} fill="{fill}">'
            f"{escape(text)}</text>")  # fmt: skip


def _svg(x: int, y: int, width: int, height: int, body: str, label: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{x} {y} {width} {height}" font-family="{FONT}" role="img" '
        f'aria-label="{escape(label)}">{body}</svg>'
    )
