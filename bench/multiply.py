"""Fills a kept release with many rows in its own shape: copies of its records with their whole history.

Each copy has keys and numbers of its own; its journal entries go on at the end of their branch's chain under the rule of that
release, its signatures are sealed anew over the copied words. Ugly rows are copied like all others. Two things are simpler than in
life: copies keep the times of their model (so a chain's times begin anew with each copy), and files are shared, as equal ones are.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bihuan.kernel.journal.canonical import canonical
from bihuan.operations import state

COPIED = (  # what is referred to stands before what refers to it
    "customers_customer", "customers_site", "customers_contact", "customers_phone", "equipment_unit", "service_servicerequest",
    "service_contactline", "service_dispatchorder", "service_carryitem", "service_dailyreport", "service_servicerecord", "deadlines_deadline",
    "deadlines_pause", "files_attachment", "signing_signature", "signing_signaturevoid", "notify_notice", "notify_message", "lists_document",
)  # fmt: skip
REFERS = {
    "customer_id": "customers_customer", "site_id": "customers_site", "contact_id": "customers_contact",
    "contact_person_id": "customers_contact", "unit_id": "equipment_unit", "request_id": "service_servicerequest",
    "follows_up_id": "service_servicerequest", "order_id": "service_dispatchorder", "deadline_id": "deadlines_deadline",
    "notice_id": "notify_notice", "signature_id": "signing_signature",
}  # fmt: skip
ENTRY = (
    "chain", "seq", "prev_hash", "hash", "alg", "body", "action", "record_type", "record_id", "record_number", "actor_id", "actor_name",
    "happened_at", "recorded_at",
)  # fmt: skip
BESIDE = {"lists_words_data", "lists_words_idx", "lists_words_config", "lists_words_docsize", "lists_words"}  # how SQLite keeps the index
STEP = 1000  # from the numbers of one copy to those of the next
WHOLE = {"record_id", "record_version", "person_id"}
MOMENTS = {"signed_at", "device_at", "recorded_at"}
TOKEN = re.compile(r"[A-Za-z0-9_-]{4,}")
LAST_DIGITS = re.compile(r"\d+$")
FOUND_BY = re.compile(r"(?<![0-9a-z])((?:(?:bx|pg|fw)[a-z]+\d{4})?)(\d{6})(?![0-9a-z])")  # a number among the words of the search
NOTICE = re.compile(r"^(\w+):([\w.]+):(\d+):")

Row = dict[str, Any]


@dataclass
class Kept:
    """The rows of a release that are copied, as its database gives them; on PostgreSQL each value as text, which COPY takes back."""

    engine: str
    columns: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    strides: dict[str, int] = field(default_factory=dict)
    ends: dict[int, tuple[int, str]] = field(default_factory=dict)

    def shifted(self, table: str, key: Any, copy: int) -> int:
        return int(key) + copy * self.strides[table]


def fill(release: Any, rows: int) -> dict[str, int]:
    """Copy the records of *release* (tests.upgrades.kept) until there are at least *rows* rows over all tables; rows by table."""
    with release.cursor() as cursor:
        engine = "postgresql" if release.url else "sqlite"
        kept = _read(cursor, engine)
        each = sum(map(len, kept.rows.values()))
        copies = max(0, math.ceil((rows - sum(counted(cursor, engine).values())) / each))
        cursor.execute("SET synchronous_commit = off" if engine == "postgresql" else "PRAGMA synchronous = OFF")
        if engine == "sqlite":
            cursor.execute("BEGIN")
        for copy in range(1, copies + 1):
            _Copy(kept, copy).write(cursor)
        _close(cursor, kept, copies)
        return counted(cursor, engine)


def counted(cursor: Any, engine: str) -> dict[str, int]:
    """Rows by table; what SQLite keeps beside its index of words is none."""
    found = {}
    for table in state.tables(cursor, engine):
        if table not in BESIDE:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            found[table] = cursor.fetchone()[0]
    return found


def _read(cursor: Any, engine: str) -> Kept:
    kept = Kept(engine)
    if engine == "postgresql":
        cursor.execute("SET TIME ZONE 'UTC'")
    for table in (*COPIED, "journal_entry"):
        cursor.execute(f'SELECT * FROM "{table}" LIMIT 0')
        names = [column[0] for column in cursor.description]
        asked = ", ".join(f'"{name}"::text' if engine == "postgresql" else f'"{name}"' for name in names)
        cursor.execute(f'SELECT {asked} FROM "{table}" ORDER BY "{table}".id')
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        kept.columns[table], kept.rows[table] = names, rows
        kept.strides[table] = max((int(row["id"]) for row in rows), default=0)
    kept.rows["journal_entry"] = [entry for entry in kept.rows["journal_entry"] if _copied(entry)]
    _refuse_another_rule(kept)
    cursor.execute("SELECT branch_id, seq, hash FROM journal_chain")
    kept.ends = {branch: (seq, hash_) for branch, seq, hash_ in cursor.fetchall()}
    return kept


def _copied(entry: Row) -> bool:
    return _table(entry["record_type"]) in COPIED and not entry["action"].startswith("deviation.")


def _table(record_type: str) -> str:
    return record_type.replace(".", "_").lower()


def _refuse_another_rule(kept: Kept) -> None:
    """What is written below must be what the release itself would have written. Raises ValueError where it wrote otherwise."""
    for entry in kept.rows["journal_entry"]:
        if canonical(json.loads(entry["body"])) != entry["body"] or _chained(entry["prev_hash"], entry["body"]) != entry["hash"]:
            raise ValueError(f"{entry['chain']}/{entry['seq']}: not written by the rule known here")
    for signature in kept.rows["signing_signature"]:
        if _sealed(dict(signature)) != signature:
            raise ValueError(f"signature {signature['id']}: not sealed by the rule known here")


def _chained(before: str, body: str) -> str:
    return hashlib.sha256(f"{before}\n{body}".encode()).hexdigest()


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _sealed(signature: Row) -> Row:
    """*signature* with the hashes of its content and of each column, and its seal, as they follow from the rest."""
    signature["content_hash"] = hashlib.sha256(signature["content"].encode()).hexdigest()
    words = {name: _typed(name, value) for name, value in signature.items() if name not in {"id", "field_hashes", "seal"}}
    signature["field_hashes"] = canonical({name: _digest(value) for name, value in words.items()})
    signature["seal"] = _digest({**words, "field_hashes": signature["field_hashes"]})
    return signature


def _typed(name: str, value: Any) -> Any:
    if value is None or name not in WHOLE | MOMENTS:
        return value
    if name in WHOLE:
        return int(value)
    moment = dt.datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


class _Copy:
    """The *copy*-th copy of everything. ``names``: what was called so in the model is called so here: numbers, seals, addresses."""

    def __init__(self, kept: Kept, copy: int) -> None:
        self.kept, self.copy = kept, copy
        self.names: dict[str, str] = {}
        for table in COPIED:
            self._name(table)

    def write(self, cursor: Any) -> None:
        signatures = [self._signature(row) for row in self.kept.rows["signing_signature"]]  # first: others tell of their seals
        for table in COPIED:
            rows = signatures if table == "signing_signature" else [self._row(table, row) for row in self.kept.rows[table]]
            columns = self.kept.columns[table]
            _insert(cursor, self.kept.engine, table, columns, ([row[name] for name in columns] for row in rows))
        _insert(cursor, self.kept.engine, "journal_entry", ENTRY, map(self._entry, self.kept.rows["journal_entry"]))

    def _name(self, table: str) -> None:
        for row in self.kept.rows[table]:
            if number := row.get("number"):
                self.names[number] = LAST_DIGITS.sub(lambda found: self._further(found.group()), number)
            if serial := row.get("serial"):
                self.names[serial] = f"{serial}-{self.copy}"
            for address in filter(None, (row.get("handle"), row.get("label_token"))):
                self.names[address] = hashlib.sha256(f"{address} {self.copy}".encode()).hexdigest()[: len(address)]

    def _further(self, digits: str) -> str:
        return f"{int(digits) + self.copy * STEP:0{len(digits)}d}"

    def _said(self, text: str) -> str:
        return TOKEN.sub(lambda found: self.names.get(found.group(), found.group()), text)

    def _row(self, table: str, row: Row) -> Row:
        copied = {name: self._said(value) if isinstance(value, str) and len(value) > 3 else value for name, value in row.items()}
        copied["id"] = self.kept.shifted(table, row["id"], self.copy)
        self._refer(copied)
        if table == "deadlines_deadline" and "counted" in row:
            copied["counted"] = "f" if self.kept.engine == "postgresql" else 0  # the worker has yet to count it
        elif table == "lists_document":
            copied["words"] = FOUND_BY.sub(lambda found: found[1] + self._further(found[2]), row["words"])
        elif table == "notify_notice":
            copied["key"] = self._key(row["key"])
        return copied

    def _refer(self, row: Row) -> None:
        for name in row.keys() & REFERS.keys():
            if row[name] is not None:
                row[name] = self.kept.shifted(REFERS[name], row[name], self.copy)
        if "record_id" in row and row["record_id"] is not None and (table := _table(row["record_type"])) in COPIED:
            row["record_id"] = self.kept.shifted(table, row["record_id"], self.copy)

    def _key(self, key: str) -> str:
        found = NOTICE.match(key)
        if not found or _table(found[2]) not in COPIED:
            return f"{key}:{self.copy}"
        return f"{found[1]}:{found[2]}:{self.kept.shifted(_table(found[2]), found[3], self.copy)}:{key[found.end() :]}"

    def _signature(self, row: Row) -> Row:
        content = json.loads(row["content"])
        self._record(content["record"])
        for file in content["files"]:
            self._refer(file)
        copied = self._row("signing_signature", row)
        copied["content"] = self._said(canonical(content))
        _sealed(copied)
        self.names |= {row[name]: copied[name] for name in ("seal", "content_hash")}
        return copied

    def _record(self, record: Row) -> None:
        own = str(record["id"])
        record["id"] = self.kept.shifted(_table(record["type"]), record["id"], self.copy)
        if record["number"] == own:  # of what has no number
            record["number"] = str(record["id"])

    def _entry(self, entry: Row) -> list[Any]:
        chain = int(entry["chain"])
        seq, before = self.kept.ends[chain]
        said = json.loads(entry["body"])
        self._record(said["record"])
        for part in (said["before"], said["after"]):
            for name in part.keys() & REFERS.keys():
                if isinstance(part[name], int):
                    part[name] = self.kept.shifted(REFERS[name], part[name], self.copy)
        body = self._said(canonical(said | {"seq": seq + 1}))
        hash_ = _chained(before, body)
        self.kept.ends[chain] = seq + 1, hash_
        record = json.loads(body)["record"]
        told = {
            "seq": seq + 1,
            "prev_hash": before,
            "hash": hash_,
            "body": body,
            "record_id": record["id"],
            "record_number": record["number"],
        }
        return [told.get(name, entry[name]) for name in ENTRY]


def _insert(cursor: Any, engine: str, table: str, columns: Iterable[str], rows: Iterable[list[Any]]) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    if engine == "sqlite":
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" for _name in columns)})', rows)
        return
    with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


def _close(cursor: Any, kept: Kept, copies: int) -> None:
    """Write down where chains and counters stand now; let PostgreSQL's keys go on after those given by hand."""
    for branch, (seq, hash_) in kept.ends.items():
        cursor.execute(f"UPDATE journal_chain SET seq = {seq}, hash = '{hash_}' WHERE branch_id = {branch}")
    cursor.execute(f"UPDATE numbering_counter SET last = last + {copies * STEP}")
    if kept.engine == "sqlite":
        cursor.connection.commit()
    else:
        for table in COPIED:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}) + 1)")
    cursor.execute("ANALYZE")
    if kept.engine == "sqlite":
        cursor.connection.commit()
