"""Append-only in the database itself, on both engines (#49).

Triggers refuse UPDATE, DELETE and TRUNCATE for everybody; the runtime account moreover has no right to them
(PostgreSQL: ``protect_from_role``; SQLite: the authorizer in ``bihuan.config.sqlite``). They are laid anew after every
migration, because SQLite rebuilds tables on ALTER and drops their triggers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from .guard import owner_mode, protected_tables

_tables: dict[str, tuple[str, ...]] = {}


def append_only(table: str, *unique: str) -> None:
    """Declare *table* append-only. *unique*: its unique columns besides ``id`` (REPLACE is refused through them on SQLite)."""
    _tables[table] = unique
    protected_tables.add(table)


def tables() -> list[str]:
    return sorted(_tables)


@contextmanager
def as_owner(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """For migrations only: lift SQLite's authorizer."""
    if connection.vendor != "sqlite":
        yield
        return
    token = owner_mode.set(True)
    try:
        yield
    finally:
        owner_mode.reset(token)


def lay_triggers(alias: str = "default") -> None:
    """(Re)create the triggers on all append-only tables that exist."""
    connection = connections[alias]
    existing = set(connection.introspection.table_names())
    with as_owner(connection), connection.cursor() as cursor:
        for table, unique in _tables.items():
            if table in existing:
                for statement in _statements(connection.vendor, table, unique):
                    cursor.execute(statement)


def _statements(vendor: str, table: str, unique: tuple[str, ...]) -> Iterator[str]:
    if vendor == "postgresql":
        yield (
            "CREATE OR REPLACE FUNCTION bihuan_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        for name, event in (("rows", "UPDATE OR DELETE"), ("truncate", "TRUNCATE")):
            yield f"DROP TRIGGER IF EXISTS {table}_append_only_{name} ON {table}"
            each = "ROW" if name == "rows" else "STATEMENT"
            yield f"CREATE TRIGGER {table}_append_only_{name} BEFORE {event} ON {table} FOR EACH {each} EXECUTE FUNCTION bihuan_append_only()"
            yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only_{name}"
        return
    for event in ("UPDATE", "DELETE"):
        yield f"DROP TRIGGER IF EXISTS {table}_append_only_{event.lower()}"
        yield (
            f"CREATE TRIGGER {table}_append_only_{event.lower()} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    same = " OR ".join(["id = NEW.id", *([" AND ".join(f"{column} = NEW.{column}" for column in unique)] if unique else [])])
    yield f"DROP TRIGGER IF EXISTS {table}_append_only_replace"
    exists = f"SELECT 1 FROM {table} WHERE {same}"  # noqa: S608  (names of our own tables)
    yield (
        f"CREATE TRIGGER {table}_append_only_replace BEFORE INSERT ON {table} WHEN EXISTS ({exists}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def unprotected(alias: str = "default") -> list[str]:
    """Append-only tables that exist and lack a trigger, or have one switched off or another in its name."""
    connection = connections[alias]
    existing = set(connection.introspection.table_names())
    look = _triggers_postgresql if connection.vendor == "postgresql" else _triggers_sqlite
    with connection.cursor() as cursor:
        return sorted(table for table, unique in _tables.items() if table in existing and not look(cursor, table, unique))


def _triggers_postgresql(cursor: CursorWrapper, table: str, _unique: tuple[str, ...]) -> bool:
    cursor.execute(
        "SELECT COUNT(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = %s::regclass AND t.tgenabled = 'A' "
        "AND p.proname = 'bihuan_append_only' AND p.prosrc LIKE '%% RAISE EXCEPTION %%' AND t.tgname IN (%s, %s)",
        [table, f"{table}_append_only_rows", f"{table}_append_only_truncate"],
    )
    return cursor.fetchone()[0] == 2


def _triggers_sqlite(cursor: CursorWrapper, table: str, unique: tuple[str, ...]) -> bool:
    cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
    found = {row[0] for row in cursor.fetchall()}
    return {statement for statement in _statements("sqlite", table, unique) if statement.startswith("CREATE")} <= found


def protect_from_role(role: str, alias: str = "default") -> None:
    """PostgreSQL: give the runtime account *role* the ordinary rights, and on append-only tables INSERT and SELECT only."""
    connection = connections[alias]
    name = connection.ops.quote_name(role)
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}")
        for table in tables():
            cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES ON {table} FROM {name}")
