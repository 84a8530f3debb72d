"""Bodies nobody needs are refused by their announced length, before a byte of them is read (#39)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

LONGEST_BODY = 120 * 2**20  # bytes; a little more than the largest file that may be attached


class LimitMiddleware:
    """Answer 413 to what announces more than LONGEST_BODY. Without an announced length Django reads no body at all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if announced.isdecimal() and int(announced[:20]) > LONGEST_BODY:
            return render(request, "413.html", status=413)
        return self.get_response(request)
