"""A working calendar's year as administrators read and write it: lines of days off and days worked in exchange (调休)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping

from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.calendars.models import CalendarRevision
from bihuan.kernel.calendars.publish import publish_revision
from bihuan.kernel.calendars.written import WrittenExceptions

from ..rules import require_administrator

LINE = re.compile(
    r"^(?P<first>\d{4}-\d{1,2}-\d{1,2})(?:\s*(?:至|到|~|～|—)\s*(?P<last>\d{4}-\d{1,2}-\d{1,2}))?\s+(?P<kind>休|班)(?:\s.*)?$"
)


def read_days(text: str, year: int) -> dict[dt.date, bool]:
    """The days that the lines of *text* name: True is worked, False is off. Raises Invalid that quotes the line at fault."""
    found: dict[dt.date, bool] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        match = LINE.match(line)
        if match is None:
            raise Invalid(_("看不懂“%(line)s”。请写成“2027-01-01 休”或“2027-02-05 至 2027-02-11 休”。") % {"line": line[:60]}, field="days")
        first = _day(match["first"])
        last = _day(match["last"] or match["first"])
        if last < first or {first.year, last.year} != {year}:
            raise Invalid(_("“%(line)s”不在 %(year)s 年，或前后颠倒，请更正。") % {"line": line[:60], "year": year}, field="days")
        for offset in range((last - first).days + 1):
            found[first + dt.timedelta(days=offset)] = match["kind"] == "班"
    return found


def _day(text: str) -> dt.date:
    try:
        return dt.date(*(int(part) for part in text.split("-")))
    except ValueError:
        raise Invalid(_("“%(text)s”不是日期，请更正。") % {"text": text}, field="days") from None


def write_days(exceptions: WrittenExceptions, year: int) -> str:
    """The year's exceptions as lines, neighbouring days of one kind in one."""
    days = {dt.date.fromisoformat(day): bool(windows) for day, windows in exceptions.items() if day.startswith(f"{year}-")}
    return "\n".join(_line(first, last, worked) for first, last, worked in _runs(days))


def _runs(days: Mapping[dt.date, bool]) -> Iterator[tuple[dt.date, dt.date, bool]]:
    run: list[dt.date] = []
    for day in sorted(days):
        if run and ((day - run[-1]).days > 1 or days[day] != days[run[-1]]):
            yield run[0], run[-1], days[run[0]]
            run = []
        run.append(day)
    if run:
        yield run[0], run[-1], days[run[0]]


def _line(first: dt.date, last: dt.date, worked: bool) -> str:
    span = f"{first}" if first == last else f"{first} 至 {last}"
    return f"{span} {'班' if worked else '休'}"


def publish_year(
    revision: CalendarRevision, year: int, days: Mapping[dt.date, bool], *, is_published: bool, note: str, by: Actor, based_on: int
) -> CalendarRevision:
    """The next revision of the calendar with this *year* as written. Deadlines already set keep the revision they were counted on.

    Raises Conflict when someone else published meanwhile, Invalid without a *note*.
    """
    require_administrator(by)
    office = next((windows for windows in revision.week if windows), [["08:30", "12:00"], ["13:30", "17:30"]])
    kept = {day: windows for day, windows in revision.exceptions.items() if not day.startswith(f"{year}-")}
    named = {day.isoformat(): office if worked else [] for day, worked in days.items()}
    years: Iterable[int] = set(revision.published) | {year} if is_published else set(revision.published) - {year}
    return publish_revision(revision.calendar.code, by=by, exceptions=kept | named, published=years, note=note, based_on=based_on)
