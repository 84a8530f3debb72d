"""A spreadsheet file into rows of text: CSV in the encodings that Chinese offices write, and XLSX, with nothing trusted.

An XLSX is a ZIP, and a ZIP can lie about its sizes. So its directory is judged first; then its parts are unpacked here,
counting; and the sheet reader gets a plain, uncompressed copy of just the parts it needs: what was counted is what is read.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ..access.refusals import Invalid

MOST_BYTES = 10 * 2**20
MOST_ROWS = 20_000
MOST_COLUMNS = 100
MOST_ENTRIES = 1000
MOST_UNPACKED = 50 * 2**20
MOST_RATIO = 100
MOST_REPEATED = 400 * 2**20  # bytes that shared texts may come to once written into every cell that points at them

_SYMLINK = 0o120000
_PARTS = re.compile(r"\[Content_Types\]\.xml|_rels/.*|xl/[^/]+\.xml|xl/_rels/.*|xl/worksheets/[^/]+\.xml")
# A cell beyond column CZ or row 29,999, or a place hidden behind an entity: the reader would lay out everything up to it.
_FAR = re.compile(rb"""(?<![:\w])r\s*=\s*["']\s*(?:[A-Za-z]{3,}|[D-Zd-z][A-Za-z]\d|[A-Za-z]*0*(?:[3-9]\d{4}|[1-9]\d{5,})|[^"']*&)""")
_INVISIBLE = " \t\r\n\u00a0\u3000\u200b\ufeff"
_NESTED = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")


@dataclass(frozen=True)
class Table:
    """The heading texts and the rows below, each with its number in the spreadsheet."""

    headings: list[str]
    rows: list[tuple[int, list[str]]]


def read_table(data: bytes) -> Table:
    """The first sheet of an XLSX, or a CSV. Raises Invalid with what to do about a file that cannot be read."""
    if len(data) > MOST_BYTES:
        raise _refusal(_("文件超过 10 MB，请拆分成几个文件再导入。"))
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise _refusal(_("这是旧版 .xls 或加密的文件，请在 Excel 里另存为不加密的 .xlsx 再导入。"))
    return _table(_xlsx_rows(data) if data[:4] == b"PK\x03\x04" else _csv_rows(data))


def _refusal(sentence: str) -> Invalid:
    return Invalid(sentence, field="file")


def _table(lines: Iterable[list[str]]) -> Table:
    headings: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    for number, cells in enumerate(lines, start=1):
        while cells and not cells[-1]:
            cells.pop()
        if len(cells) > MOST_COLUMNS:
            raise _refusal(_("文件超过 %(most)s 列，请只保留模板里的栏目。") % {"most": MOST_COLUMNS})
        if not cells:
            continue
        if not headings:
            headings = cells
        elif len(rows) >= MOST_ROWS:
            raise _refusal(_("文件超过 %(most)s 行，请拆分成几个文件再导入。") % {"most": f"{MOST_ROWS:,}"})
        else:
            rows.append((number, cells))
    if not rows:
        raise _refusal(_("文件里没有数据，请在标题行下面填写后再导入。"))
    return Table(headings, rows)


# CSV


def _csv_rows(data: bytes) -> Iterator[list[str]]:
    text = _decoded(data)
    if "\0" in text:
        raise _refusal(_("文件不是表格，请上传 .xlsx 或 .csv 文件。"))
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield [cell.strip(_INVISIBLE) for cell in cells]
    except csv.Error:
        raise _refusal(_("CSV 文件的引号不成对或某一格太长，请用 Excel 打开后另存为 .xlsx 再导入。")) from None


def _decoded(data: bytes) -> str:
    encodings = ["utf-16"] if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _refusal(_("看不懂文件的文字编码，请在 Excel 里另存为 .xlsx 或“CSV UTF-8”再导入。"))


# XLSX


def _xlsx_rows(data: bytes) -> Iterator[list[str]]:
    import python_calamine  # only where files are read

    plain_copy = _unpacked(data)
    try:
        book = python_calamine.load_workbook(io.BytesIO(plain_copy))
        sheet = book.get_sheet_by_index(0)
        start = sheet.start or (0, 0)
        for row in sheet.iter_rows():
            yield [""] * start[1] + [_text(value) for value in row]
    except (python_calamine.CalamineError, IndexError, ValueError) as problem:
        raise _refusal(_("Excel 文件损坏或不完整，请重新另存为 .xlsx 再导入。")) from problem


def _text(value: Any) -> str:
    """A cell as the text one would type into it."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")
    return "" if value is None else str(value).strip(_INVISIBLE)


def _unpacked(data: bytes) -> bytes:
    """An uncompressed copy with the parts that hold sheets and texts. Raises Invalid for an archive that means harm (#38)."""
    if data.count(b"PK\x01\x02") > MOST_ENTRIES:
        raise _bomb()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _judge(entries)
            parts = _unpack(archive, entries)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        raise _refusal(_("Excel 文件损坏或加了密码，请重新另存为不加密的 .xlsx 再导入。")) from None
    _judge_sheets(parts)
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as plain:
        for name, part in parts.items():
            plain.writestr(name, part)
    return copy.getvalue()


def _bomb() -> Invalid:
    return _refusal(_("这个 Excel 文件的内部结构异常（过大、过多或有嵌套），不予打开。请把数据复制到模板里再导入。"))


def _judge(entries: list[zipfile.ZipInfo]) -> None:
    """Judge by the directory alone, before anything is unpacked."""
    names = [entry.filename for entry in entries]
    if len(entries) > MOST_ENTRIES or len(set(names)) < len(names):
        raise _bomb()
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise _bomb()
    for entry in entries:
        outside = entry.filename.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", entry.filename) or ":" in entry.filename
        link = (entry.external_attr >> 16) & 0o170000 == _SYMLINK
        odd = entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} or entry.flag_bits & 0x1
        packed_tight = entry.file_size > MOST_RATIO * max(entry.compress_size, 1)
        if outside or link or odd or packed_tight or entry.filename.lower().endswith((".zip", ".xlsx", ".xlsm", ".docx", ".jar")):
            raise _bomb()


def _unpack(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    total = 0
    for entry in entries:
        with archive.open(entry) as packed:
            if packed.read(8).startswith(_NESTED):
                raise _bomb()
        if not _PARTS.fullmatch(entry.filename):
            continue  # pictures, printer settings, macros: never unpacked
        part = archive.read(entry)
        total += len(part)
        if total > MOST_UNPACKED or b"<!DOCTYPE" in part[:1024]:
            raise _bomb()
        parts[entry.filename] = part
    return parts


def _judge_sheets(parts: dict[str, bytes]) -> None:
    """Refuse what is small on disk and huge in memory: a far-away cell, or one long text that every cell points at."""
    longest = max((len(text) for text in parts.get("xl/sharedStrings.xml", b"").split(b"</")), default=0)
    for name, part in parts.items():
        if not name.startswith("xl/worksheets/"):
            continue
        if _FAR.search(part):
            most = {"columns": MOST_COLUMNS, "rows": f"{MOST_ROWS:,}"}
            raise _refusal(_("工作表超出 %(columns)s 列或 %(rows)s 行，请把数据复制到新的工作表再导入。") % most)
        if part.count(b"</") // 2 * longest > MOST_REPEATED:
            raise _refusal(_("工作表里的长文字太多，请拆分成几个文件再导入。"))
