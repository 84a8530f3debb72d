"""The page behind a paper's QR code: whether it still holds, and not a word more (#6)."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from bihuan.kernel.printing.models import PrintRun
from bihuan.kernel.printing.runs import print_record
from bihuan.kernel.testing.committed import lift_triggers
from bihuan.service.domain import record as records
from bihuan.service.prints import record_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def record(company):
    return company.signed(caller_name="钱多多", caller_phone="13912345678")


def printed(company, record):
    print_record(record_form(record, company.by("engineer")), record, by=company.by("engineer"))
    return PrintRun.objects.latest("pk").token


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_a_stranger_reads_form_revision_unaltered_and_signed_and_nothing_of_anybody(company, record):
    answer = Client().get(f"/verify/{printed(company, record)}/")
    said = text(answer)
    assert answer.status_code == 200
    assert record.number in said and "A/1版" in said and "未改动" in said and "客户签字：有" in said
    assert PrintRun.objects.get().sha256[:4] in said
    request = record.order.request
    names = [person.name for person in company.people.values()]
    for word in [
        *names,
        "王工",
        "钱多多",
        "13912345678",
        "5678",
        request.customer.name,
        "华东",
        "工业园区",
        "压力开关",
        request.fault,
        company.unit.serial,
    ]:
        assert word not in said, word


def test_a_paper_of_an_older_version_says_so(company, record):
    token = printed(company, record)
    records.review(record, by=company.by("lead"), at=timezone.now(), review_note="记录完整")
    assert "已有新版" in text(Client().get(f"/verify/{token}/"))


@pytest.mark.both
@pytest.mark.parametrize(
    "change", ["UPDATE service_servicerecord SET work_done='什么也没做'", "UPDATE signing_signature SET signer_name='别人'"]
)
def test_a_record_changed_behind_our_back_is_told_to_who_holds_the_paper(company, record, change):
    token = printed(company, record)
    lift_triggers()
    with connection.cursor() as cursor:
        cursor.execute(change)
    said = text(Client().get(f"/verify/{token}/"))
    assert "校验不符" in said and "未改动" not in said


@pytest.mark.parametrize("token", ["x" * 22, "x", "x" * 400, "%00" * 22, "é" * 22])
def test_an_invented_token_is_not_found(company, record, token):
    printed(company, record)
    assert Client().get(f"/verify/{token}/").status_code == 404


def test_a_number_or_a_check_code_opens_nothing(company, record):
    printed(company, record)
    for key in (record.number, str(record.pk), PrintRun.objects.get().sha256, PrintRun.objects.get().sha256[:22]):
        assert Client().get(f"/verify/{key}/").status_code == 404


def test_a_token_has_128_bits_and_no_two_are_alike(company, record):
    tokens = {printed(company, record) for _each in range(20)}
    assert len(tokens) == 20 and all(len(token) == 22 for token in tokens)


def test_a_colleague_goes_on_to_the_record_and_one_of_another_branch_reads_as_a_stranger(company, record):
    token = printed(company, record)
    client = Client()
    client.force_login(company.lead)
    answer = client.get(f"/verify/{token}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/r/{record.number}/?p={token}")
    client.force_login(company.other_lead)
    assert client.get(f"/verify/{token}/").status_code == 200
