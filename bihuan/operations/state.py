"""What a database holds, in figures that can be compared after a restore: rows by table, the end of each chain of the journal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename",
}


@dataclass(frozen=True)
class State:
    """``chains``: branch → [number, hash] of its last entry. ``migrations``: ``app.name`` of all that were applied."""

    engine: str
    counts: dict[str, int]
    chains: dict[str, list[Any]]
    migrations: list[str]

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


def tables(cursor: Any, engine: str) -> list[str]:
    """The tables of the database that *cursor* (of either driver) reads."""
    return [row[0] for row in _rows(cursor, TABLES[engine])]


def state_of(cursor: Any, engine: str) -> State:
    """The figures of the database as *cursor* sees it; one transaction of its own makes them one moment."""
    names = tables(cursor, engine)
    return State(
        engine=engine,
        counts={name: _rows(cursor, f'SELECT count(*) FROM "{name}"')[0][0] for name in names},  # noqa: S608  (names from the catalogue)
        chains={str(branch): [seq, hash_] for branch, seq, hash_ in _rows(cursor, "SELECT branch_id, seq, hash FROM journal_chain")},
        migrations=sorted(f"{app}.{name}" for app, name in _rows(cursor, "SELECT app, name FROM django_migrations")),
    )


def attached(cursor: Any) -> list[str]:
    """The hashes of all files that the database names."""
    return [row[0] for row in _rows(cursor, "SELECT DISTINCT sha256 FROM files_attachment ORDER BY sha256")]


def _rows(cursor: Any, statement: str) -> list[Any]:
    cursor.execute(statement)
    return list(cursor.fetchall())
