"""Administrators hear of a year without a calendar sixty days ahead (#72)."""

import datetime as dt

import pytest
from django.core import mail

from bihuan.kernel.calendars.models import Calendar
from bihuan.kernel.notify.deliver import hand_out, send_mails
from bihuan.kernel.notify.models import Message, Notice
from bihuan.organisation.reminders import remind_of_calendars
from bihuan.service.tests.company import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    made = Company()
    made.last = max(Calendar.objects.get(code="CN").revisions.latest("number").published)
    made.near, made.far = dt.date(made.last, 11, 2), dt.date(made.last, 11, 1)
    made.admin.email = "admin@example.com"
    made.admin.save(update_fields=["email"])
    return made


def test_sixty_days_ahead_they_are_told_and_not_a_day_earlier(company):
    assert remind_of_calendars(company.far) == 0
    assert remind_of_calendars(company.near) == 1
    assert Notice.objects.get().facts["year"] == company.last + 1


def test_they_are_told_once_however_often_it_is_looked_at(company):
    remind_of_calendars(company.near)
    assert remind_of_calendars(company.near + dt.timedelta(days=9)) == 0
    assert Notice.objects.count() == 1


def test_only_administrators_are_told_and_the_message_leads_to_the_year(company, client):
    remind_of_calendars(company.near)
    hand_out()
    (message,) = Message.objects.all()
    assert message.person == company.admin

    client.force_login(company.admin)
    assert f"还没有公布 {company.last + 1} 年" in client.get("/inbox/").content.decode()
    assert client.get(f"/inbox/{message.pk}/", follow=True).redirect_chain == [(f"/calendars/CN/{company.last + 1}/", 302)]

    send_mails()
    assert f"/calendars/CN/{company.last + 1}/" in mail.outbox[0].body


def test_a_company_without_headquarters_yet_breaks_nothing(company):
    type(company.hq).objects.filter(pk=company.hq.pk).update(is_headquarters=False)
    assert remind_of_calendars(company.near) == 0
