#!/usr/bin/env bash
# Reproduces bihuan/kernel/printing/fonts/: the fonts of every print, and the list of the characters they can show.
#
#   NotoSansSC-Regular.ttf   the full font: names hold rare characters (喆, 𠮷) that no subset can foresee
#   NotoSansSC-Bold.ttf      GB 2312 and Latin only, for titles and labels; the rest falls back to Regular
#   coverage.json            ranges of code points of Regular, so that a print can show "[U+1F600]" for what has no glyph
#   OFL.txt                  the licence of both fonts (Noto carries no reserved font name, so the subset may keep its name)
#
# Needs npm, python3 and both package registries. Nothing but the four files above stays behind.
set -euo pipefail

PACKAGE=@expo-google-fonts/noto-sans-sc@0.4.3
SHA512=9rAwdFTFHbO/u6Cs0gj2jZbW74TGIiaFNQnXYH2s5wA1bzVkwbaviL4t8YUV642eGYjg86eH6DkAEQmfNHDncQ==
FONTTOOLS=fonttools==4.68.0

target="$(cd "$(dirname "$0")/.." && pwd)/bihuan/kernel/printing/fonts"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$target"

cd "$work"
tarball="$(npm pack --silent "$PACKAGE")"
test "$(openssl dgst -sha512 -binary "$tarball" | base64 -w0)" = "$SHA512" || { echo "$PACKAGE is not the file that was reviewed" >&2; exit 1; }
tar xzf "$tarball" package/LICENSE_FONT package/400Regular package/700Bold
install -m 644 package/LICENSE_FONT "$target/OFL.txt"
install -m 644 package/400Regular/NotoSansSC_400Regular.ttf "$target/NotoSansSC-Regular.ttf"

python3 -m venv tools
tools/bin/pip install --quiet "$FONTTOOLS"
tools/bin/python - "$target" package/700Bold/NotoSansSC_700Bold.ttf <<'PYTHON'
import json
import pathlib
import sys
import unicodedata

from fontTools import subset
from fontTools.ttLib import TTFont

target, bold = pathlib.Path(sys.argv[1]), sys.argv[2]


def gb2312() -> str:
    pairs = (bytes((high, low)) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF))
    return "".join(pair.decode("gb2312", "ignore") for pair in pairs)


def ranges(points: list[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for point in points:
        if found and point == found[-1][1] + 1:
            found[-1][1] = point
        else:
            found.append([point, point])
    return found


def may_be_printed(point: int) -> bool:
    """Control, format, private and unassigned characters have no place in an archived print."""
    return unicodedata.category(chr(point)) not in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}


options = subset.Options(layout_features=["kern", "locl", "ccmp", "mark", "mkmk"], hinting=False, notdef_outline=True)
font = TTFont(bold, recalcTimestamp=False)
subsetter = subset.Subsetter(options)
subsetter.populate(text=gb2312(), unicodes=[*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x2010, 0x2040)])
subsetter.subset(font)
font.save(target / "NotoSansSC-Bold.ttf", reorderTables=True)

points = sorted(point for point in TTFont(target / "NotoSansSC-Regular.ttf").getBestCmap() if may_be_printed(point))
(target / "coverage.json").write_text(json.dumps(ranges(points), separators=(",", ":")) + "\n")
PYTHON
ls -l "$target"
