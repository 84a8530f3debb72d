"""What is sent in is shown to a virus scanner where one is set up (``BIHUAN_CLAMD``, ASVS 5.4.3): clamd's INSTREAM, spoken by ourselves.

Closed when in doubt: a scanner that does not answer, or answers what we do not understand, lets nothing in.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from ..access.refusals import Invalid, Refusal

log = logging.getLogger("bihuan.files")
PIECE = 2**16  # bytes; clamd takes pieces of any size below its StreamMaxLength
PATIENCE = 60.0  # seconds for the verdict on one file
LONGEST_ANSWER = 4096


class Unscanned(Refusal):
    """The scanner gave no verdict. The file was not wrong: it may be sent again, and one that came in parts is kept."""

    status, code = 503, "scanner-away"
    wait = 60

    def __init__(self) -> None:
        super().__init__(_("病毒扫描服务没有应答，文件没有收下。请稍后再传，仍不行请联系管理员。"), field="file")


def is_understood(place: str) -> bool:
    """Whether *place* is ``unix:/path`` or ``tcp:host:port``."""
    kind, _colon, rest = place.partition(":")
    host, _colon, port = rest.rpartition(":")
    return (kind == "unix" and rest.startswith("/")) or (kind == "tcp" and bool(host) and port.isdecimal() and 0 < int(port) < 65536)


def refuse_infected(path: Path) -> None:
    """Show the file at *path* to the scanner, if there is one. Raises Invalid for what it knows, Unscanned without a verdict."""
    if not settings.CLAMD:
        return
    try:
        said = _said(b"zINSTREAM\0", _stream(path), PATIENCE)
    except OSError as problem:
        log.error("scanner does not answer: %s", type(problem).__name__)
        raise Unscanned from None
    if said == "stream: OK":
        return
    if said.startswith("stream: ") and said.endswith(" FOUND"):
        log.warning("refused an infected file: %s", said.removeprefix("stream: ").removesuffix(" FOUND")[:100])
        raise Invalid(_("文件里有病毒，没有收下。请在您的设备上查杀后再传，并告知管理员。"), field="file")
    log.error("scanner gave no verdict: %s", said[:100])
    raise Unscanned


def answers() -> bool:
    """Whether the scanner is there. True where none is set up."""
    try:
        return not settings.CLAMD or _said(b"zPING\0", (), 3.0) == "PONG"
    except OSError:
        return False


def _stream(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield len(piece).to_bytes(4) + piece
    yield (0).to_bytes(4)


def _said(command: bytes, pieces: Iterable[bytes], patience: float) -> str:
    """The answer to one command. Raises OSError."""
    with _line(patience) as line:
        try:
            line.sendall(command)
            for piece in pieces:
                line.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it had enough (StreamMaxLength) and says so
        said = b""
        while len(said) < LONGEST_ANSWER and b"\0" not in said and (piece := line.recv(LONGEST_ANSWER)):
            said += piece
        return said.partition(b"\0")[0].decode(errors="replace").strip()


@contextmanager
def _line(patience: float) -> Iterator[socket.socket]:
    kind, _colon, place = settings.CLAMD.partition(":")
    if kind == "unix":
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(patience)
            line.connect(place)
            yield line
    else:
        host, _colon, port = place.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), timeout=patience) as line:
            yield line
