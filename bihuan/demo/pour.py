"""Copies into tables: COPY on PostgreSQL, executemany on SQLite, journal entries chained branch by branch in the order of time."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Max, Model

from bihuan.kernel.journal.models import Chain, Entry
from bihuan.kernel.lists.models import Document

from .mould import SEQ, Body

ENTRY_COLUMNS = (
    "chain", "seq", "prev_hash", "hash", "alg", "body", "action", "record_type", "record_id", "record_number", "actor_id", "actor_name",
    "happened_at", "recorded_at",
)  # fmt: skip


def insert(table: str, columns: Iterable[str], rows: list[tuple[Any, ...]]) -> None:
    """Add *rows*, as the database takes them, in one go."""
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(rows[0]))
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)  # noqa: S608  (names of our own tables)


def next_id(model: type[Model]) -> int:
    return (model._default_manager.aggregate(last=Max("pk"))["last"] or 0) + 1


def settle_sequences(models: Iterable[type[Model]]) -> None:
    """PostgreSQL: let the sequences go on after the ids that were given by hand."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in models:
            table = model._meta.db_table
            last = f"SELECT max(id) FROM {table}"  # noqa: S608  (our own table)
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), ({last}))")


class Chains:
    """Entries that wait for those of earlier moments, then chained and written."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, int, int, str, tuple[Any, ...]]] = []
        self.count = 0
        self.ends: dict[int, tuple[int, str]] = {chain.pk: (chain.seq, chain.hash) for chain in Chain.objects.all()}
        self.touched: set[int] = set()

    def add(self, branch_id: int, filled: list[Any], bodies: list[Body]) -> None:
        for body in bodies:
            self.count += 1
            self.waiting.append((filled[body.at], self.count, branch_id, body.format % body.get(filled), body.columns(filled)))

    def write(self, until: str = "~") -> None:
        """Those of before *until* (ISO), in the order of time."""
        self.waiting.sort()
        ready = [entry for entry in self.waiting if entry[0] < until]
        self.waiting = self.waiting[len(ready) :]
        rows = []
        for _at, _count, branch_id, text, columns in ready:
            seq, before = self.ends.get(branch_id, (0, "0" * 64))
            body = text.replace(SEQ, str(seq + 1), 1)
            digest = hashlib.sha256(f"{before}\n{body}".encode()).hexdigest()
            self.ends[branch_id] = seq + 1, digest
            self.touched.add(branch_id)
            rows.append((branch_id, seq + 1, before, digest, "sha256", body, *columns))
        insert(Entry._meta.db_table, ENTRY_COLUMNS, rows)

    def close(self) -> None:
        """Write the ends of the chains down."""
        ends = [Chain(branch_id=branch, seq=self.ends[branch][0], hash=self.ends[branch][1]) for branch in self.touched]
        Chain.objects.bulk_create(ends, update_conflicts=True, unique_fields=["branch_id"], update_fields=["seq", "hash"])


class Tables:
    """Rows collected by table, written together; main records before what refers to them."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, tuple[str, ...]], list[tuple[Any, ...]]] = defaultdict(list)

    def write(self) -> None:
        for (table, columns), rows in self.rows.items():
            insert(table, columns, rows)
        self.rows.clear()


def document_rows(documents: list[tuple[str, int, list[str]]]) -> list[tuple[Any, ...]]:
    """(type, id, tokens) as rows of the search index."""
    field = Document._meta.get_field("words")
    return [(label, pk, field.get_db_prep_value(words, connection)) for label, pk, words in documents]
