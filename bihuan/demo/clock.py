"""A clock that can be set, so that the invented company has a past.

For building the demo and nothing else: it replaces ``django.utils.timezone.now`` for the whole process, so nobody may be
served meanwhile. Whoever asks ``timezone.now()``, ``auto_now_add`` among them, gets the set moment; a model default given
as ``default=timezone.now`` keeps the real clock, because it holds the function itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils import timezone

_real = timezone.now


@contextmanager
def as_of(moment: datetime) -> Iterator[None]:
    """Let it be *moment* inside the block. Blocks nest. Raises ValueError for a time without a zone."""
    if moment.utcoffset() is None:
        raise ValueError("A time without a zone is no moment.")
    before = timezone.now
    timezone.now = lambda: moment
    try:
        yield
    finally:
        timezone.now = before


def real_now() -> datetime:
    """What the clock on the wall says, whatever is set."""
    return _real()
