"""#70: Shanghai, Berlin and New York when clocks change, with the server in any zone. Expected moments are in UTC."""

import time as server
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ..business import END_OF_DAY, first_moment
from .samples import every_day, span, utc, weekdays

SERVERS = ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kolkata"]
BERLIN, APIA = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Apia")


@pytest.fixture(params=SERVERS, autouse=True)
def server_zone(request):
    """The server's own zone must not matter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        server.tzset()
        yield request.param
    server.tzset()


def test_the_server_stands_where_the_test_says(server_zone):
    winter = datetime(2026, 1, 15, 12)
    assert winter.astimezone().utcoffset() == winter.replace(tzinfo=ZoneInfo(server_zone)).utcoffset()


@pytest.mark.parametrize(
    ("zone", "friday_four_o_clock", "monday_ten_o_clock"),
    [
        ("Europe/Berlin", "2026-03-20 15:00", "2026-03-23 09:00"),  # winter
        ("Europe/Berlin", "2026-03-27 15:00", "2026-03-30 08:00"),  # Sunday 29 March 02:00 → 03:00
        ("Europe/Berlin", "2026-10-23 14:00", "2026-10-26 09:00"),  # Sunday 25 October 03:00 → 02:00
        ("America/New_York", "2026-03-06 21:00", "2026-03-09 14:00"),  # Sunday 8 March
        ("America/New_York", "2026-10-30 20:00", "2026-11-02 15:00"),  # Sunday 1 November
        ("Asia/Shanghai", "2026-03-27 08:00", "2026-03-30 02:00"),  # never
        ("Asia/Shanghai", "2026-10-23 08:00", "2026-10-26 02:00"),
    ],
)
def test_two_working_hours_over_the_weekend_of_the_change(zone, friday_four_o_clock, monday_ten_o_clock):
    office = weekdays(zone)
    assert office.add(utc(friday_four_o_clock), span("2:00")) == utc(monday_ten_o_clock)
    assert office.elapsed(utc(friday_four_o_clock), utc(monday_ten_o_clock)) == span("2:00")


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 28), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Asia/Shanghai", date(2026, 3, 29), 24),
        ("Asia/Shanghai", date(2026, 10, 25), 24),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("America/Havana", date(2024, 3, 10), 23),  # midnight itself is skipped
        ("Pacific/Apia", date(2011, 12, 30), 0),  # the whole day is skipped
    ],
)
def test_a_day_round_the_clock_has_the_hours_it_really_has(zone, day, hours):
    calendar = every_day(zone)
    midnights = first_moment(day, time(0), calendar.zone), first_moment(day, END_OF_DAY, calendar.zone)
    assert calendar.elapsed(*midnights) == timedelta(hours=hours) == midnights[1] - midnights[0]


def test_a_night_shift_is_an_hour_shorter_in_spring_and_longer_in_autumn():
    night = every_day("Europe/Berlin", ((time(0), time(6)), (time(22), END_OF_DAY)))
    assert night.add(utc("2026-03-28 21:00"), span("7:00")) == utc("2026-03-29 04:00")
    assert night.add(utc("2026-10-24 20:00"), span("9:00")) == utc("2026-10-25 05:00")
    assert night.elapsed(utc("2026-03-28 21:00"), utc("2026-03-29 12:00")) == span("7:00")
    assert night.elapsed(utc("2026-10-24 20:00"), utc("2026-10-25 12:00")) == span("9:00")


def test_a_window_that_opens_in_the_skipped_hour_opens_when_it_is_over():
    early = every_day("Europe/Berlin", ((time(2, 30), time(4)),))
    assert early.add(utc("2026-03-29 00:00"), span("0:10")) == utc("2026-03-29 01:10")
    assert early.elapsed(utc("2026-03-29 00:00"), utc("2026-03-29 12:00")) == span("1:00")


def test_a_window_inside_the_skipped_hour_does_not_open():
    skipped = every_day("Europe/Berlin", ((time(2, 15), time(2, 45)),))
    assert skipped.elapsed(utc("2026-03-28 12:00"), utc("2026-03-29 12:00")) == span("0:00")
    assert skipped.add(utc("2026-03-28 12:00"), span("0:30")) == utc("2026-03-30 00:45")


def test_a_time_read_twice_ends_and_begins_windows_at_its_first_reading():
    split = every_day("Europe/Berlin", ((time(1), time(2, 30)), (time(2, 30), time(4))))
    assert split.add(utc("2026-10-24 23:00"), span("1:30")) == utc("2026-10-25 00:30")
    assert split.elapsed(utc("2026-10-24 23:00"), utc("2026-10-25 03:00")) == span("4:00")
    until = every_day("Europe/Berlin", ((time(1), time(2, 30)),))
    assert until.elapsed(utc("2026-10-24 23:00"), utc("2026-10-25 03:00")) == span("1:30")


def test_a_start_in_either_reading_of_the_hour_is_told_apart():
    round_the_clock = every_day("Europe/Berlin")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    assert round_the_clock.add(first, span("1:00")) == utc("2026-10-25 01:30")
    assert round_the_clock.add(first.replace(fold=1), span("1:00")) == utc("2026-10-25 02:30")
    assert round_the_clock.elapsed(first, first.replace(fold=1)) == span("1:00")


def test_the_day_that_samoa_skipped_is_skipped():
    office = every_day("Pacific/Apia", ((time(9), time(17)),))
    thursday = datetime(2011, 12, 29, 16, tzinfo=APIA)
    assert office.add(thursday, span("2:00")) == datetime(2011, 12, 31, 10, tzinfo=APIA).astimezone(UTC)


def test_elapsed_hours_are_those_that_passed_not_those_on_the_wall():
    around = datetime(2026, 3, 29, 0, tzinfo=BERLIN), datetime(2026, 3, 29, 12, tzinfo=BERLIN)
    assert around[1] - around[0] == timedelta(hours=12)  # what Python says of two wall clocks
    assert every_day("Europe/Berlin").elapsed(*around) == timedelta(hours=11)
