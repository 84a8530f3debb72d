"""Reading from a copy of the database that follows it (PostgreSQL's streaming replication; DATABASE_REPLICA_URL).

Only views marked ``may_lag`` read there: lists, exports, searches, evidence. Who acts and what they may is always asked
of the primary, before the view; record pages, writes, and all inside a transaction stay there too. Nobody sees a state
from before their own last write: the answer to a write carries the primary's place in its log as a cookie, and a copy
that has not come that far is not read for that browser.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, models
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

log = logging.getLogger("bihuan.replica")
REPLICA = "replica"
SAFE = {"GET", "HEAD", "OPTIONS"}
KEPT = 3600  # seconds that a browser remembers its last write; a copy further behind than this is no copy
REST = 10.0  # seconds without asking a copy that did not answer
_PLACE = re.compile(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}")  # pg_lsn
_may_lag: ContextVar[bool] = ContextVar("may_lag", default=False)
_resting_until = 0.0


class Router:
    """Django's database router: reads marked as such go to the copy, all else to the primary."""

    def db_for_read(self, model: type[models.Model], **_hints: Any) -> str:
        return reading_from()

    def db_for_write(self, model: type[models.Model], **_hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: models.Model, other: models.Model, **_hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


def reading_from() -> str:
    """The alias of the database that a reading statement should ask now; also for statements written by hand."""
    return REPLICA if _may_lag.get() and not connection.in_atomic_block else DEFAULT_DB_ALIAS


def exists() -> bool:
    """Whether this installation has a copy to read from."""
    return REPLICA in settings.DATABASES


def may_lag(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorates a view that may show a state a moment old. Without a copy, or with one that does not answer, it reads the primary."""

    @wraps(view)
    def choose(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        global _resting_until
        if not exists() or request.method not in SAFE or time.monotonic() < _resting_until:
            return view(request, *args, **more)
        try:
            if _has_come_to(request.COOKIES.get(_cookie(), "")):
                with _lagging():
                    return view(request, *args, **more)
        except OperationalError as problem:  # gone, or the statement stood in the way of what it had to replay
            _resting_until = time.monotonic() + REST
            log.warning("replica: %s; reading from the primary", " ".join(str(problem).split()))
        return view(request, *args, **more)

    return choose


class ReplicaMiddleware:
    """Tells the browser, after a write, how far a copy must have come to be read for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if exists() and request.method not in SAFE:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_current_wal_lsn()")
                place = str(cursor.fetchone()[0])
            response.set_cookie(_cookie(), place, max_age=KEPT, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
        return response


def _has_come_to(place: str) -> bool:
    if not place:
        return True
    if not _PLACE.fullmatch(place):
        return False
    with connections[REPLICA].cursor() as cursor:
        cursor.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [place])
        return bool(cursor.fetchone()[0])


def _cookie() -> str:
    return "__Host-written" if settings.PRODUCTION else "written"


@contextmanager
def _lagging() -> Iterator[None]:
    token = _may_lag.set(True)
    try:
        yield
    finally:
        _may_lag.reset(token)
