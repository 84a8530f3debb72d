"""The calendar of mainland China: statutory days off, and the weekend days worked in exchange (调休)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ..access.actors import Actor, system
from .models import Calendar
from .publish import found_calendar

CODE = "CN"
FIRST_YEAR = 2020  # older years are as good as unpublished; no deadline reaches back that far
OFFICE = [["08:30", "12:00"], ["13:30", "17:30"]]
WEEK = [OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, [], []]


def official_years() -> set[int]:
    """The years for which the State Council's notice is in the data, one at a time and in about November for the next."""
    from holidays.countries.china import ChinaStaticHolidays  # slow to import, needed only when a calendar is made

    return set(ChinaStaticHolidays.special_public_holidays)


def chinese_calendar_exceptions(years: Iterable[int]) -> dict[str, list[list[str]]]:
    """The exceptions of *years* in written form: days off (no window) and weekend days worked (office hours).

    A notice may name a weekend at the end of the year before, which is then included. A year without a notice gives its
    statutory days alone, without the days in exchange that the notice will bring: a draft, not to be called published.
    """
    from holidays.countries.china import China

    wanted, known = set(years), official_years()
    official = China(years=sorted(wanted & known))
    draft = China(years=sorted(wanted - known), observed=False)
    closed: dict[str, list[list[str]]] = {day.isoformat(): [] for table in (official, draft) for day in table}
    # The package adds the weekends at a year's end that any notice since 2001 names, asked for or not.
    worked_days = [day for day in official.weekend_workdays if {day.year, day.year + 1} & wanted]
    worked = {day.isoformat(): [list(window) for window in OFFICE] for day in worked_days}
    return dict(sorted((closed | worked).items()))


def ensure_chinese_calendar(*, by: Actor | None = None) -> Calendar:
    """The calendar CN, made when it is not there: office hours from Monday to Friday and every published year since 2020.

    The years not yet published follow the ordinary week. An existing calendar, with all its revisions, stays as it is.
    """
    if found := Calendar.objects.filter(code=CODE, revisions__isnull=False).first():
        return found
    years = sorted(year for year in official_years() if year >= FIRST_YEAR)
    return found_calendar(
        CODE,
        "中国工作日",
        by=by or system("calendars"),
        time_zone="Asia/Shanghai",
        week=WEEK,
        exceptions=chinese_calendar_exceptions(years),
        published=years,
        valid_from=date(FIRST_YEAR, 1, 1),
        note=f"国务院办公厅 {years[0]}—{years[-1]} 年放假安排的通知",
    )
