"""Devices: what a browser calls itself, and the mark that tells a known one from a stranger's."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

SALT = "bihuan.access.device"
REMEMBERED = 180 * 24 * 3600
BROWSERS = {"MicroMessenger": "微信", "DingTalk": "钉钉", "Edg": "Edge", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {"OpenHarmony": "HarmonyOS", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad"}
SYSTEMS |= {"Windows": "Windows", "Mac OS X": "macOS", "Linux": "Linux"}  # last, for phones name these too


def device_of(request: HttpRequest) -> str:
    """Browser and system in a few words of ours; nothing of what the browser says is kept."""
    said = request.headers.get("User-Agent", "")
    found = [next((name for sign, name in signs.items() if sign in said), "") for signs in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, found))


def known_as(request: HttpRequest, account: str) -> str:
    """The name under which this browser signed in to *account* before, or nothing.

    Attempts from such a browser are counted apart: strangers who guess cannot lock its owner out (#15).
    """
    try:
        kept_account, name = signing.loads(request.COOKIES.get(_cookie(), ""), salt=SALT, max_age=REMEMBERED)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(name) if kept_account == account else ""


def remember(request: HttpRequest, response: HttpResponse, account: str) -> None:
    """Know this browser again. The mark signs nobody in."""
    mark = signing.dumps([account, known_as(request, account) or secrets.token_hex(8)], salt=SALT)
    response.set_cookie(_cookie(), mark, max_age=REMEMBERED, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)


def _cookie() -> str:
    return "__Host-device" if settings.SESSION_COOKIE_SECURE else "device"
