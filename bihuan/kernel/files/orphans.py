"""Files that no attachment names: left by a transaction rolled back or a process that died (#76, #78).

A restored older database beside a newer folder looks just alike, and there they are the only copy. So young ones are left
alone, and a crowd of them is a question to a person, never removed by itself.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from django.utils import timezone

from . import disk, hold
from .models import Attachment
from .store import unnamed

GRACE = dt.timedelta(days=7)
FEW, MOST = 5, 100  # that many may always go by themselves, and never more than those
SHARE = 100  # else one in so many
BATCH = 500
T = TypeVar("T")


@dataclass(frozen=True)
class Found:
    """Their hashes, and how many may go without a person who has looked."""

    hashes: list[str]
    limit: int

    @property
    def too_many(self) -> bool:
        return len(self.hashes) > self.limit


def find(older_than: dt.timedelta = GRACE) -> Found:
    """What lies on this disk or in the object storage, unchanged for *older_than* in both, and is named by nobody."""
    latest = (timezone.now() - older_than).timestamp()
    young, nameless = set(), set()
    for batch in _batches(itertools.chain(disk.kept_here(), disk.kept_there())):
        young |= {sha256 for sha256, changed in batch if changed > latest}
        old = {sha256 for sha256, changed in batch if changed <= latest}
        nameless |= old - set(Attachment.objects.filter(sha256__in=old).values_list("sha256", flat=True))
    return Found(sorted(nameless - young), min(MOST, max(FEW, Attachment.objects.count() // SHARE)))


def remove(hashes: Iterable[str]) -> list[str]:
    """Take away those that still nobody names; which. Each is looked at again at the moment it goes (see ``hold``)."""
    return [sha256 for sha256 in hashes if hold.take_away(sha256, unnamed)]


def sweep_incoming(older_than: dt.timedelta = GRACE) -> int:
    """Remove what was never laid in its place: no row can name it; how many."""
    latest, removed = (timezone.now() - older_than).timestamp(), 0
    for path in disk.incoming().iterdir():
        try:
            if path.is_file() and path.stat().st_mtime <= latest:
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue  # its process was faster
    return removed


def _batches(rows: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(itertools.islice(rows, BATCH)):
        yield batch
