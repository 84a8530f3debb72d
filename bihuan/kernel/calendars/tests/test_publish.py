"""Publishing the next revision: what stays, what is refused, what the journal says."""

from datetime import date

import pytest
import time_machine

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.getters import getter_for
from bihuan.kernel.access.refusals import Conflict, Invalid, NotFound
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.testing.overlap import together

from ..models import Calendar, CalendarRevision, calendar_in_force
from ..publish import found_calendar, publish_revision

ADMINISTRATOR = Actor(name="陈管理员", person_id=7)
WEEK = [[["09:00", "17:00"]]] * 5 + [[], []]
pytestmark = pytest.mark.both


def found(code="DE", **more):
    content = {"time_zone": "Europe/Berlin", "week": WEEK, "exceptions": {"2026-12-25": []}, "published": {2026}} | more
    return found_calendar(code, "柏林", by=ADMINISTRATOR, valid_from=date(2026, 1, 1), note="开办", **content)


@pytest.mark.django_db
def test_the_next_revision_keeps_what_is_not_said():
    found()
    second = publish_revision("DE", by=ADMINISTRATOR, published=[2027, 2026, 2027], note=" 2027 ")
    assert second.number == 2
    assert (second.week, second.exceptions, second.time_zone) == (WEEK, {"2026-12-25": []}, "Europe/Berlin")
    assert second.published == [2026, 2027]
    third = publish_revision("DE", by=ADMINISTRATOR, week=[[["10:00", "18:00"]]] * 7, exceptions={}, note="换班")
    assert (third.number, third.published, third.exceptions) == (3, [2026, 2027], {})
    assert calendar_in_force("DE")[1] == 3


@pytest.mark.django_db
def test_it_is_valid_from_today_where_the_calendar_is_at_home():
    found()
    with time_machine.travel("2026-11-22 23:30Z", tick=False):  # 23 November in Berlin and Shanghai
        assert publish_revision("DE", by=ADMINISTRATOR, note="甲").valid_from == date(2026, 11, 23)
    with time_machine.travel("2026-11-23 22:30Z", tick=False):  # still the 23rd in Berlin, the 24th in Shanghai
        assert publish_revision("DE", by=ADMINISTRATOR, note="乙").valid_from == date(2026, 11, 23)


@pytest.mark.django_db
def test_the_journal_tells_who_changed_which_days_and_why():
    found()
    exceptions = {"2026-12-25": [["09:00", "12:00"]], "2027-01-01": []}
    revision = publish_revision("DE", by=ADMINISTRATOR, exceptions=exceptions, published=[2026, 2027], note="依据放假通知")
    entry = Entry.objects.get(action="calendar.publish")
    assert (entry.actor_name, entry.record_type, entry.record_number) == ("陈管理员", "calendars.Calendar", "DE")
    assert entry.said["reason"] == "依据放假通知"
    assert entry.said["data"]["revision"] == 2
    assert entry.said["data"]["fingerprint"] == revision.fingerprint
    assert entry.said["before"] == {"exceptions": {"2026-12-25": []}, "published": [2026]}
    assert entry.said["after"] == {"exceptions": exceptions, "published": [2026, 2027]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"note": "  "}, "note", "请填写发布说明"),
        ({"week": [[["17:00", "09:00"]]] * 7}, "calendar", "结束不晚于开始"),
        ({"exceptions": {"国庆": []}}, "calendar", "「国庆」不是日期"),
        ({"published": [2027.5]}, "calendar", "不是年份"),
    ],
)
def test_what_cannot_be_published_is_refused_with_a_sentence(change, field, sentence):
    found()
    with pytest.raises(Invalid, match=sentence) as refusal:
        publish_revision("DE", **({"by": ADMINISTRATOR, "note": "换班"} | change))
    assert refusal.value.field == field
    assert CalendarRevision.objects.count() == 1
    assert not Entry.objects.filter(action="calendar.publish").exists()


@pytest.mark.django_db
def test_an_unknown_calendar_is_refused():
    with pytest.raises(Invalid, match="没有工作日历「FR」"):
        publish_revision("FR", by=ADMINISTRATOR, note="换班")


@pytest.mark.django_db
def test_publishing_on_top_of_what_one_has_not_seen_is_refused():
    found()
    publish_revision("DE", by=ADMINISTRATOR, published=[2026, 2027], note="甲", based_on=1)
    with pytest.raises(Conflict, match="请重新打开"):
        publish_revision("DE", by=ADMINISTRATOR, exceptions={}, note="乙", based_on=1)
    assert calendar_in_force("DE")[1] == 2


def test_of_two_who_publish_at_once_one_is_told(committed):
    codes = iter(f"D{number}" for number in range(1000))

    def publish(index, calendar):
        try:
            return publish_revision(calendar.code, by=ADMINISTRATOR, published=[2026, 2027 + index], note="同时", based_on=1)
        except Conflict as refusal:
            return refusal

    done = together(2, publish, fresh=lambda: found(next(codes)))
    assert sorted(type(answer).__name__ for answer in done.results) == ["CalendarRevision", "Conflict"]
    assert list(done.subject.revisions.values_list("number", flat=True)) == [2, 1]


@pytest.mark.django_db
def test_founding_a_calendar_again_changes_nothing():
    first = found()
    again = found(week=[[["10:00", "18:00"]]] * 7)
    assert again == first
    assert [revision.week for revision in first.revisions.all()] == [WEEK]
    assert Entry.objects.filter(action="calendar.found").count() == 1


@pytest.mark.django_db
def test_a_calendar_that_cannot_be_read_is_not_founded():
    with pytest.raises(Invalid, match="时区"):
        found(time_zone="Mars/Olympus")
    assert not Calendar.objects.exists()


@pytest.mark.django_db
def test_everyone_signed_in_may_read_a_calendar_and_nobody_else():
    found()
    assert getter_for("calendars.Calendar").one(Actor(name="系统"), code="DE").name == "柏林"
    with pytest.raises(NotFound):
        getter_for("calendars.Calendar").one(None, code="DE")
