"""The arithmetic of deadlines, pure: the same events, calendar and rule give the same answer, today and in the audit.

A span is either elapsed time round the clock or working time on a calendar. No clock is read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ..calendars.business import BusinessCalendar
from .models import Verdict


@dataclass(frozen=True)
class Span:
    """A length of time: ``working`` counts on the branch's calendar, otherwise every hour counts."""

    length: timedelta
    working: bool = False

    def after(self, start: datetime, calendar: BusinessCalendar | None) -> datetime:
        """The moment this long after *start*. Raises ValueError for working time without a calendar."""
        if not self.working:
            return (start.astimezone(UTC) + self.length).astimezone(UTC)
        if calendar is None:
            raise ValueError("Working time needs a calendar.")
        return calendar.add(start, self.length)

    def left(self, now: datetime, due: datetime, calendar: BusinessCalendar | None) -> timedelta:
        """How much of it remains at *now*, never negative."""
        if now >= due:
            return timedelta(0)
        return calendar.elapsed(now, due) if self.working and calendar else due - now


AT_ONCE = Span(timedelta(0))


def hours(count: float) -> Span:
    """Elapsed hours, round the clock."""
    return Span(timedelta(hours=count))


def minutes(count: float) -> Span:
    """Elapsed minutes, round the clock."""
    return Span(timedelta(minutes=count))


def working_hours(count: float) -> Span:
    """Hours of the branch's working calendar."""
    return Span(timedelta(hours=count), working=True)


def daily(start: datetime, at: time, zone: ZoneInfo) -> datetime:
    """The next *at* (local wall time) strictly after *start*."""
    local = start.astimezone(zone)
    due = local.replace(hour=at.hour, minute=at.minute, second=at.second, microsecond=0, fold=0)
    if due <= local:
        due = (local + timedelta(days=1)).replace(hour=at.hour, minute=at.minute, second=at.second, microsecond=0, fold=0)
    return due.astimezone(UTC)


def schedule(due: datetime, warn: Sequence[Span], climbs: int, every: timedelta) -> list[datetime]:
    """The moments at which people are told: each warning before *due*, *due* itself, then one for each further climb."""
    before = sorted(due - span.length for span in warn)
    return [*before, *(due + every * step for step in range(max(1, climbs)))]


def verdict(due: datetime, stopped_at: datetime | None, recorded_at: datetime | None, *, breached: bool = False) -> Verdict:
    """How a deadline stands, from when it was done (said) and when that reached the server.

    Done and entered by *due*: kept. Done by *due* as said, entered after: a late entry, which does not undo the breach
    that everybody had to see at *due*. Done after: missed.
    """
    if stopped_at is None or recorded_at is None:
        return Verdict.MISSED if breached else Verdict.OPEN
    if stopped_at > due:
        return Verdict.MISSED
    return Verdict.KEPT if recorded_at <= due else Verdict.LATE_ENTRY
