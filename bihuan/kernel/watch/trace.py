"""The one place where tracing hooks in: a W3C ``traceparent``, believed only from our own proxy (docs/production.md).

An exporter (OpenTelemetry or another) would start its span where ``WatchMiddleware`` calls :func:`begin`.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

SAID = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")


@dataclass(frozen=True)
class Trace:
    """``id``: shared by everything that one act of a person sets off; ``span``: our part of it; ``flags``: as the caller gave them."""

    id: str
    span: str
    flags: str

    def __str__(self) -> str:
        return f"00-{self.id}-{self.span}-{self.flags}"


def begin(request: HttpRequest) -> Trace | None:
    """Our part of the trace that the proxy names. None without BIHUAN_TRACE, without a proxy, or for anything not well-formed."""
    if not (settings.TRACE and settings.SECURE_PROXY_SSL_HEADER):
        return None
    said = SAID.fullmatch(request.headers.get("traceparent", ""))
    return Trace(said[1], secrets.token_hex(8), said[2]) if said else None
