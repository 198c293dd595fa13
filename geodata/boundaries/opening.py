"""Opening boundary files: archives unpacked, layers chosen, texts in the right encoding."""

from __future__ import annotations

import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from xml.sax import ContentHandler, SAXParseException

import geopandas as gpd
import pyogrio
from defusedxml import DefusedXmlException, sax

from geodata.boundaries.encodings import dbf_encoding, text_as_utf8

DATASETS = frozenset(
    {".shp", ".gpkg", ".geojson", ".json", ".topojson", ".kml", ".gml", ".fgb", ".tab", ".mif", ".gdb"}
)
ARCHIVES = frozenset({".zip", ".kmz"})
MARKUP = frozenset({".kml", ".gml"})
UNPACKED_MAX = 4_000_000_000
# What zipfile raises for an archive that is damaged, cut short, locked with a password or packed in an unknown way.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
TEXTS = frozenset({".geojson", ".json", ".topojson", ".kml", ".gml"})


class ReadError(ValueError):
    """A file cannot be read as what it should be; the message names the file and what would help."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A readable file: the names it may be asked for by, and where it lies (unpacked, in UTF-8)."""

    names: tuple[str, ...]
    path: Path
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A layer as it was read, and what a reader should be told about that."""

    frame: gpd.GeoDataFrame
    name: str
    facts: tuple[str, ...]
    assumptions: tuple[str, ...]


@contextmanager
def datasets(files: Sequence[Path]) -> Iterator[list[Dataset]]:
    """The datasets among these files and folders; archives are unpacked for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="areas-") as folder:
        found: list[Dataset] = []
        for number, file in enumerate(files):
            if not file.exists():
                raise ReadError(f"{file}: there is no such file")
            place = Path(folder) / str(number)
            place.mkdir()
            if file.suffix.lower() in ARCHIVES:
                inside = sorted(p for p in _unpacked(file, place) if p.suffix.lower() in DATASETS)
                alone = (file.name,) if len(inside) == 1 else ()
                found += [_dataset((p.name, *alone), p, place) for p in inside]
            elif file.is_dir() and file.suffix.lower() != ".gdb":
                inside = sorted(p for p in file.iterdir() if p.suffix.lower() in DATASETS)
                found += [_dataset((p.name,), p, place) for p in inside]
            elif file.suffix.lower() in DATASETS:
                found.append(_dataset((file.name,), file, place))
        if not found:
            known = ", ".join(sorted(DATASETS | ARCHIVES))
            raise ReadError(f"none of the files can be read; those that can end in {known}")
        yield found


def _unpacked(archive: Path, place: Path) -> Iterator[Path]:
    """The members of an archive, flat: their folders are left out. Old Chinese tools write names in GBK."""
    try:
        with zipfile.ZipFile(archive) as z:
            if sum(member.file_size for member in z.infolist()) > UNPACKED_MAX:
                raise ReadError(f"{archive.name}: unpacked it would have more than {UNPACKED_MAX:,} bytes")
            for member in z.infolist():
                name = member.filename
                if not member.flag_bits & 0x800:
                    name = name.encode("cp437", "replace").decode("gb18030", "replace")
                target = place / Path(name.replace("\\", "/")).name
                if member.is_dir() or target.name.startswith((".", "__")):
                    continue
                target.write_bytes(z.read(member))
                yield target
    except UNREADABLE as error:
        raise ReadError(f"{archive.name}: not a readable archive ({error})") from error


def _dataset(names: tuple[str, ...], path: Path, place: Path) -> Dataset:
    """A dataset; a text that is not in UTF-8 is copied into UTF-8 first."""
    if path.suffix.lower() not in TEXTS:
        return Dataset(names, path)
    data = path.read_bytes()
    text, encoding = text_as_utf8(data)
    if path.suffix.lower() in MARKUP:
        _must_be_plain(path.name, text)
    if text is data:
        return Dataset(names, path)
    copy = place / f"utf8-{path.name}"
    copy.write_bytes(text)
    return Dataset(names, copy, encoding)


def _must_be_plain(name: str, markup: bytes) -> None:
    """Raise ReadError for XML that brings entities or a document type: they read other files, or swell without end."""
    try:
        sax.parseString(markup, ContentHandler(), forbid_dtd=True)
    except DefusedXmlException as error:
        raise ReadError(f"{name}: XML with a document type or entities is not read ({error})") from error
    except SAXParseException as error:
        raise ReadError(f"{name}: not well-formed XML ({error.getMessage()}, line {error.getLineNumber()})") from error


def choose(found: Sequence[Dataset], pattern: str) -> Dataset:
    """The dataset that a mapping means: by name or pattern, or the only one. Raises ReadError."""
    fits = [d for d in found if not pattern or any(fnmatch(n.lower(), pattern.lower()) for n in d.names)]
    if len(fits) == 1:
        return fits[0]
    given = ", ".join(d.names[0] for d in found)
    if not fits:
        raise ReadError(f"no file is called {pattern!r}; there are: {given}")
    raise ReadError(f"{pattern or 'the mapping'} may mean several files; name one of: {given}")


def open_layer(dataset: Dataset, layer: str, encoding: str, kind: str = "Polygon") -> Opened:
    """Read one layer with all its columns; where none is named, the only one of a kind. Raises ReadError."""
    name, facts, assumptions = dataset.names[0], [], []
    options: dict[str, str] = {}
    if dataset.path.suffix.lower() == ".shp":
        chosen, guessed = (encoding, False) if encoding else _dbf(dataset)
        options["ENCODING"] = chosen
        facts.append(f"texts in {chosen}")
        if guessed and chosen != "utf-8":
            assumptions.append(f"{name}: the table does not say its encoding; it was read as {chosen} (--encoding)")
    elif dataset.encoding:
        facts.append(f"texts in {dataset.encoding}")
    try:
        layer = layer or _only_layer(dataset, kind)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            pyogrio.set_gdal_config_options({"GML_DOWNLOAD_SCHEMA": "NO"})  # nothing is fetched for a file
            frame = pyogrio.read_dataframe(dataset.path, layer=layer, on_invalid="ignore", force_2d=True, **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, OSError, LookupError) as error:
        raise ReadError(f"{name}: {error}") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise ReadError(f"{name}: layer {layer} has no geometry")
    assumptions += [f"{name}: {w.message}" for w in told]
    return Opened(frame, name if dataset.path.stem in (layer, f"utf8-{layer}") else f"{name}#{layer}",
                  tuple(facts), tuple(assumptions))  # fmt: skip


def _dbf(dataset: Dataset) -> tuple[str, bool]:
    try:
        return dbf_encoding(dataset.path)
    except FileNotFoundError as error:
        raise ReadError(f"{dataset.names[0]}: the table beside it ({Path(error.filename).name}) is missing") from error


def _only_layer(dataset: Dataset, wanted: str) -> str:
    layers = [(str(n), kind) for n, kind in pyogrio.list_layers(dataset.path) if kind is not None]
    if len(layers) > 1:
        layers = [x for x in layers if wanted in x[1]] if sum(wanted in k for _, k in layers) == 1 else layers
    if len(layers) == 1:
        return layers[0][0]
    if not layers:
        raise ReadError(f"{dataset.names[0]}: no layer with geometries in it")
    names = ", ".join(f"{dataset.names[0]}#{n}" for n, _ in layers)
    raise ReadError(f"{dataset.names[0]} has several layers; name one: {names}")
