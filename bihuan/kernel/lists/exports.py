"""A list as a file, exactly as filtered: Excel or CSV, written piece by piece, and journalled.

Spreadsheets run text that begins like a formula. In Excel files every text is stored as a string, unchanged. CSV has no
types, so there a text beginning with = + - @, TAB, CR, LF, NUL or the full-width = + - @ gets a leading apostrophe
(ASVS 5.0, 1.2.10); numbers and dates are written as they are.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from typing import IO, Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from ..access.actors import Actor
from ..access.refusals import Refusal
from ..journal import append_plain, unit
from .cells import Plain, plain
from .declare import open_list
from .selection import Selection

FORMULA_STARTS = tuple("=+-@\t\r\n\0＝＋－＠")
EXCEL_ROWS = 1_048_575
EXCEL_TEXT = 32_767
IN_MEMORY = 2 * 2**20
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def write(selection: Selection, format: str) -> tuple[IO[bytes], int]:
    """The selected rows as a file (``xlsx`` or ``csv``) and how many there were. Journalled before it is handed out.

    Raises Refusal when there are more rows than an Excel sheet holds.
    """
    headings = [str(column.label) for column in selection.list.columns]
    rows = ([plain(column, record) for column in selection.list.columns] for part in selection.chunks() for record in part)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (the response closes it)
    try:
        count = (write_xlsx if format == "xlsx" else write_csv)(file, headings, rows)
        file.seek(0)
        _journal(selection, format, count)
    except BaseException:
        file.close()
        raise
    return file, count


def export_to(code: str, out: IO[bytes], *, by: Actor, query: str = "", format: str = "csv") -> int:
    """For the command line: the list *code*, filtered by the *query* of its address, into *out*. Returns the number of rows.

    Raises NotFound for an unknown list, NotAllowed when *by* may not open it, BadParameter for a query that no page would write.
    """
    file, count = write(Selection(open_list(code, by), by, QueryDict(query)), format)
    with file:
        shutil.copyfileobj(file, out)
    return count


def _journal(selection: Selection, format: str, count: int) -> None:
    """Who took out what. Words searched for may be a person's name or phone, so only that a search was made is kept."""
    filters = {name: values for name, values in selection.asked.items() if name not in {"q", "after"}}
    with unit():
        append_plain(
            selection.actor,
            "export",
            f"list:{selection.list.code}",
            at=timezone.now(),
            data={"filters": filters, "searched": bool(selection.q), "rows": count, "format": format},
        )


def write_csv(file: IO[bytes], headings: list[str], rows: Iterable[list[Plain]]) -> int:
    """CSV with a byte-order mark (Excel reads it as UTF-8 then) and CRLF (RFC 4180). Returns the number of rows."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([harmless(heading) for heading in headings])
    count = 0
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])
        count += 1
    text.detach()
    return count


def harmless(text: str) -> str:
    """*text* that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _csv_cell(value: Plain) -> Any:
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, str):
        return harmless(value)
    return "" if value is None else value


def write_xlsx(file: IO[bytes], headings: list[str], rows: Iterable[list[Plain]]) -> int:
    """One sheet, a row at a time in constant memory. Returns the number of rows. Raises OSError when there is no room for it."""
    import xlsxwriter  # half as big again as Django's own import; only where files are written
    from xlsxwriter.exceptions import FileCreateError

    never = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    out = _Out(file)
    with tempfile.TemporaryDirectory() as folder:  # of our own: a book that could not be finished leaves its files behind
        book = xlsxwriter.Workbook(out, {"constant_memory": True, "tmpdir": folder, **never})
        try:
            try:
                return _fill(book, headings, rows)
            finally:
                book.close()
        except BaseException as trouble:
            out.give_up()
            _let_go(book)
            if isinstance(trouble, FileCreateError) and isinstance(trouble.__context__, OSError):
                raise trouble.__context__ from None
            raise


class _Out:
    """What a book writes to. Given up, it takes everything and keeps nothing: a ZIP half made closes itself when it is forgotten, after the file."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file: IO[bytes] | None = file

    def give_up(self) -> None:
        self.file = None

    def write(self, data: bytes) -> int:
        return self.file.write(data) if self.file else len(data)

    def seek(self, *to: int) -> int:
        return self.file.seek(*to) if self.file else 0

    def tell(self) -> int:
        return self.file.tell() if self.file else 0

    def flush(self) -> None:
        if self.file:
            self.file.flush()


def _let_go(book: Any) -> None:
    """Close the files of rows that a book keeps open when it cannot be finished: it would try to write them when it is forgotten."""
    for sheet in book.worksheets():
        with suppress(OSError, AttributeError):
            sheet.row_data_fh.close()


def _fill(book: Any, headings: list[str], rows: Iterable[list[Plain]]) -> int:
    bold = book.add_format({"bold": True, "bottom": 1})
    formats = {dt.datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}), dt.date: book.add_format({"num_format": "yyyy-mm-dd"})}
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(headings) - 1, 0), 18)
    for at, heading in enumerate(headings):
        sheet.write_string(0, at, heading, bold)
    count = 0
    for count, row in enumerate(rows, start=1):
        if count > EXCEL_ROWS:
            raise Refusal(_("记录超过 Excel 一张表的上限（%(rows)s 行），请缩小筛选范围或导出 CSV。") % {"rows": f"{EXCEL_ROWS:,}"})
        for at, value in enumerate(row):
            _excel_cell(sheet, count, at, value, formats)
    return count


def _excel_cell(sheet: Any, row: int, at: int, value: Plain, formats: dict[type[dt.date], Any]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, dt.date):
        sheet.write_datetime(row, at, value, formats[type(value)])
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(row, at, value)
    else:
        text = value.replace("\r\n", "\n").replace("\r", "\n")  # Excel's own line break; a CR would be shown as _x000D_
        sheet.write_string(row, at, text if len(text) <= EXCEL_TEXT else text[: EXCEL_TEXT - 1] + "…")
