"""#71: the calendar against an independent slow count, 5,000 random cases; and what must hold for every calendar."""

from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from ..business import END_OF_DAY, BusinessCalendar
from .samples import OFFICE_CN, WHOLE_DAY, china, utc
from .slow import slow_add, slow_elapsed

HALF_HOUR, MINUTE = timedelta(minutes=30), timedelta(minutes=1)
NIGHTS = ((time(0), time(1, 30)), (time(1, 30), time(2, 30)), (time(4), time(6)), (time(21, 30), END_OF_DAY))
EARLY = ((time(0, 30), time(2)), (time(2, 30), time(3)), (time(5), time(5, 30)))
ODD = ((time(8, 7), time(11, 59)), (time(12, 1), time(12, 2)), (time(23, 58), END_OF_DAY))
SHAPES = [(), OFFICE_CN, WHOLE_DAY, NIGHTS, EARLY]
# Where clocks change, at an hour, a half hour, midnight and a whole lost day, and ordinary weeks in between.
PLACES = [
    ("Asia/Shanghai", "2026-02-14"),
    ("Asia/Shanghai", "2026-10-01"),
    ("Asia/Kolkata", "2026-06-01"),
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("America/Havana", "2024-03-10"),
    ("America/Havana", "2024-11-03"),
    ("America/Nuuk", "2025-10-26"),
    ("Pacific/Apia", "2011-12-30"),
]
CHINA = china()


@st.composite
def calendars(draw, shapes=SHAPES):
    """A calendar whose week and exceptions are mixed from *shapes*, and the midnight round which its clocks change."""
    zone, around = draw(st.sampled_from(PLACES))
    some, other, weekend = draw(st.tuples(*[st.sampled_from(shapes)] * 3))
    change = datetime.fromisoformat(around).replace(tzinfo=UTC)
    differing = draw(st.dictionaries(st.integers(-6, 6), st.sampled_from(shapes), max_size=4))
    exceptions = {(change + timedelta(days=offset)).date(): windows for offset, windows in differing.items()}
    week = (some or OFFICE_CN, other, some, other, some, weekend, weekend)
    return BusinessCalendar(ZoneInfo(zone), week, exceptions, frozenset()), change


def starts(change, dice: Random, count: int, longest: int):
    """*count* starts within five days of *change*, each with up to *longest* seconds of working time."""
    for _case in range(count):
        start = change + timedelta(seconds=dice.randint(-5 * 86400, 5 * 86400), microseconds=dice.choice([0, 0, 1, 999_999]))
        yield start, timedelta(seconds=dice.randint(0, longest), microseconds=dice.choice([0, 0, 1, 500_000]))


def same_both_ways(calendar, start, working, step):
    data = calendar.zone, calendar.week, calendar.exceptions
    assert calendar.add(start, working) == slow_add(*data, start, working, step)
    end = start + working * 2
    assert calendar.elapsed(start, end) == slow_elapsed(*data, start, end, step)


@settings(max_examples=470)
@given(calendars(), st.randoms(use_true_random=True))
def test_same_as_half_hour_by_half_hour(given_calendar, dice):
    calendar, change = given_calendar
    for start, working in starts(change, dice, 10, 40 * 3600):
        same_both_ways(calendar, start, working, HALF_HOUR)


@settings(max_examples=30)
@given(calendars([(), ODD, WHOLE_DAY, NIGHTS]), st.randoms(use_true_random=True))
def test_same_as_minute_by_minute(given_calendar, dice):
    calendar, change = given_calendar
    for start, working in starts(change, dice, 10, 6 * 3600):
        same_both_ways(calendar, start, working, MINUTE)


@settings(max_examples=100)
@given(calendars(), st.randoms(use_true_random=True))
def test_what_was_added_has_elapsed(given_calendar, dice):
    calendar, change = given_calendar
    for start, working in starts(change, dice, 10, 100 * 3600):
        assert calendar.elapsed(start, calendar.add(start, working)) == working


@settings(max_examples=100)
@given(calendars(), st.randoms(use_true_random=True))
def test_more_time_or_a_later_start_is_never_due_earlier(given_calendar, dice):
    calendar, change = given_calendar
    for start, working in starts(change, dice, 10, 40 * 3600):
        due = calendar.add(start, working)
        assert calendar.add(start, working + timedelta(microseconds=dice.randint(1, 10**11))) > due
        assert calendar.add(start + timedelta(microseconds=dice.randint(0, 10**11)), working) >= due >= start


@settings(max_examples=100)
@given(calendars(), st.randoms(use_true_random=True))
def test_working_time_adds_up_over_any_three_moments(given_calendar, dice):
    calendar, change = given_calendar
    a, b, c = (start for start, _working in starts(change, dice, 3, 0))
    assert calendar.elapsed(a, b) + calendar.elapsed(b, c) == calendar.elapsed(a, c)
    assert abs(calendar.elapsed(b, c)) <= abs(c - b)


@settings(max_examples=200)
@given(st.integers(0, 730 * 86400), st.integers(1, 60))
def test_in_china_a_due_time_is_always_inside_office_hours(seconds, hours):
    due = CHINA.add(utc("2025-01-01 00:00") + timedelta(seconds=seconds), timedelta(hours=hours)).astimezone(CHINA.zone)
    assert any(opens <= due.time() <= closes for opens, closes in CHINA.windows_on(due.date()))


@settings(max_examples=200)
@given(st.integers(0, 600 * 86400), st.integers(1, 30))
def test_workdays_are_as_many_as_the_calendar_has(seconds, days):
    start = utc("2025-01-01 00:00") + timedelta(seconds=seconds)
    due = CHINA.add_workdays(start, days).astimezone(CHINA.zone).date()
    passed = [CHINA.day_of(start) + timedelta(days=n) for n in range(1, (due - CHINA.day_of(start)).days + 1)]
    assert sum(map(CHINA.is_workday, passed)) == days
    assert CHINA.is_workday(due)
