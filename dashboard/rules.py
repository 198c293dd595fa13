"""The rules of the closed loop as a table that documents print: what may follow what, who may, what it must carry."""

from __future__ import annotations

from dashboard.words import words
from geodata.domain.events import FOLLOWS, OPEN, STATES, State
from geodata.domain.roles import ACTS, Role

HEAD = "| action | 动作 | from | to | must carry | who |\n|---|---|---|---|---|---|"


def table() -> str:
    """Markdown, a line for each row of ``events.FOLLOWS``."""
    return "\n".join([HEAD, *map(_line, FOLLOWS)])


def _line(action: str) -> str:
    step = FOLLOWS[action]
    who = ", ".join(words("en", f"role.{role}").lower() for role in Role if role in ACTS[action] and role != Role.FEED)
    carries = ", ".join(need.value for need in sorted(step.needs))
    to = words("en", f"state.{step.to}").lower() if step.to else "(stays)"
    return (
        f"| {words('en', f'act.{action}')} `{action}` | {words('zh', f'act.{action}')} | {_states(step.after)} | {to} "
        f"| {carries or '–'} | {who} |"
    )


def _states(states: frozenset[State]) -> str:
    if states == frozenset(STATES):
        return "any"
    if states == OPEN:
        return "any open"
    return ", ".join(words("en", f"state.{state}").lower() for state in STATES if state in states)
