"""Seal: what may lie in the database only closed, and what nobody may change there unnoticed."""

from __future__ import annotations

import contextlib
import hmac
import os
from collections.abc import Sequence
from typing import Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from geodata.store.folder import DataFolder

ENV = "ONESCREEN_SECRET_KEY"


class SealError(ValueError):
    """The secret keys are missing or are not keys."""


class Seal:
    """Seals and unseals texts, and signs bytes.

    The newest key (the first) seals, every key unseals; the oldest (the last) signs, so that a new key on top leaves
    all signatures as they are.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            self._box = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise SealError(f"a secret key is not 32 bytes in URL-safe base64: {error}") from error
        derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"onescreen audit")
        self._signing = derive.derive(keys[-1].encode())

    @classmethod
    def of_folder(cls, folder: DataFolder) -> Self:
        """The keys of ``ONESCREEN_SECRET_KEY`` (several machines share it) or of ``secret.key``, made where missing."""
        text = os.environ.get(ENV, "")
        if not text and not folder.secret_key.exists():
            with contextlib.suppress(FileExistsError):  # another process was faster
                folder.write_secret(folder.secret_key, Fernet.generate_key().decode() + "\n")
        keys = (text or folder.secret_key.read_text("utf-8")).split()
        if not keys:
            raise SealError(f"{folder.secret_key} is empty; without its key nothing that was sealed can be read")
        return cls(keys)

    def seal(self, text: str) -> str:
        """The text, closed."""
        return self._box.encrypt(text.encode()).decode()

    def unseal(self, sealed: str, max_age_s: int | None = None) -> str | None:
        """The text again; None for what was not sealed with one of these keys, or too long ago."""
        try:
            return self._box.decrypt(sealed.encode("utf-8", "surrogatepass"), max_age_s).decode()
        except (InvalidToken, UnicodeError):
            return None

    def sign(self, data: str) -> str:
        """A signature (HMAC-SHA256, hex) that only the holder of the key can make."""
        return hmac.digest(self._signing, data.encode(), "sha256").hex()
