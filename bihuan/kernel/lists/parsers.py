"""How the cells of an import are read. Each maker gives a function from the cell's text to a value; it raises Invalid with a sentence."""

from __future__ import annotations

import datetime as dt
import decimal
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from ..access.refusals import Invalid
from .parameters import is_plain

Parse = Callable[[str], Any]
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日")
_TIMES = (" %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M")


def text(longest: int = 200, *, breaks: bool = False) -> Parse:
    """Text of at most so many characters; *breaks* allows several lines."""

    def parse(cell: str) -> str:
        if len(cell) > longest:
            raise Invalid(_("太长，最多 %(longest)s 个字。") % {"longest": longest})
        if not is_plain(cell, breaks=breaks):
            raise Invalid(_("含有换行或不可见字符，请删除。"))
        return cell

    return parse


def whole(low: int = 0, high: int = 2**31 - 1) -> Parse:
    """A whole number from *low* to *high*."""

    def parse(cell: str) -> int:
        written = _folded(cell).replace(",", "")
        if not re.fullmatch(r"-?[0-9]{1,18}", written):
            raise Invalid(_("应为整数。"))
        number = int(written)
        if not low <= number <= high:
            raise Invalid(_("应在 %(low)s 与 %(high)s 之间。") % {"low": low, "high": high})
        return number

    return parse


def amount(places: int = 2, *, high: int = 10**12) -> Parse:
    """A number of at most so many decimal places, not negative, below *high*."""

    def parse(cell: str) -> decimal.Decimal:
        written = _folded(cell).replace(",", "")
        if not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", written):
            raise Invalid(_("应为数字。"))
        number = decimal.Decimal(written)
        if not 0 <= number < high or number != round(number, places):
            raise Invalid(_("应为不小于 0、最多 %(places)s 位小数的数字。") % {"places": places})
        return round(number, places)

    return parse


def day() -> Parse:
    """A date: 2026-03-14, 2026/3/14, 20260314 or 2026年3月14日."""

    def parse(cell: str) -> dt.date:
        return _moment(cell, _DAYS, _("应为日期，例如 2026-03-14。")).date()

    return parse


def moment() -> Parse:
    """A date with a time, in the zone of the page."""

    def parse(cell: str) -> dt.datetime:
        formats = [day + time for day in _DAYS for time in ("", *_TIMES)]
        return timezone.make_aware(_moment(cell, formats, _("应为日期和时间，例如 2026-03-14 14:02。")))

    return parse


def _moment(cell: str, formats: Iterable[str], sentence: str) -> dt.datetime:
    for form in formats:
        try:
            found = dt.datetime.strptime(" ".join(cell.split()), form)  # noqa: DTZ007  (the caller adds the zone)
        except ValueError:
            continue
        if 1950 <= found.year <= 2100:
            return found
    raise Invalid(sentence)


def choice(pairs: Iterable[tuple[Any, Any]]) -> Parse:
    """One of *pairs* (value, label), by its label or its value."""
    pairs = list(pairs)

    def parse(cell: str) -> Any:
        wanted = _folded(cell)
        for value, label in pairs:
            if wanted in {_folded(str(label)), _folded(str(value))}:
                return value
        raise Invalid(_("应为：%(labels)s。") % {"labels": _("、").join(str(label) for _value, label in pairs)})

    return parse


def flag() -> Parse:
    """Yes or no."""

    def parse(cell: str) -> bool:
        wanted = _folded(cell)
        if wanted in {"是", "有", "y", "yes", "1", "true", "√", "✓"}:
            return True
        if wanted in {"否", "无", "n", "no", "0", "false", "×"}:
            return False
        raise Invalid(_("应为“是”或“否”。"))

    return parse


def _folded(cell: str) -> str:
    """Full-width as half-width, capitals as small letters."""
    return unicodedata.normalize("NFKC", cell).casefold().strip()
