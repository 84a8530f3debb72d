"""A form's sections as ruled grids: column widths in mm and rows of cells, the one thing the templates know how to draw.

A cell is a dictionary: ``style``, ``text``, ``span`` in columns, and where it has them a ``picture`` with its width in mm (``wide``) or
``lines`` of label and value. A row ``breaks`` across pages only if it is too long to be moved as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import Any

from django.utils.translation import gettext as _

from .forms import Approval, Cell, Cells, Checklist, Photo, Photos, Section, Signature, Signatures, Table, Text
from .glyphs import fitted, printable, width_of
from .pictures import picture

PAGE = 174.0  # mm between the margins
INSET = {"label": 2.0}  # mm that a cell keeps free, left and right together
LABEL = {1: 22.0, 2: 22.0, 3: 22.0, 4: 18.0}  # width of a label by pairs in a row: one for nearly all, so that sections line up
LINE = 6.2  # mm from line to line, as ruled for handwriting
SIGNATURE = (60.0, 20.0)  # mm, the size at which it was drawn
LONG = 20  # lines in a cell, beyond which its row may be split over pages

Grid = dict[str, Any]


def inset(style: str = "value") -> float:
    return INSET.get(style, 4.0)


def cell(text: str, width: float, style: str = "value", *, span: int = 1, **more: Any) -> dict[str, Any]:
    """A cell with *text* fitted to *width* mm."""
    room = width - inset(style)
    shown = fitted(text, room, size=9 if style == "label" else 10)
    lines = sum(1 + width_of(line, 10) // room for line in shown.split("\n"))
    return {"text": shown, "style": style, "span": span, "long": lines > LONG, **more}


def row(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"cells": cells, "breaks": any(one["long"] for one in cells)}


def grid(columns: Sequence[float], rows: Sequence[dict], *, title: str = "", head: dict | None = None) -> Grid:
    """``head`` repeats on every page; a title alone stays on the first."""
    heads = [row(cell(title, PAGE, "title", span=len(columns)))] if title else []
    return {"columns": list(columns), "heads": [*heads, *([head] if head else [])], "repeat": head is not None, "rows": list(rows)}


def moment(at: datetime, zone: tzinfo) -> str:
    """*at* as people there read it, with the offset. Raises ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError("A time without a zone cannot be printed.")
    local = at.astimezone(zone)
    hours, minutes = divmod(abs(offset := int(local.utcoffset().total_seconds() // 60)), 60)  # type: ignore[union-attr]
    return f"{local:%Y-%m-%d %H:%M} UTC{'-' if offset < 0 else '+'}{hours}" + (f":{minutes:02}" if minutes else "")


def signer(name: str, for_whom: str) -> str:
    return _("%(name)s（代 %(absent)s）") % {"name": name, "absent": for_whom} if for_whom else name


def cells(section: Cells, zone: tzinfo) -> Grid:
    """Raises ValueError for more than four pairs in a row: they would be too narrow to read."""
    pairs = max((sum(one.span for one in line) for line in section.rows), default=1)
    if pairs not in LABEL:
        raise ValueError(f"A row of cells takes one to four label–value pairs, not {pairs}.")
    label = LABEL[pairs]
    value = (PAGE - pairs * label) / pairs
    rows = [row(*_pairs(line, pairs, label, value)) for line in section.rows if line]
    return grid([label, value] * pairs, rows, title=section.title)


def _pairs(line: Sequence[Cell], pairs: int, label: float, value: float) -> list[dict[str, Any]]:
    found, left = [], pairs
    for index, one in enumerate(line):
        span = left if index == len(line) - 1 else min(one.span, left)
        left -= span
        width = span * value + (span - 1) * label
        found += [cell(one.label, label, "label"), cell(one.value, width, span=2 * span - 1)]
    return found


def text(section: Text, zone: tzinfo) -> Grid:
    label, width = LABEL[2], PAGE - LABEL[2]
    value = cell(section.text, width, "prose", least=section.min_lines * LINE)
    return grid([label, width], [row(cell(section.label, label, "label"), value)], title=section.title)


def table(section: Table, zone: tzinfo) -> Grid:
    count = max([len(section.head), *map(len, section.rows)])
    shares = [*section.widths, *[1.0] * count][:count]
    columns = [PAGE * share / sum(shares) for share in shares]
    styles = [{"c": "center", "r": "right"}.get(letter, "value") for letter in section.align.ljust(count, "l")]
    rows = [row(*map(cell, [*line, *[""] * count][:count], columns, styles)) for line in section.rows]
    head = row(*[cell(name, width, "label") for name, width in zip([*section.head, *[""] * count], columns, strict=False)])
    return grid(columns, rows or [_nothing(count)], title=section.title, head=head)


def _nothing(count: int) -> dict[str, Any]:
    return row(cell(_("（无）"), PAGE, "center", span=count))


def checklist(section: Checklist, zone: tzinfo) -> Grid:
    rows = [(str(number), one.text, one.result, one.remark) for number, one in enumerate(section.items, 1)]
    head = (_("序号"), _("项目"), _("结果"), _("备注"))
    return table(Table(head=head, rows=rows, widths=(14, 90, 24, 46), align="clcl", title=section.title), zone)


def photos(section: Photos, zone: tzinfo) -> Grid:
    rows = [row(*map(_photo, two), *[cell("", PAGE / 2)] * (2 - len(two))) for two in _by(2, section.photos)]
    return grid([PAGE / 2] * 2, rows or [_nothing(2)], title=section.title)


def _photo(photo: Photo) -> dict[str, Any]:
    return cell(photo.caption, PAGE / 2, "photo", **_drawn(photo.image, PAGE / 2 - inset() - 2, 64.0))


def _drawn(image: bytes | None, width: float, height: float) -> dict[str, Any]:
    """*image* at the largest size that fits; a sentence in its place if it cannot be read."""
    if not image:
        return {}
    found = picture(image)
    if found is None:
        return {"broken": _("（图片损坏，无法打印，请在系统中查看）")}
    return {"picture": found.svg, "wide": min(width, height * found.ratio)}


def signatures(section: Signatures, zone: tzinfo) -> Grid:
    columns = [LABEL[2], SIGNATURE[0] + inset(), PAGE - LABEL[2] - SIGNATURE[0] - inset()]
    rows = [_signature(one, columns, zone) for one in section.signatures]
    return grid(columns, rows or [_nothing(3)], title=section.title)


def _signature(one: Signature, columns: Sequence[float], zone: tzinfo) -> dict[str, Any]:
    lines = [
        (_("签字人"), signer(one.name, one.for_whom)),
        (_("时间"), moment(one.at, zone) if one.at else ""),
        (_("方式"), one.method),
        (_("所签版本"), str(one.version) if one.version is not None else ""),
        (_("核验"), one.state),
    ]
    fit = columns[2] - inset() - 17
    said = [[name, fitted(value, fit, size=9)] for name, value in lines if value]
    drawn = cell("", columns[1], "signature", **_drawn(one.image, *SIGNATURE))
    return row(
        cell(one.meaning, columns[0], "label"),
        drawn,
        cell("", columns[2], "lines", lines=said, long=sum(len(value) for _name, value in said) > 30 * LONG),
    )


def approvals(found: Sequence[Approval], zone: tzinfo) -> list[Grid]:
    """Sign-offs side by side, at most four: what it means above, who and when below."""
    return [_approvals(some, zone) for some in _by(4 if len(found) % 3 else 3, found)]


def _approvals(some: Sequence[Approval], zone: tzinfo) -> Grid:
    width = PAGE / len(some)
    below = [
        cell(
            _signed(one, zone),
            width,
            "approval",
            least=SIGNATURE[1] - 4,
            **_drawn(one.image, min(width - inset(), SIGNATURE[0]), SIGNATURE[1]),
        )
        for one in some
    ]
    return grid([width] * len(some), [row(*below)], head=row(*[cell(one.meaning, width, "label") for one in some]))


def _signed(one: Approval, zone: tzinfo) -> str:
    if one.at:
        return f"{signer(one.name, one.for_whom)}\n{moment(one.at, zone)}"
    waiting = _("待签：%(name)s") % {"name": signer(one.name, one.for_whom)} if one.name else ""
    return waiting + "\n" + _("　　　　年　　月　　日")


def _by(count: int, items: Sequence[Any]) -> list[Sequence[Any]]:
    return [items[start : start + count] for start in range(0, len(items), count)]


_DRAW: dict[type, Callable[..., Grid]] = {
    Cells: cells,
    Text: text,
    Table: table,
    Checklist: checklist,
    Photos: photos,
    Signatures: signatures,
}


def grid_of(section: Section, zone: tzinfo) -> Grid:
    """*section* as a grid; times are shown in *zone*."""
    return _DRAW[type(section)](section, zone)


def plain(value: str) -> str:
    """One line of printable text, for places that are not cells."""
    return " ".join(printable(value).split())
