"""An installation of its own, served by processes that a test may kill: a home, a database, the test company, tokens of its people."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from bihuan.config.tests.program import Server, environment
from bihuan.operations import postgres

COMPANY = """
import json
from bihuan.kernel.access.tokens import issue
from bihuan.service.tests.company import Company
company = Company()
told = {key: issue(company.people[key], "test") for key in ("desk", "lead", "engineer")}
records = [company.on_site() for _record in range(%d)]
told |= {"records": [record.number for record in records], "prepared": [record.order.request.number for record in records]}
print(json.dumps(told | {"unit": company.unit.serial, "engineer_id": company.engineer.pk}))
"""


class Installation:
    """``serving()`` starts the web server with its worker; ``told`` holds tokens and keys of the company."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.settings = home, {"BIHUAN_MODE": "test", "DATABASE_URL": url, "BIHUAN_RATE": "0"}
        self.told: dict[str, Any] = {}

    def serving(self, **more: str) -> Server:
        return Server("up", home=self.home, **self.settings, **more)

    def run(self, program: str) -> str:
        """What a few lines print with the settings and models of this installation."""
        lines = f"from bihuan.cli import start_django; start_django()\n{program}"
        environ = environment(self.home, **self.settings)
        done = subprocess.run([sys.executable, "-c", lines], env=environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def settle(self, records: int = 0) -> None:
        """Make its tables and the company, with so many *records* whose engineer is on site."""
        self.run("from django.core.management import call_command; call_command('migrate', verbosity=0)")
        self.told = json.loads(self.run(COMPANY % records))


@contextmanager
def installation(home: Path) -> Iterator[Installation]:
    """On the engine that the suite runs on; its database is gone afterwards."""
    home.mkdir()
    if connection.vendor != "postgresql":
        yield Installation(home, "")
        return
    with postgres.passing_database(connection.settings_dict | {"NAME": "postgres"}, f"bihuan_own_{secrets.token_hex(4)}") as made:
        yield Installation(home, postgres.url_of(made))


@contextmanager
def running(place: Installation, *command: str, log: Path, **more: str) -> Iterator[subprocess.Popen]:
    """A command of the program as a process of its own, which writes to *log*; ended by a signal when the block ends."""
    with log.open("w") as out:
        environ = environment(place.home, **place.settings | more)
        process = subprocess.Popen([sys.executable, "-m", "bihuan", *command], env=environ, stdout=out, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)


def answers(port: int, patience: float = 60) -> None:
    """Wait until a server is there. Raises AssertionError."""
    end = time.monotonic() + patience
    while True:
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            asking.request("GET", "/login/")
            asking.getresponse().read()
            return
        except OSError:
            assert time.monotonic() < end, "no server"
            time.sleep(0.1)
        finally:
            asking.close()


def kill(server: Server) -> None:
    """SIGKILL to all its processes at once, as a loss of power would end them."""
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.communicate(timeout=20)


def send(port: int, path: str, body: dict[str, Any], *, token: str, key: str) -> tuple[int, dict[str, Any]]:
    """One write through the API. Raises OSError or HTTPException when the answer was lost."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, "Content-Type": "application/json"}
    try:
        asking.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
        answer = asking.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        asking.close()
