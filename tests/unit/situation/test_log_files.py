"""The files of past days: what is left of a process that ended goes, what is written now stays."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path

from geodata.situation.replay.files import LEFT_S, LogFiles


def test_a_log_that_was_left_half_written_goes_and_one_that_is_being_written_stays(tmp_path: Path) -> None:
    files, day = LogFiles(tmp_path), date(2026, 11, 20)
    whole = files.path(day, "key")
    left, written = whole.with_suffix(".17"), whole.with_suffix(".18")
    for path in (whole, left, written):
        path.write_bytes(b"log")
    ago = time.time() - LEFT_S - 60
    os.utime(left, (ago, ago))
    files.forget(day, "key")
    assert sorted(tmp_path.iterdir()) == sorted([whole, written])
