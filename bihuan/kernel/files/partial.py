"""The part of an announced file that has come so far: FILES_ROOT/uploads/<handle>. How long it is, is how far it has come (#60).

On several machines each has its own part; a device that meets another one is told how far that one is and goes on from there.
Nothing here is trusted: a part becomes an attachment only when it is whole, has the announced hash and passes ``receive``.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from ..access.refusals import Conflict, Invalid
from . import disk

KEPT_FOR = dt.timedelta(days=7)  # since the last byte came


class Elsewhere(Conflict):
    """The sender goes on from another byte than the one where we are."""

    code = "upload-offset"

    def __init__(self) -> None:
        super().__init__(_("续传位置与服务器上的不一致，请先查询已收到多少再接着传。"), field="Upload-Offset")


def place() -> Path:
    return disk.root() / "uploads"


def path_of(handle: str) -> Path:
    return place() / handle


def length(handle: str) -> int:
    """How many bytes have come; 0 without any."""
    try:
        return path_of(handle).stat().st_size
    except FileNotFoundError:
        return 0


def append(handle: str, offset: int, pieces: Iterable[bytes], size: int) -> int:
    """Add *pieces* from *offset* on; how long it is then. What came before *pieces* broke off stays.

    Raises Elsewhere when it is not *offset* bytes long, at the beginning or because somebody else adds to it at the same
    time; Invalid beyond *size*.
    """
    place().mkdir(mode=0o700, parents=True, exist_ok=True)
    handle_of = os.open(path_of(handle), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        with _alone(handle_of):
            _refuse_elsewhere(handle_of, offset)
        for piece in pieces:
            if offset + len(piece) > size:
                raise Invalid(_("传来的内容比预告的长，请重新选择文件上传。"), field="Upload-Length")
            with _alone(handle_of):
                _refuse_elsewhere(handle_of, offset)
                _write(handle_of, piece)
            offset += len(piece)
        os.fsync(handle_of)
    finally:
        os.close(handle_of)
    return offset


def _refuse_elsewhere(file: int, offset: int) -> None:
    if os.fstat(file).st_size != offset:
        raise Elsewhere


def _write(file: int, piece: bytes) -> None:
    while piece:
        piece = piece[os.write(file, piece) :]


@contextmanager
def _alone(file: int) -> Iterator[None]:
    """Held for one piece only: a line that hangs keeps nobody waiting."""
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def remove(handle: str) -> None:
    path_of(handle).unlink(missing_ok=True)


def sweep() -> int:
    """Remove what has not grown for KEPT_FOR; how many. Their announcements stay: the files are still to come."""
    oldest, removed = (timezone.now() - KEPT_FOR).timestamp(), 0
    for path in place().glob("*"):
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue  # it has arrived meanwhile
    return removed
