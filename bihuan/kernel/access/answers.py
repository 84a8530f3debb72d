"""Answers for people: a refusal is a page or a fragment with its sentence, and whoever has to sign in comes back to where they were."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _

from .origin import page_before
from .refusals import Refusal


class WrongMethod(Refusal):
    """A change was asked for by a link; changes are made with a button."""

    status = 405
    code = "method-not-allowed"


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """*refusal* as a page, or for htmx as the fragment that shows it beside what was pressed."""
    if request.headers.get("HX-Request"):
        response = render(request, "ui/refusal.html", {"sentence": refusal.sentence}, status=refusal.status)
        response["HX-Fragment"] = "refusal"
        if request.headers.get("HX-Target") == "content":  # the whole page would go, and with it what was typed
            response["HX-Reselect"], response["HX-Reswap"] = ".refusal", "afterbegin show:window:top"
    else:
        response = render(request, "access/refusal.html", {"refusal": refusal}, status=refusal.status)
    response.refused_as = refusal.code  # type: ignore[attr-defined]  # for the log
    if wait := getattr(refusal, "wait", 0):
        response["Retry-After"] = str(wait)
    return response


def humane(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """*response*, or a better one where Django's would leave a person with an empty page or in the wrong place."""
    if response.status_code == 405 and not response.content and "text/html" in request.headers.get("Accept", ""):
        page = refused(request, WrongMethod(_("这个地址不能直接打开。请回到原来的页面，用上面的按钮操作。")))
        page["Allow"] = response["Allow"]
        return page
    if response.status_code == 302 and response["Location"].startswith(f"{resolve_url(settings.LOGIN_URL)}?"):
        return _to_sign_in(request, response)
    return response


def _to_sign_in(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Come back to the page one was on, not to the address of a fragment or of a form, which only takes what is sent."""
    by_htmx = bool(request.headers.get("HX-Request"))
    target = response["Location"]
    if by_htmx or request.method not in {"GET", "HEAD"}:
        target = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': page_before(request)})}"
    if by_htmx:  # htmx would put the sign-in page where the fragment belongs
        return HttpResponse(status=401, headers={"HX-Redirect": target})
    response["Location"] = target
    return response
