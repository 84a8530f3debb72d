"""Floods of honest-looking requests: strangers on public pages by network, one person's exports by number at once (#40, ASVS 2.4.1, 15.2.2)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

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
