"""Each request gets its actor; refusals become answers; transactions that the database asked to repeat are repeated."""

from __future__ import annotations

import logging
import random
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from ..watch.logs import route_of
from . import sessions
from .actors import Actor, actor_for
from .answers import humane, refused
from .flood import limit_person
from .origin import address_of
from .refusals import Refusal
from .room import lack_of_room

log = logging.getLogger("bihuan.access")
# Attempts at what one may not do, at things out of sight, with bad tokens, dead links and bodies that no page sends (ASVS 16.3.2–16.3.4).
LOGGED = {400, 401, 403, 404, 410, 413, 415, 429}
TRIES = 5
REPEATABLE = {"40001", "40P01"}  # serialization failure, deadlock


def _actor(request: HttpRequest) -> Actor | None:
    """Who acts: whoever is signed in, in a session that may go on and with the second factor they need."""
    if not request.user.is_authenticated:
        return None
    actor = actor_for(request.user, request_id=request.request_id, proved_at=sessions.proved_at(request))  # type: ignore[attr-defined]
    return actor if sessions.holds(request, actor.grants) else None


class ActorMiddleware:
    """``request.actor`` (None for nobody), the person's language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        cached: list[Actor | None] = []

        def actor() -> Actor | None:
            if not cached:
                cached.append(_actor(request))
            return cached[0]

        request.get_actor = actor  # type: ignore[attr-defined]
        request.actor = SimpleLazyObject(actor)  # type: ignore[attr-defined]
        response = humane(request, self.get_response(request))
        if response.status_code in LOGGED:
            person = cached[0].person_id if cached and cached[0] else None
            log.warning(
                "refused %d person=%s from=%s request=%s as=%s %s %s",
                response.status_code, person, address_of(request), request.request_id,  # type: ignore[attr-defined]
                getattr(response, "refused_as", "-"), request.method, route_of(request),
            )  # fmt: skip
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple, kwargs: dict) -> HttpResponse | None:
        if getattr(view, "asks_nobody", False):  # a probe: it must answer when the database cannot
            request.actor = None  # type: ignore[attr-defined]
            return None
        try:
            request.actor = request.get_actor()  # type: ignore[attr-defined]
        except OperationalError as problem:
            request.actor = None  # type: ignore[attr-defined]  # nobody can be asked who it is
            if (response := self.answer(request, problem)) is None:
                raise
            return response
        if request.actor is not None:  # type: ignore[attr-defined]
            translation.activate(request.user.language)  # type: ignore[union-attr]
            request.LANGUAGE_CODE = request.user.language  # type: ignore[attr-defined,union-attr]
        try:
            if request.actor is not None and not getattr(view, "counts_askers", False):  # type: ignore[attr-defined]
                limit_person(request.actor)  # type: ignore[attr-defined]
            return repeated(lambda: view(request, *args, **kwargs))
        except (Refusal, DatabaseError, OSError) as problem:
            if (response := self.answer(request, problem)) is None:
                raise
            return response

    def answer(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        if isinstance(problem, Refusal):
            return refused(request, problem)
        if no_room := lack_of_room(problem):
            log.error("no room in request %s", request.request_id, exc_info=problem)  # type: ignore[attr-defined]
            return refused(request, no_room)
        if isinstance(problem, OperationalError) and (_sqlstate(problem) in REPEATABLE or _is_away(problem)):
            log.warning("database busy or away in request %s", request.request_id, exc_info=problem)  # type: ignore[attr-defined]
            response = render(request, "503.html", status=503)
            response["Retry-After"] = "2"
            return response
        return None


def repeated(act: Callable[[], Any]) -> Any:
    """Run *act*; when the database asks to repeat the transaction, do so with growing, random pauses (#64).

    Safe because everything an act causes beyond the database (mails, messages) is a row of the same transaction.
    """
    for attempt in range(TRIES):
        try:
            return act()
        except OperationalError as problem:
            if _sqlstate(problem) not in REPEATABLE or attempt == TRIES - 1:
                raise
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311  (jitter, not a secret)
    raise AssertionError("unreachable")


def _is_away(problem: OperationalError) -> bool:
    """Whether PostgreSQL cannot be reached, is starting or going down, or the line to it broke; or SQLite was written to for too long."""
    if connection.vendor == "sqlite":
        return getattr(problem.__cause__, "sqlite_errorcode", sqlite3.SQLITE_BUSY) & 0xFF == sqlite3.SQLITE_BUSY
    state = _sqlstate(problem)
    return not state or state[:2] == "08" or state[:3] == "57P"


def _sqlstate(problem: Exception) -> str:
    return getattr(problem.__cause__, "sqlstate", "") or ""
