"""Routes of the API. Whatever happens on them is answered in JSON or as a problem; nothing redirects."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, re_path, reverse
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.errors import ValidationError as BadPath

from bihuan.kernel.access.refusals import NotFound

from . import docs, openapi, resources  # noqa: F401  (the resources declare themselves)
from .doors import DOORS
from .operations import mount
from .problems import Http404, answered, raised

app_name = "api"
api = NinjaAPI(title="Bihuan 闭环", version="1", openapi_url=None, docs_url=None, urls_namespace="api", auth=DOORS)
for kind in (Exception, Http404, HttpError, BadPath):  # Ninja has handlers of its own for these
    api.add_exception_handler(kind, raised)
mount(api)


def index(request: HttpRequest) -> HttpResponse:
    """Where to read on."""
    return JsonResponse({"openapi": reverse("api:openapi-json"), "docs": reverse("api:docs")})


def nowhere(request: HttpRequest) -> HttpResponse:
    raise NotFound


def _patterns() -> Iterator[URLPattern]:
    for pattern in api.urls[0]:
        if isinstance(pattern, URLPattern) and pattern.name != "api-root":
            yield URLPattern(pattern.pattern, answered(pattern.callback), pattern.default_args, pattern.name)


urlpatterns = [
    path("", answered(index), name="api-root"),
    path("openapi.json", answered(openapi.view(api)), name="openapi-json"),
    path("docs", answered(docs.view(api)), name="docs"),
    *_patterns(),
    re_path("", answered(nowhere), name="nowhere"),
]
