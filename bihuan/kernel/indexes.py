"""Indexes that Django makes of its own accord and nothing here asks for."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def without_pattern_index(table: str, column: str) -> migrations.RunPython:
    """Drop the second index that PostgreSQL gets for a unique text, ``…_like``, which only serves searches by the beginning of it.

    On keys that are random or long it costs as much at each write as the first one does.
    """

    def drop(_apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"DROP INDEX IF EXISTS {_name(editor)}")

    def make(_apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            quoted = editor.quote_name(table), editor.quote_name(column)
            editor.execute(f"CREATE INDEX {_name(editor)} ON {quoted[0]} ({quoted[1]} varchar_pattern_ops)")

    def _name(editor: Any) -> str:
        return editor.quote_name(str(editor._create_index_name(table, [column], suffix="_like")))

    return migrations.RunPython(drop, make)
