"""The records of an audit pack as tables, one CSV for each record type: what record.json says, for whoever reads with a spreadsheet (#54)."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

from bihuan.kernel.lists.exports import write_csv

Cell = str | int | None


def tables(pairs: Sequence[tuple[Any, dict[str, Any]]]) -> list[tuple[str, bytes]]:
    """Path and content of a CSV for each type among the (record, described) *pairs*. Personal values are the commitments of record.json."""
    found = []
    for label in sorted({document["type"] for _record, document in pairs}):
        rows = [(record, document["values"]) for record, document in pairs if document["type"] == label]
        found.append((f"tables/{label}.csv", _table(rows)))
    return found


def _table(rows: list[tuple[Any, dict[str, Any]]]) -> bytes:
    columns = {
        field.attname: f"{field.verbose_name} {field.attname}" for field in rows[0][0]._meta.concrete_fields if field.attname in rows[0][1]
    }
    out = io.BytesIO()
    write_csv(out, list(columns.values()), ([_cell(values[name]) for name in columns] for _record, values in rows))
    return out.getvalue()


def _cell(value: Any) -> Cell:
    """Lists and the like stand in record.json only as they are; a table has them as JSON."""
    return (
        value if value is None or (isinstance(value, str | int) and not isinstance(value, bool)) else json.dumps(value, ensure_ascii=False)
    )
