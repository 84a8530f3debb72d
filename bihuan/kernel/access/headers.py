"""The headers of every answer, also of those that another middleware gives before a page is asked: redirects to HTTPS,
refused hosts, missing addresses, static files (#25)."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class HeadersMiddleware:
    """Fill in what an answer does not say itself. Stands outside all others but the one for the content policy.

    Static files bring their own ``Cache-Control``; everything else may be personal and is kept by nobody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.headers = {
            "Cache-Control": "no-store, private",
            "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
            "X-Frame-Options": settings.X_FRAME_OPTIONS,
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        return response
