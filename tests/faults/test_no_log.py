"""What the log lines go to is full or gone: requests are answered all the same (#78)."""

import os
import subprocess
import sys

import pytest
from django.utils import timezone

from bihuan.config.tests.program import environment, free_port

from .installation import answers, installation, send

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def reader_gone():
    """The writing end of a pipe that nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def closed():
    os.close(1)
    os.close(2)


@pytest.mark.parametrize("target", ["full", "reader gone", "closed"])
def test_requests_are_answered_when_no_line_can_be_logged(tmp_path, target):
    with installation(tmp_path / "home") as place:
        place.settle()
        port = free_port()
        command = [sys.executable, "-m", "bihuan", "up", "--port", str(port), "--workers", "1"]
        out = os.open("/dev/full", os.O_WRONLY) if target == "full" else reader_gone()
        environ = environment(place.home, **place.settings, BIHUAN_LOG="json")
        more = {"preexec_fn": closed} if target == "closed" else {}
        process = subprocess.Popen(command, env=environ, stdout=out, stderr=out, start_new_session=True, **more)
        try:
            answers(port)
            body = {"unit": place.told["unit"], "called_at": timezone.now().isoformat(), "fault": "停机", "caller_phone": "13800005678"}
            for attempt in range(3):
                assert send(port, "requests", body, token=place.told["desk"], key=f"key-{attempt}")[0] == 201
            assert send(port, "requests", {}, token="nobody", key="x")[0] == 401, "a refusal is logged, too"
            assert process.poll() is None
        finally:
            os.close(out)
            process.terminate()
            process.wait(timeout=30)
