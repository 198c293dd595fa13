"""Pictures as phones take them: with a position, a make and a thumbnail beside the pixels."""

from __future__ import annotations

import io

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

MAKE = "FieldPhone"
LON, LAT = 106.5123, 29.5456
GPS_IFD, MAKE_TAG, ORIENTATION_TAG = 0x8825, 0x010F, 0x0112


def photograph(width: int = 640, height: int = 480, *, form: str = "JPEG", exif: bool = True, colour: str = "#885533",
               turned: int = 1) -> bytes:  # fmt: skip
    """An image; with ``exif`` it tells where it was taken and by what."""
    picture = Image.new("RGB", (width, height), colour)
    for x in range(0, width, 8):
        picture.paste("#224466", (x, 0, x + 3, height // 2))
    out = io.BytesIO()
    told = Image.Exif()
    if exif:
        told[MAKE_TAG], told[ORIENTATION_TAG] = MAKE, turned
        told.get_ifd(GPS_IFD).update({1: "N", 2: _degrees(LAT), 3: "E", 4: _degrees(LON)})
    more = {"comment": b"taken by somebody"} if form == "JPEG" else {}
    picture.save(out, form, exif=told, **more)
    return out.getvalue()


def _degrees(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    whole = int(value)
    minutes = (value - whole) * 60
    seconds = round((minutes - int(minutes)) * 60 * 100)
    return IFDRational(whole), IFDRational(int(minutes)), IFDRational(seconds, 100)
