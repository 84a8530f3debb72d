"""The period that figures are for: whole months, in the company's time zone, so that each figure is a sum of monthly tallies."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel.lists.parameters import BadParameter
from bihuan.quality.public import month_of, shifted, starts

__all__ = ["Period", "month_of", "period_of", "presets", "shifted", "starts"]
MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
TREND = 12  # months of the trend
MOST = 60


@dataclass(frozen=True)
class Period:
    """From the first to the last month, both included."""

    first: dt.date
    last: dt.date

    @property
    def begins(self) -> dt.datetime:
        return starts(self.first)

    @property
    def ends(self) -> dt.datetime:
        """The moment after its last one."""
        return starts(shifted(self.last, 1))

    @property
    def query(self) -> str:
        return f"from={self.first:%Y-%m}&to={self.last:%Y-%m}"

    @property
    def label(self) -> str:
        one = _("{y} 年 {m} 月")
        first = one.format(y=self.first.year, m=self.first.month)
        return (
            first
            if self.first == self.last
            else _("{first} 至 {last}").format(first=first, last=one.format(y=self.last.year, m=self.last.month))
        )

    @property
    def trend(self) -> Period:
        """The twelve months up to its end, or itself when it is longer."""
        return Period(min(self.first, shifted(self.last, 1 - TREND)), self.last)

    @property
    def months(self) -> list[dt.date]:
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        return [shifted(self.first, step) for step in range(count)]

    def holds(self, month: dt.date) -> bool:
        return self.first <= month <= self.last


def period_of(first: str, last: str) -> Period:
    """The period that two months (``2026-11``) name; the last three months when neither is given. Raises BadParameter."""
    now = month_of(timezone.now())
    if not first and not last:
        return Period(shifted(now, -2), now)
    found = Period(_month("from", first or last), _month("to", last or first))
    if found.last < found.first:
        raise BadParameter("to", _("结束月份早于开始月份，请调换。"))
    if len(found.months) > MOST:
        raise BadParameter("to", _("期间最长五年，请缩短。"))
    return found


def _month(name: str, text: str) -> dt.date:
    if not (match := MONTH.fullmatch(text)):
        raise BadParameter(name)
    return dt.date(int(match[1]), int(match[2]), 1)


def presets() -> list[tuple[str, Period]]:
    """The periods that people ask for most."""
    now = month_of(timezone.now())
    quarter = dt.date(now.year, (now.month - 1) // 3 * 3 + 1, 1)
    return [
        (_("本月"), Period(now, now)),
        (_("上月"), Period(shifted(now, -1), shifted(now, -1))),
        (_("近三个月"), Period(shifted(now, -2), now)),
        (_("本季"), Period(quarter, now)),
        (_("上季"), Period(shifted(quarter, -3), shifted(quarter, -1))),
        (_("今年"), Period(dt.date(now.year, 1, 1), now)),
        (_("近一年"), Period(shifted(now, -11), now)),
    ]
