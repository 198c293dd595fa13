"""Memory: what the C library keeps of what was freed. Where it is another than glibc, nothing happens here."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

ARENAS, ARENA_MAX = 2, -8  # malloc.h: M_ARENA_MAX
OWN_BLOCK, MMAP_THRESHOLD = 512 * 1024, -3  # malloc.h: M_MMAP_THRESHOLD


def settle() -> None:
    """Call before any threads are begun.

    All threads share two heaps instead of having eight a processor, of which each keeps what its busiest moment took.
    Blocks of half a megabyte and more are taken from the system and go back to it: by itself glibc lets that size grow
    to 32 MB.
    """
    if tell := _glibc("mallopt"):
        tell(ARENA_MAX, ARENAS)
        tell(MMAP_THRESHOLD, OWN_BLOCK)


def give_back() -> None:
    """What is free between what is kept goes to the system."""
    if trim := _glibc("malloc_trim"):
        trim(0)


def _glibc(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
