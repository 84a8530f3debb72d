"""PostgreSQL's own disk is full: clear answers, nothing half kept, reads go on; with room again it goes on at once, without a restart (#78)."""

import http.client
import time

import pytest
from django.db import connection
from django.utils import timezone

from bihuan.config.tests.program import free_port
from bihuan.operations import postgres

from .installation import Installation, answers, running, send
from .small_disk import cluster

pytestmark = [pytest.mark.django_db]
WORDS = "磁盘已满或不可写"
PATIENCE = 5  # seconds after there is room
COUNTED = ("service_servicerequest", "journal_entry", "access_idempotency", "numbering_counter")
SESSION = """
from django.test import Client
from bihuan.organisation.models import Person
page = Client()
page.force_login(Person.objects.get(username="desk"))
print(page.cookies["sessionid"].value)
"""
SOUND = """
from bihuan.kernel.journal.read import differences
print(list(differences()))
"""


class Place(Installation):
    """An installation on that cluster, with a person at the desk who calls the API and one who looks at pages."""

    def __init__(self, home, made):
        super().__init__(home, made.url)
        home.mkdir()
        self.settle()
        self.cookie = self.run(SESSION).split()[-1]

    def registration(self, long=False):
        fault = "高压报警停机" * (1200 if long else 1)
        return {"unit": self.told["unit"], "called_at": timezone.now().isoformat(), "fault": fault, "caller_phone": "13800005678"}

    def post(self, port, key, *, long=False):
        return send(port, "requests", self.registration(long), token=self.told["desk"], key=key)

    def page(self, port, path):
        """Status and text of a page."""
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            asking.request("GET", path, headers={"Cookie": f"sessionid={self.cookie}"})
            answer = asking.getresponse()
            return answer.status, answer.read().decode()
        finally:
            asking.close()

    def counts(self):
        with postgres.connected(postgres.settings_of(self.settings["DATABASE_URL"])) as database:
            return [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in COUNTED]

    def numbers(self):
        with postgres.connected(postgres.settings_of(self.settings["DATABASE_URL"])) as database:
            return {number for (number,) in database.execute("SELECT number FROM service_servicerequest")}


@pytest.fixture(autouse=True)
def _on_postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("a full disk of PostgreSQL skipped: this is SQLite")


def until_refused(place, port):
    """Registers until there is no room; the numbers that were acknowledged, the key and the answer of the first refusal."""
    acknowledged = set()
    for attempt in range(2000):
        key = f"key-{attempt}"
        before = place.counts()
        status, said = place.post(port, key, long=True)
        if status != 201:
            return acknowledged, key, status, said, before
        acknowledged.add(said["number"])
    raise AssertionError("it never was full")


def test_with_no_room_for_tables_it_refuses_whole_reads_on_and_recovers(tmp_path):
    with cluster("tables", 64) as made:
        place = Place(tmp_path / "home", made)
        port, log = free_port(), tmp_path / "log"
        with running(place, "up", "--port", str(port), "--workers", "1", log=log, BIHUAN_LOG="json"):
            answers(port)
            first = place.post(port, "first")[1]["number"]
            made.disk.fill()

            acknowledged, key, status, said, before = until_refused(place, port)

            assert (status, said["type"].endswith("#no-room")) == (507, True), said
            assert WORDS in said["detail"]
            assert place.counts() == before, "nothing of it is kept"
            asked = [place.page(port, path) for path in ("/login/", f"/r/{first}/", "/lists/requests/", "/inbox/")]
            assert [status for status, _text in asked] in ([302, 200, 200, 200], [200, 200, 200, 200])
            assert [place.post(port, f"again-{n}", long=True)[0] for n in range(5)] == [507] * 5

            made.disk.empty()
            began = time.monotonic()
            assert place.post(port, key, long=True)[0] == 201, "the same key, sent again"
            assert time.monotonic() - began <= PATIENCE
            assert place.numbers() >= acknowledged | {first}
            assert place.run(SOUND).split() == ["[]"]
        assert not [line for line in log.read_text().splitlines() if '"status": 500' in line]


def test_with_no_room_for_its_log_acknowledged_writes_are_there_when_it_comes_back(tmp_path):
    """PostgreSQL gives up (PANIC) rather than lose a commit, and cannot come back before there is room. Bihuan waits for it."""
    with cluster("log", 48) as made:
        place = Place(tmp_path / "home", made)
        port, log = free_port(), tmp_path / "log"
        with running(place, "up", "--port", str(port), "--workers", "1", log=log, BIHUAN_LOG="json"):
            answers(port)
            acknowledged, refused = set(), []
            made.disk.fill()
            for attempt in range(400):
                status, said = place.post(port, f"key-{attempt}", long=True)
                if status == 201:
                    acknowledged.add(said["number"])
                else:
                    refused.append((attempt, status, said))
                if len(refused) == 5:
                    break
            assert refused and "No space left" in made.said()
            assert {status for _attempt, status, _said in refused} <= {503, 507}
            assert all(said["detail"] for _attempt, _status, said in refused)
            page, text = place.page(port, "/inbox/")
            assert page in (200, 503), text[:2000]
            assert "Traceback" not in text

            made.disk.empty()
            made.stop()  # what a process manager does with a server that gave up
            made.start()
            began = time.monotonic()
            again = place.post(port, f"key-{refused[0][0]}", long=True)
            assert again[0] == 201, again
            assert time.monotonic() - began <= PATIENCE
            assert place.page(port, "/inbox/")[0] == 200
            assert place.numbers() >= acknowledged
            assert place.run(SOUND).split() == ["[]"]
        assert not [line for line in log.read_text().splitlines() if '"status": 500' in line]
