"""The API's own page: every operation in plain HTML, made from the OpenAPI document. No script, no other host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from ninja import NinjaAPI

from . import openapi
from .problems import CODES, TITLES

SHEETS = ("ui/tokens.css", "ui/base.css", "ui/layout.css", "ui/components.css")


def view(api: NinjaAPI) -> Any:
    """The page as a view."""

    def docs(request: HttpRequest) -> HttpResponse:
        document = openapi.document(api)
        sections = format_html_join("\n", "{}", ((_section(tag, rows),) for tag, rows in _by_tag(document).items()))
        return HttpResponse(_page(sections, _problems()))

    return docs


def _page(sections: SafeString, problems: SafeString) -> SafeString:
    sheets = format_html_join("\n", '<link rel="stylesheet" href="{}">', ((static(name),) for name in SHEETS))
    return format_html(
        '<!doctype html>\n<html lang="{}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<title>{}</title>{}</head><body class="plain"><main id="content" class="plain-main"><h1>{}</h1><p>{}</p>'
        '<p><a href="{}">OpenAPI</a></p>{}<h2>{}</h2>{}</main></body></html>',
        translation.to_locale(translation.get_language() or "").replace("_", "-"),
        _("接口说明 · 闭环"),
        sheets,
        _("接口说明"),
        _("在 Authorization 头里附上个人令牌（Bearer bh_…）。令牌能做其本人此刻能做的事。"),
        reverse("api:openapi-json"),
        sections,
        _("没有办理时的回答"),
        problems,
    )


def _by_tag(document: dict[str, Any]) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    found: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    return found


def _section(tag: str, rows: list[tuple[str, str, dict[str, Any]]]) -> SafeString:
    lines = format_html_join("\n", "<tr><td><code>{} {}</code></td><td>{}</td><td>{}</td></tr>", (_line(*row) for row in rows))
    heads = format_html_join("", '<th scope="col">{}</th>', ((text,) for text in (_("地址"), _("做什么"), _("参数和内容"))))
    return format_html('<h2 id="{}">{}</h2><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>', tag, tag, heads, lines)


def _line(method: str, path: str, operation: dict[str, Any]) -> tuple[str, str, Any, str]:
    said = f"{operation['summary']}（{operation['description']}）" if operation.get("description") else operation["summary"]
    return method, path, said, "、".join(_asked(operation))


def _asked(operation: dict[str, Any]) -> Iterator[str]:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] != "path":
            yield parameter["name"] + ("*" if parameter.get("required") else "")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    for name in body.get("properties", ()):
        yield name + ("*" if name in body.get("required", ()) else "")


def _problems() -> SafeString:
    codes = {code: TITLES[status] for status, code in CODES.items()}
    codes |= {"invalid": TITLES[422], "not-allowed": TITLES[403], "not-found": TITLES[404], "conflict": TITLES[409]}
    codes |= {"media-type": TITLES[415], "unreadable": TITLES[400], "bad-parameter": TITLES[400]}
    codes |= {"idempotency-key-missing": TITLES[400], "idempotency-key-reused": TITLES[422]}
    lines = ((code, code, title) for code, title in codes.items())
    return format_html("<dl>{}</dl>", format_html_join("", '<dt id="{}"><code>{}</code></dt><dd>{}</dd>', lines))
