"""The product's pages, and three of a house that needs one signed in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from bihuan.config.urls import urlpatterns as product
from bihuan.kernel.access.refusals import Conflict


@login_required
def whoami(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.actor.name}|{','.join(sorted(request.actor.roles))}|{sorted(request.actor.branch_ids)}")


@login_required
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    return HttpResponse("changed")


def taken(request: HttpRequest) -> HttpResponse:
    raise Conflict("王磊刚刚接了这张单，请刷新后再看。")


urlpatterns = [path("whoami/", whoami), path("change/", change), path("taken/", taken), *product]
