"""Tests with real commits: the database is emptied after each, which the journal's triggers would refuse; emptying lays them anew."""

from __future__ import annotations

from typing import Any

from django.db import connection

from ..journal import protect


def lift_triggers() -> None:
    """Take the append-only triggers off, so that the test database can be emptied. ``post_migrate`` lays them again."""
    parts = ["rows", "truncate"] if connection.vendor == "postgresql" else ["update", "delete", "replace"]
    with protect.as_owner(connection), connection.cursor() as cursor:
        for table in set(protect.tables()) & set(connection.introspection.table_names()):
            for part in parts:
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_append_only_{part}{on}")


def empty_by_deleting() -> None:
    """Let this connection empty PostgreSQL row by row: TRUNCATE gives each of some hundred tables and indexes new files, two seconds a test.

    Foreign keys and triggers are passed over meanwhile, which only a superuser may do; others go on with TRUNCATE.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            return

    def sql_flush(_style: Any, tables: list[str], **_how: Any) -> list[str]:
        deletes = [f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables]  # noqa: S608  (names of our own tables)
        return ["SET LOCAL session_replication_role = replica", *deletes, "SET LOCAL session_replication_role = origin"] if tables else []

    connection.ops.sql_flush = sql_flush  # type: ignore[method-assign,assignment]
