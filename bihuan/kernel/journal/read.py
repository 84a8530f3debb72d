"""Reading the journal: a record's history, and whether the chain holds."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
from django.db import models
from django.db.models.functions import Cast

from .models import Chain, Entry
from .write import chain_hash


def history(record: models.Model, limit: int = 50) -> list[Entry]:
    """The latest *limit* entries about *record*, newest first. One statement, whatever the length of the history."""
    return list(Entry.objects.filter(record_type=record._meta.label, record_id=record.pk).order_by("-id")[:limit])


def taken(record: models.Model, actions: tuple[str, ...]) -> list[Entry]:
    """Entries of *record* that tell of one of *actions*, newest first."""
    rows = Entry.objects.filter(record_type=record._meta.label, record_id=record.pk, action__in=actions)
    return list(rows.order_by("-id"))


def differences() -> Iterator[str]:
    """A sentence for each entry whose hash, number or searchable columns do not agree, first one first, chain by chain.

    Finds edits, cuts in the middle and renumbering. Against someone who recomputes the whole chain only a checkpoint
    kept elsewhere helps.
    """
    for chain in Chain.objects.order_by("branch_id"):
        seq, prev_hash = 0, "0" * 64
        for entry in kept(Entry.objects.filter(chain=chain.pk).order_by("seq")):
            seq += 1
            if entry.seq != seq:
                yield f"{chain.pk}/{seq}: missing; the next entry found is {entry.seq}"
                seq = entry.seq
            elif entry.prev_hash != prev_hash or chain_hash(prev_hash, entry.body, entry.alg) != entry.hash:
                yield f"{chain.pk}/{seq}: does not fit its hash"
            if wrong := columns_that_lie(entry, entry.body.encode("utf-8", "surrogatepass")):
                yield f"{chain.pk}/{seq}: {', '.join(wrong)} differ from the entry's body"
            prev_hash = entry.hash
        if (seq, prev_hash) != (chain.seq, chain.hash):
            yield f"{chain.pk}: ends at {seq}, not at {chain.seq}"


class Kept(NamedTuple):
    """An entry's row as it lies in the table, for reading a million of them: a model instance costs more than checking it."""

    chain: int
    seq: int
    prev_hash: str
    hash: str
    alg: str
    body: str
    action: str
    record_type: str
    record_id: int | None
    record_number: str
    actor_id: int | None
    actor_name: str
    happened_at: str  # as the database writes it, in UTC: to read a time costs more than all else here
    recorded_at: str

    def __str__(self) -> str:
        return f"{self.chain}/{self.seq} {self.action}"


def kept(entries: models.QuerySet[Entry], some: int = 2000) -> Iterator[Kept]:
    """The rows of *entries*, fetched *some* at a time."""
    names = [Cast(name, models.TextField()) if name.endswith("_at") else name for name in Kept._fields]
    return map(Kept._make, entries.values_list(*names).iterator(chunk_size=some))


class _Record(msgspec.Struct):
    type: Any
    id: Any
    number: Any


class _Actor(msgspec.Struct):
    id: Any
    name: Any


class _Said(msgspec.Struct):
    """Of a body what the columns repeat; the rest is passed over."""

    chain: Any
    seq: Any
    action: Any
    record: _Record
    actor: _Actor
    at: str
    recorded_at: str


_said = msgspec.json.Decoder(_Said).decode


def columns_that_lie(entry: Kept, body: bytes) -> list[str]:
    """Names of the columns for finding that do not repeat what *body*, the entry's in bytes, says; ["body"] when it says nothing of them."""
    try:
        said = _said(body)
    except msgspec.MsgspecError:
        return ["body"]
    told = (
        said.chain, said.seq, said.action, said.record.type, said.record.id, said.record.number, said.actor.id, said.actor.name,
    )  # fmt: skip
    here = _columns(entry)
    wrong = [] if here == told else [name for name, one, other in zip(COLUMNS, here, told, strict=True) if one != other]
    if not _same_moment(entry.happened_at, said.at):
        wrong.append("happened_at")
    if not _same_moment(entry.recorded_at, said.recorded_at):
        wrong.append("recorded_at")
    return wrong


COLUMNS = ("chain", "seq", "action", "record_type", "record_id", "record_number", "actor_id", "actor_name")
_columns = attrgetter(*COLUMNS)


def _same_moment(column: str, said: str) -> bool:
    """Whether a time as the database writes it, ``2026-11-02 08:00:00.5+00``, is the body's ``2026-11-02T08:00:00.500000+00:00``."""
    column, there = column.removesuffix("+00"), f"{said[:10]} {said[11:26]}"
    if (said[10:11], said[26:], column[:19]) != ("T", "+00:00", there[:19]):
        return False
    return column[19:].rstrip(".0") == there[19:].rstrip(".0")
