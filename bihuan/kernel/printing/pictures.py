"""Pictures on their way into a print: read with Pillow, bounded in size, handed over as SVG text with the data inside.

The typesetter has no access to files, so a picture travels in the data; base64 inside SVG is taken over as it is,
without a second compression.
"""

from __future__ import annotations

import base64
import io
import struct
import warnings
import zlib
from dataclasses import dataclass

import segno
from PIL import Image, ImageOps

LONGEST_SIDE = 1600  # pixels; enough for 80 mm at 500 dpi
_KEEPS = {"JPEG": ("image/jpeg", {"L", "RGB"}), "PNG": ("image/png", {"1", "L", "P", "RGB", "RGBA", "LA"})}

# What Pillow raises for damaged, foreign or oversized files. The form is printed all the same and says so.
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


@dataclass(frozen=True)
class Picture:
    """SVG text and its proportions."""

    svg: str
    ratio: float


def picture(data: bytes | None) -> Picture | None:
    """*data* (JPEG or PNG) as something the typesetter takes. None if there is none or it cannot be read as a picture."""
    if not data:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
                media, data, (width, height) = _ready(image, data)
    except _DAMAGED:
        return None
    encoded = base64.b64encode(data).decode()
    svg = f'<image width="{width}" height="{height}" href="data:{media};base64,{encoded}"/>'
    return Picture(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{svg}</svg>', width / height)


def _ready(image: Image.Image, data: bytes) -> tuple[str, bytes, tuple[int, int]]:
    """Media type, bytes and size: untouched where that is safe, else upright, of bounded size and an ordinary colour space."""
    media, modes = _KEEPS[str(image.format)]
    upright = image.getexif().get(0x0112, 1) == 1
    if upright and image.mode in modes and max(image.size) <= LONGEST_SIDE:
        image.load()  # finds what is cut short
        return media, data, image.size
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BILINEAR)
    ImageOps.exif_transpose(image, in_place=True)
    out = io.BytesIO()
    if media == "image/png":
        image.convert("RGBA").save(out, "PNG")
    else:
        image.convert("RGB").save(out, "JPEG", quality=85)
    return media, out.getvalue(), image.size


def qr(url: str) -> str:
    """A QR code for *url* as SVG text, error level M, with the quiet zone that scanners and faxes need."""
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", border=3, xmldecl=False, svgclass=None, lineclass=None, omitsize=True)
    return out.getvalue().decode()
