"""Access: what the services of accounts share: the store, the seal, the audit, and the city's rules for coming in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from geodata.domain.roles import Role, Scope
from geodata.services.actors import Actor
from geodata.services.auditing import Audit
from geodata.services.sealing import Seal
from geodata.store.accounts import Account
from geodata.store.engine import Store
from geodata.store.folder import AccessRules, DataFolder
from geodata.store.tokens import Token


@dataclass(frozen=True, slots=True)
class Access:
    """One city's; ``demo`` allows to step into a role without a password, on the machine itself.

    From then on the audit covers whatever this process writes to the change log.
    """

    store: Store
    seal: Seal
    audit: Audit
    rules: AccessRules
    demo: bool = False

    def __post_init__(self) -> None:
        self.store.attend(self.audit.cover)

    @classmethod
    def open(cls, store: Store, folder: DataFolder) -> Self:
        """Read the keys and the rules; the keys are made where there are none. Raises SealError."""
        seal, city = Seal.of_folder(folder), folder.city()
        return cls(store, seal, Audit(seal), city.access, city.demo)


def roles_of(account: Account) -> frozenset[Role]:
    """The account's roles."""
    return frozenset(Role(r) for r in account.roles)


def actor_of(account: Account, token: Token | None = None, address: str = "") -> Actor:
    """The actor that an account is."""
    return Actor.of(
        account.login, roles_of(account), frozenset(account.areas), scopes=frozenset(Scope(s) for s in account.scopes),
        systems=frozenset(account.systems) or None, account_id=account.id, token_id=token.id if token else 0,
        address=address, page=account.page, unit_code=account.unit_code,
    )  # fmt: skip
