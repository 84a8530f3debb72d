"""The server is killed with SIGKILL at random moments while clients register, assign, fill in parts and have customers sign:
what it acknowledged is there, once and whole, with its file (#58, #76).

``CUTS=40`` gives the acceptance figure; the ordinary run cuts fewer times.
"""

import base64
import http.client
import io
import json
import os
import random
import statistics
import threading
import time
import uuid

import pytest
from django.utils import timezone
from PIL import Image, ImageDraw

from bihuan.service.tests.company import STROKES

from .installation import installation, kill, send

pytestmark = [pytest.mark.both, pytest.mark.django_db]
CUTS = int(os.environ.get("CUTS", "6"))
CLIENTS = 3  # who register and assign; one more fills in and has signed
RECORDS = 12  # for each cut, of which a life signs a few

JUDGE = """
import json
from django.db.models import Count
from bihuan.kernel.access.models import Idempotency
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.files.check import check_files
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences
from bihuan.kernel.signing.models import Signature
from bihuan.kernel.signing.verify import check_signatures
from bihuan.service.models import ServiceRecord, ServiceRequest
def entries(action):
    return dict(Entry.objects.filter(action=action).values_list("record_number").annotate(n=Count("id")).order_by())
records = ServiceRecord.objects
print(json.dumps({
    "requests": dict(ServiceRequest.objects.values_list("number", "status")),
    "registered": entries("BX.register"), "assigned": entries("BX.assign"), "filled": entries("FW.fill_in"), "signed": entries("FW.sign"),
    "with_clock": sorted(ServiceRequest.objects.filter(
        pk__in=Deadline.objects.filter(record_type="service.ServiceRequest").values("record_id")).values_list("number", flat=True)),
    "with_parts": [number for number, parts in records.values_list("number", "parts") if parts],
    "records_signed": list(records.filter(status="signed").values_list("number", flat=True)),
    "signatures": list(Signature.objects.filter(record_type="service.ServiceRecord").values_list("record_number", flat=True)),
    "images": list(records.filter(pk__in=Attachment.objects.filter(kind="signature").values("record_id")).values_list("number", flat=True)),
    "keys": Idempotency.objects.exclude(status=0).count(), "open_keys": Idempotency.objects.filter(status=0).count(),
    "chain": list(differences()), "files": [problem for _a, problem in check_files()],
    "seals": [problem for _signature, problem in check_signatures()],
}))
"""


def judged(place):
    """What is there now, but for the requests that were there before the first client came."""
    found, before = json.loads(place.run(JUDGE)), set(place.told["prepared"])
    for table in ("requests", "registered", "assigned"):
        found[table] = {number: said for number, said in found[table].items() if number not in before}
    found["with_clock"] = [number for number in found["with_clock"] if number not in before]
    return found


class Client(threading.Thread):
    """Registers and assigns until the line goes dead. ``heard``: key → what was acknowledged; ``unheard``: sent, and no answer."""

    def __init__(self, port, told) -> None:
        super().__init__(daemon=True)
        self.port, self.told = port, told
        self.heard, self.unheard, self.wrong = {}, {}, []

    def run(self) -> None:
        while not self.unheard:
            if answer := self.post("requests", registration(self.told), "desk"):
                self.post(f"requests/{answer['number']}/steps/assign", {"engineer": self.told["engineer_id"]}, "lead")

    def post(self, path, body, who):
        key = uuid.uuid4().hex
        try:
            status, answer = send(self.port, path, body, token=self.told[who], key=key)
        except (OSError, http.client.HTTPException, ValueError):
            self.unheard[key] = (path, body, who)
            return None
        if status not in {200, 201}:
            self.wrong.append((status, answer))
        self.heard[key] = (path, answer["number"] if path == "requests" else path.split("/")[1])
        return answer


class Signer(Client):
    """Fills in a record with its parts, then has the customer sign on the screen; each signature is a file of its own."""

    def run(self) -> None:
        while not self.unheard and self.told["records"]:
            path = f"records/{self.told['records'].pop()}/steps"
            if self.post(f"{path}/fill_in", WORK, "engineer"):
                self.post(f"{path}/sign", {"signer_name": "王工", "image": drawn(path), "strokes": STROKES}, "engineer")
        super().run()


WORK = {
    "checklist": [{"ok": True, "value": ""}, {"ok": True, "value": "0.75"}], "findings": "压力开关失灵", "work_done": "更换压力开关",
    "outcome": "repaired", "labour_minutes": 90, "parts": [{"name": "压力开关", "part_no": "K1", "quantity": 1}],
}  # fmt: skip


def drawn(text):
    """A signature pad's picture that shows *text*."""
    out, picture = io.BytesIO(), Image.new("RGB", (300, 60), "white")
    ImageDraw.Draw(picture).text((5, 20), text, fill="black")
    picture.save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def registration(told):
    return {"unit": told["unit"], "called_at": timezone.now().isoformat(), "fault": "高压报警停机", "caller_phone": "13800005678"}


def one_life(place, seconds):
    """Serve, let clients write for *seconds* after the first answer, kill; the clients, and how long it took to be there."""
    with place.serving() as server:
        _status, waited = server.first_answer("/login/")
        clients = [*(Client(server.port, place.told) for _n in range(CLIENTS)), Signer(server.port, place.told)]
        for client in clients:
            client.start()
        time.sleep(seconds)
        kill(server)
        for client in clients:
            client.join(timeout=30)
    return clients, waited


def sent_again(place, unheard):
    """The clients repeat what they never heard an answer to, twice each; the numbers they hear now."""
    numbers = {}
    with place.serving() as server:
        server.first_answer("/login/")
        for key, (path, body, who) in unheard.items():
            answers = [send(server.port, path, body, token=place.told[who], key=key) for _again in range(2)]
            assert answers[0] == answers[1]
            assert answers[0][0] in {200, 201}, answers[0]
            numbers[key] = (path, answers[0][1]["number"] if path == "requests" else path.split("/")[1])
        key, (path, body, who) = next(iter(unheard.items()))
        assert send(server.port, path, body | {"fault": "另一个内容"}, token=place.told[who], key=key)[0] == 422
    return numbers


def test_killed_at_random_moments_nothing_acknowledged_is_lost_and_nothing_is_half(tmp_path, capsys):
    chance = random.Random(CUTS)  # noqa: S311  (moments, not secrets)
    with installation(tmp_path / "home") as place:
        place.settle(RECORDS * CUTS)
        lives = [one_life(place, chance.uniform(0.2, 1.2)) for _cut in range(CUTS)]
        clients = [client for life, _waited in lives for client in life]
        heard = {key: what for client in clients for key, what in client.heard.items()}
        unheard = {key: what for client in clients for key, what in client.unheard.items()}
        assert [client.wrong for client in clients if client.wrong] == []
        after_the_last_cut = judged(place)
        assert len(heard) > CUTS
        whole(after_the_last_cut, heard)

        repeated = sent_again(place, unheard)
        found = judged(place)

    whole(found, heard | repeated)
    sent = [number for path, number in (heard | repeated).values() if path == "requests"]
    assert sorted(found["requests"]) == sorted(sent), "each key has one record, and there is no other"
    assert found["signed"], "something was signed between the cuts"
    waits = [waited for _life, waited in lives]
    assert statistics.median(waits) <= 10
    with capsys.disabled():
        print(
            f"\n{CUTS} cuts: {len(heard)} acknowledged, {len(found['signed'])} of them signatures, {len(unheard)} unheard and repeated; "
            f"restart {statistics.median(waits):.1f} s, {max(waits):.1f} s at most"
        )


def whole(found, heard):
    """What was acknowledged is there once with its entry; what is there at all is there with entry, clock, key, parts, signature and file."""
    assert heard
    assert found["chain"] == []
    assert found["files"] == []
    assert found["open_keys"] == 0
    assert found["seals"] == []
    for path, number in heard.values():
        assert found[TABLES[path.rpartition("/")[2]]].get(number) == 1, (path, number)
    assert set(found["requests"]) == set(found["registered"]) == set(found["with_clock"])
    assert {number for number, status in found["requests"].items() if status != "forwarded"} == set(found["assigned"])
    assert set(found["with_parts"]) == set(found["filled"])
    for rows in ("records_signed", "signatures", "images"):
        assert sorted(found[rows]) == sorted(found["signed"]), rows
    for table in TABLES.values():
        assert set(found[table].values()) <= {1}
    assert found["keys"] == sum(len(found[table]) for table in TABLES.values())


TABLES = {"requests": "registered", "assign": "assigned", "fill_in": "filled", "sign": "signed"}
