"""Reading the journal: a record's history, and whether the chain holds."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.db import models

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
        for entry in Entry.objects.filter(chain=chain.pk).order_by("seq").iterator(chunk_size=2000):
            seq += 1
            if entry.seq != seq:
                yield f"{chain.pk}/{seq}: missing; the next entry found is {entry.seq}"
                seq = entry.seq
            elif entry.prev_hash != prev_hash or chain_hash(prev_hash, entry.body, entry.alg) != entry.hash:
                yield f"{chain.pk}/{seq}: does not fit its hash"
            if wrong := list(columns_that_lie(entry)):
                yield f"{chain.pk}/{seq}: {', '.join(wrong)} differ from the entry's body"
            prev_hash = entry.hash
        if (seq, prev_hash) != (chain.seq, chain.hash):
            yield f"{chain.pk}: ends at {seq}, not at {chain.seq}"


def columns_that_lie(entry: Entry) -> Iterator[str]:
    """Names of the columns for finding that do not repeat what the body says. Raises ValueError or KeyError for a body that is none."""
    said = json.loads(entry.body)
    told = {
        "chain": said["chain"],
        "seq": said["seq"],
        "action": said["action"],
        "record_type": said["record"]["type"],
        "record_id": said["record"]["id"],
        "record_number": said["record"]["number"],
        "actor_id": said["actor"]["id"],
        "actor_name": said["actor"]["name"],
        "happened_at": said["at"],
        "recorded_at": said["recorded_at"],
    }
    for column, value in told.items():
        kept = getattr(entry, column)
        if column.endswith("_at"):
            kept = kept.isoformat(timespec="microseconds")
        if kept != value:
            yield column
