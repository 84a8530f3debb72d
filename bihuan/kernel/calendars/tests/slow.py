"""An independent, slow way to count working time: walk along in small steps and look at the clock on the wall each time.

It shares no code with the calendar, only its data, and knows no window edges in UTC. A clock that is set back tells
nothing new until it reads later than it has before. Right where windows and changes of the clock lie on whole steps.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta


def pieces(zone, week, exceptions, start: datetime, step: timedelta) -> Iterator[tuple[datetime, datetime, bool]]:
    """From *start* on: (from, to, open) for each whole step of the clock, the first one cut at *start*."""
    start = start.astimezone(UTC)
    epoch = datetime(2000, 1, 1, tzinfo=UTC)
    mark = epoch + (start - epoch) // step * step - timedelta(hours=3)  # what was read before a clock was set back
    latest = datetime.min
    while True:
        latest = max(latest, mark.astimezone(zone).replace(tzinfo=None))
        if mark + step > start:
            windows = exceptions.get(latest.date(), week[latest.weekday()])
            is_open = any(opens <= latest.time() and (latest.time() < closes or closes == time.max) for opens, closes in windows)
            yield max(mark, start), mark + step, is_open
        mark += step


def slow_add(zone, week, exceptions, start: datetime, working: timedelta, step: timedelta) -> datetime:
    worked = timedelta(0)
    for begin, end, is_open in pieces(zone, week, exceptions, start, step):
        if worked == working:
            return begin  # only for no working time at all
        if is_open and worked + (end - begin) >= working:
            return begin + (working - worked)
        worked += (end - begin) if is_open else timedelta(0)
    raise AssertionError("unreachable")


def slow_elapsed(zone, week, exceptions, start: datetime, end: datetime, step: timedelta) -> timedelta:
    worked = timedelta(0)
    for begin, until, is_open in pieces(zone, week, exceptions, start, step):
        if begin >= end:
            break
        worked += (min(until, end) - begin) if is_open else timedelta(0)
    return worked
