"""Commands for accounts of people, screens and feeds: in the name of the machine's operator, and in the audit."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from dashboard.words import words
from geodata.domain.areas import AreaTree
from geodata.domain.roles import PEOPLE, Role, Scope
from geodata.domain.view import SCREEN_PAGES
from geodata.intake.door import now_ms
from geodata.intake.terminal import Data, Database, existing, say, stop, told
from geodata.services import accounts, phones
from geodata.services.access import Access, roles_of
from geodata.services.accounts import Wanted
from geodata.services.actors import Actor
from geodata.services.declining import Declined
from geodata.services.signing_in import Caller, accept_invitation
from geodata.store import tokens
from geodata.store.areas import load_tree
from geodata.store.folder import DataFolder

users = typer.Typer(help="Accounts of people.", no_args_is_help=True)
screens = typer.Typer(help="Screens that show one page of one area.", no_args_is_help=True)
feeds = typer.Typer(help="Systems that send data, each with keys of its own.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="Small letters, digits and . _ @ -")]
Areas = Annotated[list[str] | None, typer.Option("--area", help="Code of an area; may be repeated. The whole city "
                                                                "without it.")]  # fmt: skip
Name = Annotated[str, typer.Option(help="What people call it: a post, a desk, a hall.")]


@contextlib.contextmanager
def opened(data: DataFolder, database: str) -> Iterator[tuple[Access, AreaTree]]:
    """The accounts of a city and its areas; what is declined becomes a sentence and exit code 1."""
    with told():
        access = Access.open(existing(data, database), data)
        with access.store.read() as conn:
            tree = load_tree(conn)
        try:
            yield access, tree
        except Declined as declined:
            stop(f"{declined.field}: {words('en', f'declined.{declined.reason}', **declined.values)}")


def _address(access: Access) -> str:
    if not access.rules.address:
        say.print("SERVER stands for the address that people use; city.toml can say it: address in [access]",
                  markup=False)  # fmt: skip
    return access.rules.address.rstrip("/") or "http://SERVER"


def _areas(told_areas: list[str] | None, tree: AreaTree) -> list[str]:
    return told_areas or [tree.areas[0].code]


@users.command("add")
def add_user(
    login: Login,
    data: Data,
    role: Annotated[list[str], typer.Option(help=f"May be repeated: {', '.join(sorted(PEOPLE))}")],
    area: Areas = None,
    name: Name = "",
    unit: Annotated[str, typer.Option(help="Code of the unit of a unit_member.")] = "",
    totp: Annotated[bool, typer.Option(help="Signs in with a second factor.")] = False,
    oidc: Annotated[bool, typer.Option(help="Signs in at the OpenID provider, without a password here.")] = False,
    password_stdin: Annotated[bool, typer.Option(help="Read the password from the first line of the input.")] = False,
    database: Database = "",
) -> None:
    """Make an account; prints a one-time link by which its owner sets the password."""
    with opened(DataFolder(data), database) as (access, tree):
        wanted = Wanted(login, name, role, _areas(area, tree), unit_code=unit, totp_required=totp, federated=oidc)
        account, secret = accounts.create(access, Actor.operator(), tree, wanted, now_ms())
        _handed_over(access, account.login, secret, password_stdin)


@users.command("invite")
def invite_user(
    login: Login,
    data: Data,
    forget_second_factor: Annotated[bool, typer.Option(help="Its owner lost the authenticator.")] = False,
    password_stdin: Annotated[bool, typer.Option(help="Read the password from the first line of the input.")] = False,
    database: Database = "",
) -> None:
    """Print another one-time link: for a forgotten password."""
    with opened(DataFolder(data), database) as (access, tree):
        secret = accounts.renew(
            access, Actor.operator(), tree, login, now_ms(), forget_second_factor=forget_second_factor
        )
        _handed_over(access, login, secret, password_stdin)


def _handed_over(access: Access, login: str, secret: str, from_stdin: bool) -> None:
    if not secret:
        say.print(f"[green]✓[/] {login} signs in at the OpenID provider")
        return
    if not from_stdin:
        say.print(f"[green]✓[/] {login}: {_address(access)}/welcome/{secret}   (opens once)", soft_wrap=True)
        return
    password = sys.stdin.readline().rstrip("\n")
    with access.store.read() as conn:
        found = tokens.find(conn, secret)
    assert found is not None
    accept_invitation(access, found[0], password, Caller("local", "command line"), now_ms())
    say.print(f"[green]✓[/] {login} has the password that was given")


@users.command("list")
def list_users(data: Data, database: Database = "") -> None:
    """List all accounts, screens and feeds among them."""
    with opened(DataFolder(data), database) as (access, tree):
        for account in accounts.managed(access, Actor.operator(), tree, frozenset(Role)):
            state = "" if account.active else "   (ended)"
            print(f"{account.login}\t{','.join(sorted(roles_of(account)))}\t{','.join(account.areas)}{state}")


@users.command("end")
def end_user(login: Login, data: Data, database: Database = "") -> None:
    """End an account: of a person, a screen or a feed. Its open pages close within seconds."""
    with opened(DataFolder(data), database) as (access, tree):
        accounts.end(access, Actor.operator(), tree, login, now_ms())
        say.print(f"[green]✓[/] {login} comes in no more")


@users.command("field-link")
def field_link(
    login: Login,
    data: Data,
    end_it: Annotated[bool, typer.Option("--end", help="End the link instead: the phone was lost.")] = False,
    database: Database = "",
) -> None:
    """Print the link that makes a phone the phone of a unit member's unit, once; an older link ends."""
    with opened(DataFolder(data), database) as (access, tree):
        if end_it:
            phones.end(access, Actor.operator(), tree, login, now_ms())
            say.print(f"[green]✓[/] the phone of {login} opens nothing any more")
            return
        _, secret = phones.issue(access, Actor.operator(), tree, login, now_ms())
        print(f"{_address(access)}/f/{secret}")


@screens.command("add")
def add_screen(
    login: Login,
    data: Data,
    area: Annotated[str, typer.Option(help="Code of the area that it shows; the whole city without it.")] = "",
    page: Annotated[str, typer.Option(help=" or ".join(SCREEN_PAGES))] = "wall",
    name: Name = "",
    database: Database = "",
) -> None:
    """Make a screen; prints the link that it opens, once."""
    with opened(DataFolder(data), database) as (access, tree):
        wanted = Wanted(login, name, [Role.SCREEN.value], [area or tree.areas[0].code], page=page)
        _, secret = accounts.create(access, Actor.operator(), tree, wanted, now_ms())
        print(f"{_address(access)}/s/{secret}")


@feeds.command("add")
def add_feed(
    login: Login,
    data: Data,
    scope: Annotated[list[str], typer.Option(help=f"May be repeated: {', '.join(Scope)}")],
    system: Annotated[list[str] | None, typer.Option(help="Source system it speaks for; any without it.")] = None,
    area: Areas = None,
    name: Name = "",
    database: Database = "",
) -> None:
    """Make a feed; prints its key, once."""
    with opened(DataFolder(data), database) as (access, tree):
        wanted = Wanted(login, name, [Role.FEED.value], _areas(area, tree), scope, system or ())
        print(accounts.create(access, Actor.operator(), tree, wanted, now_ms())[1])


@feeds.command("key")
def another_key(login: Login, data: Data, database: Database = "") -> None:
    """Print another key of a feed. The old ones go on until somebody ends them on the page of feeds."""
    with opened(DataFolder(data), database) as (access, tree):
        print(accounts.renew(access, Actor.operator(), tree, login, now_ms()))
