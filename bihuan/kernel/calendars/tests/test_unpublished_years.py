"""#72: a year whose 调休 is not published follows the ordinary week, is flagged, and administrators are told 60 days ahead."""

from datetime import date, timedelta

import pytest

from bihuan.kernel.access.actors import system

from ..china import ensure_chinese_calendar, official_years
from ..models import Calendar, CalendarRevision
from ..publish import publish_revision
from ..warnings import years_to_publish
from .samples import china, day, local, span, weekdays

CHINA = china()


def test_a_published_year_is_certain():
    assert not CHINA.is_provisional(day("2026-01-01"))
    assert not CHINA.is_provisional(day("2026-12-31"))


def test_a_year_not_published_is_provisional():
    assert CHINA.is_provisional(day("2027-01-01"))
    assert CHINA.is_provisional(day("2024-12-31"))


def test_the_ordinary_week_stands_in_for_a_year_not_published():
    days = [date(2027, 1, 1) + timedelta(days=n) for n in range(365)]
    assert all(CHINA.is_workday(each) == (each.weekday() < 5) for each in days)


def test_deadlines_in_a_year_not_published_are_counted_all_the_same():
    assert CHINA.add(local("2027-09-30 17:00"), span("1:00")) == local("2027-10-01 09:00")
    assert CHINA.elapsed(local("2026-12-31 00:00"), local("2027-01-05 00:00")) == span("22:30")
    assert CHINA.add_workdays(local("2027-12-30 09:00"), 2) == local("2028-01-03 17:30")
    assert CHINA.nth_workday(2035, 10, 1) == day("2035-10-01")
    assert CHINA.is_provisional(CHINA.day_of(CHINA.add(local("2026-12-31 17:00"), span("1:00"))))


def test_a_day_that_somebody_named_holds_even_in_a_year_not_published():
    calendar = weekdays("Asia/Shanghai", exceptions={day("2027-01-01"): ()})
    assert not calendar.is_workday(day("2027-01-01"))
    assert calendar.is_provisional(day("2027-01-01"))


@pytest.fixture
def calendars():
    week = [[["09:00", "17:00"]]] * 5 + [[], []]
    for code, published in (("DE", [[2026]]), ("CN", [[2025], [2025, 2026]])):
        calendar = Calendar.objects.create(code=code, name=code)
        for number, years in enumerate(published, 1):
            valid_from = date(2025, 1, 1)
            CalendarRevision.objects.create(
                calendar=calendar, number=number, valid_from=valid_from, time_zone="UTC", week=week, published=years
            )


@pytest.mark.both
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("today", "expected"),
    [
        ("2026-03-10", []),
        ("2026-11-01", []),
        ("2026-11-02", [("CN", 2027), ("DE", 2027)]),
        ("2026-12-31", [("CN", 2027), ("DE", 2027)]),
        ("2027-01-01", [("CN", 2027), ("DE", 2027)]),
        ("2027-11-02", [("CN", 2027), ("CN", 2028), ("DE", 2027), ("DE", 2028)]),
        ("2025-11-02", [("DE", 2025)]),
    ],
)
def test_administrators_are_told_from_sixty_days_ahead(calendars, today, expected):
    assert years_to_publish(day(today)) == expected


@pytest.mark.django_db
def test_publishing_the_year_ends_the_warning(calendars):
    publish_revision("DE", by=system("test"), published=[2026, 2027], note="2027 年放假安排")
    assert years_to_publish(day("2026-11-22")) == [("CN", 2027)]


@pytest.mark.django_db
def test_a_calendar_without_any_revision_is_told_of_too():
    Calendar.objects.create(code="FR", name="里昂")
    assert years_to_publish(day("2026-03-10")) == [("FR", 2026)]


@pytest.mark.django_db
def test_the_chinese_calendar_lacks_the_year_after_the_last_notice():
    ensure_chinese_calendar()
    last = max(official_years())
    assert years_to_publish(date(last, 11, 1)) == []
    assert years_to_publish(date(last, 11, 2)) == [("CN", last + 1)]
