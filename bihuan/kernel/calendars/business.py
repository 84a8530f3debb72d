"""Working time on a calendar of dated windows. Pure: the same calendar gives the same answer today and in the audit.

Windows are local wall times. Each of their edges is one moment, the first at which the zone's clock reads that time *or
later*. So adjoining windows share their edge whatever the clock does: where the clocks go forward, a window shrinks by
what is skipped; where they go back, an hour read twice belongs to the window of its first reading and is counted in full.

The rule for a year that is not published (#72): the ordinary week applies on every day that no exception names, and each
answer that falls into such a year is provisional.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

Window = tuple[time, time]
Windows = tuple[Window, ...]

END_OF_DAY = time.max  # as the end of a window: 24:00, the next day's midnight exactly (a time of day cannot say 24:00)
HORIZON = 36525  # days looked ahead for working time: a hundred years, so that no search runs for ever
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class BusinessCalendar:
    """When people work: an ordinary week from Monday on, and the dates that differ from it.

    ``exceptions`` maps a date to its windows: none means closed (国庆), some mean open, whatever the weekday (调休).
    ``published`` holds the years whose exceptions are known. Raises ValueError, with a sentence for the administrator,
    when windows run backwards, overlap or are not there at all.
    """

    zone: ZoneInfo
    week: tuple[Windows, ...]
    exceptions: Mapping[date, Windows]
    published: frozenset[int]

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError(_("一周要有七天的工作时段，请从星期一到星期日逐日填写。"))
        if not any(self.week) and not any(self.exceptions.values()):
            raise ValueError(_("这个工作日历没有任何工作时段，请至少填写一个。"))
        for weekday, windows in enumerate(self.week):
            _check(str(WEEKDAYS[weekday]), windows)
        for day, windows in self.exceptions.items():
            _check(day.isoformat(), windows)
        object.__setattr__(self, "exceptions", MappingProxyType(dict(self.exceptions)))

    def day_of(self, at: datetime) -> date:
        """The local date of a moment. Raises ValueError for a time without a zone."""
        return _utc(at).astimezone(self.zone).date()

    def windows_on(self, day: date) -> Windows:
        """The windows of *day*, empty when closed. Raises TypeError for a datetime: it would never match an exception."""
        if isinstance(day, datetime):
            raise TypeError("A moment has no windows; ask with day_of(moment).")
        windows = self.exceptions.get(day)
        return self.week[day.weekday()] if windows is None else windows

    def is_workday(self, day: date) -> bool:
        """Whether there is any window on *day*."""
        return bool(self.windows_on(day))

    def is_provisional(self, day: date) -> bool:
        """Whether *day* lies in a year that is not published, so that the ordinary week stood in for what is to come."""
        return day.year not in self.published

    def add(self, start: datetime, working: timedelta) -> datetime:
        """The moment (UTC) at which *working* time has passed since *start*, exact to the microsecond.

        Outside the windows the count begins with the next one; a count that ends with a window ends there, not at the
        opening of the next. No working time at all is *start* itself. Raises ValueError for negative time, for a start
        without a zone, and when a hundred years do not hold that much.
        """
        start, left = _utc(start), working
        if left < timedelta(0):
            raise ValueError("Working time is added, never taken away.")
        if not left:
            return start
        for opens, closes in self._spells(start, HORIZON):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        raise ValueError(_("从 {day} 起一百年内没有足够的工作时段，请检查工作日历。").format(day=self.day_of(start).isoformat()))

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """The working time from *start* to *end*; negative when *end* comes first."""
        start, end = _utc(start), _utc(end)
        if end < start:
            return -self.elapsed(end, start)
        total = timedelta(0)
        for opens, closes in self._spells(start, (end - start).days + 3):  # both ends' days, and a midnight read twice
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def add_workdays(self, start: datetime, days: int, at: time | None = None) -> datetime:
        """The moment (UTC) *at* on the *days*-th workday after the local date of *start*, which itself does not count.

        Without *at* it is the close of that day's last window, as law counts periods in days (民法典 §201, §203).
        Raises ValueError for fewer than one day, and when no workday is found.
        """
        if days < 1:
            raise ValueError("Workdays are counted from one.")
        day = self.day_of(start)
        for _count in range(days):
            day = self.workday_on_or_after(day + ONE_DAY)
        return first_moment(day, self.windows_on(day)[-1][1] if at is None else at, self.zone)

    def nth_workday(self, year: int, month: int, n: int) -> date:
        """The *n*-th workday of a month, counted from one. Raises ValueError when the month has fewer."""
        month_days = (date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1))
        days = [day for day in month_days if self.is_workday(day)]
        if not 1 <= n <= len(days):
            raise ValueError(
                _("{year} 年 {month} 月有 {count} 个工作日，没有第 {n} 个。").format(year=year, month=month, count=len(days), n=n)
            )
        return days[n - 1]

    def workday_on_or_before(self, day: date) -> date:
        """*day*, or the last workday before it. Raises ValueError when a hundred years hold none."""
        return self._nearest(day, -ONE_DAY)

    def workday_on_or_after(self, day: date) -> date:
        """*day*, or the next workday after it. Raises ValueError when a hundred years hold none."""
        return self._nearest(day, ONE_DAY)

    def _nearest(self, day: date, step: timedelta) -> date:
        for offset in range(HORIZON):
            if self.is_workday(found := day + step * offset):
                return found
        raise ValueError(_("{day} 前后一百年内没有工作日，请检查工作日历。").format(day=day.isoformat()))

    def _spells(self, start: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
        """The open spells (UTC) of *days* days from *start* on, in order; one that has begun begins at *start*."""
        first = self.day_of(start)
        for offset in range(min(days, (date.max - first).days)):  # before the end of time
            day = first + ONE_DAY * offset
            for opens, closes in self.windows_on(day):
                end = first_moment(day, closes, self.zone)
                if end > start:
                    yield max(start, first_moment(day, opens, self.zone)), end


def first_moment(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The first moment (UTC) of *day* at which the clock in *zone* reads *wall* or later; END_OF_DAY is the day's end."""
    reading = datetime.combine(day + ONE_DAY, time(0)) if wall == END_OF_DAY else datetime.combine(day, wall)
    late = reading.replace(tzinfo=zone).astimezone(UTC)  # of two readings the first: fold=0
    if _reading(late, zone) == reading:
        return late
    early = reading.replace(tzinfo=zone, fold=1).astimezone(UTC)  # never read: the clocks went forward in between
    while late - early > timedelta.resolution:
        middle = early + (late - early) // 2
        if _reading(middle, zone) < reading:
            early = middle
        else:
            late = middle
    return late


def _reading(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def _utc(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError("A time without a zone is no moment.")
    return at.astimezone(UTC)  # between two times of one zone Python subtracts wall clocks; in UTC it cannot


def _check(day: str, windows: Windows) -> None:
    last = time.min
    for opens, closes in windows:
        said = {"day": day, "opens": f"{opens:%H:%M}", "closes": f"{closes:%H:%M}"}
        if closes <= opens:
            raise ValueError(_("{day}的时段 {opens}–{closes} 结束不晚于开始，请更正（到午夜请写 24:00）。").format(**said))
        if opens < last:
            raise ValueError(_("{day}的时段 {opens}–{closes} 与前一个时段重叠，请按先后填写、互不重叠。").format(**said))
        last = closes
