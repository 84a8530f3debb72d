"""Sealing the journal: signed Merkle checkpoints over what was added, without counting the history again (design §3.5)."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from ..journal.models import Entry
from .key import Signer, signer
from .models import Checkpoint, Delivery, Grown, Place
from .verify_export import START, Row, Tree, Walk, written

log = logging.getLogger(__name__)
EVERY = dt.timedelta(minutes=15)
AT_MOST = 500  # entries
LATE = dt.timedelta(hours=1)  # grown and not sealed for so long: the worker stands still, or refuses to seal what was bent

_BEHIND = (
    "SELECT c.branch_id, c.seq, COALESCE(g.size, 0), g.sealed_at FROM journal_chain c "
    "LEFT JOIN proof_grown g ON g.chain = c.branch_id WHERE c.seq > COALESCE(g.size, 0) ORDER BY c.branch_id"
)


def seal_due() -> int:
    """Seal all chains that have grown, once 500 entries or 15 minutes have come together; the number of checkpoints made.

    15 minutes either way: a last seal that lies ahead is from before the clock went back, and its hours are not waited for (#75).
    """
    behind = _behind()
    new = sum(seq - size for _chain, seq, size, _at in behind)
    now = timezone.now()
    if new >= AT_MOST or any(at is None or abs(now - at) >= EVERY for _chain, _seq, _size, at in behind):
        return seal()
    return 0


def seal() -> int:
    """Seal every chain that has grown, now; the number of checkpoints made. Safe to run twice and in parallel."""
    behind = _behind()
    if not behind:
        return 0
    by, made = signer(), 0
    for chain, seq, _size, _at in behind:
        made += _seal(chain, seq, by)
    return made


def overdue() -> list[int]:
    """Chains that have grown and were not sealed for an hour."""
    late = timezone.now() - LATE
    return [chain for chain, _seq, _size, at in _behind() if at is not None and at < late]


def unsealed_since() -> dt.datetime | None:
    """When the chain that waits longest for its next seal had its last one; None when all are sealed."""
    return min((at for _chain, _seq, _size, at in _behind() if at is not None), default=None)


def _behind() -> list[tuple[int, int, int, dt.datetime | None]]:
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND)
        return [(chain, seq, size, _moment(at)) for chain, seq, size, at in cursor.fetchall()]


def _moment(at: dt.datetime | str | None) -> dt.datetime | None:
    """SQLite gives raw times as text, in UTC."""
    if isinstance(at, str):
        at = dt.datetime.fromisoformat(at)
    return at.replace(tzinfo=dt.UTC) if at and at.tzinfo is None else at


def _seal(chain: int, seq: int, by: Signer) -> int:
    """One checkpoint over *chain* up to *seq*. Refuses, loudly, what does not continue the part that is sealed already."""
    with transaction.atomic():
        now = timezone.now()
        Grown.objects.bulk_create([Grown(chain=chain, hash=START, sealed_at=now)], ignore_conflicts=True)
        grown = Grown.objects.select_for_update().get(chain=chain)
        if grown.size >= seq:
            return 0
        walk = Walk(str(chain), {}, Tree(grown.size, map(bytes.fromhex, grown.peaks.split())), grown.hash)
        for finding in walk.along(rows(chain, after=grown.size, to=seq)):
            log.error("not sealed: %s", finding.sentence("en"))
            return 0
        if walk.tree.size != seq:
            log.error("not sealed: chain %s ends at %s, not at %s", chain, walk.tree.size, seq)
            return 0
        text = written(f"{by.key.name}/{chain}", seq, walk.tree.root(), now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        checkpoint = Checkpoint.objects.create(
            chain=chain, size=seq, first=grown.size + 1, peaks=grown.peaks, note=by.note(text), made_at=now
        )
        places = [Place.FOLDER, *([Place.MAIL] if settings.CHECKPOINT_MAIL else [])]
        Delivery.objects.bulk_create([Delivery(checkpoint=checkpoint, place=place) for place in places])
        peaks = " ".join(peak.hex() for peak in walk.tree.peaks)
        Grown.objects.filter(chain=chain).update(size=seq, hash=walk.hash, peaks=peaks, sealed_at=now)
    return 1


def rows(chain: int, after: int = 0, to: int | None = None) -> Iterator[Row]:
    """The entries of *chain* as the walk needs them, in order, a few thousand at a time."""
    found = Entry.objects.filter(chain=chain, seq__gt=after).order_by("seq")
    if to is not None:
        found = found.filter(seq__lte=to)
    for seq, prev_hash, own, alg, body in found.values_list("seq", "prev_hash", "hash", "alg", "body").iterator(chunk_size=2000):
        yield Row(seq, prev_hash, own, alg, body.encode("utf-8", "surrogatepass"))
