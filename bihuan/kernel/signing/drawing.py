"""Whether what came from the signature pad is a signature at all."""

from __future__ import annotations

import io
import math
from typing import Any

from django.utils.translation import gettext as _
from PIL import Image

from ..access.refusals import Invalid
from ..journal.canonical import canonical

MOST_POINTS = 20_000
FARTHEST = 20_000  # pixels
SMALLEST_EXTENT = 10  # pixels, in either direction
LARGEST_IMAGE = 2 * 2**20  # bytes
LATEST_TIME = 10**14  # milliseconds; some pads count from 1970

Stroke = list[list[int]]


def strokes_as_text(strokes: Any) -> str:
    """Strokes as the canonical text that is sealed: a list of strokes, each a list of points ``[x, y]`` or ``[x, y, t]``.

    x and y in CSS pixels, t in milliseconds; all rounded to whole numbers. A pad's own form is taken as well: strokes as
    ``{"points": [{"x": …, "y": …, "time": …}]}``. Raises Invalid(field="strokes") when nothing is drawn, or it is no drawing.
    """
    plain = _plain(strokes)
    points = [point for stroke in plain for point in stroke]
    if len(points) < 2 or max(_extent(points, 0), _extent(points, 1)) < SMALLEST_EXTENT:
        raise _nothing_drawn()
    return canonical(plain)


def refuse_blank(image: bytes) -> None:
    """A picture in which nothing stands out is no signature. Raises Invalid(field="image")."""
    if len(image) > LARGEST_IMAGE:
        raise Invalid(_("签名图片过大，请刷新页面后重新签名。"), field="image")
    try:
        with Image.open(io.BytesIO(image), formats=["PNG"]) as picture:
            if picture.width * picture.height > 4_000_000:
                raise Invalid(_("签名图片过大，请刷新页面后重新签名。"), field="image")
            channels = [channel.getextrema() for channel in picture.convert("RGBA").split()]
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Invalid(_("没有收到完整的签名图片，请重新签名。"), field="image") from None
    if all(len(set(extrema)) == 1 for extrema in channels):
        raise _nothing_drawn(field="image")


def _nothing_drawn(field: str = "strokes") -> Invalid:
    return Invalid(_("签名框还是空的，请客户签名后再提交。"), field=field)


def _unreadable() -> Invalid:
    return Invalid(_("签名笔迹无法读取，请清空后重新签名。"), field="strokes")


def _plain(strokes: Any) -> list[Stroke]:
    if not isinstance(strokes, list):
        raise _unreadable()
    lines: list[Any] = [stroke.get("points") if isinstance(stroke, dict) else stroke for stroke in strokes]
    if not all(isinstance(line, list) for line in lines) or sum(map(len, lines)) > MOST_POINTS:
        raise _unreadable()
    return [[_point(point) for point in line] for line in lines if line]


def _point(point: Any) -> list[int]:
    if isinstance(point, dict):
        point = [point.get("x"), point.get("y"), *([point["time"]] if "time" in point else [])]
    if not isinstance(point, list | tuple) or len(point) not in {2, 3}:
        raise _unreadable()
    limits = (FARTHEST, FARTHEST, LATEST_TIME)
    return [_whole(number, limit) for number, limit in zip(point, limits, strict=False)]


def _whole(number: Any, limit: int) -> int:
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number) or abs(number) > limit:
        raise _unreadable()
    return round(number)


def _extent(points: list[list[int]], axis: int) -> int:
    along = [point[axis] for point in points]
    return max(along) - min(along)
