"""Files in parts through the API, as a tus client sends them (#60)."""

import base64
import hashlib

import pytest

from bihuan.kernel.files.models import Announced, Attachment
from bihuan.service.tests.company import png

from .callers import ROOT, Caller

pytestmark = pytest.mark.django_db


def announce(caller, record, content, **more):
    said = {"kind": "photo_after", "sha256": hashlib.sha256(content).hexdigest(), "key": "k1"} | more
    metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
    headers = {"Upload-Length": str(len(content)), "Upload-Metadata": metadata, "Tus-Resumable": "1.0.0"}
    return caller.client.post(f"{ROOT}/records/{record.number}/uploads", headers=caller.headers | headers)


def part(caller, address, offset, content, **headers):
    said = {"Upload-Offset": str(offset), "Tus-Resumable": "1.0.0"} | headers
    return caller.client.generic("PATCH", address, content, content_type="application/offset+octet-stream", headers=caller.headers | said)


@pytest.fixture
def sender(company):
    return Caller(company.engineer)


@pytest.fixture
def record(company):
    return company.on_site()


def test_announced_sent_in_parts_asked_for_and_whole(sender, record, company):
    content, office = png(), Caller(company.people["lead"])
    answer = announce(sender, record, content)
    address = answer["Location"]
    assert (answer.status_code, answer["Upload-Offset"], answer["Tus-Resumable"]) == (201, "0", "1.0.0")
    told = office.get(f"records/{record.number}").json()["uploads"]
    assert told == {"announced": 1, "arrived": 0, "complete": False, "said": "照片未传完 0/1"}

    answer = part(sender, address, 0, content[:40])
    assert (answer.status_code, answer["Upload-Offset"], answer["Upload-Complete"]) == (204, "40", "?0")
    asked = sender.client.head(address, headers=sender.headers)
    assert (asked.status_code, asked["Upload-Offset"], asked["Upload-Length"]) == (200, "40", str(len(content)))
    filename = base64.b64encode("铭牌.png".encode()).decode()
    answer = part(sender, address, 40, content[40:], **{"Upload-Metadata": f"filename {filename}"})
    assert (answer["Upload-Offset"], answer["Upload-Complete"]) == (str(len(content)), "?1")
    assert Attachment.objects.get(record_id=record.pk).name == "铭牌.png"
    assert office.get(f"records/{record.number}").json()["uploads"]["complete"] is True


def test_what_is_not_tus_is_refused_with_its_remedy(sender, record):
    content = png()
    address = announce(sender, record, content)["Location"]
    wrong = part(sender, address, 5, content)
    assert (wrong.status_code, wrong.json()["type"].partition("#")[2]) == (409, "upload-offset")
    assert part(sender, address, 0, content, **{"Tus-Resumable": "0.2.2"}).status_code == 412
    assert part(sender, address, "x", content).json()["errors"][0]["field"] == "Upload-Offset"
    plain = sender.client.generic("PATCH", address, content, content_type="image/png", headers=sender.headers)
    assert plain.status_code == 415
    assert announce(sender, record, content, kind="fax").json()["errors"][0]["field"] == "kind"
    assert announce(sender, record, content + b"x").status_code == 409
    bad = sender.client.post(
        f"{ROOT}/records/{record.number}/uploads", headers=sender.headers | {"Upload-Length": "9", "Upload-Metadata": "kind *"}
    )
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "Upload-Metadata")


def test_given_up_it_is_not_waited_for(sender, record):
    address = announce(sender, record, png())["Location"]
    assert sender.client.delete(address, headers=sender.headers).status_code == 204
    assert sender.get(f"records/{record.number}").json()["uploads"]["announced"] == 0
    assert sender.client.head(address, headers=sender.headers).status_code == 404
    assert announce(sender, record, png())["Location"] == address, "announced again, it is the same"
    assert Announced.objects.get().given_up_at is None


def test_nobody_but_the_sender_sends_on(sender, record, company):
    content = png()
    address = announce(sender, record, content)["Location"]
    for other in ("lead", "colleague", "head"):
        assert part(Caller(company.people[other]), address, 0, content).status_code == 404, other
