"""Signing in and out: password, second factor, invitation, the OpenID provider. Each try is in the audit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyotp

from geodata.services.access import Access, actor_of, roles_of
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.declining import Declined
from geodata.services.passwords import hash_password, is_outdated, is_password, rehash
from geodata.store import accounts, tokens
from geodata.store.accounts import Account
from geodata.store.engine import Connection
from geodata.store.tokens import Kind, Token

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
HALF_MS = 10 * MINUTE_MS
ISSUER = "OneScreen"
TOTP_STEP_S = 30


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a try comes from: network address and browser."""

    address: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session and its secret. ``kind`` half: the second factor is missing, or has to be set up first."""

    secret: str
    kind: Kind
    account: Account


def sign_in(access: Access, login: str, password: str, caller: Caller, now_ms: int) -> SignedIn:
    """A session for login and password; Declined with the same words whatever was wrong. Slow on purpose."""
    with access.store.read() as conn:
        account = accounts.by_login(conn, login)
    locked = account is not None and now_ms < account.locked_until_ms
    may = account is not None and account.active and not account.federated and not locked
    good = is_password(password, account.password if account is not None and may else "")
    if account is None or not good:
        _failed(access, account, login, caller, now_ms, "locked" if locked else "password")
        raise Declined("login", "wrong_login", n=access.rules.lock_max_min)
    if is_outdated(account.password):
        account = _rehashed(access, account, password)
    return _come_in(access, account, caller, now_ms, "sign_in")


def sign_in_federated(access: Access, subject: str, login: str, caller: Caller, now_ms: int) -> SignedIn:
    """A session for somebody whom the OpenID provider named. The account must be there and be meant for it.

    The second factor is the provider's. The first time binds the subject to the account, for good.
    """
    with access.store.begin() as conn:
        account = accounts.by_subject(conn, subject) or accounts.by_login(conn, login)
        fits = account is not None and account.active and account.federated and account.subject in ("", subject)
        if account is not None and fits and subject:
            if not account.subject:
                account = replace(account, subject=subject)
                accounts.save(conn, account)
            return _session(access, conn, account, caller, now_ms, "sign_in_oidc")
    _failed(access, None, login, caller, now_ms, "oidc")
    raise Declined("login", "unknown_federated")


def needs_second_factor(access: Access, account: Account) -> bool:
    """Whether an admin or the city's rules ask for one."""
    return bool(account.totp_required) or bool(roles_of(account) & frozenset(access.rules.totp_roles))


def second_factor_address(account: Account, secret: str) -> str:
    """The ``otpauth://`` address that an authenticator app takes (as text or QR code)."""
    return pyotp.TOTP(secret).provisioning_uri(name=account.login, issuer_name=ISSUER)


def new_second_factor() -> str:
    """A secret to set up; nothing is kept until a code proves that the app has it."""
    return pyotp.random_base32()


def pass_second_factor(access: Access, half: Token, code: str, caller: Caller, now_ms: int) -> SignedIn:
    """The whole session for a half one and a code of the app; each code once."""
    with access.store.begin() as conn:
        account = _owner(conn, half)
        secret = access.seal.unseal(account.totp) if account.totp else None
        step = _step(secret, code, account.totp_step, now_ms) if now_ms >= account.locked_until_ms else None
        if step is not None:
            _used_up(conn, half, now_ms)
            account = replace(account, totp_step=step, failures=0)
            accounts.save(conn, account)
            return _session(access, conn, account, caller, now_ms, "sign_in")
    locked = now_ms < account.locked_until_ms
    _failed(access, account, account.login, caller, now_ms, "locked" if locked else "second_factor")
    raise Declined("code", "wrong_code")


def set_up_second_factor(
    access: Access, account_id: int, secret: str, code: str, caller: Caller, now_ms: int, half: Token | None = None,
    *, password: str = "",
) -> SignedIn | None:  # fmt: skip
    """Keep a new second factor that a code proves; the whole session where it was missing for that.

    A factor that is there is replaced only by who knows the password, too: an open session alone is not enough.
    """
    with access.store.read() as conn:
        known = accounts.by_id(conn, account_id)
    if known is not None and known.totp and half is None:
        _prove(access, known, password, caller.address, now_ms, "password")
    step = _step(secret, code, 0, now_ms)
    if step is None:
        raise Declined("code", "wrong_code")
    with access.store.begin() as conn:
        account = accounts.by_id(conn, account_id)
        if account is None or (half is not None and account.totp):
            raise Declined("code", "wrong_code")
        if half is not None:
            _used_up(conn, half, now_ms)
            account = replace(account, failures=0)
        account = replace(account, totp=access.seal.seal(secret), totp_step=step)
        accounts.save(conn, account)
        actor = actor_of(account, address=caller.address)
        access.audit.record(conn, actor, "set_second_factor", f"account:{account.login}", at_ms=now_ms)
        if half is None:
            return None
        return _session(access, conn, account, caller, now_ms, "sign_in")


def change_password(access: Access, actor: Actor, old: str, new: str, now_ms: int) -> None:
    """Set another password for the actor's own account; all its other sessions end."""
    with access.store.read() as conn:
        account = accounts.by_id(conn, actor.account_id)
    if account is None:
        raise Declined("old", "wrong_password")
    _prove(access, account, old, actor.address, now_ms, "old")
    kept = hash_password(new, (account.login, account.name))
    with access.store.begin() as conn:
        _keep_password(access, conn, actor, account.id, kept, now_ms, but=actor.token_id)


def accept_invitation(access: Access, invite: Token, password: str, caller: Caller, now_ms: int) -> SignedIn:
    """Set the first password (or a new one) by a one-time link; the way in goes on as after any password."""
    with access.store.read() as conn:
        account = _owner(conn, invite)
    if account.federated:
        raise Declined("password", "link_used")
    kept = hash_password(password, (account.login, account.name))
    with access.store.begin() as conn:
        if not tokens.end(conn, invite.id, now_ms):
            raise Declined("password", "link_used")
        actor = actor_of(account, invite, caller.address)
        account = _keep_password(access, conn, actor, account.id, kept, now_ms)
    return _come_in(access, account, caller, now_ms, "sign_in")


def sign_out(access: Access, actor: Actor, now_ms: int, *, everywhere: bool = False) -> None:
    """End this session, or every session of the account."""
    with access.store.begin() as conn:
        if everywhere:
            tokens.end_all(conn, actor.account_id, now_ms)
        else:
            tokens.end(conn, actor.token_id, now_ms)
        what = "sign_out_everywhere" if everywhere else "sign_out"
        access.audit.record(conn, actor, what, f"account:{actor.name}", at_ms=now_ms)


def step_in(access: Access, account: Account, caller: Caller, now_ms: int) -> SignedIn:
    """Into a role of the demo, without a password. NotAllowedError anywhere else."""
    if not access.demo:
        raise NotAllowedError(Actor(account.login), "step in")
    with access.store.begin() as conn:
        return _session(access, conn, account, caller, now_ms, "step_in")


def _prove(access: Access, account: Account, password: str, address: str, now_ms: int, field: str) -> None:
    """Declined where it is not the account's password; wrong ones count as they do on the way in."""
    locked = now_ms < account.locked_until_ms
    if is_password(password, "" if locked else account.password):
        return
    _failed(access, account, account.login, Caller(address), now_ms, "locked" if locked else "password")
    raise Declined(field, "wrong_password")


def _come_in(access: Access, account: Account, caller: Caller, now_ms: int, how: str) -> SignedIn:
    """The session, or half of one, for an account as it is now: much may have changed while a password was verified."""
    with access.store.begin() as conn:
        verified, now = account, accounts.by_id(conn, account.id)
        fits = now is not None and now.active and now.password_ms == verified.password_ms
        if now is None or not fits or now_ms < now.locked_until_ms:
            raise Declined("login", "wrong_login", n=access.rules.lock_max_min)
        account = now
        if not account.totp and not needs_second_factor(access, account):
            if account.failures or account.locked_until_ms:
                account = replace(account, failures=0, locked_until_ms=0)
                accounts.save(conn, account)
            return _session(access, conn, account, caller, now_ms, how)
        _, secret = tokens.issue(
            conn, account.id, "half", now_ms=now_ms, expires_ms=now_ms + HALF_MS, address=caller.address,
            agent=caller.agent,
        )  # fmt: skip
        return SignedIn(secret, "half", account)


def _session(
    access: Access, conn: Connection, account: Account, caller: Caller, now_ms: int, how: str
) -> SignedIn:
    expires_ms = now_ms + access.rules.session_max_h * HOUR_MS
    token, secret = tokens.issue(
        conn, account.id, "session", now_ms=now_ms, expires_ms=expires_ms, address=caller.address, agent=caller.agent
    )
    actor = actor_of(account, token, caller.address)
    access.audit.record(conn, actor, how, f"account:{account.login}", at_ms=now_ms)
    return SignedIn(secret, "session", account)


def _failed(access: Access, account: Account | None, login: str, caller: Caller, now_ms: int, what: str) -> None:
    """Count it against the account: from the allowed number on it is locked, twice as long with each further one."""
    rules = access.rules
    with access.store.begin() as conn:
        if account is not None and what != "locked":
            account = accounts.by_id(conn, account.id) or account
            beyond = account.failures + 1 - rules.failures_max
            lock_ms = min(rules.lock_max_min * MINUTE_MS, MINUTE_MS * 2 ** min(beyond, 20)) if beyond >= 0 else 0
            account = replace(
                account, failures=account.failures + 1, locked_until_ms=now_ms + lock_ms if lock_ms else 0
            )
            accounts.save(conn, account)
        actor = Actor(account.login if account else "", address=caller.address)
        subject = f"account:{account.login}" if account else "account:?"
        new = {"why": what, "failures": account.failures if account else None}
        access.audit.record(conn, actor, "sign_in_failed", subject, at_ms=now_ms, new=new)


def _rehashed(access: Access, account: Account, password: str) -> Account:
    kept = rehash(password)
    with access.store.begin() as conn:
        now = accounts.by_id(conn, account.id)
        if now is not None and now.active and now.password_ms == account.password_ms:
            accounts.save(conn, replace(now, password=kept))
    return account


def _keep_password(
    access: Access, conn: Connection, actor: Actor, account_id: int, kept: str, now_ms: int, but: int = 0
) -> Account:
    account = accounts.by_id(conn, account_id)
    assert account is not None
    account = replace(account, password=kept, password_ms=now_ms, failures=0, locked_until_ms=0)
    accounts.save(conn, account)
    tokens.end_all(conn, account.id, now_ms, but=but)
    access.audit.record(conn, actor, "set_password", f"account:{account.login}", at_ms=now_ms)
    return account


def _used_up(conn: Connection, half: Token, now_ms: int) -> None:
    if not tokens.end(conn, half.id, now_ms):
        raise Declined("code", "link_used")


def _owner(conn: Connection, token: Token) -> Account:
    account = accounts.by_id(conn, token.account_id)
    if account is None or not account.active:
        raise Declined("code", "link_used")
    return account


def _step(secret: str | None, code: str, last_step: int, now_ms: int) -> int | None:
    """The time step (RFC 6238) of a code that is right, one before or after now at most, and later than the last."""
    digits = code.replace(" ", "")
    if secret is None or not (digits.isascii() and digits.isdigit()):
        return None
    now_step = now_ms // 1000 // TOTP_STEP_S
    clock = pyotp.TOTP(secret)
    for step in (now_step - 1, now_step, now_step + 1):
        if step > last_step and pyotp.utils.strings_equal(digits, clock.generate_otp(step)):
            return step
    return None
