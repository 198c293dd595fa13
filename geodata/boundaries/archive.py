"""Reading a PMTiles archive fast: the directory in memory once, tiles straight from the mapped file."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pmtiles.tile import Entry, deserialize_directory, deserialize_header, zxy_to_tileid

ZOOM_MAX = 31


class ArchiveError(ValueError):
    """The file is not a readable PMTiles archive."""


class TileArchive:
    """An archive that stays open. A file that takes its place later is not seen: open it again."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where there is no file, ArchiveError where it is none of ours."""
        with path.open("rb") as f:
            try:
                self._data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
                header = deserialize_header(self._data[:127])
                self._leaves: int = header["leaf_directory_offset"]
                self._tiles: int = header["tile_data_offset"]
                entries = list(self._entries(header["root_offset"], header["root_length"]))
            except Exception as error:  # whatever a broken file makes the decoder raise
                raise ArchiveError(f"{path}: not a PMTiles archive ({error})") from error
        self.zooms: tuple[int, int] = (header["min_zoom"], header["max_zoom"])
        self._first = np.array([e.tile_id for e in entries], np.int64)
        self._last = self._first + np.array([e.run_length for e in entries], np.int64)
        self._at = np.array([(e.offset, e.length) for e in entries], np.int64).reshape(-1, 2)

    def _entries(self, offset: int, length: int) -> Iterator[Entry]:
        for entry in deserialize_directory(self._data[offset : offset + length]):
            if entry.run_length:
                yield entry
            else:
                yield from self._entries(self._leaves + entry.offset, entry.length)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """The tile's bytes (gzip); None where there is none, also for numbers that are no tile."""
        if not 0 <= z <= ZOOM_MAX or not (0 <= x < 1 << z and 0 <= y < 1 << z):
            return None
        number = zxy_to_tileid(z, x, y)
        k = int(np.searchsorted(self._first, number, side="right")) - 1
        if k < 0 or number >= self._last[k]:
            return None
        offset, length = self._at[k].tolist()
        return self._data[self._tiles + offset : self._tiles + offset + length]
