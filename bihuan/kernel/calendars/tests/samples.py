"""Calendars and small words for the tests."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ..business import END_OF_DAY, BusinessCalendar
from ..china import WEEK, chinese_calendar_exceptions
from ..written import read

OFFICE_CN = ((time(8, 30), time(12)), (time(13, 30), time(17, 30)))
NINE_TO_FIVE = ((time(9), time(17)),)
WHOLE_DAY = ((time(0), END_OF_DAY),)


def china() -> BusinessCalendar:
    """Office hours in 2025 and 2026 as the State Council published them; 2027 is not published."""
    return read("Asia/Shanghai", WEEK, chinese_calendar_exceptions([2025, 2026]), [2025, 2026])


def weekdays(zone: str, windows=NINE_TO_FIVE, exceptions=None, published=(2026,)) -> BusinessCalendar:
    return BusinessCalendar(ZoneInfo(zone), (windows,) * 5 + ((), ()), exceptions or {}, frozenset(published))


def every_day(zone: str, windows=WHOLE_DAY, exceptions=None) -> BusinessCalendar:
    return BusinessCalendar(ZoneInfo(zone), (windows,) * 7, exceptions or {}, frozenset({2026}))


def local(text: str, zone: str = "Asia/Shanghai") -> datetime:
    """A wall time such as "2026-02-14 08:30", in *zone*."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(text: str) -> timedelta:
    """A length such as "7:30" or "0:00:00.000002"."""
    hours, minutes, seconds = ([*text.split(":"), "0"])[:3]
    return timedelta(hours=int(hours), minutes=int(minutes), microseconds=round(float(seconds) * 1_000_000))


def day(text: str) -> date:
    return date.fromisoformat(text)
