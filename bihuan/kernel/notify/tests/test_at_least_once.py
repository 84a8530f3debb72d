"""A mail whose worker died is taken up again, under the same Message-ID; of two workers one sends it (#67)."""

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from bihuan.kernel.notify.deliver import LEASE, hand_out, send_mails
from bihuan.kernel.notify.models import Message, Notice
from bihuan.kernel.testing.overlap import together

pytestmark = pytest.mark.both


class Died(BaseException):
    """As SIGKILL would end it: nothing that follows is done."""


class DiesSending(EmailBackend):
    def send_messages(self, messages):
        super().send_messages(messages)
        raise Died


@pytest.fixture
def by_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []


def told(company, count=1):
    """Messages to the lead that are due by mail, and nothing else."""
    type(company.lead).objects.filter(pk=company.lead.pk).update(email="lead@example.com")
    request = company.registered()
    Message.objects.all().delete()
    Notice.objects.all().delete()
    for number in range(count):
        Notice.objects.create(
            key=f"mail:{number}", kind="signed", record_type=request._meta.label, record_id=request.pk, record_number=request.number,
            branch_id=request.branch_id, to_people=[company.lead.pk], facts={"record": request.number},
        )  # fmt: skip
    hand_out()


@pytest.mark.django_db
def test_a_mail_whose_worker_died_is_sent_after_the_lease_under_the_same_message_id(company, settings, by_mail):
    told(company)
    settings.EMAIL_BACKEND = f"{__name__}.DiesSending"
    with pytest.raises(Died):
        send_mails()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send_mails() == 0, "it may still be on its way"
    Message.objects.update(mail_claimed_until=timezone.now() - LEASE)
    assert send_mails() == 1
    assert send_mails() == 0
    first, second = (sent.message()["Message-ID"] for sent in mail.outbox)
    assert first == second and first.startswith("<notice-")
    assert Message.objects.get().mailed_at is not None


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_once_each_mail_is_sent_by_one(committed_company, by_mail):
    told(committed_company, count=6)
    done = together(2, lambda _index: send_mails())
    assert done.failures == []
    assert sum(done.results) == len(mail.outbox) == 6
