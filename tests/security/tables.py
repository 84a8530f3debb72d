"""The contents of every table, to say afterwards which ones changed."""

from __future__ import annotations

import hashlib

from django.db import connection

# What the machinery keeps for itself: sessions slide, attempts are counted, migrations are the schema's.
TECHNICAL = {
    "django_session",
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "access_attempt",
    "access_sign_in",
    "sqlite_sequence",
}
SHADOWS = ("lists_words",)  # the full-text index's own tables; what it indexes is in lists_document


def contents() -> dict[str, str]:
    """A hash of all rows for each table of the domain."""
    with connection.cursor() as cursor:
        names = [name for name in connection.introspection.table_names(cursor) if name not in TECHNICAL and not name.startswith(SHADOWS)]
        return {name: _hash(cursor, name) for name in sorted(names)}


def _hash(cursor, table: str) -> str:
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
    rows = sorted(repr(row) for row in cursor.fetchall())
    return f"{len(rows)}:{hashlib.sha256(chr(10).join(rows).encode()).hexdigest()[:16]}"


def changed(before: dict[str, str]) -> set[str]:
    """The tables whose contents are not those of *before*."""
    after = contents()
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
