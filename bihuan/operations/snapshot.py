"""A copy of the database at one moment, taken while others write. SQLite: its backup interface. PostgreSQL: pg_dump on an exported snapshot."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from . import postgres
from .state import State, attached, state_of

MEMBERS = {"sqlite": "database.sqlite3.gz", "postgresql": "database.dump"}


@dataclass(frozen=True)
class Snapshot:
    """``path``: the file to keep, ``files``: hashes of the attachments that this moment names."""

    path: Path
    state: State
    files: list[str]

    @property
    def member(self) -> str:
        return MEMBERS[self.state.engine]


def take(folder: Path) -> Snapshot:
    """Copy the database in use into *folder*. Raises Refusal when a tool is missing or fails."""
    return _postgresql(folder) if connection.vendor == "postgresql" else _sqlite(folder)


def _sqlite(folder: Path) -> Snapshot:
    """One read transaction from its first page to its last; in WAL mode it holds no writer up."""
    copy = folder / "database.sqlite3"
    source = sqlite3.connect(f"file:{connection.settings_dict['NAME']}?mode=ro", uri=True, timeout=60)
    target = sqlite3.connect(copy, isolation_level=None)
    try:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        cursor = target.cursor()
        state, files = state_of(cursor, "sqlite"), attached(cursor)
    finally:
        source.close()
        target.close()
    path = folder / MEMBERS["sqlite"]
    with copy.open("rb") as raw, gzip.open(path, "wb", compresslevel=4) as packed:
        shutil.copyfileobj(raw, packed, 2**20)
    copy.unlink()
    return Snapshot(path, state, files)


def _postgresql(folder: Path) -> Snapshot:
    """The figures and the dump read the same exported snapshot, so they tell of the same moment."""
    path = folder / MEMBERS["postgresql"]
    own = connection.copy()
    own.settings_dict = own.settings_dict | {"ATOMIC_REQUESTS": False}
    try:
        with own.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            exported = cursor.fetchone()[0]
            state, files = state_of(cursor, "postgresql"), attached(cursor)
            postgres.dump(postgres.owner_settings(), path, exported)
            cursor.execute("ROLLBACK")
    finally:
        own.close()
    return Snapshot(path, state, files)
