"""Files of the data folder are whole or absent, whenever the process that writes them ends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

from geodata.services.sealing import Seal
from geodata.store.folder import DataFolder


class CutError(Exception):
    """The process ends here."""


def cut(*_: object, **__: object) -> NoReturn:
    raise CutError


def test_a_key_that_was_cut_short_is_made_anew_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = DataFolder(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", cut)
        with pytest.raises(CutError):
            Seal.of_folder(folder)
    assert not folder.secret_key.exists()
    sealed = Seal.of_folder(folder).seal("138")
    assert Seal.of_folder(folder).unseal(sealed) == "138"
    assert folder.secret_key.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [folder.secret_key]


def test_a_key_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.write_secret(folder.secret_key, "first")
    with pytest.raises(FileExistsError):
        folder.write_secret(folder.secret_key, "second")
    assert folder.secret_key.read_text("utf-8") == "first"


def test_a_city_file_that_was_cut_short_is_no_city_of_another_time_zone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = DataFolder(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", cut)
        with pytest.raises(CutError):
            folder.found_city("America/New_York")
    assert folder.found_city("America/New_York")
    assert folder.city().time_zone == "America/New_York"
