"""What the OpenAPI document says beyond Ninja's own: parameters, bodies, headers and problems, all read from the declarations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, JsonResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI

from bihuan.kernel.procedures.declare import Step
from bihuan.kernel.typed import BIGGEST_ID

from . import listing as lists
from .asking import schema_of
from .declare import Resource
from .problems import MEDIA_TYPE
from .shapes import Problem

Schema = dict[str, Any]
PROBLEM = {
    "description": gettext_lazy("没有办理：原因和补救"),
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
MOMENT: Schema = {"type": "string", "format": "date-time"}


def plain() -> Schema:
    return {"responses": {"default": PROBLEM}}


def download() -> Schema:
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return {"responses": {200: {"description": "OK", "content": content}, "default": PROBLEM}}


def announcing() -> Schema:
    """How a file is announced: its length, and in Upload-Metadata its kind, SHA-256 and key (tus creation)."""
    length = _header("Upload-Length", {"type": "integer", "minimum": 1})
    return plain() | {"parameters": [length, _header("Upload-Metadata", {"type": "string", "maxLength": 2000}), _tus()]}


def part() -> Schema:
    """How a part is sent: where it begins, and the bytes (tus core)."""
    content = {"application/offset+octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    offset = _header("Upload-Offset", {"type": "integer", "minimum": 0}, required=False)
    return plain() | {"parameters": [offset, _tus()], "requestBody": {"required": False, "content": content}}


def _tus() -> Schema:
    return _header("Tus-Resumable", {"type": "string", "enum": ["1.0.0"]}, required=False)


def _header(name: str, schema: Schema, *, required: bool = True) -> Schema:
    return {"name": name, "in": "header", "required": required, "schema": schema}


def listing(resource: Resource) -> Schema:
    """The parameters of a list."""
    own: dict[str, Schema] = {
        "cursor": {"type": "string", "maxLength": lists.LONGEST_CURSOR},
        "limit": {"type": "integer", "minimum": 1, "maximum": lists.MOST, "default": lists.USUAL},
        "sort": {"type": "string", "enum": list(resource.orders)},
        "q": {"type": "string", "minLength": 2, "maxLength": 200},
        "open": {"type": "boolean"},
        "changed_since": {"type": "integer", "minimum": 0, "maximum": BIGGEST_ID},
    }
    declared = {one.name: one.schema() for one in resource.filters}
    return plain() | {"parameters": [_query(name, declared.get(name) or own[name]) for name in lists.names_of(resource)]}


def as_of() -> Schema:
    """The record as it stood at a moment (PastRecord) instead of as it stands."""
    return plain() | {"parameters": [_query("as_of", MOMENT)]}


def history() -> Schema:
    sizes = {"cursor": BIGGEST_ID, "limit": lists.MOST}
    return plain() | {"parameters": [_query(name, {"type": "integer", "minimum": 1, "maximum": most}) for name, most in sizes.items()]}


def _query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def writing(fields: Mapping[str, forms.Field], step: Step, said: str, *, needs_key: bool = False) -> Schema:
    """The body of a step and the headers of a write."""
    asked = dict(fields) | ({"password": forms.CharField(label=gettext_lazy("您的密码"))} if step.reauth else {})
    properties = {name: schema_of(field) for name, field in asked.items()} | {"device_at": MOMENT}
    required = [name for name, field in asked.items() if field.required]
    schema: Schema = {"type": "object", "properties": properties} | ({"required": required} if required else {})
    key = {"name": "Idempotency-Key", "in": "header", "required": needs_key, "schema": {"type": "string", "minLength": 1, "maxLength": 80}}
    seen = {"name": "If-Match", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 12}}
    return {
        "description": said,
        "parameters": [key] if needs_key else [key, seen],
        "requestBody": {
            "required": bool(required),
            "content": {kind: {"schema": schema} for kind in ("application/json", "multipart/form-data")},
        },
        "responses": {"default": PROBLEM},
    }


_documents: dict[str, Schema] = {}


def document(api: NinjaAPI) -> Schema:
    """The whole document in the reader's language, made once."""
    language = translation.get_language() or ""
    if language not in _documents:
        made: Schema = api.get_openapi_schema()
        made["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        made["info"]["description"] = _(
            "列表按游标翻页（cursor、limit，不计总数）；写操作附 Idempotency-Key，重复发送只生效一次；"
            "If-Match 写上看到的 version，记录已变则不办理，并逐字段列出差异；"
            "没有办理的请求以 application/problem+json 说明原因和补救（RFC 9457）。时间一律带时区。"
        )
        _documents[language] = made
    return _documents[language]


def view(api: NinjaAPI) -> Any:
    """The document's own page. It names no data, so everyone may read it."""

    def openapi_json(request: HttpRequest) -> JsonResponse:
        return JsonResponse(document(api), json_dumps_params={"ensure_ascii": False})

    return openapi_json
