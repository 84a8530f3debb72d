"""A column's value as a cell of a page, and as plain text for an export."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..ui import parts
from ..ui.pieces import Badge, Clock
from .declare import Column, List

Plain = str | int | float | Decimal | dt.datetime | dt.date | None


def html(column: Column, record: Any, href: str) -> SafeString:
    """The cell as a page shows it; *href* is the record's address, or empty."""
    value = column.of(record)
    if isinstance(value, Badge):
        return parts.badge(value.text, value.tone, value.icon)
    if value is None or value == "":
        return parts.nothing()
    if column.kind == "record":
        return parts.number(str(value), href)
    if column.kind == "link" and href:
        return format_html('<a href="{}">{}</a>', parts.safe_href(href), value)
    if column.kind == "deadline" and isinstance(value, dt.datetime | Clock):
        return parts.clock(value)
    return parts.shown(value)


def plain(column: Column, record: Any) -> Plain:
    """The cell as an export writes it: numbers and moments as such, all else as text."""
    value = column.of(record)
    if isinstance(value, Clock):
        value = value.due
    if value is None or isinstance(value, bool):
        return (_("是") if value else _("否")) if value is not None else None
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).replace(tzinfo=None)
    if isinstance(value, dt.date) or (column.kind == "number" and isinstance(value, int | float | Decimal)):
        return value
    return value.text if isinstance(value, Badge) else str(value)


def table(of: List, records: list[Any]) -> list[dict[str, Any]]:
    """The rows of a page: the record's address and its cells in the order of the headings, drawn here, for they are what a page has most of."""
    columns = [(column, _opening(column)) for column in of.columns if not column.wide]
    rows = []
    for record in records:
        href = of.row_url(record) if of.row_url else ""
        cells = format_html_join("", "{}{}</td>", ((opening, html(column, record, href)) for column, opening in columns))
        rows.append({"href": href, "cells": cells})
    return rows


def _opening(column: Column) -> SafeString:
    """The cell's tag; on a phone, where each row is a card, it says what the value is."""
    number = SafeString(' class="number"') if column.kind == "number" else ""
    return format_html('<td data-kind="{}" data-label="{}"{}>', column.kind, column.label, number)
