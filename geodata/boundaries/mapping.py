"""How files become levels: the mapping file (TOML), or the same from command line flags."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from geodata.boundaries.datum import Datum

ParentRule = Literal["", "column", "prefix", "within"]
Texts = Annotated[list[str], BeforeValidator(lambda v: [str(x) for x in v] if isinstance(v, list) else [str(v)])]


class MappingError(ValueError):
    """The mapping file cannot be used; the message names the key and the rule."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Strict):
    """Where the areas of a level come from. Empty texts mean: guess the column, or there is none.

    ``file`` is a name or pattern among the files given; ``where`` keeps rows by column values. ``code_prefix`` is put
    before codes (and ``parent_code_prefix`` before parents' codes) to make them unique across levels; ``code_width``
    puts lost leading zeros back. ``parents``: how an area finds its parent: by ``parent`` column, by the first
    ``parent_prefix`` characters of its code, or as the area above that contains it (``within``).
    """

    file: str = ""
    layer: str = ""
    where: dict[str, Texts] = Field(default_factory=dict)
    code: str = ""
    name: str = ""
    name_en: str = ""
    parent: str = ""
    kind: str = ""
    valid_from: str = ""
    valid_to: str = ""
    crs: str = ""
    datum: Datum | Literal[""] = ""
    encoding: str = ""
    code_width: int = Field(0, ge=0, le=64)
    code_prefix: str = ""
    parent_code_prefix: str = ""
    parents: ParentRule = ""
    parent_prefix: int = Field(0, ge=0, le=64)

    def over(self, base: Source) -> Source:
        """This source, with what it leaves empty taken from ``base``."""
        said = {k: v for k in Source.model_fields if (v := getattr(self, k))}
        return Source(**{**base.model_dump(), **said})


class LevelName(_Strict):
    """A level's key and its names."""

    key: str = Field(max_length=32)
    zh: str = Field("", max_length=64)
    en: str = Field("", max_length=64)

    @classmethod
    def parse(cls, text: str) -> LevelName:
        """From ``key``, ``key:中文`` or ``key:中文:English``."""
        key, zh, en = (*text.split(":", 2), "", "")[:3]
        return cls(key=key.strip(), zh=zh.strip(), en=en.strip())

    @classmethod
    def numbered(cls, depth: int) -> LevelName:
        """For a level nobody named."""
        return cls(key=f"level{depth + 1}", zh=f"第{depth + 1}级", en=f"Level {depth + 1}")


class Root(_Strict):
    """A root area to be made as the union of the top level."""

    code: str = Field(min_length=1, max_length=64)
    name: str = ""
    name_en: str = ""
    level: LevelName = LevelName(key="city", zh="市", en="City")


class Level(Source):
    """One level of the mapping: its names, and what differs from the defaults of the file."""

    level: LevelName


class Mapping(_Strict):
    """The whole mapping: defaults for every level, the levels from the city downwards, or one ``tree`` file.

    ``tree`` is a file whose areas of all levels name their parents; the levels then only carry names.
    """

    defaults: Source = Source()
    levels: list[Level] = Field(default_factory=list)
    tree: Source | None = None
    names: list[LevelName] = Field(default_factory=list)
    root: Root | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Mapping:
        if bool(self.levels) == (self.tree is not None):
            raise ValueError("a mapping has either [[levels]] or one [tree]")
        return self

    def source(self, depth: int) -> Source:
        """The level's source with the defaults filled in."""
        return self.levels[depth].over(self.defaults)


class Flags(_Strict):
    """The command line's way to say a mapping. ``levels`` are ``key[:中文[:English]]`` from the city downwards."""

    source: Source = Source()
    levels: tuple[str, ...] = ()
    root: Root | None = None


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file; raises MappingError."""
    try:
        return Mapping.model_validate(tomllib.loads(path.read_text("utf-8-sig")))
    except OSError as error:
        raise MappingError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{path.name} is not TOML: {error}") from error
    except ValidationError as error:
        lines = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'mapping'}: {e['msg']}" for e in error.errors())
        raise MappingError(f"{path.name}: {lines}") from error


def with_flags(mapping: Mapping, flags: Flags) -> Mapping:
    """The mapping file, with what the command line says over its defaults."""
    return mapping.model_copy(
        update={"defaults": flags.source.over(mapping.defaults), "root": flags.root or mapping.root}
    )


def mapping_for(files: Sequence[str], flags: Flags) -> Mapping:
    """The mapping that flags alone say: each file one level, the city first; one file alone may be a whole tree.

    A file may carry the name of a layer: ``city.gpkg#wards``.
    """
    names = [LevelName.parse(text) for text in flags.levels]
    if len(files) == 1 and (flags.source.parent or not flags.source.parents) and len(names) != 1:
        return Mapping(tree=_at(files[0]), defaults=flags.source, names=names, root=flags.root)
    names += [LevelName.numbered(depth) for depth in range(len(names), len(files))]
    levels = [
        Level(level=name, **_at(file).model_dump(include={"file", "layer"}))
        for name, file in zip(names, files, strict=False)
    ]
    return Mapping(levels=levels, defaults=flags.source, root=flags.root)


def _at(file: str) -> Source:
    path, _, layer = file.partition("#")
    return Source(file=Path(path).name, layer=layer)
