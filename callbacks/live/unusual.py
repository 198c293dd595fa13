"""What is more than usual: lines of the ticker for everybody, and the card on which the staff judges it."""

from __future__ import annotations

from typing import Any

from callbacks.live.scene import Scene
from dashboard.format import number
from dashboard.words import named, words
from geodata.domain.figures import Figure, Span
from geodata.domain.surges import Verdict, spoken
from geodata.store.surges import SurgeNow

Json = dict[str, Any]
TICKER_MAX, CARD_MAX = 3, 12


def lines(scene: Scene) -> list[Json]:
    """The least probable ones, in words; those that were dismissed aside."""
    found = [s for s in scene.situation.surges(scene.o) if s.verdict != Verdict.DISMISSED]
    told = [
        {"kind": "surge", "label": words(scene.lang, "ticker.kind.surge"), "area": area_code(scene, s),
         "text": words(scene.lang, "surge.line", where=where(scene, s), what=what(scene, s), said=said(scene.lang, s)),
         "opens": opens(s)}
        for s in found[:TICKER_MAX]
    ]  # fmt: skip
    if len(found) > TICKER_MAX:
        text = words(scene.lang, "surge.more", n=number(scene.lang, len(found) - TICKER_MAX))
        told.append({"kind": "surge", "label": words(scene.lang, "ticker.kind.surge"), "text": text, "opens": ""})
    return told


def card(scene: Scene) -> Json:
    """``rows``: what nobody has judged first; ``all``: how many stand; ``dismissed``: how many of those are no news."""
    found = scene.situation.surges(scene.o)
    news = sorted((s for s in found if s.verdict != Verdict.DISMISSED), key=lambda s: s.verdict != "")
    return {
        "rows": [_row(scene, s) for s in news[:CARD_MAX]], "all": len(news), "dismissed": len(found) - len(news),
    }  # fmt: skip


def _row(scene: Scene, s: SurgeNow) -> Json:
    return {
        "id": s.id, "area": area_code(scene, s), "where": where(scene, s), "what": what(scene, s),
        "said": said(scene.lang, s), "since": s.began_ms, "verdict": s.verdict, "by": s.judged_by, "note": s.note,
        "opens": opens(s),
    }  # fmt: skip


def said(lang: str, s: SurgeNow) -> str:
    """The number of the hour beside what is usual."""
    usual = spoken(s.expected)
    return words(lang, "surge.said" if usual else "surge.said.few", n=number(lang, s.n), usual=number(lang, usual))


def area_code(scene: Scene, s: SurgeNow) -> str:
    """The code of its area."""
    return scene.tree.areas[scene.tree.ordinal_by_id.get(s.area_id, 0)].code


def where(scene: Scene, s: SurgeNow) -> str:
    """The names from below the view's area down to it."""
    return scene.tree.place(scene.tree.ordinal_by_id.get(s.area_id, 0), scene.lang, scene.o)


def what(scene: Scene, s: SurgeNow) -> str:
    """The name of its class."""
    return named(scene.lang, scene.catalogue.classes.get(s.class_code), s.class_code)


def opens(s: SurgeNow) -> str:
    """The list of exactly those events that were counted."""
    return f"list?figure={Figure.SPAN}&classes={s.class_code}&span={Span(s.from_ms, s.to_ms, s.last_id)}"
