"""Who comes in: the bearer of a token, or for reading someone signed in on the pages. Rights are read anew each time (#12)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _
from ninja.security import HttpBearer
from ninja.security.base import AuthBase

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.flood import limit_person
from bihuan.kernel.access.tokens import holder

from .problems import NotSignedIn

LONGEST_TOKEN = 200


class Bearer(HttpBearer):
    """``Authorization: Bearer bh_…``. A token that does not hold is refused, whoever else may be signed in."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        actor = holder(token, request_id=getattr(request, "request_id", "")) if len(token) <= LONGEST_TOKEN else None
        if actor is None:
            raise NotSignedIn(_("令牌无效、已过期或已吊销，请在个人设置里重新签发。"))
        request.actor, request.user = actor, actor.person
        if "Accept-Language" not in request.headers:
            translation.activate(actor.person.language)
            request.LANGUAGE_CODE = actor.person.language
        limit_person(actor)
        return actor


class Session(AuthBase):
    """The cookie of someone signed in: for reading only, so that no other site can make a browser write (CSRF)."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = "sessionid"

    def __call__(self, request: HttpRequest) -> Actor | None:
        actor: Any = getattr(request, "actor", None)
        if actor is None or request.method != "GET":
            raise NotSignedIn(_("请在 Authorization 头里附上令牌（Bearer bh_…）。"))
        limit_person(actor)
        request.actor = actor.through("api")
        return request.actor


DOORS = [Bearer(), Session()]
