"""Writing the journal. Entries of one unit of work are collected and chained at its end, in the same transaction.

Chaining last keeps the chain's row locked for the shortest time; three statements a branch, whatever the number of entries.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from ..access.actors import Actor
from .canonical import canonical
from .models import Chain, Entry

_pending: ContextVar[list[Entry] | None] = ContextVar("pending_entries", default=None)
SCHEMA = 1


@contextmanager
def unit() -> Iterator[None]:
    """A unit of work: one transaction, whose journal entries are written at its end. Units nest into the outermost."""
    if _pending.get() is not None:
        yield
        return
    with transaction.atomic():
        entries: list[Entry] = []
        token = _pending.set(entries)
        try:
            yield
        finally:
            _pending.reset(token)
        _write(entries)


def current() -> object:
    """The unit of work that is open, to be told from others by identity; None outside of one."""
    return _pending.get()


def append(
    actor: Actor,
    action: str,
    record: models.Model,
    *,
    at: datetime,
    data: dict | None = None,
    reason: str = "",
    clause: str = "",
    before: dict | None = None,
    after: dict | None = None,
    role: str = "",
    for_whom: str = "",
) -> None:
    """Say that *actor* did *action* on *record* at *at* (when it happened, as said).

    ``before``/``after`` hold changed fields only. Fields that the model names in ``personal_fields`` go in as keyed
    commitments, so that the clear value can lawfully be deleted later and the chain still verifies (#96).
    Raises RuntimeError outside a transaction: the entry and the change stand or fall together (#44).
    """
    body = {
        "record": {
            "type": record._meta.label,
            "id": record.pk,
            "number": getattr(record, "number", "") or str(record.pk),
            "version": getattr(record, "version", 0),
        },
        "before": _veil(record, before or {}),
        "after": _veil(record, after or {}),
        "data": _veil(record, data or {}),
        "reason": reason,
        "clause": clause,
        "procedure_revision": getattr(record, "procedure_revision", 0),
        "role": role,
        "for_whom": for_whom,
    }
    _collect(actor, action, body, chain=getattr(record, "branch_id", None) or 0, at=at)


def append_plain(actor: Actor, action: str, subject: str, *, at: datetime, data: dict | None = None, reason: str = "") -> None:
    """The same for what belongs to no record: signing in, exports of lists, settings. Goes to chain 0."""
    body = {"record": {"type": "", "id": None, "number": subject, "version": 0}, "data": data or {}, "reason": reason}
    _collect(actor, action, body, chain=0, at=at)


def commitment(key: str, value: Any) -> str:
    """What the journal keeps of a personal value: an HMAC under the record's own key. Deleting the key forgets the value."""
    return "hmac:" + hmac.new(key.encode(), str(value).encode(), hashlib.sha256).hexdigest()


def _veil(record: models.Model, values: dict) -> dict:
    personal = getattr(record, "personal_fields", ())
    key = getattr(record, "privacy_key", "")
    return {name: commitment(key, value) if name in personal and value not in ("", None) else value for name, value in values.items()}


def _collect(actor: Actor, action: str, body: dict, *, chain: int, at: datetime) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("A journal entry needs the transaction of the change it tells of.")
    now = timezone.now()
    body |= {
        "schema": SCHEMA,
        "action": action,
        "actor": {"id": actor.person_id, "name": actor.name},
        "channel": actor.channel,
        "request": actor.request_id,
        "at": at,
        "device_at": actor.device_at,
        "recorded_at": now,
        "utc_offset": timezone.localtime(at).strftime("%z"),
    }
    said = body["record"]
    entry = Entry(
        chain=chain,
        action=action,
        record_type=said["type"],
        record_id=said["id"],
        record_number=said["number"],
        actor_id=actor.person_id,
        actor_name=actor.name,
        happened_at=at,
        recorded_at=now,
    )
    entry.told = body  # made canonical when its number in the chain is known
    pending = _pending.get()
    if pending is None:
        _write([entry])
    else:
        pending.append(entry)


def chain_hash(prev_hash: str, body: str, alg: str = "sha256") -> str:
    """The hash of an entry: of the one before it and its own body."""
    return hashlib.new(alg, f"{prev_hash}\n{body}".encode()).hexdigest()


def _write(entries: list[Entry]) -> None:
    for chain in sorted({entry.chain for entry in entries}):  # one order for all: no deadlock between units
        mine = [entry for entry in entries if entry.chain == chain]
        seq, prev_hash = _reserve(chain, len(mine))
        for entry in mine:
            seq += 1
            entry.body = canonical(entry.told | {"chain": chain, "seq": seq})
            entry.seq, entry.prev_hash = seq, prev_hash
            prev_hash = entry.hash = chain_hash(prev_hash, entry.body)
        Entry.objects.bulk_create(mine)
        Chain.objects.filter(pk=chain).update(hash=prev_hash)


def _reserve(chain: int, count: int) -> tuple[int, str]:
    """Lock the chain, count its end forward, and give the end as it was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_chain (branch_id, seq, hash) VALUES (%s, %s, %s) "
            "ON CONFLICT (branch_id) DO UPDATE SET seq = journal_chain.seq + excluded.seq RETURNING seq, hash",
            [chain, count, "0" * 64],
        )
        seq, prev_hash = cursor.fetchone()
    return seq - count, prev_hash
