"""Runs the program as its users do: as a process of its own, with nothing but the environment it is given."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from bihuan.kernel.testing import outbound

ROOT = Path(__file__).resolve().parents[3]
SAFE = {"BIHUAN_MODE": "production", "BIHUAN_HOSTS": "service.example.com,127.0.0.1", "BIHUAN_ORIGIN": "https://service.example.com"}


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BIHUAN_", "DATABASE_", "DJANGO_", "LC_", "LANG"))}
    return kept | {"BIHUAN_HOME": str(home), "LANG": "zh_CN.UTF-8", "PYTHONPATH": f"{outbound.STARTED}{os.pathsep}{ROOT}"} | more


def bihuan(*arguments: str, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    command = [sys.executable, "-m", "bihuan", *arguments]
    return subprocess.run(command, cwd=home, env=environment(home, **more), capture_output=True, text=True, timeout=120)


def inside(home: Path, program: str) -> str:
    """What a few lines print that run with the settings and models of *home*."""
    lines = f"from bihuan.cli import start_django; start_django()\nfrom bihuan.organisation.models import Branch, Person\n{program}"
    command = [sys.executable, "-c", lines]
    return subprocess.run(command, env=environment(home), capture_output=True, text=True, check=True).stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server while the ``with`` lasts: `demo`, or `up` with one process, so that an answer means that all of it is there."""

    def __init__(self, command: str, *, home: Path, **more: str) -> None:
        options = ["--workers", "1"] if command == "up" else []
        self.port = free_port()
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bihuan", command, "--port", str(self.port), *options],
            cwd=home,
            env=environment(home, **more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *problem: object) -> None:
        self.stop()

    def first_answer(self, path: str = "/", patience: float = 40) -> tuple[int, float]:
        """The status of the first answer, and the seconds until it came. Redirects are not followed."""
        while time.monotonic() - self.started < patience and self.process.poll() is None:
            asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                asking.request("GET", path)
                return asking.getresponse().status, time.monotonic() - self.started
            except OSError:
                time.sleep(0.02)
            finally:
                asking.close()
        raise AssertionError(f"no server: {self.stop()}")

    def work(self) -> float:
        """Seconds of processor time that it has taken, its workers included: what starting costs, whatever else the machine does."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # a process that has just ended
                fields = stat.read_text().rpartition(")")[2].split()
                ticks += sum(map(int, fields[11:15])) if int(fields[3]) == self.process.pid else 0
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self) -> str:
        """Everything it said."""
        self.process.terminate()
        try:
            return self.process.communicate(timeout=20)[0]
        except ValueError:  # it was asked before
            return ""


WRITE_AND_SEAL = """
from django.utils import timezone
from bihuan.kernel import journal
from bihuan.kernel.access.actors import system
from bihuan.kernel.proof.deliver import deliver
from bihuan.kernel.proof.seal import seal
with journal.unit():
    for number in range(5):
        journal.append_plain(system("试验"), "probe", str(number), at=timezone.now())
print(seal(), deliver())
"""
