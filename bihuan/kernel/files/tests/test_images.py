"""#36 and #37: a picture is encoded anew, and absurd ones are refused from the header."""

import datetime as dt
import io
import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.files import disk, images
from bihuan.kernel.files.media import JPEG, PNG, WEBP

from . import samples


def reencoded(content, media=JPEG):
    raw = disk.spool([content], 2**30)
    made = images.reencode(raw.path, media)
    return made, made.spooled.path.read_bytes()


def opened(content):
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def alike(one, other):
    """Equal but for what JPEG loses: on average less than 3 of 255 a channel."""
    assert one.size == other.size
    pixels = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).resize((1, 1), Image.Resampling.BOX)
    return max(pixels.getpixel((0, 0))) < 3


def test_the_place_is_dropped_and_the_time_kept():
    made, content = reencoded(samples.jpeg(exif=samples.exif()))
    assert made.taken_at == dt.datetime(2026, 5, 1, 1, 30, tzinfo=dt.UTC)
    assert not opened(content).getexif()
    assert b"Exif" not in content
    assert b"HUAWEI" not in content


@pytest.mark.parametrize(
    ("taken", "offset", "expected"),
    [
        ("2026:05:01 09:30:00", "", dt.datetime(2026, 5, 1, 1, 30, tzinfo=dt.UTC)),  # Asia/Shanghai, where the sender works
        ("2026:05:01 09:30:00", "-05:00", dt.datetime(2026, 5, 1, 14, 30, tzinfo=dt.UTC)),
        ("0000:00:00 00:00:00", "", None),
        ("0001:01:01 00:00:00", "+14:00", None),
        ("gestern", "", None),
        ("", "", None),
    ],
)
def test_the_time_taken_is_what_the_camera_claims_or_nothing(taken, offset, expected):
    made, _content = reencoded(samples.jpeg(exif=samples.exif(taken=taken, offset=offset)))
    assert made.taken_at == expected


TURNED_BACK = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stands_upright_whichever_way_the_phone_was_held(orientation):
    upright = samples.picture(192, 128)
    held = upright if TURNED_BACK[orientation] is None else upright.transpose(TURNED_BACK[orientation])
    made, content = reencoded(samples.encoded(held, "JPEG", quality=95, exif=samples.exif(orientation)))
    assert (made.width, made.height) == (192, 128)
    assert alike(opened(content), upright)


PHONES = {
    "plain": lambda photo: samples.encoded(photo, "JPEG", quality=95),
    "with maker's note": lambda photo: samples.encoded(photo, "JPEG", exif=samples.exif(maker=b"secret" * 500), quality=95),
    "progressive": lambda photo: samples.encoded(photo, "JPEG", progressive=True, quality=95),
    "two views in one (MPO)": lambda photo: samples.encoded(
        photo, "MPO", save_all=True, append_images=[Image.new("RGB", (9, 9))], quality=95
    ),
    "motion photo": lambda photo: samples.encoded(photo, "JPEG", quality=95) + samples.mp4(),
    "profile and comment": lambda photo: samples.encoded(photo, "JPEG", quality=95, icc_profile=b"secret" * 99, comment=b"secret"),
}


@pytest.mark.parametrize("phone", PHONES.values(), ids=PHONES.keys())
def test_photos_of_six_phones_come_out_alike_with_nothing_hanging_on(phone):
    photo = samples.picture(320, 240)
    made, content = reencoded(phone(photo))
    assert alike(opened(content), photo)
    assert content.endswith(b"\xff\xd9")
    assert content.count(b"\xff\xd9") == 1
    assert b"secret" not in content
    assert opened(content).info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert made.spooled.size == len(content)


def test_what_trails_behind_a_picture_is_gone():
    tail = b"<script>alert(1)</script>" + samples.zipped()
    for media, sent in ((JPEG, samples.jpeg()), (PNG, samples.png()), (WEBP, samples.webp())):
        _made, content = reencoded(sent + tail, media)
        assert b"script" not in content
        assert b"PK\x03\x04" not in content


def test_texts_inside_a_png_are_gone():
    whole = samples.png()
    text = samples.png_chunk(b"tEXt", b"Comment\0<?php secret ?>")
    _made, content = reencoded(whole[:33] + text + whole[33:], PNG)
    assert b"secret" not in content


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "1", "P", "LA"])
def test_a_png_stays_a_png_with_the_same_pixels(mode):
    photo = samples.picture(mode="L" if mode == "LA" else "RGB").convert(mode)
    made, content = reencoded(samples.encoded(photo, "PNG"), PNG)
    assert made.media is PNG
    wanted = photo.convert("RGBA")
    assert ImageChops.difference(opened(content).convert("RGBA"), wanted).getbbox(alpha_only=False) is None


def test_a_see_through_signature_stays_see_through():
    made, content = reencoded(samples.signature_png(), PNG)
    assert made.media is PNG
    assert opened(content).getpixel((0, 0))[3] == 0


def test_sixteen_bits_become_eight_without_turning_white():
    grey = Image.new("I;16", (40, 30), 0x8080)
    _made, content = reencoded(samples.encoded(grey, "PNG"), PNG)
    assert opened(content).convert("L").getpixel((5, 5)) == 0x80


def test_webp_becomes_jpeg_on_white_paper():
    see_through = Image.new("RGBA", (40, 30), (255, 0, 0, 0))
    made, content = reencoded(samples.encoded(see_through, "WEBP", lossless=True), WEBP)
    assert made.media is JPEG
    assert opened(content).getpixel((5, 5)) == (255, 255, 255)


def test_print_colours_become_screen_colours():
    _made, content = reencoded(samples.encoded(Image.new("CMYK", (40, 30), (0, 255, 255, 0)), "JPEG"))
    red, green, blue = opened(content).getpixel((5, 5))
    assert red > 200 > 60 > max(green, blue)


@pytest.mark.parametrize(("size", "expected"), [((4000, 3000), (2560, 1920)), ((600, 7800), (197, 2560)), ((2560, 10), (2560, 10))])
def test_the_longest_edge_is_2560_pixels(size, expected):
    made, content = reencoded(samples.jpeg(*size))
    assert (made.width, made.height) == opened(content).size == expected


def test_a_hundred_passes_over_one_picture_are_an_attack():
    whole = samples.encoded(samples.picture(), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    with pytest.raises(Invalid):
        reencoded(whole[:-2] + whole[last:-2] * 120 + b"\xff\xd9")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_damaged_block_of_metadata_does_not_cost_the_photo():
    sent = samples.jpeg(exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\xee" * 64)
    made, _content = reencoded(sent)
    assert made.taken_at is None


ABSURD = {
    "tall PNG": (PNG, samples.png_of_size(1, 2**31 - 1)),
    "vast PNG": (PNG, samples.png_of_size(60_000, 60_000)),
    "just too many pixels": (PNG, samples.png_of_size(8_000, 5_001)),
    "one-bit PNG": (PNG, samples.png_of_size(100_000, 100_000, bits=1, colour=0)),
    "vast JPEG": (JPEG, samples.jpeg_of_size(65_500, 65_500)),
    "vast WEBP": (WEBP, samples.webp_of_size(16_000, 16_000)),
    "vaster WEBP": (WEBP, samples.webp_of_size(2**24, 200)),
    "lossless WEBP": (WEBP, b"RIFF\x20\0\0\0WEBPVP8L\x10\0\0\0\x2f" + struct.pack("<I", 0x0FFFFFFF) + b"\0" * 11),
    "plain WEBP": (WEBP, b"RIFF\x20\0\0\0WEBPVP8 \x10\0\0\0\x30\1\0\x9d\x01\x2a" + struct.pack("<HH", 0x3FFF, 0x3FFF) + b"\0" * 6),
    "endless film": (WEBP, samples.webp_of_size(6_000, 6_000, animated=True)),
    "text bomb": (PNG, samples.png()[:33] + samples.png_chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 2**27)) + samples.png()[33:]),
}

CHILD = """
import django, json, pathlib, resource, sys, time
django.setup()
from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.files import images, media
from PIL import Image
Image.init()
told = []
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    try:
        images.reencode(path, getattr(media, path.name.split()[-1]))
        verdict = "taken"
    except Invalid:
        verdict = "refused"
    told.append([path.name, verdict, time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before])
print(json.dumps(told))
"""


def test_absurd_pictures_are_refused_within_a_second_and_a_hundred_megabytes(tmp_path):
    folder = tmp_path / "absurd"
    folder.mkdir()
    for name, (media, content) in ABSURD.items():
        (folder / f"{name} {media.type.removeprefix('image/').upper()}").write_bytes(content)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder)],
        env=os.environ | {"BIHUAN_HOME": str(tmp_path)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert child.returncode == 0, child.stderr
    told = json.loads(child.stdout)
    assert len(told) == len(ABSURD)
    for name, verdict, seconds, kilobytes in told:
        assert verdict == "refused", name
        assert seconds <= 1, name
        assert kilobytes <= 100 * 1024, name


def test_a_refused_picture_leaves_no_draft(files_root):
    raw = disk.spool([samples.jpeg(400, 300)[:-2000]], 2**30)
    with pytest.raises(Invalid):
        images.reencode(raw.path, JPEG)
    assert [path for path in files_root.rglob("*") if path.is_file()] == [raw.path]


def test_a_thumbnail_fits_320_pixels_and_is_as_private_as_the_picture(tmp_path, files_root):
    source = tmp_path / "source"
    source.write_bytes(samples.png(1200, 900, mode="RGBA"))
    target = disk.thumbnail_path("ab" * 32)
    images.thumbnail(source, target)
    with Image.open(target) as small:
        assert (small.format, small.size) == ("JPEG", (320, 240))
    assert Path(target).stat().st_mode & 0o777 == 0o600
