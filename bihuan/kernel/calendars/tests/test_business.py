"""The calendar itself: windows, workdays, what it refuses."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ..business import END_OF_DAY, BusinessCalendar
from .samples import NINE_TO_FIVE, OFFICE_CN, china, day, every_day, local, span, utc, weekdays

CHINA = china()
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("text", ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10", "2026-03-10"])
def test_make_up_days_have_office_hours(text):
    assert CHINA.windows_on(day(text)) == OFFICE_CN


@pytest.mark.parametrize("text", ["2026-10-01", "2026-02-20", "2026-02-23", "2026-04-06", "2026-05-05", "2026-03-14", "2026-03-15"])
def test_days_off_have_no_windows(text):
    assert CHINA.windows_on(day(text)) == ()
    assert not CHINA.is_workday(day(text))


def test_a_moment_is_not_taken_for_a_date():
    with pytest.raises(TypeError):
        CHINA.windows_on(datetime(2026, 10, 1, 9))


def test_a_moment_falls_on_the_local_date():
    assert CHINA.day_of(utc("2026-09-30 16:00")) == day("2026-10-01")
    assert CHINA.day_of(utc("2026-09-30 15:59:59")) == day("2026-09-30")


def test_answers_are_in_utc():
    assert CHINA.add(local("2026-03-10 09:00"), span("1:00")).tzinfo is UTC
    assert CHINA.add(local("2026-03-10 09:00"), span("0:00")).tzinfo is UTC
    assert CHINA.add_workdays(local("2026-03-10 09:00"), 1).tzinfo is UTC


def test_a_window_can_last_until_midnight_and_meet_the_next_day():
    nights = every_day("Asia/Shanghai", ((time(0), time(6)), (time(22), END_OF_DAY)))
    assert nights.add(local("2026-03-10 22:00"), span("2:00")) == local("2026-03-11 00:00")
    assert nights.add(local("2026-03-10 22:00"), span("2:00:00.000001")) == local("2026-03-11 00:00:00.000001")
    assert nights.add(local("2026-03-10 23:59:59.999999"), span("6:00")) == local("2026-03-11 05:59:59.999999")
    assert nights.elapsed(local("2026-03-10 00:00"), local("2026-03-12 00:00")) == timedelta(hours=16)


def test_round_the_clock_working_time_is_elapsed_time():
    assert every_day("Asia/Shanghai").add(local("2026-03-10 17:45"), span("100:00")) == local("2026-03-14 21:45")


def test_workdays_start_on_the_day_after_and_end_at_the_close():
    assert CHINA.add_workdays(local("2026-03-10 09:00"), 1) == local("2026-03-11 17:30")
    assert CHINA.add_workdays(local("2026-03-10 23:59"), 3) == local("2026-03-13 17:30")
    assert CHINA.add_workdays(local("2026-03-13 09:00"), 1) == local("2026-03-16 17:30")
    assert CHINA.add_workdays(local("2026-02-13 09:00"), 2) == local("2026-02-24 17:30")
    assert CHINA.add_workdays(local("2026-10-01 09:00"), 3) == local("2026-10-10 17:30")
    assert CHINA.add_workdays(utc("2026-09-30 16:30"), 1) == local("2026-10-08 17:30")


def test_workdays_can_end_at_a_stated_time():
    assert CHINA.add_workdays(local("2026-09-30 17:45"), 1, time(12)) == local("2026-10-08 12:00")
    assert CHINA.add_workdays(local("2026-09-30 17:45"), 1, time(0)) == local("2026-10-08 00:00")
    assert weekdays("Europe/Berlin").add_workdays(local("2026-03-27 10:00", "Europe/Berlin"), 1, time(10)) == utc("2026-03-30 08:00")


@pytest.mark.parametrize("days", [0, -1])
def test_workdays_are_counted_from_one(days):
    with pytest.raises(ValueError, match="from one"):
        CHINA.add_workdays(local("2026-03-10 09:00"), days)


@pytest.mark.parametrize(
    ("year", "month", "n", "expected"),
    [
        (2026, 3, 1, "2026-03-02"),
        (2026, 3, 10, "2026-03-13"),
        (2026, 1, 1, "2026-01-04"),
        (2026, 2, 11, "2026-02-14"),
        (2026, 2, 12, "2026-02-24"),
        (2026, 2, 16, "2026-02-28"),
        (2026, 10, 1, "2026-10-08"),
        (2026, 10, 3, "2026-10-10"),
        (2026, 10, 4, "2026-10-12"),
        (2026, 12, 23, "2026-12-31"),
    ],
)
def test_the_nth_workday_of_a_month(year, month, n, expected):
    assert CHINA.nth_workday(year, month, n) == day(expected)


@pytest.mark.parametrize("n", [0, -1, 17])
def test_a_workday_the_month_does_not_have_is_refused(n):
    with pytest.raises(ValueError, match="16 个工作日"):
        CHINA.nth_workday(2026, 2, n)


@pytest.mark.parametrize(
    ("asked", "before", "after"),
    [
        ("2026-03-10", "2026-03-10", "2026-03-10"),
        ("2026-03-14", "2026-03-13", "2026-03-16"),
        ("2026-10-04", "2026-09-30", "2026-10-08"),
        ("2026-10-10", "2026-10-10", "2026-10-10"),
        ("2026-10-11", "2026-10-10", "2026-10-12"),
        ("2026-02-15", "2026-02-14", "2026-02-24"),
        ("2026-01-01", "2025-12-31", "2026-01-04"),
    ],
)
def test_the_workday_nearest_to_a_day(asked, before, after):
    assert CHINA.workday_on_or_before(day(asked)) == day(before)
    assert CHINA.workday_on_or_after(day(asked)) == day(after)


@pytest.mark.parametrize(
    ("windows", "sentence"),
    [
        (((time(9), time(8)),), "星期三的时段 09:00–08:00 结束不晚于开始"),
        (((time(9), time(9)),), "结束不晚于开始"),
        (((time(22), time(0)),), "到午夜请写 24:00"),
        (((time(9), time(12)), (time(11, 59), time(17))), "星期三的时段 11:59–17:00 与前一个时段重叠"),
        (((time(13), time(17)), (time(9), time(12))), "与前一个时段重叠"),
        (((time(9), END_OF_DAY), (time(12), time(13))), "与前一个时段重叠"),
    ],
)
def test_windows_that_make_no_sense_are_refused_with_a_sentence(windows, sentence):
    with pytest.raises(ValueError, match=sentence):
        BusinessCalendar(SHANGHAI, (NINE_TO_FIVE,) * 2 + (windows,) + (NINE_TO_FIVE,) * 4, {}, frozenset())
    with pytest.raises(ValueError, match=sentence.replace("星期三", "2026-05-09")):
        weekdays("Asia/Shanghai", exceptions={date(2026, 5, 9): windows})


def test_windows_may_touch():
    touching = every_day("Asia/Shanghai", ((time(9), time(12)), (time(12), time(17))))
    assert touching.add(local("2026-03-10 11:00"), span("2:00")) == local("2026-03-10 13:00")


def test_a_week_has_seven_days():
    with pytest.raises(ValueError, match="七天"):
        BusinessCalendar(SHANGHAI, (NINE_TO_FIVE,) * 6, {}, frozenset())


def test_a_calendar_without_any_window_is_refused():
    with pytest.raises(ValueError, match="没有任何工作时段"):
        BusinessCalendar(SHANGHAI, ((),) * 7, {date(2026, 5, 9): ()}, frozenset())


def test_working_time_that_never_comes_ends_in_a_sentence():
    fair = BusinessCalendar(SHANGHAI, ((),) * 7, {date(2026, 5, 9): NINE_TO_FIVE}, frozenset())
    assert fair.add(local("2026-01-01 00:00"), span("8:00")) == local("2026-05-09 17:00")
    with pytest.raises(ValueError, match="一百年内没有足够的工作时段"):
        fair.add(local("2026-01-01 00:00"), span("8:01"))
    with pytest.raises(ValueError, match="一百年内没有工作日"):
        fair.workday_on_or_after(date(2026, 5, 10))
    with pytest.raises(ValueError, match="一百年内没有工作日"):
        fair.add_workdays(local("2026-05-09 10:00"), 1)
    with pytest.raises(ValueError, match="一百年内没有足够的工作时段"):
        fair.add(local("9998-01-01 00:00"), span("1:00"))
    assert fair.elapsed(local("2026-01-01 00:00"), local("2200-01-01 00:00")) == timedelta(hours=8)


def test_negative_working_time_is_refused():
    with pytest.raises(ValueError, match="never taken away"):
        CHINA.add(local("2026-03-10 09:00"), timedelta(microseconds=-1))


def test_a_time_without_a_zone_is_refused():
    naive = datetime(2026, 3, 10, 9)
    for question in (
        lambda: CHINA.add(naive, timedelta(hours=1)),
        lambda: CHINA.elapsed(naive, local("2026-03-10 10:00")),
        lambda: CHINA.elapsed(local("2026-03-10 10:00"), naive),
        lambda: CHINA.add_workdays(naive, 1),
        lambda: CHINA.day_of(naive),
    ):
        with pytest.raises(ValueError, match="without a zone"):
            question()


def test_a_calendar_does_not_change_behind_its_back():
    exceptions = {date(2026, 5, 9): NINE_TO_FIVE}
    calendar = weekdays("Asia/Shanghai", exceptions=exceptions)
    exceptions.clear()
    assert calendar.is_workday(date(2026, 5, 9))
    with pytest.raises(TypeError):
        calendar.exceptions[date(2026, 5, 9)] = ()
