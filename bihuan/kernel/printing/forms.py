"""What a controlled form says, declared without a word about how it is drawn. Knows no business word.

All texts come translated from the caller and are data: nothing in them is ever read as markup. Times need a zone; they
are printed in ``Form.zone``. Pictures are JPEG or PNG bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo


@dataclass(frozen=True)
class Cell:
    """A label and its value; ``span`` counts label–value pairs, so that 2 is as wide as two cells."""

    label: str
    value: str = ""
    span: int = 1


@dataclass(frozen=True)
class Cells:
    """Ruled cells, the body of most forms. The widest row sets the number of pairs, at most 4; a shorter row's last cell fills it up."""

    rows: Sequence[Sequence[Cell]]
    title: str = ""


@dataclass(frozen=True)
class Text:
    """One long value beside its label. ``min_lines`` keeps room for handwriting."""

    label: str
    text: str = ""
    min_lines: int = 1
    title: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under a head that repeats on every page.

    ``widths`` are shares of the page width (default: equal), ``align`` has one letter a column: l, c or r.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float] = ()
    align: str = ""
    title: str = ""


@dataclass(frozen=True)
class CheckItem:
    text: str
    result: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Checklist:
    """Numbered items with result and remark."""

    items: Sequence[CheckItem]
    title: str = ""


@dataclass(frozen=True)
class Photo:
    image: bytes
    caption: str = ""


@dataclass(frozen=True)
class Photos:
    """Pictures with captions, two in a row."""

    photos: Sequence[Photo]
    title: str = ""


@dataclass(frozen=True)
class Signature:
    """A signature bound to a version of a record (#43). ``state`` is the outcome of its verification, as a sentence."""

    name: str
    meaning: str
    at: datetime | None = None
    method: str = ""
    state: str = ""
    version: int | None = None
    for_whom: str = ""
    image: bytes | None = None


@dataclass(frozen=True)
class Signatures:
    """Signatures with their pictures at real size, 60 × 20 mm."""

    signatures: Sequence[Signature]
    title: str = ""


@dataclass(frozen=True)
class Approval:
    """An internal sign-off. Without ``at`` the cell stays empty, to be signed by hand. ``for_whom``: whose deputy signed."""

    name: str
    meaning: str
    at: datetime | None = None
    for_whom: str = ""
    image: bytes | None = None


Section = Cells | Text | Table | Checklist | Photos | Signatures


@dataclass(frozen=True)
class Form:
    """One controlled form, ready to print.

    Without ``code`` it is no controlled form and has no form number: a sheet made of the records.
    ``stamp`` is laid over every page (作废, 草稿, 未经批准不得执行); a form that is not ``is_current`` gets one anyway.
    ``company`` empty: the name from the settings. The fields after ``zone`` are filled in by ``print_record``.
    """

    code: str
    title: str
    number: str
    record_url: str
    revision: int = 1
    sections: Sequence[Section] = ()
    approvals: Sequence[Approval] = ()
    status_line: str = ""
    is_current: bool = True
    stamp: str = ""
    company: str = ""
    zone: tzinfo = UTC
    printed_by: str = ""
    printed_at: datetime | None = None
    record_version: int = 0
    trail: str = ""


@dataclass(frozen=True)
class Label:
    """A label of 60 × 40 mm: QR code to ``url``, ``title`` (the model) and a few short lines (serial number, service phone)."""

    url: str
    title: str
    lines: Sequence[str] = ()
    company: str = ""
