"""Casework on the card of an event: its units, extensions, ledger, supervision, duplicates and replies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dashboard.format import moment
from dashboard.words import named, words
from geodata.domain.catalogue import Catalogue
from geodata.services.casework import Casework, Sent
from geodata.situation.briefs import EventBrief
from geodata.store.tasks import TaskNow

Row = tuple[str, str, Any]
Block = tuple[str, list[Row]]
"""A heading, and rows as the card has them: (label, how to write it, raw value)."""
When = Callable[[int], str]
TOLD_MAX = 3


def blocks(work: Casework, lang: str, when: When) -> list[Block]:
    """What is on record, the parts that there are; ``when`` writes a moment."""
    found = [
        (words(lang, "case.units"), [_sent(one, lang, when) for one in work.sent]),
        (words(lang, "case.extensions"), [_extension(one, lang, when) for one in work.extensions]),
        (words(lang, "case.ledger"), list(_ledger(work, lang, when))),
        (words(lang, "case.orders"), list(_orders(work, lang, when))),
        (words(lang, "case.placards"), list(_placards(work, lang, when))),
        (words(lang, "case.merged"), _merged(work, lang)),
        (words(lang, "case.replies"), [(when(r.at_ms), "text", f"{r.text} · {r.by}") for r in work.replies]),
    ]  # fmt: skip
    return [(title, rows) for title, rows in found if rows]


def maybe_twins(found: list[tuple[EventBrief, float]], catalogue: Catalogue, lang: str) -> list[Block]:
    """Events that may tell of the same, each with a link and how far away it lies."""
    rows: list[Row] = [
        (named(lang, catalogue.subtypes.get(e.subtype_code), e.subtype_code), "event",
         (e.code, words(lang, "case.metres", n=round(metres))))
        for e, metres in found
    ]  # fmt: skip
    return [(words(lang, "case.twins"), rows)] if rows else []


def _sent(one: Sent, lang: str, when: When) -> Row:
    label = words(lang, "case.lead" if one.task.lead else "case.assist")
    name = one.call_sign or words(lang, "case.unit_elsewhere")
    return label, "text", f"{name} · {_progress(one.task, lang, when)}"


def _progress(task: TaskNow, lang: str, when: When) -> str:
    """How far a unit has come: the last thing it told."""
    steps = (
        (task.ended or None, task.ended_ms), ("arrived", task.arrived_ms), ("accepted", task.accepted_ms),
        ("sent", task.sent_ms),
    )  # fmt: skip
    what, at_ms = next((w, ms) for w, ms in steps if w is not None and ms is not None)
    return words(lang, f"task.{what}", time=when(at_ms))


def _extension(one: Any, lang: str, when: When) -> Row:
    said = {None: "case.waits", 1: "case.granted", 0: "case.refused" if one.decided_by else "case.lapsed"}[one.granted]
    label = words(lang, said, who=one.decided_by)
    return label, "text", words(lang, "case.extension", until=when(one.until_ms), who=one.asked_by, why=one.reason)


def _ledger(work: Casework, lang: str, when: When) -> Iterator[Row]:
    for line in work.suspensions:
        label = words(lang, "case.suspended" if line.ended_ms is None else "case.went_on")
        text = words(lang, "case.review", since=when(line.from_ms), until=when(line.review_ms), who=line.by,
                     why=line.reason)  # fmt: skip
        yield label, "text", text


def _orders(work: Casework, lang: str, when: When) -> Iterator[Row]:
    for order in work.orders:
        kind = words(lang, f"order_kind.{order.kind}")
        why = order.reason or words(lang, "case.order_dark")
        yield kind, "text", words(lang, "case.order", who=order.issued_by, why=why, until=when(order.due_ms))
        if order.answered_ms is not None:
            yield words(lang, "case.answer"), "text", f"{order.answer} · {order.answered_by}"


def _placards(work: Casework, lang: str, when: When) -> Iterator[Row]:
    for placard, told in work.placards:
        level = words(lang, f"placard_level.{placard.level}")
        said = words(lang, "case.placard", number=placard.number, post=placard.accountable, why=placard.reason,
                     until=when(placard.due_ms))  # fmt: skip
        yield level, "text", said
        for line in told[-TOLD_MAX:]:
            yield when(line.at_ms), "text", f"{line.text} · {line.by}"
        if placard.lifted_ms is not None:
            yield words(lang, "act.lift"), "text", f"{when(placard.lifted_ms)} · {placard.lift_reason}"


def _merged(work: Casework, lang: str) -> list[Row]:
    rows: list[Row] = [(words(lang, "case.into"), "event", (work.into, work.into))] if work.into else []
    if work.merged:
        said = words(lang, "case.parts", n=len(work.merged), waiting=work.unanswered)
        rows.append((words(lang, "case.reports"), "text", said))
    return rows + [(words(lang, "case.part"), "event", (code, code)) for code in work.merged]


def writer(zone: Any) -> When:
    """Writes moments in the city's zone."""
    return lambda ms: moment(zone, ms)
