"""The real server, asked byte by byte: what outsiders write in headers has no effect, every early answer is careful (#21, #25, #39)."""

import socket

import pytest

from .program import SAFE, Server, inside

PEOPLE = "branch = Branch.objects.create(code='HQ', name='总部', is_headquarters=True)\nPerson.objects.create_person('zhang', '张', home_branch=branch)"


@pytest.fixture(scope="module")
def server(empty_installation, tmp_path_factory):
    import shutil

    home = shutil.copytree(empty_installation, tmp_path_factory.mktemp("raw") / "home")
    inside(home, PEOPLE)
    with Server("up", home=home, **SAFE) as server:
        server.first_answer()
        yield server


def asked(server, *lines, body=b""):
    """(status, headers, body) of the answer to exactly these lines."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as wire:
        wire.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)
        said = b""
        while part := wire.recv(65536):
            said += part
    head, _blank, rest = said.partition(b"\r\n\r\n")
    first, *fields = head.decode("latin-1").split("\r\n")
    return int(first.split()[1]), {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}, rest


IDENTITIES = ["X-Remote-User", "X_Remote_User", "Remote_User", "REMOTE_USER", "X-Forwarded-User", "Authorization"]


@pytest.mark.parametrize("name", IDENTITIES)
def test_an_identity_written_outside_signs_nobody_in(server, name):
    status, headers, _body = asked(server, "GET /api/v1/requests HTTP/1.1", "Host: service.example.com", f"{name}: zhang")
    assert status == 401
    assert "no-store" in headers["cache-control"]


@pytest.mark.parametrize("name", ["X-Forwarded-Proto", "X_Forwarded_Proto", "X-Forwarded-Ssl", "Front-End-Https"])
def test_without_a_configured_proxy_nobody_can_claim_to_have_come_by_https(server, name):
    status, headers, _body = asked(server, "GET /login/ HTTP/1.1", "Host: service.example.com", f"{name}: https")
    assert (status, headers["location"]) == (301, "https://service.example.com/login/")


def test_a_forged_host_is_refused_and_never_repeated(server):
    status, _headers, body = asked(server, "GET /api/v1/ HTTP/1.1", "Host: evil.example")
    assert status == 400
    assert b"evil.example" not in body
    status, headers, _body = asked(server, "GET /login/ HTTP/1.1", "Host: service.example.com", "X-Forwarded-Host: evil.example")
    assert "evil" not in headers["location"]


@pytest.mark.parametrize(
    "lines",
    [("GET /login/ HTTP/1.1", "Host: service.example.com"), ("GET /api/v1/ HTTP/1.1", "Host: evil.example"),
     ("GET /static/no-such.css HTTP/1.1", "Host: service.example.com"), ("GET /static/ui/base.css HTTP/1.1", "Host: service.example.com"),
     ("TRACE / HTTP/1.1", "Host: service.example.com")],
    ids=["to https", "another host", "no such file", "a style", "trace"],
)  # fmt: skip
def test_every_early_answer_is_careful(server, lines):
    status, headers, body = asked(server, *lines)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert lines[0].startswith("GET /static/ui") or "no-store" in headers["cache-control"]
    assert not (lines[0].startswith("TRACE") and (status == 200 or b"service.example.com" in body))


def test_a_gigabyte_is_refused_by_its_announcement(server):
    lines = ("POST /api/v1/requests HTTP/1.1", "Host: service.example.com", f"Content-Length: {2**30}", "Content-Type: application/json")
    status, headers, _body = asked(server, *lines, body=b"{" * 1000)
    assert status == 413
    assert "no-store" in headers["cache-control"]
