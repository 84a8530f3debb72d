"""Writing the journal. Entries of one unit of work are collected and chained at its end, in the same transaction.

Chaining last keeps the chain's row locked for the shortest time; two or three statements a branch, whatever the number of entries.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from ..access.actors import Actor
from ..prepared import insert, insert_and_update
from .canonical import canonical
from .models import Chain, Entry, Word
from .words import NOTHING, commit

_pending: ContextVar[list[Entry] | None] = ContextVar("pending_entries", default=None)
ALGORITHM = "sha256"  # of new entries; each entry names its own, so that old ones verify after a change (#53)
SCHEMA = 2  # 2: free texts as commitments (words.py), and what a step did to the clocks


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
    words: Iterable[Word] = (),
    clocks: list[dict] | None = None,
) -> None:
    """Say that *actor* did *action* on *record* at *at* (when it happened, as said).

    ``before``/``after`` hold changed fields only, *clocks* the deadlines that were started, moved or ended
    (deadlines.run.told). Fields that the model names in ``personal_fields`` go in as keyed
    commitments, so that the clear value can lawfully be deleted later and the chain still verifies (#96); so do those in
    ``free_fields`` ("reason" may be among them), whose words are kept beside (``words.py``). *words*: others to be kept with them.
    Raises RuntimeError outside a transaction: the entry and the change stand or fall together (#44).
    """
    veil = Veil(record, words)
    body = {
        "record": {
            "type": record._meta.label,
            "id": record.pk,
            "number": getattr(record, "number", "") or str(record.pk),
            "version": getattr(record, "version", 0),
        },
        "before": veil.over(before or {}),
        "after": veil.over(after or {}),
        "data": veil.over(data or {}),
        "reason": veil.over({"reason": reason})["reason"],
        "clause": clause,
        "procedure_revision": getattr(record, "procedure_revision", 0),
        "role": role,
        "for_whom": for_whom,
    } | ({"clocks": clocks} if clocks else {})
    _collect(actor, action, body, chain=getattr(record, "branch_id", None) or 0, at=at, words=veil.words)


def append_plain(actor: Actor, action: str, subject: str, *, at: datetime, data: dict | None = None, reason: str = "") -> None:
    """The same for what belongs to no record: signing in, exports of lists, settings. Goes to chain 0."""
    body = {"record": {"type": "", "id": None, "number": subject, "version": 0}, "data": data or {}, "reason": reason}
    _collect(actor, action, body, chain=0, at=at)


def commitment(key: str, value: Any) -> str:
    """What the journal keeps of a personal value: an HMAC under the record's own key. Deleting the key forgets the value."""
    return "hmac:" + hmac.new(key.encode(), str(value).encode(), hashlib.sha256).hexdigest()


class Veil:
    """What an entry keeps of a record's values: personal ones and free texts as commitments, the ``words`` of the latter apart."""

    def __init__(self, record: models.Model, words: Iterable[Word] = ()) -> None:
        self.record, self.words = record, list(words)
        self.personal, self.key = getattr(record, "personal_fields", ()), getattr(record, "privacy_key", "")
        self.free = getattr(record, "free_fields", ())
        self._known: dict[tuple[str, str], str] = {}  # the same text is kept once an entry

    def over(self, values: dict[str, Any]) -> dict[str, Any]:
        return {name: value if value in NOTHING else self._over(name, value) for name, value in values.items()}

    def _over(self, name: str, value: Any) -> Any:
        if name in self.personal:
            return commitment(self.key, value)
        if name not in self.free or any(value == word.commitment for word in self.words):
            return value
        known = (name, canonical(value))
        if known not in self._known:
            self.words.append(commit(self.record, name, value))
            self._known[known] = self.words[-1].commitment
        return self._known[known]


def _collect(actor: Actor, action: str, body: dict, *, chain: int, at: datetime, words: Iterable[Word] = ()) -> None:
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
    entry.told, entry.words = body, list(words)  # made canonical when its number in the chain is known
    pending = _pending.get()
    if pending is None:
        _write([entry])
    else:
        pending.append(entry)


def chain_hash(prev_hash: str, body: str, alg: str = "sha256") -> str:
    """The hash of an entry: of the one before it and its own body."""
    return hashlib.new(alg, f"{prev_hash}\n{body}".encode()).hexdigest()


def _write(entries: list[Entry]) -> None:
    if words := [word for entry in entries for word in entry.words]:
        insert(words)
    for chain in sorted({entry.chain for entry in entries}):  # one order for all: no deadlock between units
        mine = [entry for entry in entries if entry.chain == chain]
        seq, prev_hash = _held(chain)
        for entry in mine:
            seq += 1
            entry.body = canonical(entry.told | {"chain": chain, "seq": seq})
            entry.seq, entry.prev_hash = seq, prev_hash
            entry.alg = ALGORITHM
            prev_hash = entry.hash = chain_hash(prev_hash, entry.body, entry.alg)
        insert_and_update(mine, Chain(branch_id=chain, seq=seq, hash=prev_hash), ("seq", "hash"))


def _held(chain: int) -> tuple[int, str]:
    """Lock the chain, and give its end. SQLite has one writer at a time: there the transaction itself is the lock."""
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT seq, hash FROM journal_chain WHERE branch_id = %s{lock}", [chain])  # noqa: S608 -- our own SQL
        end = cursor.fetchone()
        if end is None:
            cursor.execute(
                "INSERT INTO journal_chain (branch_id, seq, hash) VALUES (%s, 0, %s) "
                "ON CONFLICT (branch_id) DO UPDATE SET seq = journal_chain.seq RETURNING seq, hash",
                [chain, "0" * 64],
            )
            end = cursor.fetchone()
    return end
