"""Pictures that an after-sales service takes and gets: photos of gauges, a scanned fax, signatures. Drawn, not photographed."""

from __future__ import annotations

import io
import math
import random
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bihuan.kernel import printing

FONT = Path(printing.__file__).resolve().parent / "fonts" / "NotoSansSC-Regular.ttf"
PHOTO = (640, 480)
PAD = (480, 180)
Strokes = list[list[list[int]]]


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size)


def _encoded(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def photo(label: str, value: str, *, good: bool, note: str) -> bytes:
    """A machine's panel with a gauge at *value*, a lamp (green when *good*), the name plate *label* and a written *note*. JPEG."""
    image = Image.new("RGB", PHOTO, "#cfd5d8" if good else "#b9bcb6")
    draw = ImageDraw.Draw(image)
    draw.rectangle((40, 60, 600, 420), fill="#e9ecee", outline="#6d777d", width=4)
    _gauge(draw, (190, 230), 105, good)
    draw.text((150, 290), value, font=_font(26), fill="#1c2227")
    draw.ellipse((420, 110, 470, 160), fill="#2e9d55" if good else "#c8322b", outline="#333333", width=3)
    draw.rectangle((350, 200, 570, 300), fill="#20303a")
    draw.text((366, 214), label, font=_font(24), fill="#d8f3e4" if good else "#ffd9a8")
    draw.text((366, 254), "运行" if good else "故障停机", font=_font(24), fill="#d8f3e4" if good else "#ff9c8a")
    draw.text((60, 436), note, font=_font(20), fill="#333333")
    return _encoded(image, "JPEG")


def _gauge(draw: ImageDraw.ImageDraw, centre: tuple[int, int], radius: int, good: bool) -> None:
    x, y = centre
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill="white", outline="#30383d", width=6)
    for step in range(11):
        angle = math.radians(150 + 24 * step)
        draw.line([_at(centre, angle, radius - 22), _at(centre, angle, radius - 10)], fill="#c8322b" if step > 8 else "#30383d", width=3)
    draw.line([centre, _at(centre, math.radians(290 if good else 372), radius - 30)], fill="#c8322b", width=5)


def _at(centre: tuple[int, int], angle: float, length: float) -> tuple[float, float]:
    return centre[0] + length * math.cos(angle), centre[1] + length * math.sin(angle)


def fax(sender: str, lines: list[str]) -> bytes:
    """A page as a fax machine sends it: grey, a little crooked, with a head line. PNG."""
    image = Image.new("L", (620, 480), 246)
    draw = ImageDraw.Draw(image)
    draw.text((30, 14), f"FAX  {sender}  P.01", font=_font(16), fill=60)
    draw.text((230, 56), "设备报修单", font=_font(30), fill=20)
    for row, line in enumerate(lines):
        draw.text((40, 120 + 34 * row), line, font=_font(20), fill=40)
    return _encoded(image.rotate(0.8, fillcolor=235), "PNG")


@lru_cache(maxsize=256)
def signature(name: str) -> tuple[bytes, Strokes]:
    """How *name* signs: a PNG and the pen's points ``[x, y, milliseconds]``. The same each time, as a person's is."""
    hand = random.Random(name)
    strokes = [_stroke(hand, number, len(name)) for number in range(max(2, len(name[:4])))]
    image = Image.new("RGB", PAD, "white")
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        draw.line([(x, y) for x, y, _time in stroke], fill="#14213d", width=4, joint="curve")
    return _encoded(image, "PNG"), strokes


def _stroke(hand: random.Random, number: int, length: int) -> list[list[int]]:
    left, width = 40 + number * 400 // max(2, min(4, length)), hand.randrange(70, 120)
    height, turns, lean = hand.randrange(25, 60), hand.uniform(0.8, 2.4), hand.uniform(-0.3, 0.3)
    points = []
    for step in range(24):
        along = step / 23
        y = 90 + height * math.sin(2 * math.pi * turns * along + number) * (1 - 0.4 * along) + lean * width * along
        x = left + width * along + 14 * math.sin(2 * math.pi * turns * 1.7 * along)
        points.append([min(PAD[0] - 4, max(4, round(x))), min(PAD[1] - 4, max(4, round(y))), number * 420 + step * 14])
    return points
