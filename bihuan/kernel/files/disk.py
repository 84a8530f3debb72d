"""Where the bytes lie: FILES_ROOT/ab/cd/<sha256>, readable by the service's own account only.

A file is complete under its final name or not there at all: it is written to ``incoming``, synced, and moved. It is
there before the row that names it; a rolled-back transaction therefore leaves a file without a row (``orphans``
removes them), never a row without a file.

With an object storage (BIHUAN_FILES_S3) the bytes are kept there under the same name, and this disk only holds what it
was asked for lately: a name is its content's hash, so nothing here can be out of date, and all of it may be removed.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages

PIECE = 2**16
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Spooled:
    """A file in ``incoming``. A ``size`` above the limit of ``spool`` means that it was cut off there."""

    path: Path
    size: int
    sha256: str

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)


def root() -> Path:
    return Path(settings.FILES_ROOT)


def incoming() -> Path:
    return _folder(root() / "incoming")


def path_of(sha256: str) -> Path:
    """Where the bytes with this hash lie, or would. Raises ValueError for anything but 64 hexadecimal digits."""
    return root() / _shelf(sha256) / sha256


def thumbnail_path(sha256: str) -> Path:
    return root() / "thumbnails" / _shelf(sha256) / f"{sha256}.jpg"


def _shelf(sha256: str) -> Path:
    if not _SHA256.fullmatch(sha256):
        raise ValueError("not a SHA-256")
    return Path(sha256[:2], sha256[2:4])


@contextmanager
def draft() -> Iterator[tuple[BinaryIO, Path]]:
    """A new file in ``incoming`` (mode 0600), synced when the block ends well and removed when it does not."""
    handle, name = tempfile.mkstemp(dir=incoming())
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file, Path(name)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def spool(pieces: Iterable[bytes], limit: int) -> Spooled:
    """Write *pieces* to ``incoming``, and stop at the piece that exceeds *limit* bytes."""
    digest, size = hashlib.sha256(), 0
    with draft() as (file, path):
        for piece in pieces:
            size += len(piece)
            if size > limit:
                break
            digest.update(piece)
            file.write(piece)
    return Spooled(path, size, digest.hexdigest())


def publish(spooled: Spooled) -> None:
    """Give it its final place. The same content comes to lie in the same place, so it is kept once; a sound file there is not replaced (#60).

    One that is there already counts as new from now on: about to be named again, it must not look forgotten.
    """
    send(spooled.path, spooled.sha256)
    path = path_of(spooled.sha256)
    with suppress(FileNotFoundError):
        os.utime(path)
    if path.exists() and measure(path) == (spooled.size, spooled.sha256):
        spooled.discard()
    else:
        place(spooled.path, path)


def storage() -> Storage | None:
    """The object storage that keeps the files; None where this disk keeps them itself."""
    return storages["attachments"] if "attachments" in settings.STORAGES else None


def send(path: Path, sha256: str) -> bool:
    """Bring the file at *path* to the object storage, unless there is none or the file is there; whether it was sent."""
    if (there := storage()) is None or there.exists(name_of(sha256)):
        return False
    with path.open("rb") as file:
        there.save(name_of(sha256), File(file))
    return True


def fetched(sha256: str) -> Path:
    """As ``path_of``, and what the object storage has lies there now, compared with its hash. Nothing lies there if it is lost or changed."""
    path, there = path_of(sha256), storage()
    if there is None or path.exists():
        return path
    with suppress(FileNotFoundError):
        with draft() as (file, waiting), there.open(name_of(sha256)) as kept:
            shutil.copyfileobj(kept, file, PIECE)
        if measure(waiting)[1] == sha256:
            place(waiting, path)
        waiting.unlink(missing_ok=True)
    return path


def remove(sha256: str) -> None:
    """Take the bytes away wherever they are kept, their thumbnail too. A bucket that keeps versions keeps them until its own rule removes them."""
    if there := storage():
        there.delete(name_of(sha256))
    path_of(sha256).unlink(missing_ok=True)
    thumbnail_path(sha256).unlink(missing_ok=True)


def kept_here() -> Iterator[tuple[str, float]]:
    """The hash and the last change (seconds since 1970) of each file and each thumbnail on this disk. What others lay there is passed over."""
    for path in itertools.chain(root().glob("??/??/*"), root().glob("thumbnails/??/??/*.jpg")):
        if _SHA256.fullmatch(path.stem) and path in (path_of(path.stem), thumbnail_path(path.stem)):
            with suppress(FileNotFoundError):
                yield path.stem, path.stat().st_mtime


def kept_there() -> Iterator[tuple[str, float]]:
    """The same for the object storage; nothing where there is none. A bucket may hold more than our files, and those are passed over, too."""
    there: Any = storage()
    if there is None:
        return
    prefix = f"{there.location.strip('/')}/" if there.location.strip("/") else ""
    for kept in there.bucket.objects.filter(Prefix=prefix):
        name = kept.key.removeprefix(prefix)
        sha256 = name.rpartition("/")[2]
        if _SHA256.fullmatch(sha256) and name == name_of(sha256):
            yield sha256, kept.last_modified.timestamp()


def size_kept(sha256: str) -> int:
    """How many bytes are kept, where they are kept. Raises FileNotFoundError."""
    there = storage()
    return path_of(sha256).stat().st_size if there is None else there.size(name_of(sha256))


def hash_kept(sha256: str) -> str:
    """The hash of what is kept, read where it is kept. Raises FileNotFoundError."""
    if (there := storage()) is None:
        return measure(path_of(sha256))[1]
    digest = hashlib.sha256()
    with there.open(name_of(sha256)) as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def name_of(sha256: str) -> str:
    """What it is called in the object storage."""
    return (_shelf(sha256) / sha256).as_posix()


def place(draft_path: Path, path: Path) -> None:
    """Move atomically and make the move last through a loss of power."""
    folder = _folder(path.parent)
    draft_path.replace(path)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def measure(path: Path) -> tuple[int, str]:
    """Size and hash of what lies there. Raises FileNotFoundError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


def _folder(path: Path) -> Path:
    """*path* with the folders above it up to the root, each for us alone (``mkdir(parents)`` would open the upper ones)."""
    missing = [path, *path.parents][: len(path.relative_to(root()).parts) + 1]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True, parents=folder == root())
    return path
