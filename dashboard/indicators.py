"""The indicators as a table that documents and reports print: name, formula, what it is made of, which way is good."""

from __future__ import annotations

from dashboard.words import words
from geodata.domain.indicators_table import INDICATORS, Indicator

HEAD = "| id | indicator | 指标 | numerator | denominator | good | formula | 公式 |\n|---|---|---|---|---|---|---|---|"


def table() -> str:
    """Markdown, a line for each row of ``indicators_table.INDICATORS``."""
    return "\n".join([HEAD, *map(_line, INDICATORS.values())])


def footnote(lang: str, row: Indicator) -> str:
    """How an indicator is computed, in one line: for the foot of a report."""
    return f"{words(lang, f'indicator.{row.id}')} = {words(lang, f'formula.{row.id}')}"


def _line(row: Indicator) -> str:
    num = f"{words('en', f'figure.{row.num}')} `{row.num}`" if row.num else "(times)"
    return (
        f"| `{row.id}` | {words('en', f'indicator.{row.id}')} | {words('zh', f'indicator.{row.id}')} | {num} "
        f"| {words('en', f'figure.{row.den}')} `{row.den}` | {row.better.value} "
        f"| {words('en', f'formula.{row.id}')} | {words('zh', f'formula.{row.id}')} |"
    )
