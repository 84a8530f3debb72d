"""Revisions: unchangeable, in force from a date on, seen at once, read once."""

from datetime import date

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bihuan.kernel.access.refusals import Invalid

from ..business import END_OF_DAY
from ..models import Calendar, CalendarRevision, calendar_in_force, calendar_of_revision

pytestmark = [pytest.mark.django_db, pytest.mark.both]
WEEK = [[["09:00", "17:00"]]] * 5 + [[], []]
LATE_WEEK = [[["10:00", "18:00"]]] * 5 + [[], []]


@pytest.fixture
def berlin():
    return Calendar.objects.create(code="DE", name="柏林")


def revise(calendar, number=1, valid_from=date(2026, 1, 1), **more):
    content = {"time_zone": "Europe/Berlin", "week": WEEK, "published": [2026]} | more
    return CalendarRevision.objects.create(calendar=calendar, number=number, valid_from=valid_from, **content)


def opening(found) -> int:
    business, _number = found
    return business.week[0][0][0].hour


def test_what_was_written_is_what_is_counted_with(berlin):
    revise(
        berlin,
        week=[*[[["08:30", "12:00"], ["13:30", "24:00"]]] * 6, []],
        exceptions={"2026-12-24": [], "2026-12-27": [["09:00", "12:00"]]},
    )
    business, number = calendar_in_force("DE")
    assert number == 1
    assert business.zone.key == "Europe/Berlin"
    assert business.published == {2026}
    assert business.windows_on(date(2026, 3, 10))[1][1] == END_OF_DAY
    assert business.windows_on(date(2026, 12, 24)) == ()
    assert business.windows_on(date(2026, 12, 27))[0][0].hour == 9


def test_a_revision_is_never_changed_or_deleted(berlin):
    revision = revise(berlin)
    for attempt in (
        revision.save,
        revision.delete,
        CalendarRevision.objects.get().save,
        lambda: CalendarRevision.objects.update(note="x"),
        lambda: berlin.revisions.all().delete(),
    ):
        with pytest.raises(RuntimeError, match="publish the next one"):
            attempt()


def test_a_number_is_given_once(berlin):
    revise(berlin)
    with pytest.raises(IntegrityError), transaction.atomic():
        revise(berlin)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"time_zone": "Europe/Atlantis"}, "没有「Europe/Atlantis」这个时区"),
        ({"time_zone": "../etc/passwd"}, "这个时区"),
        ({"time_zone": ""}, "这个时区"),
        ({"week": WEEK[:5]}, "七天"),
        ({"week": {}}, "七天"),
        ({"week": [[], [], [], [], [], [], []]}, "没有任何工作时段"),
        ({"week": [[["9 Uhr", "17:00"]]] * 7}, "「9 Uhr」不是时间"),
        ({"week": [[["09:00+01:00", "17:00"]]] * 7}, "不是时间"),
        ({"week": [[[9, 17]]] * 7}, "「9」不是时间"),
        ({"week": [[["25:00", "26:00"]]] * 7}, "「25:00」不是时间"),
        ({"week": [["09:00", "17:00"]] * 7}, "不是工作时段"),
        ({"week": [[["09:00"]]] * 7}, "不是工作时段"),
        ({"week": [[["17:00", "09:00"]]] * 7}, "结束不晚于开始"),
        ({"exceptions": {"2026-02-30": []}}, "「2026-02-30」不是日期"),
        ({"exceptions": {"2026-02-20": [["09:00", "12:00"], ["11:00", "13:00"]]}}, "2026-02-20的时段 11:00–13:00"),
        ({"published": ["2026"]}, "「2026」不是年份"),
        ({"published": [True]}, "不是年份"),
    ],
)
def test_what_cannot_be_read_is_never_stored(berlin, content, sentence):
    with pytest.raises(ValueError, match=sentence):
        revise(berlin, **content)
    assert not CalendarRevision.objects.exists()


def test_the_newest_revision_valid_on_the_day_is_in_force(berlin):
    revise(berlin)
    revise(berlin, 2, date(2026, 6, 1), week=LATE_WEEK)
    revise(berlin, 3, date(2026, 6, 1), week=LATE_WEEK, note="更正")
    assert calendar_in_force("DE", date(2026, 5, 31))[1] == 1
    assert calendar_in_force("DE", date(2026, 6, 1))[1] == 3
    assert opening(calendar_in_force("DE", date(2026, 6, 1))) == 10


def test_a_day_before_the_first_revision_finds_the_first(berlin):
    revise(berlin)
    revise(berlin, 2, date(2026, 6, 1))
    assert calendar_in_force("DE", date(1999, 1, 1))[1] == 1


def test_today_is_where_the_calendar_is_at_home():
    auckland = Calendar.objects.create(code="NZ", name="奥克兰")
    revise(auckland, time_zone="Pacific/Auckland")
    revise(auckland, 2, date(2026, 6, 2), time_zone="Pacific/Auckland")
    with time_machine.travel("2026-06-01 11:59:59Z", tick=False):
        assert calendar_in_force("NZ", None)[1] == 1
    with time_machine.travel("2026-06-01 12:00Z", tick=False):  # 2 June there, not yet in Shanghai
        assert calendar_in_force("NZ", None)[1] == 2


def test_a_new_revision_is_seen_at_once(berlin):
    revise(berlin)
    assert opening(calendar_in_force("DE")) == 9
    revise(berlin, 2, week=LATE_WEEK)
    assert opening(calendar_in_force("DE")) == 10
    assert calendar_in_force("DE")[1] == 2


def test_asking_again_is_one_statement(berlin):
    revise(berlin)
    first, _number = calendar_in_force("DE")
    with CaptureQueriesContext(connection) as statements:
        assert calendar_in_force("DE")[0] is first
    assert len(statements) == 1


def test_a_revision_rolled_back_is_not_remembered(berlin):
    class Back(Exception):
        pass

    with pytest.raises(Back), transaction.atomic():
        revise(berlin)
        assert opening(calendar_in_force("DE")) == 9
        raise Back
    revise(berlin, week=LATE_WEEK)  # SQLite gives it the same id
    assert opening(calendar_in_force("DE")) == 10


def test_an_old_revision_can_be_counted_with_again(berlin):
    revise(berlin)
    revise(berlin, 2, week=LATE_WEEK)
    assert calendar_of_revision("DE", 1).week[0][0][0].hour == 9
    assert calendar_of_revision("DE", 2) is calendar_in_force("DE")[0]


def test_an_unknown_calendar_is_a_sentence(berlin):
    for question in (
        lambda: calendar_in_force("FR"),
        lambda: calendar_in_force("DE"),  # known, without any revision
        lambda: calendar_of_revision("DE", 7),
    ):
        with pytest.raises(Invalid, match="请管理员先建立") as refusal:
            question()
        assert refusal.value.field == "calendar"


def test_equal_calendars_have_equal_fingerprints_and_others_not(berlin):
    one, same = revise(berlin), revise(berlin, 2)
    others = [
        revise(berlin, 3, week=LATE_WEEK),
        revise(berlin, 4, published=[2026, 2027]),
        revise(berlin, 5, exceptions={"2026-12-24": []}),
        revise(berlin, 6, time_zone="Europe/Vienna"),
    ]
    assert one.fingerprint == same.fingerprint
    assert len({one.fingerprint, *(other.fingerprint for other in others)}) == 5
