"""Where a request comes from, and where it may be sent on to: only facts that nobody outside can write (#18, #21)."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def address_of(request: HttpRequest) -> str:
    """The network address of the sender, or nothing when there is none.

    A proxy's word counts only where one is configured, and of its list only the last entry, which the proxy itself wrote.
    """
    said = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        said = request.headers.get("X-Forwarded-For", said).rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(said))
    except ValueError:
        return ""


def network_of(request: HttpRequest) -> str:
    """What counts as one sender: an IPv4 address, or the /64 of an IPv6 one, which one household has to itself."""
    address = address_of(request)
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if ":" in address else address


def own_path(target: str | None) -> str:
    """*target* if it is a path of ours, else nothing: no sign-in leads to somebody else's page (ASVS 3.7.2)."""
    if target and target.startswith("/") and target.isprintable() and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return target
    return ""


def page_before(request: HttpRequest) -> str:
    """The path of our page that this request was sent from, by htmx or by a form; nothing when it is not ours."""
    here = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    return own_path(here._replace(scheme="", netloc="", fragment="").geturl()) if here.netloc == request.get_host() else ""


def from_elsewhere(request: HttpRequest) -> bool:
    """Whether the browser says that a page of another site brought it here: nothing begins by itself then (ASVS 7.6.2)."""
    return request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}
