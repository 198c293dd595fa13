"""What is kept of a photo: the picture, and nothing that a phone wrote beside it."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import pytest
from PIL import Image

from geodata.services import imaging
from geodata.services.imaging import cleaned
from geodata.services.outcomes import Refusal
from tests.factories.pictures import MAKE, photograph


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_the_picture_is_kept(form: str) -> None:
    sent = photograph(form=form)
    assert MAKE.encode() in sent
    kept = cleaned(sent)
    for content in (kept.content, kept.small):
        assert MAKE.encode() not in content
        assert b"Exif" not in content
        assert b"taken by somebody" not in content
        with Image.open(io.BytesIO(content)) as opened:
            assert opened.format == "JPEG"
            assert not dict(opened.getexif())
            assert set(opened.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert hashlib.sha256(kept.content).hexdigest() == kept.sha256


def test_a_photo_is_made_smaller_and_stands_upright() -> None:
    kept = cleaned(photograph(3000, 1500, turned=6))
    assert (kept.width, kept.height) == (800, 1600)
    with Image.open(io.BytesIO(kept.small)) as small:
        assert max(small.size) == imaging.SMALL_EDGE


def test_what_was_hidden_behind_the_end_of_a_picture_is_gone() -> None:
    assert b"PK\x03\x04 something else" not in cleaned(photograph() + b"PK\x03\x04 something else").content


@pytest.mark.parametrize(
    ("sent", "rule"),
    [
        (b"", "is empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "cannot be read"),
        (b"GIF89a" + bytes(100), "cannot be read"),
        (b"\xff\xd8\xff\xe1" + bytes(50), "cannot be read"),
        (photograph()[:900], "cannot be read"),
        (photograph(8, 400), "has an edge of less"),
        (bytes(imaging.BYTES_MAX + 1), "has more than"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_rule(sent: bytes, rule: str) -> None:
    with pytest.raises(Refusal, match=rule) as refused:
        cleaned(sent)
    assert refused.value.field == "photo"


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes(100_000))
    for width, height in ((30_000, 30_000), (100_000, 900), (6_000, 6_000)):
        head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
        bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
        with pytest.raises(Refusal, match="pixels"):
            cleaned(bomb)
