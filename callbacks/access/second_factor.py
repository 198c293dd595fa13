"""The second factor: how it is set up, on the way in and later."""

from __future__ import annotations

import segno

from callbacks.access.answering import Answers
from geodata.services.signing_in import new_second_factor, second_factor_address
from geodata.store.accounts import Account

SET_UP_S = 600
PURPOSE = "second factor:"  # nothing else that was sealed is opened by a form
GROUP = 4


def to_set_up(answers: Answers, account: Account, sealed: str = "") -> dict[str, str]:
    """What a page shows of a new secret: QR code, text, and the secret sealed for the form that follows.

    ``sealed`` is what the form sent back: the same secret goes on as long as it is young enough.
    """
    secret = unsealed(answers, sealed)
    if secret is None:
        secret = new_second_factor()
        sealed = answers.room.access.seal.seal(PURPOSE + secret)
    code = segno.make(second_factor_address(account, secret), error="m", micro=False)
    drawn = code.svg_inline(omitsize=True, border=3, dark="#000000", light="#ffffff", svgclass="qr", lineclass=None)
    groups = (secret[i : i + GROUP] for i in range(0, len(secret), GROUP))
    return {"qr": drawn, "secret": " ".join(groups), "sealed": sealed}


def unsealed(answers: Answers, sealed: str) -> str | None:
    """The secret that a form brings back; None where it was not sealed for this, or too long ago."""
    told = answers.room.access.seal.unseal(sealed, SET_UP_S) if sealed else None
    return told.removeprefix(PURPOSE) if told is not None and told.startswith(PURPOSE) else None
