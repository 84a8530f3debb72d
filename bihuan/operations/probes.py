"""For machines that watch: is the process alive, may it be sent requests, what do the counters say. No session, no personal data."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from bihuan.kernel.proof.seal import overdue
from bihuan.kernel.watch.metrics import exposition

from .beat import is_late
from .gauges import Gauges

log = logging.getLogger(__name__)
View = Callable[[HttpRequest], HttpResponse]


def asks_nobody(view: View) -> View:
    """The view is answered without looking who asks, so that it needs no database (access/middleware.py)."""
    view.asks_nobody = True  # type: ignore[attr-defined]
    return view


@asks_nobody
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive. Asks nothing of the database."""
    return _word("ok")


@asks_nobody
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether requests can be answered and the work behind them is done; else 503 and in one word what is missing.

    ``?for=balancer`` asks for the first half only: without a worker pages still answer, and no balancer should take them away.
    """
    reason = _missing(work=request.GET.get("for") != "balancer")
    return _word(reason, 503) if reason else _word("ok")


def _missing(*, work: bool) -> str:
    try:
        if _wanted() - set(MigrationRecorder(connection).applied_migrations()):
            return "migrations"
        if work and is_late():
            return "worker"
        return "journal" if work and overdue() else ""
    except DatabaseError:
        log.exception("not ready")
        return "database"


@lru_cache(maxsize=1)
def _wanted() -> frozenset[tuple[str, str]]:
    """The migrations of this program. Read from disk once: they do not change while it runs."""
    return frozenset(MigrationLoader(None).disk_migrations or ())


@asks_nobody
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The counters, for who shows BIHUAN_METRICS_TOKEN. 404 where none is set, 401 for another one."""
    if not settings.METRICS_TOKEN:
        raise Http404
    shown = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(shown, f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse("token", status=401, content_type="text/plain; charset=utf-8", headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(exposition(Gauges()), content_type="text/plain; version=0.0.4; charset=utf-8")


def _word(word: str, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{word}\n", status=status, content_type="text/plain; charset=utf-8")
