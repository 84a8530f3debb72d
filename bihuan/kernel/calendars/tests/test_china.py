"""The official days off and make-up days, against the State Council's notices as printed, and the calendar made of them."""

import subprocess
import sys
from pathlib import Path

import pytest

import bihuan
from bihuan.kernel.access.actors import system
from bihuan.kernel.journal.models import Entry

from ..china import OFFICE, chinese_calendar_exceptions, ensure_chinese_calendar, official_years
from ..models import Calendar, calendar_in_force
from ..publish import publish_revision
from .samples import day

WORKED = {  # weekend days worked, copied from the notices
    2023: ["2023-01-28", "2023-01-29", "2023-04-23", "2023-05-06", "2023-06-25", "2023-10-07", "2023-10-08"],
    2024: ["2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11", "2024-09-14", "2024-09-29", "2024-10-12"],
    2025: ["2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"],
    2026: ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"],
}
OFF_2026 = [
    "2026-01-01",
    "2026-01-02",
    "2026-02-16",
    "2026-02-17",
    "2026-02-18",
    "2026-02-19",
    "2026-02-20",
    "2026-02-23",
    "2026-04-06",
    "2026-05-01",
    "2026-05-04",
    "2026-05-05",
    "2026-06-19",
    "2026-09-25",
    "2026-10-01",
    "2026-10-02",
    "2026-10-05",
    "2026-10-06",
    "2026-10-07",
]


@pytest.mark.parametrize("year", WORKED)
def test_make_up_days_are_those_of_the_notice(year):
    exceptions = chinese_calendar_exceptions([year])
    assert sorted(text for text, windows in exceptions.items() if windows) == WORKED[year]
    assert all(windows in ([], OFFICE) for windows in exceptions.values())


def test_weekdays_off_in_2026_are_those_of_the_notice():
    closed = [text for text, windows in chinese_calendar_exceptions([2026]).items() if not windows]
    assert [text for text in closed if day(text).weekday() < 5] == OFF_2026


def test_a_notice_may_reach_into_the_december_before():
    assert "2006-12-30" in chinese_calendar_exceptions([2007])
    assert "2006-12-30" in chinese_calendar_exceptions([2006])
    assert not any(text < "2026" for text in chinese_calendar_exceptions([2026]))


def test_a_year_without_a_notice_gives_its_statutory_days_as_a_draft():
    year = max(official_years()) + 1
    draft = chinese_calendar_exceptions([year])
    assert {f"{year}-01-01", f"{year}-05-01", f"{year}-05-02", f"{year}-10-01", f"{year}-10-02", f"{year}-10-03"} <= set(draft)
    assert len(draft) <= 13  # the law's thirteen days, two of which may coincide
    assert not any(draft.values())


def test_importing_the_calendars_does_not_import_the_slow_package():
    code = "import sys; import django; django.setup(); import bihuan.kernel.calendars.china; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(bihuan.__file__).parent.parent, check=False).returncode == 0


@pytest.mark.both
@pytest.mark.django_db
def test_the_chinese_calendar_is_made_once_with_the_published_years():
    calendar = ensure_chinese_calendar()
    assert (calendar.code, calendar.name) == ("CN", "中国工作日")
    assert ensure_chinese_calendar() == calendar
    assert calendar.revisions.count() == 1
    business, number = calendar_in_force("CN")
    assert number == 1
    assert business.published == {year for year in official_years() if year >= 2020}
    assert {2025, 2026} <= business.published
    assert business.zone.key == "Asia/Shanghai"
    assert business.is_workday(day("2026-05-09"))
    assert not business.is_workday(day("2026-05-05"))
    assert not business.is_workday(day("2020-01-31"))
    assert max(official_years()) + 1 not in business.published


@pytest.mark.django_db
def test_an_administrators_calendar_is_left_alone():
    ensure_chinese_calendar()
    publish_revision("CN", by=system("test"), exceptions={}, note="另有安排")
    ensure_chinese_calendar()
    assert calendar_in_force("CN")[1] == 2
    assert not calendar_in_force("CN")[0].exceptions


@pytest.mark.django_db
def test_a_calendar_that_was_left_without_revisions_gets_its_first():
    Calendar.objects.create(code="CN", name="中国")
    assert ensure_chinese_calendar().revisions.count() == 1


@pytest.mark.django_db
def test_making_the_calendar_is_journaled():
    ensure_chinese_calendar()
    entry = Entry.objects.get(action="calendar.found")
    assert (entry.record_number, entry.actor_name) == ("CN", "calendars")
    assert "放假安排" in entry.said["reason"]
