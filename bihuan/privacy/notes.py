"""Who was forgotten, kept beside the database: ``BIHUAN_HOME/forgotten.jsonl``, ids only, no personal value.

It is part of later backups; keep a copy apart from them, for a backup of before the deletion brings the person back until
``bihuan forget-person --again`` has run.

A deletion is written twice. *Begun* is on disk before its transaction commits, so no death of the process can lose it; *done*
follows the commit. What was only begun may have failed, and is never repeated by itself (see ``again.settle``).
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

Note = dict[str, Any]


def ledger() -> Path:
    """The list of those who were forgotten."""
    return Path(settings.HOME) / "forgotten.jsonl"


def begin(entry: Note) -> str:
    """Inside the transaction, when nothing but its commit is left: *entry* as begun; the key to ``end`` it with."""
    key = secrets.token_hex(8)
    _add({**entry, "id": key, "begun": True})
    return key


def end(key: str) -> None:
    """After the commit: what was begun under *key* is done."""
    _add({"id": key, "done": True})


def noted() -> list[Note]:
    """Those who were forgotten for sure, each to be forgotten again in a backup that brings them back."""
    ended = _ended()
    return [line for line in _lines() if "done" not in line and (not line.get("begun") or line["id"] in ended)]


def unsettled() -> list[Note]:
    """Deletions that were begun and of which nobody knows here whether they were done."""
    ended = _ended()
    return [line for line in _lines() if line.get("begun") and line["id"] not in ended]


def _ended() -> set[str]:
    return {line["id"] for line in _lines() if "done" in line}


def _lines() -> Iterator[Note]:
    """A line that a loss of power tore is passed over: it was not on disk, so what it would have said had not happened."""
    try:
        text = ledger().read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    for line in text.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict):
            yield said


def _add(line: Note) -> None:
    """At the end, on a line of its own whatever stands before, and on disk when this returns."""
    is_new = not ledger().exists()
    with os.fdopen(os.open(ledger(), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as file:
        size = os.fstat(file.fileno()).st_size
        torn = size and os.pread(file.fileno(), 1, size - 1) != b"\n"
        file.write(b"\n" * bool(torn) + json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        folder = os.open(ledger().parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
