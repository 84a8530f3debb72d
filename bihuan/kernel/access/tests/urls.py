"""The product's pages, and some of a house that needs one signed in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from bihuan.config.urls import urlpatterns as product
from bihuan.kernel.access.refusals import Conflict, NotAllowed


@login_required
def whoami(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.actor.name}|{','.join(sorted(request.actor.roles))}|{sorted(request.actor.branch_ids)}")


@login_required
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    return HttpResponse("changed")


def taken(request: HttpRequest) -> HttpResponse:
    raise Conflict("王磊刚刚接了这张单，请刷新后再看。")


def forbidden(request: HttpRequest) -> HttpResponse:
    raise NotAllowed("这一步由部长办理。")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret of the inside")


urlpatterns = [
    path("whoami/", whoami),
    path("change/", change),
    path("taken/", taken),
    path("forbidden/", forbidden),
    path("broken/", broken),
    *product,
]
