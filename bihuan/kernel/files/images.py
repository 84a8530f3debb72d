"""Pictures are never kept as sent: they are decoded and encoded anew, which leaves nothing but the picture (#36).

Dimensions and frames are judged from the header, before anything is decoded (#37).
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import ExifTags, Image

from ..access.refusals import Invalid
from . import disk
from .media import JPEG, PNG, WEBP, Media

MOST_PIXELS = 40_000_000
LONGEST_EDGE = 2560
THUMBNAIL_EDGE = 320
MOST_SCANS = 100  # a progressive JPEG has about ten; thousands are an attack on the decoder's time
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_FORMATS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP"}


@dataclass(frozen=True)
class Picture:
    """A picture as encoded anew, with the time its camera claimed."""

    spooled: disk.Spooled
    media: Media
    width: int
    height: int
    taken_at: dt.datetime | None


def reencode(source: Path, media: Media) -> Picture:
    """Upright, at most 2560 px long, without metadata: PNG stays PNG, all else becomes JPEG.

    The place (GPS) is dropped; the time taken is kept beside the picture. Raises Invalid for what is too large, moving,
    broken or cut off.
    """
    _refuse_by_header(source, media)
    with _hostile(), Image.open(source, formats=[_FORMATS[media]]) as image:
        _refuse_pixels(*image.size)
        if media is not JPEG and getattr(image, "n_frames", 1) != 1:  # of a camera's several JPEG views the first is the photo
            raise _moving()
        exif = image.getexif()
        taken_at, turn = _taken_at(exif), _TURNS.get(exif.get(ExifTags.Base.Orientation, 1))
        kept = PNG if media is PNG else JPEG
        plain = _plain(image, LONGEST_EDGE, alpha=kept is PNG)
        if turn is not None:
            plain = plain.transpose(turn)
        return Picture(_encoded(plain, kept), kept, *plain.size, taken_at)


def thumbnail(source: Path, target: Path) -> None:
    """A JPEG of at most 320 px at *target*, made from one of our own pictures. Raises FileNotFoundError."""
    with Image.open(source, formats=["JPEG", "PNG"]) as image:
        disk.place(_encoded(_plain(image, THUMBNAIL_EDGE, alpha=False), JPEG).path, target)


def _refuse_by_header(source: Path, media: Media) -> None:
    """What Pillow would learn only by setting memory aside or spending time."""
    data = source.read_bytes()
    if media is JPEG and data.count(b"\xff\xda") > MOST_SCANS:
        raise _broken()
    if media is WEBP:
        if data[12:16] == b"VP8X" and data[20:21] and data[20] & 0x02:
            raise _moving()
        _refuse_pixels(*_webp_size(data[:32]))


def _webp_size(head: bytes) -> tuple[int, int]:
    kind = head[12:16]
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF


def _refuse_pixels(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise _broken()
    if width * height > MOST_PIXELS:
        raise _too_large()


@contextmanager
def _hostile() -> Iterator[None]:
    """Decoders fail in many ways on hostile bytes; each of them means the same to the sender."""
    try:
        yield
    except Invalid:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise _too_large() from problem
    except Exception as problem:
        raise _broken() from problem


def _plain(image: Image.Image, edge: int, *, alpha: bool) -> Image.Image:
    """The pixels, no longer than *edge*, with nothing hanging on them. Without *alpha*, on white paper."""
    image.draft(None, (edge, edge))  # type: ignore[attr-defined]  # JPEG: decode no larger than needed
    image.load()
    if image.mode.startswith("I"):  # 16 bits a channel: to 8
        image = image.convert("I").point(lambda value: value / 257).convert("L")
    if image.mode not in {"1", "P"}:  # these shrink badly; the others before they are copied, for memory's sake
        image.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    see_through = image.has_transparency_data
    if see_through:
        image = image.convert("RGBA")
        if not alpha:
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    plain = image.convert("RGBA" if see_through and alpha else "L" if image.mode in {"1", "L"} else "RGB")
    plain.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    plain.info = {}  # comments, profiles and texts would be written out again
    return plain


def _encoded(image: Image.Image, media: Media) -> disk.Spooled:
    how = {"quality": 85, "optimize": True} if media is JPEG else {}
    with disk.draft() as (file, path):
        image.save(file, _FORMATS[media], **how)
    return disk.Spooled(path, *disk.measure(path))


def _taken_at(exif: Image.Exif) -> dt.datetime | None:
    """The camera's time; without an offset, in the zone the sender works in."""
    try:
        details = exif.get_ifd(ExifTags.IFD.Exif)
        text = str(details.get(ExifTags.Base.DateTimeOriginal) or details.get(ExifTags.Base.DateTimeDigitized) or "").strip("\0 ")
        offset = str(details.get(ExifTags.Base.OffsetTimeOriginal) or "").strip("\0 ")
        if offset:
            return dt.datetime.strptime(text[:19] + offset, "%Y:%m:%d %H:%M:%S%z").astimezone(dt.UTC)
        return dt.datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=timezone.get_current_timezone()).astimezone(dt.UTC)
    except (ValueError, OverflowError, OSError, SyntaxError, TypeError, struct.error):  # never worth losing the photo for
        return None


def _moving() -> Invalid:
    return Invalid(_("不支持动图，请上传静止的照片，或改传 MP4 视频。"), field="file")


def _broken() -> Invalid:
    return Invalid(_("照片打不开或不完整，请重新拍摄或另存为 JPG 后再上传。"), field="file")


def _too_large() -> Invalid:
    return Invalid(_("照片超过 4000 万像素，请缩小后再上传。"), field="file")
