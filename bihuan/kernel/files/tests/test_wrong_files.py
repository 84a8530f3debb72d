"""#30: what is not a photo, a PDF or an MP4 leaves nothing behind but a sentence; an odd name becomes a safe one."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.files.media import PDF
from bihuan.kernel.files.models import Attachment

from . import samples

EXE = b"MZ\x90\x00\x03\x00\x00\x00" + b"\0" * 200
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
GIF = samples.encoded(samples.picture(), "GIF")


def _animated(form):
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    return samples.encoded(frames[0], form, save_all=True, append_images=frames[1:])


REFUSED = {
    "program named jpg": ("photo.jpg", EXE),
    "ELF program": ("photo.png", b"\x7fELF" + b"\0" * 100),
    "script": ("run.sh", b"#!/bin/sh\nrm -rf /\n"),
    "php": ("shell.php", b"<?php system($_GET[0]); ?>"),
    "svg": ("logo.svg", SVG),
    "svg named png": ("logo.png", SVG),
    "html": ("page.html", HTML),
    "html named jpg": ("page.jpg", HTML),
    "empty": ("empty.jpg", b""),
    "one byte": ("one.jpg", b"\xff"),
    "JPEG magic only": ("head.jpg", b"\xff\xd8\xff"),
    "0 x 0 PNG": ("none.png", samples.png_of_size(0, 0)),
    "0 x 0 JPEG": ("none.jpg", samples.jpeg_of_size(0, 0)),
    "truncated JPEG": ("cut.jpg", samples.jpeg(400, 300)[:-2000]),
    "truncated PNG": ("cut.png", samples.png(400, 300)[:200]),
    "truncated WEBP": ("cut.webp", samples.webp(400, 300)[:100]),
    "truncated PDF": ("cut.pdf", samples.pdf()[:-20]),
    "truncated MP4": ("cut.mp4", samples.mp4()[:-100]),
    "MP4 head only": ("head.mp4", samples.mp4()[:32]),
    "MP4 with bytes after": ("tail.mp4", samples.mp4() + HTML),
    "MP4 without picture": ("sound.mp4", samples.mp4().replace(b"vide", b"soun")),
    "MP4 of a million boxes": ("boxes.mp4", samples.mp4() + samples.box(b"free") * 30_000),
    "QuickTime": ("film.mov", samples.mp4(brand=b"qt  ")),
    "HEIC": ("IMG_1.HEIC", samples.mp4(brand=b"heic")),
    "GIF": ("cat.gif", GIF),
    "GIF named jpg": ("cat.jpg", GIF),
    "BMP": ("scan.bmp", samples.encoded(samples.picture(), "BMP")),
    "TIFF": ("scan.tif", samples.encoded(samples.picture(), "TIFF")),
    "ICO": ("icon.ico", samples.encoded(samples.picture(), "ICO")),
    "animated PNG": ("move.png", _animated("PNG")),
    "animated WEBP": ("move.webp", _animated("WEBP")),
    "ZIP": ("x.zip", samples.zipped()),
    "ZIP named pdf": ("x.pdf", samples.zipped()),
    "PDF and ZIP in one": ("both.pdf", samples.pdf() + samples.zipped()),
    "PDF with ZIP closed by EOF": ("both.pdf", samples.pdf(body=samples.zipped())),
    "PDF behind a program": ("behind.pdf", EXE + samples.pdf()),
    "PDF behind a blank": ("blank.pdf", b"\n" + samples.pdf()),
    "MP4 with ZIP in its data": ("both.mp4", samples.mp4(data=b"\0" * 64 + samples.zipped())),
    "JPEG with double extension": ("photo.jpg.exe", samples.jpeg()),
    "JPEG named html": ("photo.html", samples.jpeg()),
    "JPEG named pdf": ("photo.pdf", samples.jpeg()),
    "PDF named jpg": ("scan.jpg", samples.pdf()),
    "JPEG named CON.txt": ("CON.txt", samples.jpeg()),
    "extension behind NUL": ("photo.jpg\0.exe", samples.jpeg()),
    "extension behind RTL override": ("photo\u202egpj.exe", samples.jpeg()),
    "extension behind a dot": ("photo.exe.", samples.jpeg()),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "content"), REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_file_is_refused_and_leaves_nothing(name, content, attached, stored):
    with pytest.raises(Invalid) as refusal:
        attached(io.BytesIO(content), name=name)
    assert refusal.value.field == "file"
    assert any("\u4e00" <= sign <= "\u9fff" for sign in refusal.value.sentence)
    assert refusal.value.sentence.endswith("。")
    assert not stored()
    assert not Attachment.objects.exists()


ODD_NAMES = {
    "300 signs": ("长" * 300 + ".jpg", "长" * 60 + ".jpg"),
    "300 letters": ("a" * 300 + ".jpg", "a" * 180 + ".jpg"),
    "no extension": ("image", "image.jpg"),
    "no name": ("", "附件.jpg"),
    "only dots": ("...", "附件.jpg"),
    "climbing": ("../../etc/cron.d/photo.jpg", "photo.jpg"),
    "climbing by backslash": ("..\\..\\windows\\photo.jpg", "photo.jpg"),
    "hidden": (".htaccess.jpg", "htaccess.jpg"),
    "device": ("CON.jpg", "_CON.jpg"),
    "device with number": ("lpt1.x1.jpg", "_lpt1.x1.jpg"),
    "NUL inside": ("pho\0to.jpg", "photo.jpg"),
    "RTL override": ("annex\u202egpj.jpg", "annexgpj.jpg"),
    "line break": ("a\r\nSet-Cookie: x=1.jpg", "a Set-Cookie: x=1.jpg"),
    "lone surrogate": ("a\ud800b.jpg", "ab.jpg"),
    "other extension of a picture": ("截图.PNG", "截图.jpg"),
    "date for an extension": ("IMG_2026.05.01", "IMG_2026.05.01.jpg"),
    "harmless double extension": ("photo.exe.jpg", "photo.exe.jpg"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("sent", "shown"), ODD_NAMES.values(), ids=ODD_NAMES.keys())
def test_a_good_photo_with_an_odd_name_gets_a_safe_one(sent, shown, attached, files_root, stored):
    attachment = attached(samples.jpeg(), name=sent)
    assert attachment.name == shown
    assert stored() == [files_root / attachment.sha256[:2] / attachment.sha256[2:4] / attachment.sha256]


@pytest.mark.django_db
def test_what_the_sender_says_about_the_type_counts_for_nothing(attached):
    upload = SimpleUploadedFile("a.jpg", samples.png(), content_type="text/html")
    assert attached(upload).media_type == "image/png"


@pytest.mark.django_db
@pytest.mark.parametrize("content", [samples.mp4(brand=b"mp42"), samples.mp4()[:-520] + b"\0\0\0\0mdat" + b"\1" * 512])
def test_videos_as_phones_write_them_are_kept_as_they_are(content, attached, stored):
    attachment = attached(content, kind="video", name="VID_1.mp4")
    assert (attachment.media_type, attachment.size) == ("video/mp4", len(content))
    assert [path.read_bytes() for path in stored()] == [content]


@pytest.mark.django_db
def test_a_file_above_its_limit_is_refused_with_the_limit(attached, stored):
    with pytest.raises(Invalid, match="20 MB"):
        attached(samples.pdf(body=b"%" + b"x" * PDF.limit + b"\n"), name="big.pdf")
    with pytest.raises(Invalid, match="15 MB"):
        attached(samples.jpeg() + b"\0" * 15 * 2**20, name="big.jpg")
    assert not stored()


@pytest.mark.django_db
def test_nothing_is_written_beyond_the_largest_limit(attached, stored):
    asked = []

    class Endless(io.RawIOBase):
        def seekable(self):
            return False

        def read(self, size=-1):
            asked.append(size)
            return (samples.mp4() if len(asked) == 1 else b"\0" * size)[:size]

    with pytest.raises(Invalid, match="100 MB"):
        attached(Endless(), name="endless.mp4")
    assert sum(asked) <= 101 * 2**20
    assert not stored()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "content", "remedy"),
    [
        ("photo_before", samples.pdf(), "照片"),
        ("signature", samples.jpeg(), "PNG"),
        ("video", samples.jpeg(), "MP4"),
    ],
)
def test_a_place_for_photos_takes_photos(kind, content, remedy, attached, stored):
    with pytest.raises(Invalid, match=remedy):
        attached(content, kind=kind, name="")
    assert not stored()
