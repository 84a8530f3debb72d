"""The virus scanner, played by a real socket that speaks clamd's protocol (ASVS 5.4.3)."""

import contextlib
import socketserver
import threading

import pytest

from bihuan.config import checks_lines
from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.files import clamd
from bihuan.kernel.files.store import receive

from . import samples

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"  # in two, so that scanners leave this file alone
INFECTED = samples.pdf().replace(b"%%EOF", b"%" + EICAR + b"\n%%EOF")


class _Scanner(socketserver.StreamRequestHandler):
    def handle(self):
        command = b"".join(iter(lambda: self.rfile.read(1), b"\0"))
        if command == b"zPING":
            self.wfile.write(b"PONG\0")
            return
        assert command == b"zINSTREAM"
        seen = b""
        while length := int.from_bytes(self.rfile.read(4)):
            seen += self.rfile.read(length)
        self.server.seen.append(seen)
        self.wfile.write(self.server.verdict or (b"stream: Eicar-Signature FOUND\0" if EICAR in seen else b"stream: OK\0"))


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True


class _Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@contextlib.contextmanager
def scanning(settings, tmp_path, kind="tcp", verdict=b""):
    server = _Tcp(("127.0.0.1", 0), _Scanner) if kind == "tcp" else _Unix(str(tmp_path / "ctl"), _Scanner)
    server.seen, server.verdict = [], verdict
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.CLAMD = f"tcp:127.0.0.1:{server.server_address[1]}" if kind == "tcp" else f"unix:{tmp_path / 'ctl'}"
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_what_the_scanner_knows_is_refused_and_leaves_nothing(settings, tmp_path, stored, kind):
    with scanning(settings, tmp_path, kind) as scanner:
        receive(samples.pdf(), kind="document").discard()
        with pytest.raises(Invalid) as refusal:
            receive(INFECTED, kind="document")
    assert scanner.seen == [samples.pdf(), INFECTED], "the scanner sees every byte that was sent"
    assert "有病毒" in refusal.value.sentence
    assert refusal.value.field == "file"
    assert stored() == []


def test_pictures_are_shown_as_they_came_before_anything_opens_them(settings, tmp_path):
    photo = samples.jpeg(900, 700)
    with scanning(settings, tmp_path) as scanner:
        receive(photo, kind="photo").discard()
    assert scanner.seen == [photo]


def test_a_scanner_that_does_not_answer_lets_nothing_in(settings, stored):
    settings.CLAMD = "tcp:127.0.0.1:1"
    with pytest.raises(clamd.Unscanned) as refusal:
        receive(samples.pdf(), kind="document")
    assert refusal.value.status == 503
    assert "没有应答" in refusal.value.sentence
    assert stored() == []


@pytest.mark.parametrize("verdict", [b"INSTREAM size limit exceeded. ERROR\0", b"\0", b"OK\0", b"stream: OK?\0"])
def test_an_answer_that_is_no_verdict_lets_nothing_in(settings, tmp_path, stored, verdict):
    with scanning(settings, tmp_path, verdict=verdict), pytest.raises(clamd.Unscanned):
        receive(samples.pdf(), kind="document")
    assert stored() == []


def test_without_a_scanner_none_is_asked(settings):
    settings.CLAMD = ""
    receive(INFECTED, kind="document").discard()
    assert clamd.answers()


def test_the_start_looks_whether_it_is_there(settings, tmp_path):
    with scanning(settings, tmp_path):
        assert checks_lines.scanner(None) == []
        assert clamd.answers()
    assert [found.id for found in checks_lines.scanner(None)] == ["bihuan.W009"]
    for wrong in ("/run/clamd.ctl", "tcp:3310", "tcp:localhost:x", "http://localhost:3310"):
        settings.CLAMD = wrong
        assert [found.id for found in checks_lines.scanner(None)] == ["bihuan.E022"], wrong


def test_administrators_are_told_while_it_is_away(settings, tmp_path, db):
    from bihuan.operations.alarms import sentences, standing

    with scanning(settings, tmp_path):
        assert "scanner" not in standing()
    assert "scanner" in standing()
    assert any("病毒扫描服务" in sentence for sentence in sentences())
