"""Rights: who may do what, straight from the tables that decide it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, asker
from geodata.domain.events import Stage
from geodata.domain.roles import ACTS, ANSWERS, OTHER_UNIT, OWN_UNIT, REVEALS, RIGHTS, Right, Role


def router(answers: Answers) -> APIRouter:
    """``/admin/rights``."""
    api = answers.router()

    @api.get("/admin/rights")
    def show(request: Request) -> Response:
        asker(Right.MANAGE_ACCOUNTS)
        reveals = [(f"stage.{stage}", REVEALS[stage], "") for stage in Stage if stage in REVEALS]
        tables = (
            ("rights.rights", [(f"right.{right}", RIGHTS[right], "") for right in Right]),
            ("rights.acts", [(f"act.{act}", holders, _only(act)) for act, holders in ACTS.items()]),
            ("rights.reveals", [*reveals, ("mark.to_reply", ANSWERS, "")]),
        )
        return answers.page(request, "rights", tables=tables, roles=list(Role))

    return api


def _only(act: str) -> str:
    if act in OWN_UNIT:
        return "rights.own_unit"
    return "rights.other_unit" if act in OTHER_UNIT else ""
