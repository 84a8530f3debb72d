"""Two web processes and two workers on one PostgreSQL database: each job is done once, each session holds in both (#67, #106).

That both workers really worked at the same moment is read from their logs; a burst of work that one of them did alone
proves nothing and is followed by another.
"""

import contextlib
import http.cookiejar
import json
import re
import socketserver
import threading
import time
import urllib.parse
import urllib.request
from collections import Counter
from email import message_from_bytes, policy

import pytest
from django.db import connection

from bihuan.config.tests.program import free_port
from bihuan.service.tests.company import PASSWORD
from tests.faults.installation import answers, installation, running

pytestmark = [pytest.mark.both, pytest.mark.django_db]
BURSTS = 6
ROUND = re.compile(r"worker: (\d+) done in a round of ([\d.]+) s begun at ([\d.]+)")

COMPANY = """
from bihuan.organisation.models import Person
from bihuan.service.tests.company import Company
company = Company()
for person in Person.objects.filter(username__in=["lead", "head", "sales_gm", "engineer", "desk"]):
    Person.objects.filter(pk=person.pk).update(email=f"{person.username}@example.com")
"""

BURST = """
import datetime as dt
from django.utils import timezone
from bihuan.kernel.access.actors import actor_for
from bihuan.kernel import journal
from bihuan.equipment.models import Unit
from bihuan.organisation.models import Person
from bihuan.service.domain import request as requests
from bihuan.service.models import ServiceRequest
unit, desk, now = Unit.objects.get(serial="22A0457"), actor_for(Person.objects.get(username="desk")), timezone.now()
with journal.unit():  # all of it becomes visible at one moment
    for number in range(50):
        called = now - dt.timedelta(minutes=125 if number % 2 else 35)
        request = ServiceRequest(customer=unit.customer, site=unit.site, unit=unit, fault="高压报警", called_at=called, caller_phone="13800005678")
        requests.register(request, by=desk, at=now)
"""

QUIET = """
from django.utils import timezone
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.notify.models import Message, Notice
from bihuan.kernel.proof.models import Delivery
print(Deadline.objects.filter(state="running", next_at__lte=timezone.now()).count() + Notice.objects.filter(handed_out_at__isnull=True).count()
      + Message.objects.filter(mail_due=True).count() + Delivery.objects.filter(delivered_at__isnull=True).count())
"""

JUDGE = """
import json
from collections import Counter
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences
from bihuan.kernel.notify.models import Message, Notice
from bihuan.kernel.proof.models import Checkpoint, Delivery
told = Counter((n.record_id, n.facts["clock"], n.kind) for n in Notice.objects.filter(kind__startswith="deadline_"))
print(json.dumps({
    "late": Deadline.objects.filter(breached_at__isnull=False).count(),
    "missed_entries": sorted(Counter(Entry.objects.filter(action="deadline.missed").values_list("record_number", flat=True)).values()),
    "warned": [count for (_r, clock, kind), count in told.items() if (clock, kind) == ("first_contact", "deadline_near")],
    "escalated": [count for (_r, clock, kind), count in told.items() if (clock, kind) == ("first_contact", "deadline_missed")],
    "mails": sorted([m.person.email, m.notice.record_number] for m in Message.objects.exclude(person__email="").select_related("person", "notice")),
    "unmailed": Message.objects.exclude(person__email="").filter(mailed_at__isnull=True).count(),
    "checkpoints": [list(row) for row in Checkpoint.objects.order_by("chain", "size").values_list("chain", "first", "size")],
    "undelivered": Delivery.objects.filter(delivered_at__isnull=True).count(),
    "chain": list(differences()),
}))
"""


class Letterbox(socketserver.ThreadingTCPServer):
    """An SMTP server that keeps what it is sent."""

    daemon_threads = allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Postman)
        self.kept: list[tuple[str, str]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Postman(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 letterbox\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                letter = b"".join(iter(self.rfile.readline, b".\r\n"))
                said = message_from_bytes(letter, policy=policy.default)
                self.server.kept.append((str(said["To"]), str(said["Subject"])))
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


@contextlib.contextmanager
def two_workers(place, folder, letterbox):
    more = {"BIHUAN_SMTP_HOST": "127.0.0.1", "BIHUAN_SMTP_PORT": str(letterbox.server_address[1])}
    logs = [folder / f"worker-{number}.log" for number in (1, 2)]
    with running(place, "worker", log=logs[0], **more), running(place, "worker", log=logs[1], **more):
        yield logs


def spells(log):
    """When a worker was busy: (from, until, pieces of work)."""
    found = [(int(done), float(took), float(began)) for done, took, began in ROUND.findall(log.read_text())]
    return [(began, began + took, done) for done, took, began in found]


def overlap(logs):
    """Seconds in which both workers were in a round that did something."""
    one, other = map(spells, logs)
    return sum(max(0.0, min(a[1], b[1]) - max(a[0], b[0])) for a in one for b in other)


def until_quiet(place, patience=120):
    end = time.monotonic() + patience
    while int(place.run(QUIET)):
        assert time.monotonic() < end, "the workers did not come to an end"
        time.sleep(0.5)


def pages_of(port):
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())), f"http://127.0.0.1:{port}"


@pytest.fixture
def place(tmp_path):
    if connection.vendor != "postgresql":
        pytest.skip("two machines on one database skipped: SQLite is a file of one machine (make test-postgres)")
    with installation(tmp_path / "home") as made:
        made.run("from django.core.management import call_command; call_command('migrate', verbosity=0)")
        made.run(COMPANY)
        yield made


def test_two_workers_share_the_work_and_do_each_piece_once(place, tmp_path, capsys):
    letterbox = Letterbox()
    with two_workers(place, tmp_path, letterbox) as logs:
        for bursts in range(1, BURSTS + 1):
            place.run(BURST)
            until_quiet(place)
            if bursts > 1 and overlap(logs) > 0 and all(spells(log) for log in logs):
                break
        together = overlap(logs)
    letterbox.shutdown()
    letterbox.server_close()
    assert together > 0, "the workers never worked at the same moment; nothing was proved"
    found = json.loads(place.run(JUDGE))
    share = [sum(done for _from, _until, done in spells(log)) for log in logs]
    assert min(share) > 0
    assert found["chain"] == []
    assert found["late"] == 25 * bursts
    assert found["missed_entries"] == [1] * (25 * bursts), "each missed time limit has one entry"
    assert found["warned"] == [1] * (25 * bursts), "each warning is given once"
    assert found["escalated"] == [3] * (25 * bursts), "due, and climbed twice in the hour since"
    assert found["unmailed"] == 0
    numbers = Counter((to, number) for to, number in found["mails"])
    received = Counter((to, subject.split()[0]) for to, subject in letterbox.kept)
    assert received == numbers and sum(numbers.values()) == len(found["mails"]) > 0, "each mail is sent once"
    assert found["undelivered"] == 0
    for chain in {row[0] for row in found["checkpoints"]}:
        ends = [(first, size) for one, first, size in found["checkpoints"] if one == chain]
        assert [first for first, _size in ends] == [1, *(size + 1 for _first, size in ends[:-1])], "each entry is sealed once"
    with capsys.disabled():
        print(f"\ntwo workers: {share[0]} and {share[1]} pieces, {together:.1f} s at the same time, {len(letterbox.kept)} mails")


def test_a_session_holds_in_both_web_processes_and_ends_in_both(place, tmp_path):
    ports = [free_port(), free_port()]
    commands = [("up", "--workers", "1", "--no-worker", "--port", str(port)) for port in ports]
    with running(place, *commands[0], log=tmp_path / "web-1.log"), running(place, *commands[1], log=tmp_path / "web-2.log"):
        for port in ports:
            answers(port)
        browser, one = pages_of(ports[0])
        other = f"http://127.0.0.1:{ports[1]}"
        assert browser.open(f"{one}/").url.startswith(f"{one}/login/")

        posted(browser, one, "/login/", username="lead", password=PASSWORD)

        for turn in range(10):
            page = browser.open(f"{(one, other)[turn % 2]}/")
            assert "/login/" not in page.url, turn
            assert "李建国" in page.read().decode()
        posted(browser, other, "/logout/")
        for root in (one, other):
            assert "/login/" in browser.open(f"{root}/").url


def posted(browser, root, path, **fields):
    """Send a form with the token of the page, as a browser would."""
    page = browser.open(f"{root}{path if path == '/login/' else '/'}").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    sent = urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": token[1]}).encode()
    request = urllib.request.Request(f"{root}{path}", sent, headers={"Origin": root, "Referer": f"{root}{path}"})  # noqa: S310  (our own server)
    return browser.open(request)
