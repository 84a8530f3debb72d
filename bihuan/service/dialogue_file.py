"""The file format of past conversations: reading it row by row, with a reason for each row that is no good, and writing it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext as _

COLUMNS = ("QID", "Brand", "Model", "Question", "Dialogue", "Report")
LONGEST = {"QID": 40, "Brand": 60, "Model": 60}  # what the database keeps
MOST_PROBLEMS = 200  # named one by one
RESERVED = "（未注明）"


@dataclass(frozen=True)
class Row:
    """One conversation, every text exactly as it stands in the file; ``place`` is its row there, the heading being 1."""

    qid: str
    brand: str
    model: str
    question: str
    dialogue: str
    report: str
    place: int = field(default=0, compare=False)

    @property
    def cells(self) -> tuple[str, ...]:
        return self.qid, self.brand, self.model, self.question, self.dialogue, self.report


def read(path: Path) -> tuple[list[Row], list[str]]:
    """The rows of a UTF-8 CSV file, and a sentence for every one that cannot be taken in."""
    text = path.read_bytes().decode("utf-8", errors="surrogateescape").removeprefix("\ufeff")
    rows: list[Row] = []
    problems: list[str] = []
    places: dict[str, int] = {}
    for place, cells in _records(text):
        problem = cells if isinstance(cells, str) else _heading(cells) if place == 1 else _problem(cells, places)
        if problem:
            problems.append(_("第 {row} 行：{problem}").format(row=place, problem=problem))
            if place == 1 or len(problems) >= MOST_PROBLEMS:
                break
        elif place > 1:
            places[cells[0]] = place
            rows.append(Row(*cells, place=place))
    if not text.strip():
        problems.append(_("文件是空的，请选择含有对话的 CSV 文件。"))
    return rows, problems


def _records(text: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each record with its place; the text of the fault where the file breaks off."""
    place, before = 0, csv.field_size_limit(max(len(text), 1))
    try:
        for place, cells in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1):
            if cells:  # a line with nothing on it is no row
                yield place, cells
    except csv.Error:
        yield place + 1, _("引号不成对，后面的内容无法分清，请用表格软件重新存为 CSV。")
    finally:
        csv.field_size_limit(before)


def _heading(cells: list[str]) -> str:
    if tuple(cell.strip() for cell in cells) == COLUMNS:
        return ""
    return _("表头应为 {wanted}，请核对文件。").format(wanted=",".join(COLUMNS))


def _problem(cells: list[str], places: dict[str, int]) -> str:
    """What is wrong with a row, as a sentence; nothing when it is good."""
    if len(cells) != len(COLUMNS):
        return _("有 {count} 列，应为 {wanted} 列，请检查逗号和引号。").format(count=len(cells), wanted=len(COLUMNS))
    named = dict(zip(COLUMNS, cells, strict=True))
    for column, text in named.items():
        if problem := _unwritable(column, text):
            return problem
    if not named["QID"].strip():
        return _("缺少 QID，请补上编号。")
    if not named["Question"].strip():
        return _("缺少 Question（客户的问题），请补上。")
    if (first := places.get(named["QID"])) is not None:
        return _("QID {qid} 与第 {row} 行重复，请更正其中一行。").format(qid=named["QID"], row=first)
    return ""


def _unwritable(column: str, text: str) -> str:
    if any("\udc80" <= char <= "\udcff" for char in text):
        return _("{column} 不是 UTF-8 编码，请把文件另存为 UTF-8。").format(column=column)
    if "\0" in text:
        return _("{column} 含有不能保存的空字符，请删去。").format(column=column)
    if len(text) > LONGEST.get(column, len(text)):
        return _("{column} 超过 {most} 个字，请缩短。").format(column=column, most=LONGEST[column])
    if text == RESERVED and column in {"Brand", "Model"}:
        return _("{column} 不能写成“{text}”，请留空。").format(column=column, text=text)
    return ""


def write(out: TextIO, rows: Iterable[Row]) -> None:
    """Write *rows* with their heading. Bytes where *out* takes them, so that no platform turns CRLF into something else."""
    binary = getattr(out, "buffer", None)
    wrapped = io.TextIOWrapper(binary, encoding="utf-8", newline="", write_through=True) if binary else out
    try:
        writer = csv.writer(wrapped, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        writer.writerows(row.cells for row in rows)
    finally:
        if isinstance(wrapped, io.TextIOWrapper) and binary:
            wrapped.detach()
