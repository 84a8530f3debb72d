"""Floods of honest-looking requests (#40, ASVS 2.4.1, 15.2.2): strangers on public pages by network, those signed in by their
requests in a minute, one person's exports by number at once.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest
from django.utils.translation import gettext as _

from .actors import Actor
from .models import Attempt
from .origin import network_of
from .proof import WINDOW, TooMany, count_attempt

STRANGERS = 300  # looks at public pages from one network in a quarter of an hour; a customer's whole workshop shares one
EXPORTS = 2  # of one person at the same moment
BUSY = 10  # seconds after which another export is worth trying
PLACES = 10_000  # networks remembered in this process

_shut: dict[str, float] = {}  # network → until when (monotonic seconds) it is refused without asking the database


def limit_strangers(request: HttpRequest) -> None:
    """Count one look of nobody in particular. Raises TooMany past the limit; colleagues who are signed in are not counted.

    Once past it, a network is refused from memory: a flood costs others no write to the database.
    """
    if request.actor is not None:  # type: ignore[attr-defined]
        return
    network, now = network_of(request), time.monotonic()
    left = _shut.get(network, 0.0) - now
    if left > 0:
        raise _too_many(left)
    try:
        count_attempt(f"public:{network}", STRANGERS)
    except TooMany:
        if len(_shut) >= PLACES:
            _shut.clear()
        _shut[network] = now + WINDOW.seconds / 5  # others in this network come back sooner when the flood has ended
        raise _too_many(WINDOW.seconds / 5) from None


def _too_many(seconds: float) -> TooMany:
    minutes = int(seconds // 60) + 1
    return TooMany(_("从这个网络来的查询太多，请 %(minutes)d 分钟后再试。") % {"minutes": minutes}, wait=int(seconds) + 1)


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
