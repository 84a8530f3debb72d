"""Everything that is not done is told as problem details (RFC 9457), in the reader's language."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja.errors import HttpError
from ninja.errors import ValidationError as BadPath

from bihuan.kernel.access.middleware import repeated
from bihuan.kernel.access.refusals import Conflict, NotFound, Refusal
from bihuan.kernel.access.room import lack_of_room

log = logging.getLogger("bihuan.api")
MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: gettext_lazy("请求无法识别"),
    401: gettext_lazy("未登录"),
    403: gettext_lazy("无权办理"),
    404: gettext_lazy("没有找到"),
    405: gettext_lazy("方法不可用"),
    409: gettext_lazy("与现状冲突"),
    413: gettext_lazy("内容过大"),
    415: gettext_lazy("内容类型不支持"),
    422: gettext_lazy("填写有误"),
    429: gettext_lazy("请求过于频繁"),
    500: gettext_lazy("系统内部错误"),
    503: gettext_lazy("系统繁忙"),
    507: gettext_lazy("没有空间"),
}
CODES = {400: "bad-request", 401: "unauthorized", 405: "method", 413: "too-large", 429: "too-many", 500: "internal", 503: "busy"}


class Unreadable(Refusal):
    """The body cannot be understood."""

    status, code = 400, "unreadable"


class WrongMediaType(Refusal):
    """The body is of a type that is not taken; JSON sent as plain text among them (#29)."""

    status, code = 415, "media-type"


class TooLarge(Refusal):
    status, code = 413, "too-large"


class NotSignedIn(Refusal):
    status, code = 401, "unauthorized"


def problem(
    request: HttpRequest,
    status: int,
    detail: object,
    *,
    code: str = "",
    errors: list[dict[str, str]] | None = None,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    """An answer in problem details. ``instance`` is the request's id, which also stands in the log and the journal."""
    code = code or CODES.get(status, "refused")
    said: dict[str, Any] = {
        "type": f"{reverse('api:docs')}#{code}",
        "title": str(TITLES.get(status, "")),
        "status": status,
        "detail": str(detail),
        "instance": getattr(request, "request_id", ""),
    }
    if errors:
        said["errors"] = errors
    said |= more or {}
    response = HttpResponse(json.dumps(said, ensure_ascii=False), status=status, content_type=MEDIA_TYPE)
    response.refused_as = code  # type: ignore[attr-defined]  # for the log
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="bihuan"'
    if status == 503:
        response["Retry-After"] = "2"
    return response


def answered(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """*view* with its exceptions told as problems, repeated when the database asks for it (#64)."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = repeated(lambda: view(request, *args, **kwargs))
        except Exception as trouble:  # noqa: BLE001  (the outermost line: whatever it is, the caller gets an answer)
            return told(request, trouble)
        return _not_allowed(request, response) if isinstance(response, HttpResponseNotAllowed) else response

    answer.csrf_exempt = True  # a session opens GET only; see doors.py
    answer.counts_askers = True  # its doors do (ASVS 2.4.1)
    return answer


def _not_allowed(request: HttpRequest, response: HttpResponseNotAllowed) -> HttpResponse:
    allowed = response["Allow"]
    answer = problem(request, 405, _("这个地址不支持 %(method)s，可用：%(allowed)s。") % {"method": request.method, "allowed": allowed})
    answer["Allow"] = allowed
    return answer


def told(request: HttpRequest, trouble: Exception) -> HttpResponse:
    """What *trouble* is to the caller. What is our own fault is logged in full and told without detail."""
    if isinstance(trouble, Refusal):
        answer = problem(request, trouble.status, trouble.sentence, code=trouble.code, errors=_errors(trouble), more=trouble.more)
        if wait := getattr(trouble, "wait", 0):
            answer["Retry-After"] = str(wait)
        return answer
    if isinstance(trouble, Http404 | BadPath):
        return told(request, NotFound())
    if isinstance(trouble, PermissionDenied):
        return problem(request, 403, _("您无权这样做，请联系管理员。"), code="not-allowed")
    if isinstance(trouble, RequestDataTooBig):
        return problem(request, 413, _("请求内容过大，请减少文字，或把文件作为附件上传。"))
    if isinstance(trouble, SuspiciousOperation | BadRequest | MultiPartParserError):
        return problem(request, 400, _("请求无法识别，请核对格式。"), code="unreadable")
    if no_room := lack_of_room(trouble):
        log.error("no room in request %s", getattr(request, "request_id", ""), exc_info=trouble)
        return told(request, no_room)
    return _told_of_database(request, trouble)


def _errors(refusal: Refusal) -> list[dict[str, str]]:
    """Each field at fault with its sentences; form-wide ones stand under an empty name."""
    fields: dict[str, list[str]] = getattr(refusal, "fields", None) or ({refusal.field: [refusal.sentence]} if refusal.field else {})
    return [{"field": "" if name == "__all__" else name, "detail": text} for name, texts in fields.items() for text in texts]


def _told_of_database(request: HttpRequest, trouble: Exception) -> HttpResponse:
    if isinstance(trouble, IntegrityError) and is_double(trouble):
        return told(request, twice())
    if isinstance(trouble, OperationalError):
        log.warning("database busy in request %s", getattr(request, "request_id", ""), exc_info=trouble)
        return problem(request, 503, _("系统繁忙，请稍后用同一个 Idempotency-Key 再发送一次。"))
    if isinstance(trouble, HttpError):
        return problem(request, trouble.status_code, _("请求无法办理，请核对后再发送。"))
    log.error("request %s failed", getattr(request, "request_id", ""), exc_info=trouble)
    return problem(request, 500, _("系统内部错误，没有任何改动。请把编号 %(id)s 告诉管理员。") % {"id": getattr(request, "request_id", "")})


def twice() -> Conflict:
    """What the slower of two is told."""
    return Conflict(_("刚有人办理了同一件事，请重新读取后再办理。"))


def is_double(trouble: IntegrityError) -> bool:
    """Whether a UNIQUE constraint stopped the slower of two."""
    return getattr(trouble.__cause__, "sqlstate", "") == "23505" or "UNIQUE constraint failed" in str(trouble)


def raised(_request: HttpRequest, trouble: Exception) -> HttpResponse:
    """Ninja's handler for all exceptions: let ``answered`` tell them, so that repeatable transactions are repeated first."""
    raise trouble
