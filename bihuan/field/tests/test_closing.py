"""The customer reads, and signs or will not: and what was read is what is signed."""

import base64
import io
import json

import pytest
from PIL import Image

from bihuan.field.saving import as_read
from bihuan.kernel.signing.models import Signature
from bihuan.service.models import ServiceRecord
from bihuan.service.tests.company import STROKES, png


def url(record, page):
    return f"/my/records/{record.number}/{page}/"


def signature(record, **more):
    image = "data:image/png;base64," + base64.b64encode(png()).decode()
    return {
        "signer_name": "王工",
        "signer_title": "设备科",
        "remarks": "",
        "image": image,
        "strokes": json.dumps(STROKES),
        "seen": as_read(record),
    } | more


def status(record):
    return ServiceRecord.objects.get(pk=record.pk).status


def photo(client, record, kind="photo_after"):
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "steelblue").save(out, "JPEG")
    out.seek(0)
    out.name = "现场.jpg"
    listed = f"/my/records/{record.number}/photos/{kind}/"
    return client.post(f"/r/{record.number}/attach/", {"kind": kind, "file": out, "client_key": f"{kind}-1", "next": listed}, follow=True)


def test_the_customer_reads_in_plain_words_all_that_is_signed(phone, company, django_assert_max_num_queries):
    record = company.filled()
    phone.get(url(record, "sign"))
    with django_assert_max_num_queries(25):
        text = phone.get(url(record, "sign")).content.decode()
    for words in (
        "早上开机就报高压",
        "压力开关失灵",
        "更换压力开关并试机",
        "排气压力：0.75 MPa",
        "已修复",
        "1 小时 30 分",
        "45 分",
        record.number,
    ):
        assert words in text
    assert "data-signature" in text


def test_the_customer_signs_and_the_next_job_is_there(phone, company):
    record = company.filled()
    after = company.assigned(unit=company.machine("24X1", "太仓新材", company.jiangsu, company.east))
    answer = phone.post(url(record, "sign"), signature(record))
    assert answer["Location"] == url(record, "done")
    assert status(record) == "signed"
    text = phone.get(url(record, "done")).content.decode()
    assert "客户已签字" in text and "王工（设备科）" in text and f"/my/requests/{after.number}/" in text


def test_remarks_of_the_customer_are_kept_with_the_signature(phone, company):
    record = company.filled()
    phone.post(url(record, "sign"), signature(record, remarks="噪音还是偏大"))
    assert Signature.objects.get(record_number=record.number).meaning == "received_with_remarks"
    assert "噪音还是偏大" in phone.get(url(record, "done")).content.decode()


@pytest.mark.both
def test_a_signature_sent_twice_is_one_and_the_answer_is_given_again(phone, company):
    record = company.filled()
    sent = signature(record)
    for _again in range(2):
        assert phone.post(url(record, "sign"), sent)["Location"] == url(record, "done")
    assert Signature.objects.filter(record_number=record.number).count() == 1


def test_nothing_is_signed_that_was_not_read(phone, company):
    record = company.filled()
    sent = signature(record)
    phone.post(
        f"/my/records/{record.number}/work/",
        {"work_done": "后来改的", "outcome": "repaired", "labour_h": "1"},
        headers={"Accept": "application/json"},
    )
    answer = phone.post(url(record, "sign"), sent)
    text = answer.content.decode()
    assert answer.status_code == 409 and "请客户再看一遍" in text and "后来改的" in text
    assert 'value="王工"' in text and status(record) == "open"


def test_a_photo_that_came_after_reading_is_not_signed_unseen(phone, company):
    record = company.filled()
    sent = signature(record)
    photo(phone, record)
    assert phone.post(url(record, "sign"), sent).status_code == 409


@pytest.mark.parametrize(
    ("wrong", "words"), [({"signer_name": " "}, "签字人姓名："), ({"image": ""}, "签名框还是空的"), ({"strokes": "[]"}, "笔迹")]
)
def test_an_incomplete_signature_is_refused_with_the_rest_kept(phone, company, wrong, words):
    record = company.filled()
    answer = phone.post(url(record, "sign"), signature(record, signer_title="王总助理") | wrong)
    assert answer.status_code == 422
    assert 'value="王总助理"' in answer.content.decode() and words in answer.content.decode()
    assert status(record) == "open"


def test_with_gaps_the_page_says_which_and_leads_there(phone, company):
    record = company.on_site()
    text = phone.get(url(record, "sign")).content.decode()
    assert "还不能签字" in text and "2 项检查" in text and f'href="/my/records/{record.number}/#work"' in text
    assert "data-signature" not in text
    answer = phone.post(url(record, "sign"), signature(record))
    assert answer.status_code == 422 and "外观与接线检查" in answer.content.decode()


def test_a_refusal_needs_reason_and_witness_and_goes_to_the_lead(phone, company):
    record = company.filled()
    seen = {"seen": as_read(record)}
    refused = phone.post(url(record, "refuse"), seen | {"refusal_reason": "认为不该收费", "refusal_witness": ""})
    assert refused.status_code == 422 and "认为不该收费" in refused.content.decode()
    answer = phone.post(url(record, "refuse"), seen | {"refusal_reason": "认为不该收费", "refusal_witness": "王磊"})
    assert answer["Location"] == url(record, "done") and status(record) == "refused"
    text = phone.get(url(record, "done")).content.decode()
    assert "客户拒签" in text and "认为不该收费" in text and "王磊" in text


def test_a_record_still_open_is_not_done(phone, company):
    record = company.filled()
    assert phone.get(url(record, "done"))["Location"] == f"/my/records/{record.number}/"


def test_a_photo_once_up_stands_in_the_list_and_in_the_summary(phone, company):
    record = company.filled()
    listed = photo(phone, record).content.decode()
    assert "thumbnail" in listed and 'alt="处理后 1"' in listed
    again = photo(phone, record).content.decode()
    assert again.count("<img") == 1
    assert "thumbnail" in phone.get(url(record, "sign")).content.decode()
    assert phone.get(f"/my/records/{record.number}/photos/magic/").status_code == 404


def test_the_done_page_takes_few_statements(phone, company, django_assert_max_num_queries):
    record = company.signed()
    phone.get(url(record, "done"))
    with django_assert_max_num_queries(25):
        phone.get(url(record, "done"))
