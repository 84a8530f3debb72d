"""Outside all others: the number of each request, its line in the log, its place in the counters."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from ..access.actors import Actor
from . import metrics, trace
from .logs import about, route_of

log = logging.getLogger("bihuan.request")


class WatchMiddleware:
    """``request.request_id``, which the journal keeps and the header ``X-Request-ID`` tells; one line for each request.

    The line has no name, no query and no body: time, number, route, method, status, duration, statements, who (a number).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.static = f"/{settings.STATIC_URL.strip('/')}/"

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = request.request_id = secrets.token_hex(8)  # type: ignore[attr-defined]
        part = trace.begin(request)
        mark = about.set({"request": number} | ({"trace": part.id, "span": part.span} if part else {}))
        statements, began = Statements(), time.perf_counter()
        try:
            with connection.execute_wrapper(statements):
                response = self.get_response(request)
            response.headers["X-Request-ID"] = number
            if part:
                response.headers["traceparent"] = str(part)
            self._tell(request, response, time.perf_counter() - began, statements.count)
        finally:
            about.reset(mark)
        return response

    def _tell(self, request: HttpRequest, response: HttpResponse, took: float, statements: int) -> None:
        """*took* in seconds. Static files are no requests worth a line."""
        if request.path.startswith(self.static):
            return
        route = route_of(request)
        if settings.METRICS_TOKEN:
            metrics.count(route, request.method or "", response.status_code, took)
        if log.isEnabledFor(logging.INFO):
            fields = {
                "route": route, "method": request.method if request.method in metrics.METHODS else "other", "status": response.status_code,
                "ms": round(took * 1000, 1), "statements": statements, "person": _person(request),
            }  # fmt: skip
            log.info("request", extra={"fields": fields})


def _person(request: HttpRequest) -> int | None:
    """Who asked, by number, where that was found out; asking here would cost statements."""
    actor = request.__dict__.get("actor")
    return actor.person_id if type(actor) is Actor else None


class Statements:
    """Counts what goes to the database."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: Any, context: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, context)
