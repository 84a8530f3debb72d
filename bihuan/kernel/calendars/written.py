"""The written form of a calendar, as revisions keep it in JSON: ``[["08:30", "12:00"], ["13:30", "24:00"]]`` per day."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from ..journal.canonical import canonical
from .business import END_OF_DAY, BusinessCalendar, Windows

WrittenWindows = Sequence[Sequence[str]]
WrittenWeek = Sequence[WrittenWindows]
WrittenExceptions = Mapping[str, WrittenWindows]


def read(time_zone: str, week: WrittenWeek, exceptions: WrittenExceptions, published: Sequence[int]) -> BusinessCalendar:
    """The calendar that is written down. Raises ValueError with a sentence that quotes what cannot be read."""
    if wrong := [year for year in published if isinstance(year, bool) or not isinstance(year, int)]:
        raise ValueError(_("「{text}」不是年份，请写成 2026 这样的数字。").format(text=wrong[0]))
    return BusinessCalendar(_zone(time_zone), _week(week), dict(_exceptions(exceptions)), frozenset(published))


def fingerprint(time_zone: str, week: WrittenWeek, exceptions: WrittenExceptions, published: Sequence[int]) -> str:
    """SHA-256 of the written form: equal for equal calendars, and for no others."""
    return hashlib.sha256(canonical([time_zone, week, exceptions, published]).encode()).hexdigest()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(_("没有「{text}」这个时区，请写成 Asia/Shanghai 这样的名称。").format(text=name))


def _week(week: WrittenWeek) -> tuple[Windows, ...]:
    if not isinstance(week, list | tuple):
        raise ValueError(_("一周要有七天的工作时段，请从星期一到星期日逐日填写。"))
    return tuple(_windows(windows) for windows in week)


def _exceptions(exceptions: WrittenExceptions) -> Iterator[tuple[date, Windows]]:
    for text, windows in exceptions.items():
        try:
            day = date.fromisoformat(text)
        except (TypeError, ValueError):
            raise ValueError(_("「{text}」不是日期，请写成 2026-10-01 的样子。").format(text=text))
        yield day, _windows(windows)


def _windows(windows: WrittenWindows) -> Windows:
    if not isinstance(windows, list | tuple) or any(not isinstance(pair, list | tuple) or len(pair) != 2 for pair in windows):
        raise ValueError(_("「{text}」不是工作时段，每个时段请写明开始和结束两个时间。").format(text=windows))
    return tuple((_time(opens), _time(closes)) for opens, closes in windows)


def _time(text: str) -> time:
    if text == "24:00":
        return END_OF_DAY
    try:
        found = time.fromisoformat(text)
    except (TypeError, ValueError):
        found = None
    if found is None or found.tzinfo is not None:
        raise ValueError(_("「{text}」不是时间，请写成 08:30 的样子。").format(text=text))
    return found
