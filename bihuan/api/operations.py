"""From declarations to operations: each resource's list, record, history, opening and steps, mounted on Ninja's router."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI

from bihuan.kernel.files import views as files
from bihuan.kernel.journal import words
from bihuan.kernel.lists.parameters import BadParameter
from bihuan.kernel.procedures.declare import Step
from bihuan.kernel.tables import uploads
from bihuan.kernel.tables.perform import form_class
from bihuan.kernel.typed import BIGGEST_ID, whole

from . import listing, openapi, past, record, shapes, writing
from .declare import Resource, all_resources
from .shown import shown

_UPLOAD = (
    ("HEAD", "upload_asked", gettext_lazy("查询附件收到多少")),
    ("PATCH", "upload_part", gettext_lazy("续传附件")),
    ("DELETE", "upload_given_up", gettext_lazy("不再传这个附件")),
)


def mount(api: NinjaAPI) -> None:
    """Give *api* every operation of every declared resource."""
    for resource in all_resources():
        _mount_list(api, resource)
        if resource.has_page:
            _mount_one(api, resource)
        if resource.procedure:
            _mount_history(api, resource)
            for step in resource.procedure.steps:
                if step.move.frm and not step.follows:
                    _mount_step(api, resource, step)
            _mount_announcing(api, resource)
        if resource.opening:
            _mount_opening(api, resource)
    for method, name, summary in _UPLOAD:
        api.api_operation(
            [method],
            "/uploads/{handle}",
            operation_id=name,
            url_name="upload",
            summary=summary,
            tags=["files"],
            openapi_extra=openapi.part() if method == "PATCH" else openapi.plain(),
        )(_upload)
    api.get(
        "/files/{handle}",
        operation_id="file",
        url_name="file",
        summary=gettext_lazy("下载附件"),
        tags=["files"],
        openapi_extra=openapi.download(),
    )(_file)


def _mount_list(api: NinjaAPI, resource: Resource) -> None:
    def listed(request: HttpRequest) -> HttpResponse:
        actor: Any = request.actor
        mark = {"latest_change": listing.latest_change()} if resource.procedure else {}  # before the rows: nothing falls between
        page = listing.page(resource, actor, request.GET)
        items = [record.deadline_row(row) if resource.name == "deadlines" else shown(resource.shown, row, actor) for row in page.rows]
        return shapes.reply(shapes.page_model(resource), {"items": items, "next": page.next or None} | mark)

    _add(
        api.get, f"/{resource.name}", listed, f"list_{resource.name}", gettext_lazy("列表"), resource,
        response=shapes.page_model(resource), openapi_extra=openapi.listing(resource),
    )  # fmt: skip


def _mount_one(api: NinjaAPI, resource: Resource) -> None:
    def one(request: HttpRequest, key: str) -> HttpResponse:
        listing.refuse_parameters(request, *(("as_of",) if resource.procedure else ()))
        actor: Any = request.actor
        found = resource.one(actor, key)
        if "as_of" in request.GET:
            return shapes.reply(shapes.PastRecord, past.record_then(resource, found, request.GET["as_of"], actor))
        if resource.procedure:
            return shapes.reply(shapes.full_model(resource), record.record_page(resource, found, actor))
        return shapes.reply(shapes.full_model(resource), shown((*resource.shown, *resource.more), found, actor))

    _add(
        api.get, f"/{resource.name}/{{key}}", one, f"get_{resource.name}", gettext_lazy("详情"), resource,
        response=shapes.full_model(resource) | shapes.PastRecord if resource.procedure else shapes.full_model(resource),
        openapi_extra=openapi.as_of() if resource.procedure else openapi.plain(),
    )  # fmt: skip


def _mount_history(api: NinjaAPI, resource: Resource) -> None:
    def history(request: HttpRequest, key: str) -> HttpResponse:
        listing.refuse_parameters(request, "cursor", "limit")
        actor: Any = request.actor
        found = resource.one(actor, key)
        limit = _whole(request, "limit", listing.USUAL, listing.MOST)
        entries = record.history(found, limit + 1, _whole(request, "cursor", 0, BIGGEST_ID) or None)
        words.show(entries[:limit])
        items = [record.entry_row(entry, found, actor) for entry in entries[:limit]]
        return shapes.reply(shapes.HistoryPage, {"items": items, "next": str(items[-1]["id"]) if len(entries) > limit else None})

    _add(
        api.get, f"/{resource.name}/{{key}}/history", history, f"history_{resource.name}", gettext_lazy("全部经过"), resource,
        response=shapes.HistoryPage, openapi_extra=openapi.history(),
    )  # fmt: skip


def _whole(request: HttpRequest, name: str, usual: int, most: int) -> int:
    texts = request.GET.getlist(name)
    if not texts:
        return usual
    if len(texts) > 1 or not (number := whole(texts[0], most)):
        raise BadParameter(name, _("参数“%(name)s”须为 1 到 %(most)s 的整数。") % {"name": name, "most": most})
    return number


def _mount_step(api: NinjaAPI, resource: Resource, step: Step) -> None:
    def take(request: HttpRequest, key: str) -> HttpResponse:
        return writing.take_step(request, resource, key, step.name)

    form = form_class(resource.model(), step)
    _add(
        api.post, f"/{resource.name}/{{key}}/steps/{step.name}", take, f"{resource.name}_{step.name}", step.label, resource,
        response=shapes.Done, openapi_extra=openapi.writing(form.base_fields, step, f"{resource.procedure.form} {step.clause}" if resource.procedure else ""),
    )  # fmt: skip


def _mount_opening(api: NinjaAPI, resource: Resource) -> None:
    assert resource.opening is not None and resource.procedure is not None  # noqa: S101
    step, parent = resource.procedure.opening, resource.opening.under

    def start(request: HttpRequest) -> HttpResponse:
        return writing.open_record(request, resource)

    def start_under(request: HttpRequest, key: str) -> HttpResponse:
        return writing.open_record(request, resource, key)

    path = f"/{parent}/{{key}}/{resource.name}" if parent else f"/{resource.name}"
    asked = {name: field for name, field in resource.opening.form(resource.model()).base_fields.items() if name != "at"}
    _add(
        api.post, path, start_under if parent else start, f"{resource.name}_{step.name}", step.label, resource,
        response={201: shapes.Done}, openapi_extra=openapi.writing(asked, step, f"{resource.procedure.form} {step.clause}", needs_key=True),
    )  # fmt: skip


def _mount_announcing(api: NinjaAPI, resource: Resource) -> None:
    def announce(request: HttpRequest, key: str) -> HttpResponse:
        listing.refuse_parameters(request)
        return uploads.announced(request, resource.one(request.actor, key), "api:upload")

    _add(
        api.post, f"/{resource.name}/{{key}}/uploads", announce, f"{resource.name}_announce", gettext_lazy("预告附件"), resource,
        response={201: None}, openapi_extra=openapi.announcing(),
    )  # fmt: skip


def _add(
    method: Callable[..., Any], path: str, view: Callable[..., HttpResponse], name: str, summary: Any, resource: Resource, **more: Any
) -> None:
    view.__name__ = name  # Ninja names the route after its view
    method(path, operation_id=name, summary=summary, tags=[resource.name], url_name=name, **more)(view)


def _file(request: HttpRequest, handle: str) -> HttpResponseBase:
    """The bytes of an attachment, for who may see its record at this moment (#31)."""
    listing.refuse_parameters(request)
    return files.download(request, handle)


def _upload(request: HttpRequest, handle: str) -> HttpResponse:
    """A file in parts, as tus 1.0 has it: one's own only, with the right to its record at this moment (#60)."""
    listing.refuse_parameters(request)
    return uploads.on_one(request, handle)
