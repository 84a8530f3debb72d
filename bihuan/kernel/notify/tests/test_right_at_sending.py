"""Whoever lost the right between the event and its sending is told nothing (#9)."""

import pytest
from django.core import mail
from django.test import override_settings
from django.utils import timezone

from bihuan.kernel.notify.deliver import hand_out, send_mails
from bihuan.kernel.notify.models import Message, Notice

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.both,
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture
def notice(company):
    """Something to tell the lead of the east, who has a mail address."""
    type(company.lead).objects.filter(pk=company.lead.pk).update(email="lead@example.com")
    Notice.objects.all().update(handed_out_at=timezone.now())
    request = company.registered()
    Notice.objects.all().delete()
    return Notice.objects.create(
        key="right:1", kind="signed", record_type=request._meta.label, record_id=request.pk, record_number=request.number,
        branch_id=request.branch_id, to_people=[company.lead.pk], facts={"record": request.number},
    )  # fmt: skip


def delivered():
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        hand_out()
        send_mails()
    return Message.objects.count(), len(mail.outbox)


def test_who_may_see_the_record_gets_message_and_mail(company, notice):
    assert delivered() == (1, 1)


def test_who_lost_the_role_before_the_message_gets_neither(company, notice):
    company.lead.appointments.update(ends_at=timezone.now())
    assert delivered() == (0, 0)


def test_a_leaver_gets_neither(company, notice):
    type(company.lead).objects.filter(pk=company.lead.pk).update(is_active=False)
    assert delivered() == (0, 0)


def test_who_lost_the_role_between_message_and_mail_gets_no_mail(company, notice):
    hand_out()
    company.lead.appointments.update(ends_at=timezone.now())
    assert delivered() == (1, 0)
