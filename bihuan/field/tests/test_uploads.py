"""What the phone and the office see while photos are on their way (#60)."""

import base64
import hashlib

import pytest
from django.test import Client

from bihuan.kernel.files.models import Announced, Attachment
from bihuan.service.models import ServiceRecord
from bihuan.service.tests.company import png


@pytest.fixture
def record(company):
    return company.filled()


@pytest.fixture
def desk(company):
    client = Client()
    client.force_login(company.people["lead"])
    return client


def announced(phone, record, key="k1", kind="photo_after"):
    said = {"kind": kind, "sha256": hashlib.sha256(png()).hexdigest(), "key": key}
    metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
    headers = {"Upload-Length": str(len(png())), "Upload-Metadata": metadata}
    return phone.post(f"/r/{record.number}/uploads/", headers=headers)["Location"]


def send(phone, address, content=None, offset=0):
    content = png() if content is None else content
    headers = {"Upload-Offset": str(offset)}
    return phone.generic("PATCH", address, content, content_type="application/offset+octet-stream", headers=headers)


def test_the_office_reads_how_many_are_outstanding_until_all_are_there(phone, desk, record):
    addresses = [announced(phone, record, key=str(number)) for number in range(5)]
    for address in addresses[:3]:
        assert send(phone, address)["Upload-Complete"] == "?1"
    page = f"/r/{record.number}/"
    assert "照片未传完 3/5" in desk.get(page).content.decode()
    for address in addresses[3:]:
        send(phone, address)
    assert "照片未传完" not in desk.get(page).content.decode()
    assert Attachment.objects.filter(record_id=record.pk).count() == 5


@pytest.mark.parametrize("page", ["sign", "refuse"])
def test_before_the_customer_signs_it_is_told_what_is_outstanding(phone, record, page):
    address = announced(phone, record)
    assert "照片未传完 0/1" in phone.get(f"/my/records/{record.number}/{page}/").content.decode()
    send(phone, address)
    assert "照片未传完" not in phone.get(f"/my/records/{record.number}/{page}/").content.decode()


def test_before_the_review_it_is_told_too(phone, desk, company):
    record = company.signed()
    announced(phone, record)
    assert "照片未传完 0/1" in desk.get(f"/r/{record.number}/steps/review/").content.decode()


def test_the_phone_says_which_stopped_and_takes_one_back(phone, record):
    address = announced(phone, record)
    send(phone, address, png()[:30])
    card = phone.get(f"/my/records/{record.number}/").content.decode()
    assert "1 张没有传完" in card and f'formaction="{address}"' in card
    back = f"/my/records/{record.number}/#photos"
    assert phone.post(address, {"next": back})["Location"] == back
    assert Announced.objects.get().given_up_at is not None
    assert "没有传完" not in phone.get(f"/my/records/{record.number}/photos/photo_after/").content.decode()


def test_a_reviewed_record_takes_no_more(phone, record, company):
    address = announced(phone, record)
    ServiceRecord.objects.filter(pk=record.pk).update(status="reviewed", is_open=False)
    assert send(phone, address).status_code == 403
    assert phone.head(address)["Upload-Offset"] == "0"
