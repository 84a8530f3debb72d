"""Months, in the company's time zone: what figures and reviews are for."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone


def month_of(moment: dt.datetime) -> dt.date:
    """The first day of the month that *moment* lies in, in the company's time zone."""
    return timezone.localtime(moment, timezone.get_default_timezone()).date().replace(day=1)


def shifted(month: dt.date, by: int) -> dt.date:
    """The month *by* months later (earlier when negative)."""
    index = month.year * 12 + month.month - 1 + by
    return dt.date(index // 12, index % 12 + 1, 1)


def starts(month: dt.date) -> dt.datetime:
    """The moment at which *month* begins."""
    return dt.datetime.combine(month, dt.time(), timezone.get_default_timezone())
