"""The line to PostgreSQL is cut before, during and after COMMIT; the client repeats with its key: never twice, never lost (#77).

``CUTS=300`` gives the acceptance figure; the ordinary run cuts fewer times. The server is never restarted.
"""

import http.client
import os
import time
import uuid
from urllib.parse import urlsplit

import pytest
from django.db import connection

from bihuan.config.tests.program import free_port

from .installation import answers, installation, running, send
from .proxy import MOMENTS, Line
from .test_killed import judged, registration, whole

pytestmark = [pytest.mark.both, pytest.mark.django_db]
CUTS = int(os.environ.get("CUTS", "24"))
PATIENCE = 20.0  # seconds in which a repeated request must have come through


@pytest.fixture
def place(tmp_path):
    if connection.vendor != "postgresql":
        pytest.skip("cut lines skipped: SQLite has no line to its database (make test-postgres)")
    with installation(tmp_path / "home") as made:
        made.settle()
        yield made


def until_heard(port, path, body, token, key):
    """Send with one key until it is acknowledged: (answer, how many times it had to be sent, seconds)."""
    began, tries = time.monotonic(), 0
    while True:
        tries += 1
        try:
            status, answer = send(port, path, body, token=token, key=key)
        except (OSError, http.client.HTTPException, ValueError):
            status, answer = 0, {}
        if status in {200, 201}:
            return answer, tries, time.monotonic() - began
        assert status in {0, 503}, (status, answer)
        assert time.monotonic() - began < PATIENCE, "it did not recover"


def test_cut_around_commit_nothing_is_doubled_or_lost(place, tmp_path, capsys):
    beyond = urlsplit(place.settings["DATABASE_URL"])
    line = Line(beyond.hostname, beyond.port or 5432)
    through = beyond._replace(netloc=beyond.netloc.rpartition("@")[0] + f"@127.0.0.1:{line.port}", query="sslmode=disable").geturl()
    port, heard, again, slowest = free_port(), {}, 0, 0.0
    with running(place, "up", "--workers", "1", "--no-worker", "--port", str(port), log=tmp_path / "web.log", DATABASE_URL=through):
        answers(port)
        for number in range(CUTS):
            key, before = uuid.uuid4().hex, line.cuts
            line.cut_at(MOMENTS[number % len(MOMENTS)])
            answer, tries, took = until_heard(port, "requests", registration(place.told), place.told["desk"], key)
            assert line.cuts == before + 1, "nothing was cut"
            heard[key] = ("requests", answer["number"])
            again, slowest = again + (tries > 1), max(slowest, took)
    line.close()

    found = judged(place)
    whole(found, heard)
    assert sorted(found["requests"]) == sorted(number for _path, number in heard.values()), "each key has one record, and there is no other"
    assert again >= CUTS * 2 // 3 - 1, "the cuts before and during COMMIT were felt"
    with capsys.disabled():
        print(f"\n{CUTS} cuts: {again} felt and repeated, 0 doubled, 0 lost; recovered in {slowest:.1f} s at most")
