"""An audit pack read back: every file against the manifest, every journal entry against its hash, every record as it was written (#54).

Nothing of it is written into the database, so a pack can be read anywhere, also many years later and in an empty installation.
Whoever changes a file *and* the manifest is found by the manifest's own hash, which the system that made the pack has in its journal.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.proof.verify_export import check_pack

from .pack import MANIFEST, text_of

PIECE = 2**16
MOST_MANIFEST = 64 * 2**20  # bytes; 500 records with a hundred photos each have 12 MB


@dataclass(frozen=True)
class Papers:
    """What a pack that agrees with its manifest holds: the manifest, its hash, and the records by number."""

    manifest: dict[str, Any]
    manifest_sha256: str
    records: dict[str, dict[str, Any]]

    def written_again(self) -> dict[str, bytes]:
        """Path → content of every record.json, written anew from what was read; equal to the pack's byte for byte."""
        return {path_of(number): text_of(document) for number, document in self.records.items()}

    def is_known_here(self) -> bool:
        """Whether the journal of this installation says that it made this very pack."""
        made = Entry.objects.filter(action="evidence.pack").iterator(chunk_size=1000)
        return any(entry.said["data"].get("manifest_sha256") == self.manifest_sha256 for entry in made)


def path_of(number: str) -> str:
    return f"records/{number}/record.json"


def read(path: Path) -> Papers:
    """The pack at *path*. Raises Invalid with the name of the first file that is missing, added, or not as the manifest has it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive)
    except FileNotFoundError:
        raise Invalid(_("找不到文件 {file}，请核对路径。").format(file=path)) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        raise Invalid(_("{file} 不是完整的 ZIP 文件，请重新取一份审核包。").format(file=path)) from None


def _read(archive: zipfile.ZipFile) -> Papers:
    text = _manifest_text(archive)
    try:
        manifest = json.loads(text)
        told = {file["path"]: (file["sha256"], file["size"]) for file in manifest["files"]}
        numbers = list(manifest["records"])
    except (ValueError, KeyError, TypeError):
        raise _changed(MANIFEST) from None
    _compare(archive, told)
    records = {number: _record(archive, path_of(number)) for number in numbers}
    _check_journal(archive)
    _check_proof(archive)
    papers = Papers(manifest, hashlib.sha256(text).hexdigest(), records)
    for name, content in papers.written_again().items():
        if archive.read(name) != content:
            raise _changed(name)
    return papers


def _manifest_text(archive: zipfile.ZipFile) -> bytes:
    if MANIFEST not in archive.namelist():
        raise Invalid(_("审核包里没有 {file}，这不是审核包，或者不完整。请重新取一份。").format(file=MANIFEST))
    if archive.getinfo(MANIFEST).file_size > MOST_MANIFEST:
        raise _changed(MANIFEST)
    return archive.read(MANIFEST)


def _compare(archive: zipfile.ZipFile, told: dict[str, tuple[str, int]]) -> None:
    there = Counter(archive.namelist())
    for name, (sha256, size) in told.items():
        if name not in there:
            raise Invalid(_("审核包里缺少文件 {file}。请重新取一份审核包。").format(file=name))
        try:
            is_same = archive.getinfo(name).file_size == size and _hash(archive, name) == sha256
        except (zipfile.BadZipFile, zlib.error, EOFError):
            is_same = False
        if not is_same:
            raise _changed(name)
    for name, times in there.items():
        if times > 1 or (name not in told and name != MANIFEST):
            raise Invalid(_("审核包里多了清单没有的文件 {file}。请重新取一份审核包。").format(file=name))


def _hash(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _record(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(archive.read(name))
    except (KeyError, ValueError):
        raise _changed(name) from None
    if not isinstance(document, dict) or path_of(str(document.get("number"))) != name:
        raise _changed(name)
    return document


def _check_journal(archive: zipfile.ZipFile) -> None:
    """Each entry's hash is that of its body after the one before it. Between the entries of a slice others may be missing."""
    try:
        lines = [json.loads(line) for line in archive.read("journal.jsonl").splitlines()]
        is_sound = all(
            line["hash"] == hashlib.new(line["alg"], f"{line['prev_hash']}\n{line['body']}".encode()).hexdigest() for line in lines
        )
    except (KeyError, ValueError, TypeError):
        is_sound = False
    if not is_sound:
        raise _changed("journal.jsonl")


def _check_proof(archive: zipfile.ZipFile) -> None:
    """Each entry leads to a checkpoint signed with the pack's own key. A pack made before there were paths has none."""
    if "proof.json" not in archive.namelist():
        return
    try:
        found, _counted = check_pack(archive, None)
    except (KeyError, ValueError, TypeError):
        raise _changed("proof.json") from None
    if found:
        raise Invalid(_("审核包里的日志与校验点不符：{problem}。").format(problem=found[0].sentence()))


def _changed(name: str) -> Invalid:
    return Invalid(_("审核包里的文件 {file} 被改过或已损坏，与清单不符。请重新取一份审核包。").format(file=name))
