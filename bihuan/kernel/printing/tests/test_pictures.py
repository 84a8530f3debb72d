"""Pictures on their way into a print."""

import base64
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ..pictures import LONGEST_SIDE, picture, qr
from .papers import picture_bytes


def inside(svg: str) -> bytes:
    return base64.b64decode(re.search(r"base64,([^\"]+)", svg)[1])


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_ordinary_picture_is_taken_over_byte_for_byte(kind):
    data = picture_bytes(300, 100, kind)
    found = picture(data)
    assert inside(found.svg) == data
    assert found.ratio == 3.0


def test_a_huge_photo_is_made_smaller():
    found = picture(picture_bytes(4000, 3000, "JPEG"))
    with Image.open(io.BytesIO(inside(found.svg))) as image:
        assert max(image.size) == LONGEST_SIDE
    assert found.ratio == pytest.approx(4 / 3, rel=0.01)


def test_a_photo_taken_upright_stands_upright():
    turned = Image.Exif()
    turned[0x0112] = 6
    found = picture(picture_bytes(400, 300, "JPEG", exif=turned))
    assert found.ratio == 0.75
    with Image.open(io.BytesIO(inside(found.svg))) as image:
        assert image.size == (300, 400)
        assert image.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize(("mode", "kind"), [("CMYK", "JPEG"), ("I;16", "PNG"), ("RGBA", "PNG"), ("1", "PNG"), ("L", "JPEG"), ("P", "PNG")])
def test_any_colour_space_is_printed(mode, kind):
    out = io.BytesIO()
    Image.new(mode, (40, 20)).save(out, kind)
    found = picture(out.getvalue())
    with Image.open(io.BytesIO(inside(found.svg))) as image:
        assert image.mode in ("1", "L", "P", "RGB", "RGBA", "LA")


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 50,
    ],
)
def test_what_is_no_jpeg_or_png_is_no_picture(data):
    assert picture(data) is None


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_cut_short_is_no_picture(kind):
    out = io.BytesIO()
    Image.effect_noise((200, 200), 60).save(out, kind)
    assert picture(out.getvalue()[: len(out.getvalue()) // 2]) is None


@given(st.sampled_from(["PNG", "JPEG"]), st.integers(0, 400), st.binary(min_size=1, max_size=12))
def test_a_damaged_picture_never_stops_a_print(kind, at, noise):
    data = bytearray(picture_bytes(40, 20, kind))
    data[at : at + len(noise)] = noise
    assert picture(bytes(data)) is None or picture(bytes(data)).ratio > 0


def test_a_picture_that_would_fill_the_memory_is_no_picture(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert picture(picture_bytes(20, 20)) is None


def test_a_qr_code_is_drawn_without_outside_references_and_differs_by_link():
    assert "href" not in qr("https://example.cn/r/1")
    assert qr("https://example.cn/r/1") != qr("https://example.cn/r/2")


def test_a_link_with_chinese_in_it_has_a_qr_code():
    assert qr("https://example.cn/记录/𠮷").startswith("<svg")
