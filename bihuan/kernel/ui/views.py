"""The gallery: every part in every state, and three whole screens, to look at while building."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from . import gallery_examples as examples
from .pieces import Tab

SCREENS = {"worklist": "待办", "record": "记录页", "job": "工程师手机", "figures": "图表"}


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For people who are signed in; for everyone on a developer's machine, for nobody in production (ASVS 15.2.3)."""
    guarded = login_required(view)

    @wraps(view)
    def choose(request: HttpRequest, *args: str, **more: str) -> HttpResponse:
        if settings.PRODUCTION:
            raise Http404
        return (view if settings.DEBUG else guarded)(request, *args, **more)

    return choose


def tabs(current: str) -> list[Tab]:
    pages = [("", "/gallery/", "零件"), *((code, f"/gallery/{code}/", label) for code, label in SCREENS.items())]
    return [Tab(label, href, current=code == current) for code, href, label in pages]


@signed_in
@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Every part in every state: long text, nothing, wrong, not allowed."""
    return render(request, "ui/gallery/parts.html", {"gallery_tabs": tabs(""), **examples.parts(timezone.now())})


@signed_in
@require_safe
def example(request: HttpRequest, name: str) -> HttpResponse:
    """A whole screen on invented content."""
    if name not in SCREENS:
        raise Http404
    content = getattr(examples, name)(timezone.now())
    if "nothing" in request.GET:
        content = {"rows": [], "tabs": content["tabs"]} if name == "worklist" else content
    return render(request, f"ui/gallery/{name}.html", {"gallery_tabs": tabs(name), **content})
