"""The live push: one picture per view, computed once, serialised once, sent to every screen that shows it."""

from callbacks.live.sweeping import settle
from callbacks.live.wiring import register

__all__ = ["register", "settle"]
