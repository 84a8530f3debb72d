"""Pages and answers of the API go over the wire compressed: a list of 74 kB takes 12, which a phone in a plant room notices."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

TEXTS = ("text/html", "text/plain", "application/json", "application/problem+json", "application/manifest+json")


class CompressMiddleware(GZipMiddleware):
    """Texts that are whole in memory. Photos, prints and exports are compressed already, and streams keep their length.

    Django adds up to a hundred random bytes to each, so that the length tells nobody what a page holds (BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        return response if response.streaming or kind not in TEXTS else super().process_response(request, response)
