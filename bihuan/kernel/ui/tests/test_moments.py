"""Times and spans as people say them."""

import datetime as dt
import zoneinfo

import pytest
from django.utils import translation

from bihuan.kernel.ui import moments

from .conftest import NOON

URUMQI = zoneinfo.ZoneInfo("Asia/Urumqi")


def minutes(n):
    return dt.timedelta(minutes=n)


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (dt.timedelta(minutes=52, seconds=10), "剩 52:10"),
        (dt.timedelta(seconds=59), "剩 00:59"),
        (dt.timedelta(seconds=0.4), "剩 00:00"),
        (dt.timedelta(0), "刚超时"),
        (dt.timedelta(seconds=-59.9), "刚超时"),
        (dt.timedelta(seconds=-60), "迟 1 分"),
        (dt.timedelta(minutes=-12, seconds=-36), "迟 12 分"),
        (dt.timedelta(hours=1), "剩 1 小时 0 分"),
        (dt.timedelta(hours=1, minutes=52), "剩 1 小时 52 分"),
        (dt.timedelta(hours=-3, minutes=-5), "迟 3 小时 5 分"),
        (dt.timedelta(days=3, hours=4, minutes=50), "剩 3 天 4 小时"),
        (dt.timedelta(days=-2, hours=-3), "迟 2 天 3 小时"),
    ],
)
def test_a_countdown_says_the_two_units_that_matter(ahead, said):
    assert moments.countdown(NOON + ahead, NOON) == said


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (NOON + minutes(122), "今天 14:02"),
        (NOON - dt.timedelta(days=1), "昨天 12:00"),
        (NOON + dt.timedelta(days=1), "明天 12:00"),
        (NOON - dt.timedelta(days=2), "11-20 12:00"),
        (NOON - dt.timedelta(days=400), "2025-10-18 12:00"),
        (dt.date(2026, 11, 22), "今天"),
        (dt.date(2026, 11, 21), "昨天"),
        (dt.date(2026, 3, 14), "03-14"),
        (dt.date(2027, 3, 14), "2027-03-14"),
    ],
)
def test_a_moment_is_told_by_its_distance(moment, said):
    assert moments.when_text(moment, now=NOON) == said


def test_the_day_is_that_of_the_place():
    late = dt.datetime(2026, 11, 22, 17, 0, tzinfo=dt.UTC)  # 01:00 on the 23rd in Shanghai, 23:00 on the 22nd in Urumqi
    assert moments.when_text(late, now=NOON) == "明天 01:00"
    assert moments.when_text(late, URUMQI, now=NOON) == "今天 23:00"


def test_a_moment_without_a_time_zone_is_a_mistake():
    with pytest.raises(ValueError):
        moments.when_text(dt.datetime(2026, 11, 22, 12, 0))


def test_two_clocks_differ_from_a_minute_on():
    assert not moments.differ(NOON, NOON + dt.timedelta(seconds=59))
    assert moments.differ(NOON, NOON + minutes(1))
    assert moments.differ(NOON, NOON - minutes(1))
    assert not moments.differ(NOON, None)


def test_the_words_of_the_clocks_are_translated():
    with translation.override("en"):
        assert "剩" not in moments.countdown(NOON + minutes(5), NOON)
        assert "05:00" in moments.countdown(NOON + minutes(5), NOON)
