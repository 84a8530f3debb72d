"""Floods of honest-looking requests by those who are signed in (#40, ASVS 2.4.1, 15.2.2): their requests in a minute, one person's
exports at once. Those by nobody in particular: strangers.py.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from .actors import Actor
from .models import Attempt
from .proof import TooMany, count_attempt

EXPORTS = 2  # of one person at the same moment
BUSY = 10  # seconds after which another export is worth trying

MINUTE = 60.0  # seconds


class Minute:
    """How often each asked in this minute, in the memory of this process: it costs no statement.

    Each web process holds its share of ``settings.RATE``, so a person who always meets the same one is stopped earlier than
    one who is spread over all, and nobody has more than the whole.
    """

    def __init__(self) -> None:
        self._lock, self._ends, self._counts = threading.Lock(), 0.0, Counter[tuple[str, int]]()

    def left_after(self, key: tuple[str, int], most: int) -> float:
        """Count one request; 0 while there are at most *most*, else the seconds until the minute is over."""
        now = time.monotonic()
        with self._lock:
            if now >= self._ends:
                self._ends = now + MINUTE
                self._counts.clear()
            self._counts[key] += 1
            return self._ends - now if self._counts[key] > most else 0.0


_minute = Minute()


def limit_person(actor: Actor) -> None:
    """Count one request of *actor*; raises TooMany past the limit of a minute.

    What their programs ask by token counts apart, so that one that runs wild does not shut its holder out of the pages.
    """
    if settings.RATE <= 0:
        return
    if left := _minute.left_after((actor.channel, actor.person_id or 0), share()):
        raise TooMany(_("您一分钟内的请求太多，请 %(seconds)d 秒后再试。") % {"seconds": int(left) + 1}, wait=int(left) + 1)


def share() -> int:
    """How many requests of one person a minute this process takes."""
    return max(1, settings.RATE // settings.WEB_PROCESSES)


@contextmanager
def one_of_few_exports(actor: Actor) -> Iterator[None]:
    """The block is one of at most EXPORTS that *actor* has running. Raises TooMany for one more.

    What died half-way counts until its quarter of an hour is over.
    """
    key = f"export:{actor.person_id}"
    try:
        count_attempt(key, EXPORTS)
    except TooMany:
        _end(key)
        raise TooMany(_("您已有 %(count)d 个导出正在进行，请等其中一个完成再试。") % {"count": EXPORTS}, wait=BUSY) from None
    try:
        yield
    finally:
        _end(key)


def _end(key: str) -> None:
    Attempt.objects.filter(pk=key, count__gt=0).update(count=F("count") - 1)
    Attempt.objects.filter(pk=key, count=0).delete()
