"""The line breaks after every 64 kB while a record's five photos, two of them alike, and the signature go up (#60).

The sender asks how much has come and goes on from there. In the end each photo is there once, with the hash it was
announced with; nothing that lay there was replaced; on the way the office reads how many are outstanding.
"""

import base64
import hashlib
import http.client
import io
import json
import time

import pytest
from PIL import Image

from bihuan.config.tests.program import free_port

from .installation import answers, installation, running, send
from .proxy import Torn

pytestmark = [pytest.mark.both, pytest.mark.django_db]
EVERY = 64 * 1024
PATIENCE = 120.0  # seconds for all of it

ON_SITE = """
import json
from bihuan.kernel.access.tokens import issue
from bihuan.organisation.models import Person
from bihuan.service.tests.company import Company
company = Company()
record = company.filled()
print(json.dumps({"number": record.number} | {who: issue(company.people[who], "test") for who in ("engineer", "lead")}))
"""

JUDGE = """
import json
from bihuan.kernel.files import disk, partial
from bihuan.kernel.files.check import check_files
from bihuan.kernel.files.models import Announced, Attachment
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences
from bihuan.service.models import ServiceRecord
photos = Attachment.objects.filter(kind="photo_after")
print(json.dumps({
    "photos": sorted(photos.values_list("original_sha256", flat=True)),
    "frozen": len(ServiceRecord.objects.get(number="%s").photos),
    "files": len(set(photos.values_list("sha256", flat=True))),
    "wrong": [problem for _row, problem in check_files()],
    "parts": len(list(partial.place().iterdir())),
    "arrived": Announced.objects.filter(arrived_at__isnull=False).count(),
    "announced": Entry.objects.filter(action="announce").count(),
    "attached": Entry.objects.filter(action="attach").count(),
    "chain": list(differences()),
}))
"""


@pytest.fixture
def place(tmp_path):
    with installation(tmp_path / "home") as made:
        made.run("from django.core.management import call_command; call_command('migrate', verbosity=0)")
        made.told = json.loads(made.run(ON_SITE))
        yield made


@pytest.fixture(scope="module")
def photos():
    """Five as a phone sends them, the last one the same as the first."""
    made = []
    for number in range(4):
        out = io.BytesIO()
        Image.effect_noise((700, 500), 60 + number).convert("RGB").save(out, "JPEG", quality=80)
        made.append(out.getvalue())
    return [*made, made[0]]


class Sender:
    """Follows tus 1.0 over a line that breaks."""

    def __init__(self, port, token):
        self.port, self.token, self.unheard = port, token, 0
        self.end = time.monotonic() + PATIENCE

    def ask(self, method, path, headers, body=None):
        """The answer; None when the line broke before it came."""
        assert time.monotonic() < self.end, "it does not come to an end"
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request(method, path, body, {"Authorization": f"Bearer {self.token}", "Tus-Resumable": "1.0.0"} | headers)
            answer = line.getresponse()
            answer.said = answer.read()
            assert answer.status < 500, answer.said
            return answer
        except (OSError, http.client.HTTPException):
            self.unheard += 1
            return None
        finally:
            line.close()

    def until_heard(self, *asked):
        while (answer := self.ask(*asked)) is None:
            time.sleep(0.01)
        return answer

    def announce(self, number, photo, key):
        said = {"kind": "photo_after", "sha256": hashlib.sha256(photo).hexdigest(), "key": key}
        metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
        path = f"/api/v1/records/{number}/uploads"
        answer = self.until_heard("POST", path, {"Upload-Length": str(len(photo)), "Upload-Metadata": metadata})
        assert answer.status == 201, answer.said
        return answer.headers["Location"]

    def send(self, address, photo):
        """How many times it was sent on from the middle."""
        resumed = 0
        while True:
            asked = self.until_heard("HEAD", address, {})
            if asked.headers["Upload-Complete"] == "?1":
                return resumed
            at = int(asked.headers["Upload-Offset"])
            resumed += at > 0
            headers = {"Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
            answer = self.ask("PATCH", address, headers, photo[at:])
            assert answer is None or answer.status in {204, 409}, answer.said


def shown(port, token, number):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("GET", f"/api/v1/records/{number}", headers={"Authorization": f"Bearer {token}"})
    said = json.loads(line.getresponse().read())
    line.close()
    return said


def signature():
    out = io.BytesIO()
    Image.effect_noise((120, 80), 90).convert("L").save(out, "PNG")
    image = "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
    strokes = [[[10, 10, 0], [60, 40, 20], [110, 30, 40]], [[20, 50, 60], [90, 60, 90]]]
    return {"signer_name": "王工", "image": image, "strokes": json.dumps(strokes)}


def test_cut_every_64_kb_five_photos_and_a_signature_come_once_and_whole(place, photos, tmp_path, capsys):
    number, port = place.told["number"], free_port()
    with running(place, "up", "--workers", "1", "--no-worker", "--port", str(port), log=tmp_path / "web.log"):
        answers(port)
        torn = Torn(port, EVERY)
        sender = Sender(torn.port, place.told["engineer"])
        addresses = [sender.announce(number, photo, f"photo-{place_}") for place_, photo in enumerate(photos)]
        kept, told, resumed = {}, [], 0
        for photo, address in zip(photos, addresses, strict=True):
            told.append(shown(port, place.told["lead"], number)["uploads"])
            resumed += sender.send(address, photo)
            now = {path: (path.stat().st_ino, path.stat().st_size) for path in (place.home / "files").rglob("*") if len(path.name) == 64}
            assert kept.items() <= now.items(), "a file was replaced"
            kept = now
        for photo, address in zip(photos, addresses, strict=True):  # a phone that heard nothing sends all of it again
            assert sender.send(address, photo) == 0
        told.append(shown(port, place.told["lead"], number)["uploads"])
        before, torn.sent = torn.cuts, torn.sent + EVERY - torn.sent % EVERY - 2000  # it breaks in the middle of the signature
        signed = signed_at_last(torn.port, number, place.told["engineer"])
        torn.close()
        assert torn.cuts > before

    found = json.loads(place.run(JUDGE % number))
    assert [(one["arrived"], one["complete"]) for one in told] == [(0, False), (1, False), (2, False), (3, False), (4, False), (5, True)]
    assert told[3]["said"] == "照片未传完 3/5"
    assert found["photos"] == sorted(hashlib.sha256(photo).hexdigest() for photo in photos)
    assert (found["files"], found["frozen"], found["arrived"], found["announced"], found["attached"]) == (4, 5, 5, 5, 6)
    assert (found["wrong"], found["parts"], found["chain"]) == ([], 0, [])
    assert signed["status"] == "signed"
    assert torn.cuts >= sum(map(len, photos)) // EVERY, "the line was cut as often as it had to be"
    assert resumed >= 5, "they went on from the middle"
    with capsys.disabled():
        print(f"\n{sum(map(len, photos)) // 1024} kB in 5 photos: {torn.cuts} cuts, {resumed} times on from the middle, 0 files replaced")


def signed_at_last(port, number, token):
    """The signature is one small write under one key: it comes whole or not at all, and is sent again until it is heard."""
    body, end = signature(), time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            status, said = send(port, f"records/{number}/steps/sign", body, token=token, key="sign-once")
        except (OSError, http.client.HTTPException, ValueError):
            continue
        assert status == 200, said
        return said
    raise AssertionError("it could not be signed")
