"""Imaging: a photo as it may be kept. It is decoded and written anew, so that nothing but the picture remains."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from geodata.services.outcomes import Refusal

FORMATS = ("JPEG", "PNG", "WEBP")
BYTES_MAX = 3_000_000
PIXELS_MAX = 24_000_000
EDGE_MIN, EDGE_MAX, SMALL_EDGE = 16, 1_600, 320
QUALITY, SMALL_QUALITY = 82, 70
TYPE = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG without any metadata, and the same as a thumbnail."""

    content: bytes
    small: bytes
    width: int
    height: int
    sha256: str


def cleaned(sent: bytes) -> Picture:
    """What is kept of an image that was sent. Raises Refusal for what is none, or too large in bytes or in pixels."""
    if not sent:
        raise Refusal("photo", "", "is empty")
    if len(sent) > BYTES_MAX:
        raise Refusal("photo", len(sent), f"has more than {BYTES_MAX} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.filterwarnings("ignore", category=UserWarning, module="PIL")  # broken EXIF: it is left out anyway
            with Image.open(io.BytesIO(sent), formats=FORMATS) as opened:
                _measured(*opened.size)
                upright = ImageOps.exif_transpose(opened).convert("RGB")
    except Refusal:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refusal("photo", len(sent), f"has more than {PIXELS_MAX} pixels") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError, IndexError):
        raise Refusal("photo", len(sent), "cannot be read as a JPEG, PNG or WebP image") from None
    upright.thumbnail((EDGE_MAX, EDGE_MAX), Image.Resampling.LANCZOS)
    content = _written(upright, QUALITY)
    width, height = upright.size
    upright.thumbnail((SMALL_EDGE, SMALL_EDGE), Image.Resampling.LANCZOS)
    return Picture(content, _written(upright, SMALL_QUALITY), width, height, hashlib.sha256(content).hexdigest())


def _measured(width: int, height: int) -> None:
    """Refusal before a single pixel is decoded."""
    if width * height > PIXELS_MAX:
        raise Refusal("photo", f"{width}×{height}", f"has more than {PIXELS_MAX} pixels")
    if min(width, height) < EDGE_MIN:
        raise Refusal("photo", f"{width}×{height}", f"has an edge of less than {EDGE_MIN} pixels")


def _written(picture: Image.Image, quality: int) -> bytes:
    bare = Image.new("RGB", picture.size)  # a new one: what was read beside the pixels stays behind
    bare.paste(picture)
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
