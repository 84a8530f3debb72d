"""Pages for nobody in particular, and the floods that come to them (#40, ASVS 2.4.1): counted by network, refused past the limit.

What makes a flood cheap: once past the limit a network is refused from memory, and with the page that was made for its first
refusal, before sessions, rights and templates are looked at.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _

from .origin import network_of
from .proof import WINDOW, TooMany, count_attempt

log = logging.getLogger("bihuan.access")
STRANGERS = 300  # looks at public pages from one network in a quarter of an hour; a customer's whole workshop shares one
SHUT = WINDOW.seconds // 5  # seconds for which a network that passed the limit is not counted any further, only refused
PLACES = 10_000  # networks remembered in this process


@dataclass
class Shut:
    """A network that passed the limit: until when (monotonic seconds) it is refused, and how often it has been."""

    until: float
    refused: int = 0


_shut: dict[str, Shut] = {}
_pages: dict[tuple[str, int], tuple[bytes, dict[str, str]]] = {}  # (language, minutes to wait) → the refusal as it was made first
_counting = threading.Lock()
_TOKEN = re.compile(rb'("X-CSRFToken": ")[^"]*')


def for_strangers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark *view* as a page for nobody in particular, whose looks are counted by network. Raises TooMany past the limit.

    Colleagues who are signed in are not counted.
    """

    @wraps(view)
    def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.actor is None:  # type: ignore[attr-defined]
            limit(network_of(request))
        return view(request, *args, **kwargs)

    counted.for_strangers = True  # type: ignore[attr-defined]
    return counted


def limit(network: str) -> None:
    """Count one look from *network*. Raises TooMany past the limit, from memory while the network is shut."""
    if left := _left(network):
        _refused(network)
        raise _too_many(left)
    try:
        count_attempt(f"public:{network}", STRANGERS)
    except TooMany:
        with _counting:
            if len(_shut) >= PLACES:
                _shut.clear()
            _shut[network] = Shut(time.monotonic() + SHUT)
        _refused(network)
        raise _too_many(SHUT) from None


class StrangersMiddleware:
    """Refuse a network that is shut with the page that is there already, where the request names nobody who may be let through."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _shut or not (left := _left_for(request)):
            return self.get_response(request)
        key = get_language_from_request(request), _minutes(left)
        if key in _pages:
            content, headers = _pages[key]
            _refused(network_of(request))
            response = HttpResponse(content, status=TooMany.status, headers=headers)
            response["Retry-After"] = str(int(left) + 1)
            response._has_been_logged = True  # type: ignore[attr-defined]  # Django would write a line for each
            return response
        response = self.get_response(request)
        if response.status_code == TooMany.status:
            response.content = _TOKEN.sub(rb"\1", response.content)  # the form token of one person is no other's business
            response["Content-Length"] = str(len(response.content))
            kept = {name: value for name, value in response.headers.items() if name != "Retry-After"}
            _pages[key] = response.content, kept
        return response


def _left_for(request: HttpRequest) -> float:
    """For how many seconds *request* is refused as one of a flood; 0 when it is to be looked at."""
    plain = request.method == "GET" and "HX-Request" not in request.headers and settings.SESSION_COOKIE_NAME not in request.COOKIES
    if not plain or not (left := _left(network_of(request))):
        return 0.0
    try:
        match = resolve(request.path_info)
    except Http404:
        return 0.0
    request.resolver_match = match  # the line in the log names the route
    return left if getattr(match.func, "for_strangers", False) else 0.0


def _left(network: str) -> float:
    """Seconds for which *network* is still shut, or 0."""
    shut = _shut.get(network)
    return max(0.0, shut.until - time.monotonic()) if shut else 0.0


def _refused(network: str) -> None:
    """Count one refusal; the first, the tenth, the hundredth and so on are told (ASVS 16.3.3): a flood does not fill the log."""
    with _counting:
        if (shut := _shut.get(network)) is None:
            return
        shut.refused += 1
        number = shut.refused
    if number == 10 ** (len(str(number)) - 1):
        log.warning("flood from=%s refused %d times", network, number)


def _minutes(seconds: float) -> int:
    return int(seconds // 60) + 1


def _too_many(seconds: float) -> TooMany:
    return TooMany(_("从这个网络来的查询太多，请 %(minutes)d 分钟后再试。") % {"minutes": _minutes(seconds)}, wait=int(seconds) + 1)
