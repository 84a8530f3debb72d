"""Log lines for machines: one JSON object each, without personal data (#95, ASVS 16.2.4).

An exception is told by its kind and its stack. Its text is left out, because it quotes what was typed (a database names the
value that was there twice), and so are local values. A path is told by its route, because the end of an address may name
anything. All that is not ASCII is escaped, so that nobody can end a line or colour a terminal.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import traceback
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest

about: ContextVar[dict[str, str] | None] = ContextVar("about", default=None)  # of the request at hand: its id, its trace
FRAMES = 40  # of a stack, the innermost


def route_of(request: HttpRequest) -> str:
    """The name of the route that answers *request*: one of a few hundred, whatever was asked for."""
    match = request.resolver_match
    return (match.view_name if match.url_name else match.route) if match else "none"


class JsonLine(logging.Formatter):
    """A record as one JSON object: time (UTC), level, logger, what, then what the record brings in ``fields``."""

    def format(self, record: logging.LogRecord) -> str:
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        line: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "what": _said(record),
        }
        line |= about.get() or {}
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1]:
            line |= _failure(record.exc_info[1])
        return json.dumps(line, default=lambda value: type(value).__name__)


def _said(record: logging.LogRecord) -> str:
    """The text; the path that Django puts into its own lines becomes the route."""
    request = getattr(record, "request", None)
    if not isinstance(request, HttpRequest) or not isinstance(record.args, tuple):
        return record.getMessage()
    return str(record.msg) % tuple(_plain(arg, request) for arg in record.args)


def _plain(arg: Any, request: HttpRequest) -> Any:
    """Django escapes the path before it hands it over, so it is known by its first character."""
    if isinstance(arg, str) and arg.startswith("/"):
        return route_of(request)
    return type(arg).__name__ if isinstance(arg, BaseException) else arg


def _failure(problem: BaseException) -> dict[str, Any]:
    """What happened and where, innermost last; causes by their kind. ``sqlstate`` where a database gave one."""
    kinds, seen, cause = [], set(), problem
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        kinds.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        cause = cause.__cause__ or cause.__context__  # type: ignore[assignment]
    frames = traceback.extract_tb(problem.__traceback__)[-FRAMES:]
    state = getattr(problem.__cause__, "sqlstate", None)
    told = {"error": kinds, "stack": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]}
    return told | ({"sqlstate": state} if state else {})
