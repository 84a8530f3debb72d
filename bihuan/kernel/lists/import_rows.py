"""The rows of an imported file: declared columns found by their headings, cells parsed, each fault named with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from ..access.refusals import Invalid, Refusal
from .parsers import Parse, text


@dataclass(frozen=True)
class ImportColumn:
    """A column of the file. *name* keys the row's values, *label* is the heading, *help* is shown in the template."""

    name: str
    label: Any
    required: bool = False
    parse: Parse = field(default_factory=text)
    help: Any = ""


@dataclass(frozen=True)
class ImportRow:
    """A row that was read: its number in the spreadsheet, its values by column name (None where the cell is empty), and as typed."""

    number: int
    values: dict[str, Any]
    cells: dict[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class RowError:
    """What is wrong with a row: where, what stood there, and what to do."""

    number: int
    column: Any
    value: str
    sentence: str


def places(columns: Sequence[ImportColumn], headings: list[str]) -> dict[int, ImportColumn]:
    """Which column stands where. Raises Invalid that names unknown, doubled and missing ones."""
    known = {folded(heading): column for column in columns for heading in _headings(column)}
    found = {at: known.get(folded(heading)) for at, heading in enumerate(headings) if heading}
    if unknown := [headings[at][:40] for at, column in found.items() if column is None]:
        remedy = _("文件里有不认识或不允许导入的栏目：%(names)s。请删除这些栏目，或对照模板改正标题。")
        raise Invalid(remedy % {"names": _names(unknown)}, field="file")
    there = {at: column for at, column in found.items() if column is not None}
    names = [column.name for column in there.values()]
    if twice := [column.label for column in columns if names.count(column.name) > 1]:
        raise Invalid(_("栏目重复：%(names)s。请只保留一个。") % {"names": _names(twice)}, field="file")
    if missing := [column.label for column in columns if column.required and column.name not in names]:
        raise Invalid(_("缺少必填的栏目：%(names)s。请对照模板补上。") % {"names": _names(missing)}, field="file")
    return there


def read_row(number: int, cells: list[str], there: Mapping[int, ImportColumn]) -> tuple[dict[str, Any], list[RowError]]:
    """The values of a row, and what is wrong with its cells."""
    values: dict[str, Any] = {}
    wrong: list[RowError] = []
    for at, column in there.items():
        cell = cells[at] if at < len(cells) else ""
        try:
            values[column.name] = _value(column, cell)
        except Refusal as refusal:
            wrong.append(RowError(number, column.label, cell[:100], refusal.sentence))
    if extra := [cell for at, cell in enumerate(cells) if cell and at not in there]:
        wrong.append(RowError(number, "", extra[0][:100], _("这一格上方没有标题，请删除或移到有标题的栏目下。")))
    return values, wrong


def _value(column: ImportColumn, cell: str) -> Any:
    if cell:
        try:
            return column.parse(cell)
        except (ValueError, TypeError, ArithmeticError):
            raise Invalid(_("无法识别，请对照模板填写。")) from None
    if column.required:
        raise Invalid(_("必填，请填写。"))
    return None


def folded(heading: Any) -> str:
    """A heading as it is compared: without spaces, case, and the star that marks required columns in the template."""
    return "".join(str(heading).casefold().split()).removesuffix("*")


def _headings(column: ImportColumn) -> Iterator[str]:
    """The headings a column may have: its name, and its label in each language, so that a file fits whoever uploads it."""
    yield column.name
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            yield str(column.label)


def _names(labels: Iterable[Any]) -> str:
    return _("、").join(f"“{label}”" for label in labels)
