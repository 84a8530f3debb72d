"""Making any text printable: what the font cannot show becomes a visible code point, what cannot break gets places to break.

A name such as 𠮷野 must come out readable or visibly not, never as an empty gap and never as a failed print (#103).
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from pathlib import Path

FONTS = Path(__file__).resolve().parent / "fonts"
BREAK_HERE = "\u200b"

_PLAIN = str.maketrans({"\t": "    ", "\u00a0": " ", "\u202f": " ", **dict.fromkeys("\r\u0085\u2028\u2029", "\n")})
_INVISIBLE = re.compile("[\u00ad\u034f\u200b-\u200d\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")  # no ink to lose
_SOLID = re.compile("[^\\s\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]{3,}")  # no line may break inside
_ADVANCE = {**dict.fromkeys("fijlrtI.,:;'|!()[]{}`", 0.36), **dict.fromkeys("mwMW@%", 0.94)}  # in em


@cache
def _missing() -> re.Pattern[str]:
    """Runs of characters that the regular font has no glyph for. Bidirectional controls are among them: they could reorder a line."""
    ranges = json.loads((FONTS / "coverage.json").read_text())
    return re.compile("[^\n" + "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges) + "]+")


def _code_points(run: re.Match[str]) -> str:
    return "[" + " ".join(f"U+{ord(char):04X}" for char in run[0]) + "]"


def printable(text: object) -> str:
    """*text* with every character the font can show as itself, and every other as its code point: ``[U+1F600]``.

    Composes accents (NFC), makes line ends, tabs and no-break spaces plain, drops characters without ink such as joiners.
    """
    plain = _INVISIBLE.sub("", str(text).replace("\r\n", "\n")).translate(_PLAIN)
    return _missing().sub(_code_points, unicodedata.normalize("NFC", plain))


def width_of(text: str, size: float) -> float:
    """A cautious estimate of the width of *text* in mm, set at *size* points."""
    return sum(_ADVANCE.get(char) or (1.0 if char > "\u0250" else 0.74 if char.isupper() else 0.6) for char in text) * size * 0.353


def fitted(text: object, width: float, size: float = 10) -> str:
    """*text* made printable, with break opportunities inside every run that is wider than *width* mm (serial numbers, URLs, "！！！")."""

    def loosen(run: re.Match[str]) -> str:
        return BREAK_HERE.join(run[0]) if width_of(run[0], size) > width else run[0]

    return _SOLID.sub(loosen, printable(text))
