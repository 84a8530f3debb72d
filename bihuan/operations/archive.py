"""The archive: a plain tar. First the database, then the files, last the manifest and its hash, so that one cut short has none.

Nothing but ``tar`` and the database's own tools is needed to read it without this program.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from bihuan.kernel.access.refusals import Invalid

FORMAT = 1
MANIFEST, SEAL = "manifest.json", "manifest.sha256"
PIECE = 2**20


@dataclass(frozen=True)
class Manifest:
    """What was backed up. ``state``: see state.State; ``files``: name → [bytes, SHA-256]; ``damaged``: attachments that were bad already."""

    format: int
    program: str
    made_at: str
    database: str
    state: dict[str, Any]
    files: dict[str, list[Any]]
    damaged: list[str]


class Hashed(io.RawIOBase):
    """A file that remembers the hash of what was read from it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self.file.read(size)
        self.digest.update(piece)
        return piece


class Writer:
    """Adds files to a new archive and notes their sizes and hashes."""

    def __init__(self, path: Path) -> None:
        self.raw = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self.tar = tarfile.open(fileobj=self.raw, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  (closed by close)
        self.files: dict[str, list[Any]] = {}

    def add(self, name: str, path: Path) -> str:
        """Add the file at *path* as *name*, at the length it has now; its hash."""
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            member = _member(name, about.st_size, about.st_mtime)
            hashed = Hashed(file)
            self.tar.addfile(member, hashed)
        self.files[name] = [member.size, hashed.digest.hexdigest()]
        return hashed.digest.hexdigest()

    def seal(self, manifest: dict[str, Any]) -> None:
        """Write the manifest last, with its hash, and bring everything to the disk."""
        text = json.dumps(manifest | {"format": FORMAT, "files": self.files}, ensure_ascii=False, indent=1).encode()
        for name, data in ((MANIFEST, text), (SEAL, hashlib.sha256(text).hexdigest().encode())):
            self.tar.addfile(_member(name, len(data), 0), io.BytesIO(data))
        self.tar.close()
        self.raw.flush()
        os.fsync(self.raw.fileno())
        self.raw.close()

    def abandon(self) -> None:
        self.raw.close()


def _member(name: str, size: int, changed: float) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, int(changed), 0o600
    return member


def read(path: Path, into: Path | None = None) -> Manifest:
    """The manifest of the archive at *path*, after every byte was compared with it; with *into* the files are laid there.

    Raises Invalid for what is no archive, was cut short, was changed, or was written in a format of a later program.
    """
    found: dict[str, list[Any]] = {}
    told: dict[str, bytes] = {}
    try:
        with tarfile.open(path, mode="r:") as tar:
            for member, file in _members(tar, path):
                if member.name in (MANIFEST, SEAL):
                    told[member.name] = file.read()
                else:
                    found[member.name] = _copy(member, file, into)
    except (tarfile.TarError, EOFError) as problem:
        raise Invalid(_("{file} 已损坏或不完整（{problem}），不能恢复。请用另一份备份。").format(file=path.name, problem=problem))
    return _agreed(path, told, found)


def _members(tar: tarfile.TarFile, path: Path) -> Iterator[tuple[tarfile.TarInfo, Any]]:
    for member in tar:
        name = PurePosixPath(member.name)
        file = tar.extractfile(member) if member.isreg() else None
        if file is None or name.is_absolute() or ".." in name.parts:
            raise Invalid(_("{file} 不是闭环的备份文件。请核对路径。").format(file=path.name))
        yield member, file


def _copy(member: tarfile.TarInfo, file: Any, into: Path | None) -> list[Any]:
    """Size and hash of a member, whose bytes go to *into* on the way."""
    digest, size = hashlib.sha256(), 0
    target = _place(into, member.name) if into else None
    try:
        while piece := file.read(PIECE):
            digest.update(piece)
            size += len(piece)
            if target:
                target.write(piece)
        if target:
            target.flush()
            os.fsync(target.fileno())
    finally:
        if target:
            target.close()
    return [size, digest.hexdigest()]


def _place(into: Path, name: str) -> BinaryIO:
    path = into / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _agreed(path: Path, told: dict[str, bytes], found: dict[str, list[Any]]) -> Manifest:
    if MANIFEST not in told or SEAL not in told:
        raise Invalid(_("{file} 不完整：缺少末尾的清单。请用另一份备份。").format(file=path.name))
    if hashlib.sha256(told[MANIFEST]).hexdigest().encode() != told[SEAL]:
        raise Invalid(_("{file} 的清单被改动或已损坏。请用另一份备份。").format(file=path.name))
    data = json.loads(told[MANIFEST])
    if data["format"] > FORMAT:
        raise Invalid(_("{file} 由新版程序 {program} 写成。请先安装这个版本再恢复。").format(file=path.name, program=data["program"]))
    manifest = Manifest(**data)
    if wrong := sorted(name for name in manifest.files.keys() | found.keys() if manifest.files.get(name) != found.get(name)):
        raise Invalid(_("{file} 已损坏：{name} 与清单不符。请用另一份备份。").format(file=path.name, name=wrong[0]))
    return manifest
