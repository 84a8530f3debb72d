"""The guard on sockets, tried by connections made on purpose (#28). 192.0.2.0/24 is set aside for examples; nobody is there."""

import asyncio
import os
import socket
import subprocess
import sys
import urllib.request

import pytest

from bihuan.config.tests.program import environment
from bihuan.kernel.testing import outbound

ELSEWHERE = "192.0.2.1"


def _by_socket():
    with socket.socket() as line:
        line.settimeout(0.2)
        line.connect((ELSEWHERE, 80))


def _without_exception():
    with socket.socket() as line:
        line.settimeout(0.2)
        line.connect_ex((ELSEWHERE, 80))


def _by_datagram():
    with socket.socket(type=socket.SOCK_DGRAM) as line:
        line.sendto(b"x", (ELSEWHERE, 53))


def _by_name():
    urllib.request.urlopen("http://example.com/", timeout=0.2)


def _asynchronously():
    asyncio.run(asyncio.open_connection(ELSEWHERE, 80))


@pytest.mark.parametrize("way", [_by_socket, _without_exception, _by_datagram, _by_name, _asynchronously])
def test_what_leaves_this_machine_is_refused_and_noted(way):
    with pytest.raises(outbound.Outbound):
        way()
    assert outbound.noted(), "else whoever swallows the refusal gets away with it"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", b"localhost", "", None, "::", "a.localhost"])
def test_this_machine_may_be_spoken_to(host):
    assert not outbound.leaves(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "example.com", "fe80::1%eth0", "localhost.example.com", "8.8.8.8"])
def test_others_may_not(host):
    assert outbound.leaves(host)


def test_a_process_that_a_test_starts_is_watched_too(tmp_path):
    program = f"import socket; socket.create_connection(('{ELSEWHERE}', 80), 0.2)"
    done = subprocess.run([sys.executable, "-c", program], env=environment(tmp_path), capture_output=True, text=True)
    assert "Outbound" in done.stderr
    assert outbound.noted() == [f"socket.getaddrinfo {ELSEWHERE}"]


def test_a_test_that_swallows_the_refusal_fails_all_the_same(tmp_path):
    (tmp_path / "test_quiet.py").write_text(
        f"import socket\ndef test_quiet():\n    try:\n        socket.create_connection(('{ELSEWHERE}', 80), 0.2)\n    except BaseException:\n        pass\n"
    )
    root = outbound.STARTED.parents[3]
    options = ["-c", root / "pyproject.toml", "--rootdir", root, "-p", "conftest"]
    command = [sys.executable, "-m", "pytest", *options, tmp_path / "test_quiet.py"]
    done = subprocess.run(command, cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, capture_output=True, text=True)
    assert done.returncode == 1
    assert "spoke to another machine" in done.stdout
