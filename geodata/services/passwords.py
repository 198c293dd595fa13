"""Passwords: argon2id, long rather than odd, and none that everybody tries first."""

from __future__ import annotations

from collections.abc import Sequence

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from geodata.services.declining import Declined

LENGTH_MIN, LENGTH_MAX = 12, 128
SCORE_MIN = 3
_HASHER = PasswordHasher()
_NOBODYS = _HASHER.hash("the password of an account that does not exist")


def hash_password(password: str, known: Sequence[str] = ()) -> str:
    """The argon2id hash of a password that is good enough; Declined says why one is not.

    ``known`` are words that an attacker tries first: login, name, city. The measure is zxcvbn's score (Wheeler, USENIX
    Security 2016), 3 of 4 at least: more than 10^8 guesses.
    """
    if len(password) < LENGTH_MIN:
        raise Declined("password", "password_short", n=LENGTH_MIN)
    if len(password) > LENGTH_MAX:
        raise Declined("password", "password_long", n=LENGTH_MAX)
    # It looks at 72 characters at most; a longer one is judged by its beginning.
    if zxcvbn(password[:72], user_inputs=[w for w in known if w])["score"] < SCORE_MIN:
        raise Declined("password", "password_weak")
    return rehash(password)


def is_password(given: str, kept: str) -> bool:
    """Whether it is the password; takes as long where there is none."""
    try:
        return _HASHER.verify(kept or _NOBODYS, _bytes(given[: LENGTH_MAX + 1])) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


def rehash(password: str) -> str:
    """The hash of a password that was accepted before, with today's parameters."""
    return _HASHER.hash(_bytes(password))


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
