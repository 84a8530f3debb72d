"""Tests with real commits: the journal's triggers would refuse to be emptied afterwards; emptying lays them anew."""

from __future__ import annotations

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
