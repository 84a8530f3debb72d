"""Nonconformities and reviews wait on the home page of whoever is to act, between the calls and orders, and on nobody else's."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bihuan.kernel.tables.worklist import overdue, overdue_count, rows, waiting_for
from bihuan.organisation.models import Appointment
from bihuan.quality.domain import review as verbs

from .test_nonconformity import corrected, declared, planned, verified
from .test_review import opened

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def waits_for(company, record):
    """Those on whose worklist *record* stands."""
    return {key for key in company.people if record.number in {one.number for one in waiting_for(company.by(key))}}


@pytest.mark.parametrize(("reach", "whom"), [(declared, {"lead"}), (planned, {"lead"}), (corrected, {"head"}), (verified, set())])
def test_a_nonconformity_waits_for_the_responsible_person_then_for_who_verifies(company, reach, whom):
    assert waits_for(company, reach(company)) == whom


def test_a_review_waits_for_who_names_a_reviewer_then_for_the_reviewer_alone(company):
    review = opened(company)
    assert waits_for(company, review) == {"head"}
    office = company.people["sales_gm"]
    Appointment.objects.create(person=office, role="gm_office", branch=company.hq, starts_at=timezone.now() - dt.timedelta(days=1))
    verbs.assign(review, by=company.by("head"), at=timezone.now(), reviewer=office)
    assert waits_for(company, review) == {"sales_gm"}


def test_the_line_says_what_it_is_about_where_it_stands_and_what_to_do(company):
    line = rows([declared(company)], company.by("lead"))[0]
    assert line.subject == "不合格报告 · 华东分公司"
    assert (line.unit, line.said) == ("BX-HD-2026-000001", "首次联系超时两小时")
    assert line.where == "待分析 · 李建国"
    assert str(line.action.label) == "分析与措施"
    assert line.clock.due is not None


def test_a_review_says_its_month_and_how_much_there_is_to_judge(company):
    review = opened(company)
    line = rows([review], company.by("head"))[0]
    assert (line.subject, line.unit) == ("日志月度审查 · 华东分公司", f"{review.month:%Y-%m}")
    assert line.said == "2 项异常"
    assert str(line.action.label) == "指派审查人"


def test_it_stands_on_the_home_page_between_the_calls_by_its_time_limit(client, company):
    record = declared(company)
    urgent = company.registered()
    client.force_login(company.people["lead"])
    page = client.get("/").content.decode()
    assert -1 < page.index(urgent.number) < page.index(record.number), "an hour runs out before three working days"


def test_one_that_is_over_time_says_to_whom_it_has_climbed(company):
    record = declared(company)
    record.next_due_at = timezone.now() - dt.timedelta(minutes=5)
    assert rows([record], company.by("lead"))[0].raised == "已升级至品管"


def late(record, minutes):
    type(record).objects.filter(pk=record.pk).update(next_due_at=timezone.now() - dt.timedelta(minutes=minutes))


def test_whatever_is_over_time_stands_under_overdue_the_longest_first_and_only_in_sight(client, company):
    record, review, urgent = declared(company), opened(company), company.registered()
    late(record, 5), late(review, 9), late(urgent, 7)
    client.force_login(company.people["lead"])
    page = client.get("/?tab=overdue").content.decode()
    assert -1 < page.index(review.number) < page.index(urgent.number) < page.index(record.number)
    assert page.split(">已超时<")[1].split("</a>")[0].endswith(" 3</span>")
    assert [one.number for one in overdue(company.by("lead"), limit=2)] == [review.number, urgent.number]
    assert (overdue_count(company.by("lead")), overdue_count(company.by("lead"), most=2)) == (3, 2)
    assert overdue(company.by("other_lead")) == [] and overdue_count(company.by("other_lead")) == 0
    type(record).objects.filter(pk=record.pk).update(is_open=False)
    assert overdue_count(company.by("lead")) == 2


def test_the_worklist_asks_as_often_for_many_as_for_one(company):
    def asked():
        actor = company.by("head")
        assert actor.roles
        with CaptureQueriesContext(connection) as asking:
            found = waiting_for(actor)
            rows(found, actor)
        return len(asking), len(found)

    corrected(company)
    opened(company)
    few, one = asked()
    for _again in range(7):
        corrected(company)
        opened(company)
    many, more = asked()
    assert more == one + 14
    assert few == many <= 6


def test_an_engineer_who_answers_for_one_finds_it_on_the_phone_beside_the_visits(client, company):
    record = declared(company, responsible="engineer")
    client.force_login(company.people["engineer"])
    page = client.get("/my/").content.decode()
    assert "其他待办" in page and "首次联系超时两小时" in page
    assert f"/r/{record.number}/steps/plan/" in page
    client.force_login(company.people["colleague"])
    assert "其他待办" not in client.get("/my/").content.decode()
