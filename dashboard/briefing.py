"""A briefing in words: what the page, the print and the PDF lay out, as texts and tables in one language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dashboard.format import NONE, age, moment, number, percent
from dashboard.indicators import footnote
from dashboard.words import words
from geodata.domain.briefing import Briefing, Case, Change, Child, Line, Order, Score, Tally, changes, parse_brief
from geodata.domain.indicators import is_small
from geodata.domain.indicators_rank import PEERS
from geodata.domain.indicators_table import INDICATORS

Json = dict[str, Any]
TILES = ("reported", "closed", "open_end", "overdue_end", "on_time", "handling_median")
HOUR_S = 3600


class Table(NamedTuple):
    """A table: headings, which columns are numbers, rows of texts, and how wide the columns are in shares (0: as wide
    as what is in them)."""

    heads: Sequence[str]
    numbers: Sequence[bool]
    rows: Sequence[Sequence[str]]
    wide: Sequence[int]


def told(b: Briefing, mark: str, lang: str, zone: ZoneInfo) -> Json:
    """Everything that stands in a briefing, in the order in which it stands there; ``mark`` is its fingerprint."""
    notes = _Notes(lang)
    tiles = [_tile(b, name, lang, notes) for name in TILES]
    indicators = _indicators(b, lang, notes)
    return {
        "lang": lang, "title": title(b.period, lang), "city": b.city.label(lang), "area": _area(b, lang),
        "period": period_text(b.period, lang), "final": b.final,
        "status": words(lang, "briefing.final") if b.final
        else words(lang, "briefing.running", time=moment(zone, b.as_of_ms)),
        "mark": mark, "mark_label": words(lang, "briefing.fingerprint"), "tiles": tiles,
        "changes": changes_told(b, lang), "map_foot": _map_foot(b, lang), "ranking": _ranking(b, lang),
        "ranking_title": _ranking_title(b, lang), "indicators": indicators._asdict(),
        "classes": _classes(b, lang)._asdict(), "worst": _worst(b, lang, zone)._asdict(),
        "worst_note": _worst_note(b, lang), "supervised": _supervised_told(b, lang),
        "orders": _orders(b, lang, zone)._asdict(), "notes": [*notes.texts, *_closing_notes(b, lang)],
        "labels": {name: words(lang, f"briefing.{name}") for name in LABELS},
    }  # fmt: skip


LABELS = (
    "headline", "changes", "trend", "map", "indicators", "classes", "worst", "supervised", "notes", "ranking.note",
)  # fmt: skip


def title(period: str, lang: str) -> str:
    """What a briefing of this period (``Brief.key``) is called."""
    return words(lang, f"briefing.title.{period.partition(':')[0]}")


def period_text(period: str, lang: str) -> str:
    """A period as people read it."""
    brief = parse_brief(period)
    if brief.kind == "day":
        return brief.period.first.isoformat()
    if brief.kind == "month":
        return brief.period.first.isoformat()[:7]
    year, week, _ = brief.period.first.isocalendar()
    span = words(lang, "briefing.span", first=brief.period.first, last=brief.period.last)
    return f"{words(lang, 'briefing.week', year=year, week=week)} · {span}"


def name_of(line: str, lang: str) -> str:
    """The name of a number or an indicator."""
    return words(lang, f"indicator.{line}") if line in INDICATORS else words(lang, f"briefing.tally.{line}")


def score_text(score: Score, lang: str) -> str:
    """A rate as 93.7 %, a time in hours or minutes; a dash where there is nothing to divide by."""
    if score.num is not None:
        return percent(score.num, score.den)
    if score.seconds is None:
        return NONE
    about = words(lang, "briefing.approximate") + " " if score.error else ""
    if score.seconds < HOUR_S:
        return about + words(lang, "briefing.minutes", n=round(score.seconds / 60))
    return about + words(lang, "briefing.hours", n=f"{score.seconds / HOUR_S:,.1f}")


def signed(lang: str, by: int) -> str:
    """+12, −3, or no change."""
    return f"{'+' if by > 0 else '−'}{number(lang, abs(by))}" if by else words(lang, "briefing.same")


def _by_points(lang: str, by: float) -> str:
    points = round(by * 100, 1)
    text = f"{'+' if points > 0 else '−'}{abs(points):.1f}"
    return words(lang, "briefing.points", by=text) if points else words(lang, "briefing.same")


def _area(b: Briefing, lang: str) -> str:
    return " · ".join(a.label(lang) for a in (*b.above, b.area))


class _Notes:
    """Numbers of footnotes in the order in which they are first needed."""

    def __init__(self, lang: str) -> None:
        self.lang, self.numbers, self.texts = lang, dict[str, int](), list[Json]()

    def of(self, name: str) -> int:
        if name not in self.numbers:
            self.numbers[name] = len(self.numbers) + 1
            row = INDICATORS.get(name)
            text = footnote(self.lang, row) if row else words(self.lang, f"briefing.note.{name}")
            self.texts.append({"n": self.numbers[name], "text": text})
        return self.numbers[name]


def _tile(b: Briefing, name: str, lang: str, notes: _Notes) -> Json:
    if name in INDICATORS:
        line = b.line(name)
        now, by = score_text(line.now, lang), _line_by(line, lang)
        then, ago = score_text(line.before, lang), score_text(line.year, lang)
    else:
        tally = b.tally(name)
        now, then, ago = (number(lang, n) for n in (tally.now, tally.before, tally.year))
        by = _tally_by(tally, lang)
    then, by = (then, by) if b.held_before else (NONE, NONE)
    ago = ago if b.held_year else NONE
    return {
        "name": name_of(name, lang), "note": notes.of(name), "now": now, "by": by,
        "before": f"{words(lang, 'briefing.before')} {then}", "year": f"{words(lang, 'briefing.year')} {ago}",
    }  # fmt: skip


def _tally_by(t: Tally, lang: str) -> str:
    """The difference, and as a share of the period before where that had enough to speak of one."""
    by = t.now - t.before
    if not by or is_small(t.before):
        return signed(lang, by)
    return f"{signed(lang, by)} ({by / t.before:+.1%})".replace("%", " %").replace("-", "−")


def _line_by(line: Line, lang: str) -> str:
    now, before = line.now, line.before
    if now.share is not None and before.share is not None:
        return _by_points(lang, now.share - before.share)
    if now.seconds is not None and before.seconds is not None:
        by = now.seconds - before.seconds
        told = score_text(Score(None, 1, abs(by)), lang)
        return f"{'+' if by > 0 else '−'}{told}" if by else words(lang, "briefing.same")
    return NONE


def changes_told(b: Briefing, lang: str) -> list[str]:
    """What changed, a sentence each."""
    out = [] if b.held_before else [words(lang, "briefing.change.none")]
    for key, found in groupby(changes(b), key=lambda c: c.key):
        some = list(found)
        if key in ("risen", "fallen"):
            listed = [
                words(lang, "briefing.change.area", name=c.of.label(lang), now=_share(c.now), before=_share(c.before))
                for c in some
            ]
            out.append(words(lang, f"briefing.change.{key}", list=("、" if lang == "zh" else ", ").join(listed)))
        else:
            out += [_change(b, c, lang) for c in some]
    return out


def _share(value: float) -> str:
    return f"{value:.1%}".replace("%", " %")


def _change(b: Briefing, c: Change, lang: str) -> str:
    if c.key == "rate":
        by = _by_points(lang, c.now - c.before)
        return words(lang, "briefing.change.rate", what=name_of(c.of.code, lang), now=_share(c.now),
                     before=_share(c.before), by=by)  # fmt: skip
    now, before = number(lang, int(c.now)), number(lang, int(c.before))
    if c.key == "total":
        return words(lang, "briefing.change.total", what=name_of(c.of.code, lang), now=now, before=before,
                     by=_tally_by(b.tally(c.of.code), lang))  # fmt: skip
    return words(lang, f"briefing.change.{c.key}", what=c.of.label(lang), now=now, before=before)


def _map_foot(b: Briefing, lang: str) -> list[str]:
    said = [words(lang, "briefing.map.small"), words(lang, "briefing.map.north")]
    said += [words(lang, "briefing.approval", number=b.approval.removeprefix("审图号:").strip())] if b.approval else []
    return [*said, *([b.attribution] if b.attribution else [])]


def peer_text(b: Briefing, peer: str, lang: str) -> str:
    """The name of a peer group; where it is none of the known ones, that of the level."""
    if peer in PEERS:
        return words(lang, f"peer.{peer}")
    return b.level_below.label(lang) if b.level_below else peer


def _ranking_title(b: Briefing, lang: str) -> str:
    return words(lang, "briefing.ranking", level=b.level_below.label(lang)) if b.level_below else ""


RANKING = ("place", "area", "rate", "due", "change", "reported", "open", "overdue")


def _ranking(b: Briefing, lang: str) -> list[Json]:
    """A table for each peer group."""
    heads = [words(lang, f"briefing.column.{name}") for name in RANKING]
    groups = [(peer, list(some)) for peer, some in groupby(b.children, key=lambda c: c.peer)]
    return [
        {"peer": peer_text(b, peer, lang) if len(groups) > 1 else "", "colours": [c.colour for c in some],
         **Table(heads, [name != "area" for name in RANKING], [_ranked(b, c, lang) for c in some],
                 (0, 1, 0, 0, 0, 0, 0, 0))._asdict()}
        for peer, some in groups
    ]  # fmt: skip


def _ranked(b: Briefing, c: Child, lang: str) -> list[str]:
    by = NONE
    if b.held_before and c.now.share is not None and c.before.share is not None:
        by = _points(c.now.share - c.before.share)
    place = NONE if c.place is None else str(c.place)
    if b.held_before and c.place is not None and c.place_before is not None and c.place != c.place_before:
        place += f" {'↑' if c.place < c.place_before else '↓'}{abs(c.place - c.place_before)}"
    rate = percent(c.now.num or 0, c.now.den)
    rate += "*" if c.now.den and is_small(c.now.den) else ""
    due, reported, opened, overdue = (number(lang, n) for n in (c.now.den, c.reported, c.open, c.overdue))
    return [place, c.area.label(lang), rate, due, by, reported, opened, overdue]


def _points(by: float) -> str:
    points = round(by * 100, 1)
    return f"{'+' if points > 0 else '−'}{abs(points):.1f}" if points else "0.0"


def _indicators(b: Briefing, lang: str, notes: _Notes) -> Table:
    heads = [words(lang, f"briefing.column.{name}") for name in ("indicator", "now", "counts")]
    heads += [words(lang, "briefing.before"), words(lang, "briefing.column.change"), words(lang, "briefing.year")]
    rows = [
        [f"{name_of(x.id, lang)} [{notes.of(x.id)}]", score_text(x.now, lang), _counts(x.now, lang),
         *((score_text(x.before, lang), _line_by(x, lang)) if b.held_before else (NONE, NONE)),
         score_text(x.year, lang) if b.held_year else NONE]
        for x in b.lines
    ]  # fmt: skip
    return Table(heads, (False, True, True, True, True, True), rows, (1, 0, 0, 0, 0, 0))


def _counts(score: Score, lang: str) -> str:
    if score.num is None:
        return number(lang, score.den)
    return f"{number(lang, score.num)} / {number(lang, score.den)}"


def _classes(b: Briefing, lang: str) -> Table:
    heads = [words(lang, f"briefing.column.{name}") for name in ("class", "now", "share")]
    heads += [words(lang, "briefing.before"), words(lang, "briefing.column.change")]
    whole = sum(k.now for k in b.classes)
    rows = [
        [k.what.label(lang), number(lang, k.now), percent(k.now, whole),
         *((number(lang, k.before), signed(lang, k.now - k.before)) if b.held_before else (NONE, NONE))]
        for k in b.classes
    ]  # fmt: skip
    return Table(heads, (False, True, True, True, True), rows, (1, 0, 0, 0, 0))


def _worst(b: Briefing, lang: str, zone: ZoneInfo) -> Table:
    names = ("event", "what", "where", "urgency", "state", "deadline", "over")
    heads = [words(lang, f"briefing.column.{name}") for name in names]
    return Table(heads, (False,) * 6 + (True,), [_case(c, lang, zone) for c in b.worst], (0, 2, 3, 0, 0, 0, 0))


def _case(c: Case, lang: str, zone: ZoneInfo) -> list[str]:
    return [
        c.code, c.what.label(lang), c.place.label(lang), words(lang, f"urgency.{c.urgency}"),
        words(lang, f"state.{c.state}"), moment(zone, c.deadline_ms) if c.deadline_ms else NONE, age(lang, c.over_ms),
    ]  # fmt: skip


def _worst_note(b: Briefing, lang: str) -> str:
    overdue = b.tally("overdue_end").now
    if not overdue:
        return words(lang, "briefing.worst.none")
    return words(lang, "briefing.worst.of", all=number(lang, overdue), n=len(b.worst))


def _supervised_told(b: Briefing, lang: str) -> str:
    s = b.supervised
    numbers = {name: number(lang, getattr(s, name)) for name in ("issued", "answered", "open", "late", "hung")}
    return words(lang, "briefing.supervised.told", **numbers)


def _orders(b: Briefing, lang: str, zone: ZoneInfo) -> Table:
    """Placards first, then orders."""
    names = ("kind", "event", "what", "where", "issued", "due_at")
    heads = [words(lang, f"briefing.column.{name}") for name in names]
    s = b.supervised
    rows = [_order(x, lang, zone) for x in (*s.placards, *s.orders)]
    return Table(heads, (False,) * 6, rows, (0, 0, 2, 3, 0, 0))


def _order(x: Order, lang: str, zone: ZoneInfo) -> list[str]:
    kind = words(lang, f"order_kind.{x.kind}") if not x.number else words(
        lang, "briefing.placard", level=words(lang, f"placard_level.{x.kind}")
    )  # fmt: skip
    due = moment(zone, x.due_ms) + (f" · {words(lang, 'briefing.order.late')}" if x.late else "")
    return [f"{kind} {x.number}".strip(), x.code, x.what.label(lang), x.place.label(lang), moment(zone, x.issued_ms),
            due]  # fmt: skip


def _closing_notes(b: Briefing, lang: str) -> list[Json]:
    compared = words(lang, "briefing.note.compared", before=_span(b.before, lang), year=_span(b.year, lang))
    texts = [compared, words(lang, "briefing.ranking.note")] if b.children else [compared]
    return [{"n": 0, "text": text} for text in (*texts, words(lang, "briefing.note.people"))]


def _span(ends: tuple[str, str], lang: str) -> str:
    first, last = (date.fromisoformat(day) for day in ends)
    return first.isoformat() if first == last else words(lang, "briefing.span", first=first, last=last)
