"""What the pages of people, screens and feeds share: one account found, a secret shown once, an account ended."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from callbacks.access.answering import Answers, MissingError
from callbacks.access.asked import Form, language_of
from callbacks.access.shown import NamedArea, areas_in_reach, named_areas
from geodata.domain.roles import Role
from geodata.intake.door import now_ms
from geodata.services.access import roles_of
from geodata.services.accounts import Wanted, change, create, end, managed, renew
from geodata.services.actors import Actor
from geodata.services.declining import Declined
from geodata.store.accounts import Account

HOUR_MS = 3_600_000
DONE = {"changed": "admin.done.changed", "ended": "admin.done.ended", "key": "admin.done.key",
        "phone_ended": "admin.done.phone_ended"}  # fmt: skip


def account_of(answers: Answers, actor: Actor, roles: Collection[Role], login: str) -> Account:
    """The account of this login, where it has one of these roles and the actor manages it; MissingError."""
    room = answers.room
    found = managed(room.access, actor, room.situation.tree, roles)
    account = next((a for a in found if a.login == login), None)
    if account is None:
        raise MissingError
    return account


def secret_page(
    answers: Answers, request: Request, account: Account, secret: str, *, back: str, second_factor_gone: bool = False
) -> Response:
    """The one page that ever shows a secret: the link or key, for whom, until when."""
    kind = next((r.value for r in (Role.SCREEN, Role.FEED) if r in roles_of(account)), "person")
    way = {"screen": "/s/", "person": "/welcome/"}.get(kind)
    hours = answers.room.access.rules.invite_h if kind == "person" else None
    return answers.page(
        request, "secret", at=back, account=account, kind=kind, back=back, second_factor_gone=second_factor_gone,
        secret="" if account.federated else f"{answers.base(request)}{way}{secret}" if way else secret,
        expires_ms=now_ms() + hours * HOUR_MS if hours else None,
    )  # fmt: skip


def renewed(
    answers: Answers, request: Request, actor: Actor, account: Account, *, back: str, forget_factor: bool = False
) -> Response:
    """Another secret for an account, shown once."""
    room = answers.room
    try:
        secret = renew(
            room.access, actor, room.situation.tree, account.login, now_ms(), forget_second_factor=forget_factor
        )
    except Declined:
        raise MissingError from None
    answers.changed()
    return secret_page(answers, request, account, secret, back=back, second_factor_gone=forget_factor)


def added(answers: Answers, actor: Actor, wanted: Wanted) -> tuple[Account, str]:
    """A new account and its secret, which is shown once. Raises Declined."""
    made = create(answers.room.access, actor, answers.room.situation.tree, wanted, now_ms())
    answers.changed()
    return made


def saved(answers: Answers, actor: Actor, top: str, account: Account, wanted: Wanted) -> Response:
    """An account becomes what the form asks for; back to its page. Raises Declined."""
    change(answers.room.access, actor, answers.room.situation.tree, wanted, now_ms())
    answers.changed()
    return answers.to(address_of_account(top, account) + "?done=changed")


def ended(answers: Answers, actor: Actor, account: Account) -> None:
    """The account is ended. Raises Declined."""
    room = answers.room
    end(room.access, actor, room.situation.tree, account.login, now_ms())
    answers.changed()


def address_of_account(top: str, account: Account) -> str:
    """The address of an account's page below ``/admin/people`` or ``/admin/feeds``."""
    return f"{top}/{quote(account.login, safe='')}"


def wanted_of(form: Form, login: str | None = None) -> Wanted:
    """What the form of an account asks for; ``login`` where the account is there already."""
    return Wanted(
        form.one("login") if login is None else login, form.one("name"), form.several("roles"), form.listed("areas"),
        form.several("scopes"), form.listed("systems"), form.one("page"), form.one("unit_code"),
        bool(form.one("totp_required")), bool(form.one("federated")),
    )  # fmt: skip


def wanted_again(account: Account) -> Wanted:
    """An account as the form that changes it begins with."""
    return Wanted(
        account.login, account.name, account.roles, account.areas, account.scopes, account.systems, account.page,
        account.unit_code, bool(account.totp_required), bool(account.federated),
    )  # fmt: skip


class AreasShown(NamedTuple):
    """For the field of areas: those that were typed with their names, and those to choose from."""

    typed: list[NamedArea]
    reach: list[NamedArea]


def areas_shown(answers: Answers, request: Request, actor: Actor, wanted: Wanted) -> AreasShown:
    """What stands below the field of areas."""
    tree, lang = answers.room.situation.tree, language_of(request, answers.room.city)
    typed = named_areas(tree, actor, list(wanted.areas)[:100], lang)
    return AreasShown(typed, areas_in_reach(tree, actor, lang))

