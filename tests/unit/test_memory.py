"""Memory: under glibc large blocks come from the system and go back to it, whatever came before."""

from __future__ import annotations

import subprocess
import sys

LOOK = """
import ctypes, sys
from callbacks import memory

class Told(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd a b c d e".split()]

if sys.argv[1] == "settled":
    memory.settle()
libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Told
block = bytes(30_000_000)
del block  # from now on glibc by itself takes blocks of this size from its heap
block = bytes(20_000_000)
print(libc.mallinfo2().hblkhd // 1_000_000)
"""


def mapped_mb(how: str) -> int:
    """How much a process has from the system itself while it holds a block of 20 MB."""
    ran = subprocess.run([sys.executable, "-c", LOOK, how], capture_output=True, text=True, check=True)
    return int(ran.stdout)


def test_large_blocks_come_from_the_system_whatever_came_before() -> None:
    assert mapped_mb("as it is") < 20 <= mapped_mb("settled")
