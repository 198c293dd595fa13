"""Reading an export as a table: zipped or not, in any of the usual encodings, with any of the usual delimiters."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from geodata.intake.history_mapping import HistoryMapping, MappingError

DELIMITERS = (",", ";", "\t", "|")
TABLES = (".csv", ".tsv", ".txt")
FIELD_MAX = 4_000_000
PIECE = 1 << 20
GUESSED = "cp1252"
NEIGHBOURS_FROM = 0.8
_HIGH = re.compile(rb"[\x80-\xff]+")


class TableError(ValueError):
    """The file is not a table that can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Table:
    """An open table: its header, an iterator of (line number, fields), and how far the file is read."""

    header: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]
    encoding: str
    delimiter: str
    position: Callable[[], int]
    size: int


@contextmanager
def open_table(path: Path, mapping: HistoryMapping) -> Iterator[Table]:
    """Open an export. Raises TableError and MappingError."""
    csv.field_size_limit(FIELD_MAX)
    encoding = mapping.encoding or _encoding(path, mapping.member)
    with _opened(path, mapping.member) as (raw, size):
        try:
            # Five bytes mean nothing in Windows-1252; where it was only guessed they may not end the import.
            errors = "replace" if encoding == GUESSED else "strict"
            text = io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline="")
        except LookupError:
            raise MappingError(f"encoding: {encoding!r} is not known") from None
        first = text.readline()
        delimiter = mapping.delimiter or _delimiter(first, list(mapping.columns.all_of_them().values()))
        reader = csv.reader(_chained(first, text), delimiter=delimiter)
        header = tuple(name.strip() for name in next(reader, []))
        if not any(header):
            raise TableError(f"{path.name} is empty: its first line must name the columns")
        yield Table(header, _numbered(reader, path), encoding, delimiter, raw.tell, size)


def positions(header: Sequence[str], mapping: HistoryMapping) -> dict[str, int]:
    """Where the mapped columns stand; upper and lower case do not matter. Raises MappingError for a missing one."""
    known = {name.casefold(): k for k, name in reversed(list(enumerate(header)))}
    found = {}
    for key, column in mapping.columns.all_of_them().items():
        if column.strip().casefold() not in known:
            raise MappingError(
                f"columns.{key}: the file has no column {column!r}; it has: " + ", ".join(h for h in header if h)
            )
        found[key] = known[column.strip().casefold()]
    return found


def _numbered(reader: Iterator[list[str]], path: Path) -> Iterator[tuple[int, list[str]]]:
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except (csv.Error, UnicodeDecodeError, zipfile.BadZipFile) as error:
            raise TableError(f"{path.name} cannot be read on: {error}") from error
        if row:
            yield getattr(reader, "line_num", 0), row


def _chained(first: str, rest: IO[str]) -> Iterator[str]:
    yield first
    yield from rest


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """What a damaged or encrypted archive raises becomes a TableError."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise TableError(f"{path.name} is a damaged archive: {error}") from error
    except RuntimeError as error:
        raise TableError(f"{path.name} cannot be unpacked: {error}") from error


@contextmanager
def _opened(path: Path, member: str) -> Iterator[tuple[IO[bytes], int]]:
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            yield file, path.stat().st_size
        return
    with _whole(path), zipfile.ZipFile(path) as archive:
        tables = [i for i in archive.infolist() if i.filename.lower().endswith(TABLES) and not _hidden(i.filename)]
        chosen = [i for i in tables if i.filename == member] if member else tables
        if len(chosen) != 1:
            names = ", ".join(i.filename for i in archive.infolist()) or "nothing"
            raise TableError(f"{path.name} must hold one table (say which by member = …); it holds: {names}")
        with archive.open(chosen[0]) as file:
            yield file, chosen[0].file_size


def _hidden(name: str) -> bool:
    return name.startswith("__MACOSX") or Path(name).name.startswith(".")


def _encoding(path: Path, member: str) -> str:
    """UTF-8 where all of it is, else GB 18030 where its high bytes come in pairs, else Latin-1."""
    with _opened(path, member) as (raw, _):
        start = raw.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        utf8, chinese = codecs.getincrementaldecoder("utf-8")(), codecs.getincrementaldecoder("gb18030")()
        is_utf8 = is_chinese = True
        lone = pairs = 0
        piece = start
        while piece:
            is_utf8 = is_utf8 and _decodes(utf8, piece)
            is_chinese = is_chinese and _decodes(chinese, piece)
            for run in _HIGH.findall(piece):
                lone, pairs = lone + len(run) % 2, pairs + len(run) // 2
            piece = raw.read(PIECE)
        if is_utf8:
            return "utf-8-sig"
        # Accented letters stand alone among plain ones; a Chinese character is two high bytes.
        return "gb18030" if is_chinese and pairs >= NEIGHBOURS_FROM * (pairs + lone) else GUESSED


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes) -> bool:
    try:
        decoder.decode(piece)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(first: str, columns: Sequence[str]) -> str:
    """The one under which the first line names most of the mapped columns, then the one it holds most often."""
    wanted = {c.strip().casefold() for c in columns}

    def fit(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([first], delimiter=delimiter), [])
        return len(wanted & {n.strip().casefold() for n in names}), len(names)

    return max(DELIMITERS, key=fit)
