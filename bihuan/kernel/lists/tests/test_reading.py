"""Files into rows: what Chinese offices write is read, what means harm is refused before it is unpacked (#38)."""

import datetime as dt
import io
import re
import struct
import time
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.lists import reading
from bihuan.kernel.lists.reading import read_table

TEXT = "姓名,备注\r\n王工,“早上”漏油\r\n"
CSV = [("姓名", "备注"), ("王工", "“早上”漏油")]


def workbook(rows, **options):
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, options)
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy/m/d"})
    for at, row in enumerate(rows):
        for place, value in enumerate(row):
            if isinstance(value, dt.datetime):
                sheet.write_datetime(at, place, value, day)
            elif value is not None:
                sheet.write(at, place, value)
    book.close()
    return file.getvalue()


def altered(data, **changes):
    """The archive with some entries replaced (name → bytes) or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename not in changes:
                new.writestr(entry, old.read(entry))
        for name, part in changes.items():
            new.writestr(name, part)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
GOOD = workbook([["姓名", "备注"], ["王工", "漏油"]])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_a_csv_is_read_in_the_encodings_of_an_office(encoding):
    table = read_table(TEXT.encode(encoding))
    assert [tuple(table.headings), *(tuple(cells) for _number, cells in table.rows)] == CSV


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_may_use_any_usual_delimiter(delimiter):
    assert read_table(TEXT.replace(",", delimiter).encode()).headings == ["姓名", "备注"]


def test_rows_keep_their_number_in_the_spreadsheet():
    table = read_table('\n姓名,备注\n\n王工,"两\n行"\n , \n赵工,\n'.encode())
    assert table.rows == [(4, ["王工", "两\n行"]), (6, ["赵工"])]


def test_an_excel_file_is_read_as_one_would_type_it():
    data = workbook(
        [
            [],
            ["日期", "电话", "价格", "在用", "空"],
            [dt.datetime(2026, 3, 14), 13800005678, 1.5, True, None],
            [dt.datetime(2026, 3, 14, 14, 2)],
        ]
    )
    assert read_table(data).rows == [(3, ["2026-03-14", "13800005678", "1.5", "是"]), (4, ["2026-03-14 14:02:00"])]


def test_an_excel_file_that_begins_further_right_and_down_keeps_its_places():
    table = read_table(workbook([[], [], [None, None, "姓名"], [None, None, "王工"]]))
    assert table.headings == ["", "", "姓名"]
    assert table.rows == [(4, ["", "", "王工"])]


def test_texts_written_in_place_are_read_too():
    assert read_table(workbook([["姓名"], ["王工"]], constant_memory=True)).rows == [(2, ["王工"])]


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20), min_size=2, max_size=2), min_size=1, max_size=5)
)
def test_what_an_export_writes_an_import_reads(rows):
    from bihuan.kernel.lists.exports import write_xlsx

    file = io.BytesIO()
    write_xlsx(file, ["一", "二"], rows)
    wanted = [[cell.strip(reading._INVISIBLE) for cell in row] for row in rows]
    expected = [(number, row) for number, row in enumerate(wanted, start=2) if any(row)]
    try:
        found = [(number, cells + [""] * (2 - len(cells))) for number, cells in read_table(file.getvalue()).rows]
    except Invalid:
        found = []
    assert found == expected


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "没有数据"),
        ("姓名\n".encode(), "没有数据"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 100, ".xls"),
        (b"\x89PNG\r\n\x1a\n\0\0", "不是表格"),
        (b"a\0b,c\n1,2", "不是表格"),
        (b"\xff\xff\xfa\x81", "编码"),
        (b"PK\x03\x04 but no archive", "损坏"),
        (GOOD[:-40], "损坏"),
        (GOOD[:500] + b"x" * 40 + GOOD[540:], "损坏"),
        (workbook([["姓名"]]), "没有数据"),
        (altered(GOOD, **{SHEET: b"<worksheet"}), ""),
        (altered(GOOD, **{"xl/workbook.xml": b"no xml"}), ""),
        (("姓名," + "x" * 200_000 + "\n").encode(), "太长"),
        ((",".join("abcdefgh" * 20) + "\n").encode(), "100 列"),
        (b"name\n" + b"x\n" * 20_001, "20,000 行"),
        (b"a,b\n" + b"x" * 11_000_000, "10 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_remedy(data, word):
    with pytest.raises(Invalid) as refusal:
        read_table(data)
    assert word in refusal.value.sentence
    assert refusal.value.field == "file"


# Archives that mean harm


def archive(**entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name, part in entries.items():
            new.writestr(name, part)
    return out.getvalue()


def symlink():
    entry = zipfile.ZipInfo("xl/worksheets/link.xml")
    entry.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        new.writestr(entry, "/etc/passwd")
    return out.getvalue()


def lying(size):
    """A sheet of zeros whose headers claim that it is *size* bytes long."""
    data = bytearray(archive(**{SHEET: b"\0" * (60 * 2**20)}))
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        struct.pack_into("<I", data, data.index(signature) + offset, size)
    return bytes(data)


def odd_method():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as new:
        new.writestr(SHEET, b"x" * 1000)
    return out.getvalue()


def doubled():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new, pytest.warns(UserWarning, match="Duplicate"):
        new.writestr(SHEET, b"a")
        new.writestr(SHEET, b"b")
    return out.getvalue()


BOMBS = {
    "ratio above 100": lambda: altered(GOOD, **{"xl/media/zeros.bin": b"\0" * 5_000_000}),
    "more than 50 MB": lambda: altered(GOOD, **{f"xl/worksheets/s{n}.xml": bytes(range(256)) * 40_000 for n in range(6)}),
    "more than 1,000 entries": lambda: archive(**{f"f{n}": b"x" for n in range(1001)}),
    "very many entries": lambda: archive(**{f"{n}": b"" for n in range(60_000)}),
    "an archive inside": lambda: altered(GOOD, **{"xl/embeddings/inner.xlsx": GOOD}),
    "an archive inside under another name": lambda: altered(GOOD, **{"xl/embeddings/inner.bin": GOOD}),
    "a way out": lambda: altered(GOOD, **{"../../etc/cron.d/x": b"x"}),
    "a way out backwards": lambda: altered(GOOD, **{"..\\..\\x": b"x"}),
    "an absolute path": lambda: altered(GOOD, **{"/etc/x": b"x"}),
    "a drive": lambda: altered(GOOD, **{"C:/x": b"x"}),
    "a link": symlink,
    "lies about its size": lambda: lying(1000),
    "another compression": odd_method,
    "one name twice": doubled,
    "entities": lambda: altered(GOOD, **{SHEET: b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>'}),
    "a cell far to the right": lambda: altered(
        GOOD, **{SHEET: b'<worksheet><sheetData><row r="1"><c r="XFD1"><v>1</v></c></row></sheetData></worksheet>'}
    ),
    "a cell far down": lambda: altered(
        GOOD, **{SHEET: b'<worksheet><sheetData><row r="1048576"><c><v>1</v></c></row></sheetData></worksheet>'}
    ),
    "a far cell behind an entity": lambda: altered(GOOD, **{SHEET: b'<worksheet><row r="&#49;048576"><c><v>1</v></c></row></worksheet>'}),
    "one long text in every cell": lambda: workbook([["好" * 30_000] for _ in range(15_000)]),
}


def memory(figure):
    """KiB in use (VmRSS, from which the peak is counted anew) or at the peak since then (VmHWM)."""
    if figure == "VmRSS":
        Path("/proc/self/clear_refs").write_text("5")
    return int(re.search(rf"{figure}:\s+(\d+)", Path("/proc/self/status").read_text())[1])


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="archive bombs skipped: the peak of memory is read from /proc")
@pytest.mark.parametrize("kind", BOMBS)
def test_an_archive_that_means_harm_is_refused_at_once(kind):
    data = BOMBS[kind]()
    before, start = memory("VmRSS"), time.process_time()
    with pytest.raises(Invalid):
        read_table(data)
    assert time.process_time() - start < 1
    assert memory("VmHWM") - before < 100 * 1024


def test_a_picture_in_the_file_is_left_alone():
    assert read_table(altered(GOOD, **{"xl/media/image1.png": b"\x89PNG" + bytes(range(256)) * 40})).rows == [(2, ["王工", "漏油"])]


def test_a_large_honest_file_is_read():
    rows = [[f"客户{at}", f"1380000{at:04}", "螺杆机 KX-160 早上开机就报高压" * 4, at] for at in range(19_999)]
    assert len(read_table(workbook([["客户", "电话", "备注", "数"], *rows], constant_memory=True)).rows) == 19_999
