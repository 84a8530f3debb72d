"""What a file is, told by its bytes alone. Names and declared types are the sender's claims and decide nothing (ASVS 5.2.2)."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..access.refusals import Invalid

MB = 2**20


@dataclass(frozen=True, eq=False)  # each is one of a kind
class Media:
    """A kind of content that is taken in: ``limit`` in bytes, ``extensions`` that a sender may have given it."""

    type: str
    extension: str
    label: Any
    limit: int
    extensions: frozenset[str]

    @property
    def is_image(self) -> bool:
        return self.type.startswith("image/")


_PICTURE_NAMES = frozenset({"jpg", "jpeg", "jpe", "jfif", "png", "webp"})  # phones and chat programs mix them up
JPEG = Media("image/jpeg", "jpg", gettext_lazy("照片"), 15 * MB, _PICTURE_NAMES)
PNG = Media("image/png", "png", gettext_lazy("照片"), 15 * MB, _PICTURE_NAMES)
WEBP = Media("image/webp", "webp", gettext_lazy("照片"), 15 * MB, _PICTURE_NAMES)
PDF = Media("application/pdf", "pdf", "PDF", 20 * MB, frozenset({"pdf"}))
MP4 = Media("video/mp4", "mp4", gettext_lazy("视频"), 100 * MB, frozenset({"mp4", "m4v"}))
LARGEST = MP4.limit

_MP4_BRANDS = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash"}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"hevc", b"mif1", b"msf1", b"avif"}
_BOX_NAME = re.compile(rb"[ -~\xa9]{4}")
MOST_BOXES = 20_000
LARGEST_INDEX = 32 * MB


def recognise(head: bytes) -> Media:
    """The kind of content that begins with *head* (a few kilobytes). Raises Invalid for all that is not on the list."""
    if not head:
        raise Invalid(_("文件是空的，请重新选择。"), field="file")
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    if re.match(rb"%PDF-[12]\.\d", head):
        return PDF
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    raise Invalid(_("只能上传 JPG、PNG、WEBP 照片，PDF 文件或 MP4 视频，请换一个文件。"), field="file")


def _by_brand(head: bytes) -> Media:
    brand = head[8:12]
    if brand in _MP4_BRANDS:
        return MP4
    if brand in _HEIF_BRANDS:
        raise Invalid(_("暂不支持 HEIC 照片，请在手机相机设置中选“兼容性最佳”后重拍，或另存为 JPG 再上传。"), field="file")
    raise Invalid(_("暂不支持这种视频格式，请另存为 MP4 再上传。"), field="file")


def refuse_large(media: Media, size: int) -> None:
    """Raises Invalid above the limit of its kind."""
    if size > media.limit:
        raise Invalid(
            _("%(what)s不能超过 %(limit)d MB，请压缩或分开后再上传。") % {"what": media.label, "limit": media.limit // MB}, field="file"
        )


def refuse_broken_pdf(file: BinaryIO, size: int) -> None:
    """A PDF ends as one, and is nothing else besides. Its head was seen by ``recognise``. Raises Invalid."""
    file.seek(max(0, size - 2048))
    tail = file.read().rstrip(b"\r\n\t\f \0")
    if not tail.endswith(b"%%EOF") or b"startxref" not in tail:
        raise Invalid(_("PDF 文件不完整，或末尾带有其他内容，请重新导出后再上传。"), field="file")
    _refuse_archive(file)


def refuse_broken_mp4(file: BinaryIO, size: int) -> None:
    """An MP4's boxes cover the file without rest; it has an index with a picture track, and data. Raises Invalid."""
    names, has_picture = set(), False
    for name, start, end in _boxes(file, size):
        names.add(name)
        if name == b"moov" and end - start <= LARGEST_INDEX:
            file.seek(start)
            has_picture |= b"vide" in file.read(end - start)
    if not has_picture or not names & {b"mdat", b"moof"}:
        raise _broken_video()
    _refuse_archive(file)


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    start = 0
    for _count in range(MOST_BOXES):
        if start == size:
            return
        file.seek(start)
        header = file.read(16)
        length, name, body = int.from_bytes(header[:4]), header[4:8], 8
        if length == 1:
            length, body = int.from_bytes(header[8:16]), 16
        elif length == 0:  # the last box, up to the end
            length = size - start
        if length < body or start + length > size or not _BOX_NAME.fullmatch(name):
            raise _broken_video()
        yield name, start + body, start + length
        start += length
    raise _broken_video()


def _broken_video() -> Invalid:
    return Invalid(_("视频文件不完整，请重新拍摄或导出后再上传。"), field="file")


def _refuse_archive(file: BinaryIO) -> None:
    """A file that is an archive as well hides something from whoever looks at it as a document."""
    try:
        zipfile.ZipFile(file).close()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, OverflowError):
        return
    raise Invalid(_("文件里夹带了压缩包，请分开后只上传文件本身。"), field="file")
