"""The pages of an import: choose a file, look at what would happen, confirm."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ..access.actors import Actor
from ..access.refusals import Conflict, Invalid, NotFound
from . import imports
from .exports import TYPES
from .imports import Importer
from .models import ImportRun
from .reading import MOST_BYTES

SAMPLE = 10


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, kind: str) -> HttpResponse:
    """Choose a file; a file that can be read leads to its preview."""
    importer = imports.importer_for(kind, _actor(request))
    if request.method != "POST":
        return _upload_page(request, importer)
    try:
        file = request.FILES.get("file")
        if file is None or not file.name:
            raise Invalid(_("请选择要导入的文件。"), field="file")
        if (file.size or 0) > MOST_BYTES:
            raise Invalid(_("文件超过 10 MB，请拆分成几个文件再导入。"), field="file")
        run = imports.upload(importer, file.name, file.read(), _actor(request))
    except Invalid as refusal:
        return _upload_page(request, importer, refusal)
    return redirect("lists:import-preview", kind, run.pk)


def _upload_page(request: HttpRequest, importer: Importer, refusal: Invalid | None = None) -> HttpResponse:
    done = ImportRun.objects.filter(kind=importer.kind, status=ImportRun.Status.DONE).select_related("person").defer("content")[:10]
    context = {"importer": importer, "refusal": refusal, "done": done}
    return render(request, "lists/import.html", context, status=refusal.status if refusal else 200)


@login_required
@require_safe
def preview(request: HttpRequest, kind: str, run: int) -> HttpResponse:
    """What the file would do: each bad row by number, the first good ones as they were understood."""
    importer, found = _own_run(request, kind, run)
    return _preview_page(request, importer, found)


def _preview_page(request: HttpRequest, importer: Importer, run: ImportRun, refusal: Invalid | Conflict | None = None) -> HttpResponse:
    context: dict[str, Any] = {"importer": importer, "run": run, "refusal": refusal}
    if run.status == ImportRun.Status.PREVIEW:
        examined = imports.examine(importer, bytes(run.content or b""), _actor(request))
        sample = [
            (row.number, [(column.label, row.cells.get(column.name, "")) for column in importer.columns]) for row in examined.good[:SAMPLE]
        ]
        context |= {"examined": examined, "sample": sample, "before": imports.same_file(run)}
    return render(request, "lists/import_preview.html", context, status=refusal.status if refusal else 200)


@login_required
@require_POST
def confirm(request: HttpRequest, kind: str, run: int) -> HttpResponse:
    """Write it."""
    importer, found = _own_run(request, kind, run)
    try:
        report = imports.confirm(
            importer, found, _actor(request), skip_bad=request.POST.get("skip_bad") == "1", forced=request.POST.get("forced") == "1"
        )
    except (Invalid, Conflict) as refusal:
        found.refresh_from_db()
        return _preview_page(request, importer, found, refusal)
    messages.success(request, _("已导入 %(written)s 行，跳过 %(skipped)s 行。") % {"written": report.written, "skipped": report.skipped})
    return redirect("lists:import-preview", kind, run)


def _own_run(request: HttpRequest, kind: str, run: int) -> tuple[Importer, ImportRun]:
    importer = imports.importer_for(kind, _actor(request))
    found = ImportRun.objects.filter(pk=run, kind=kind, person_id=_actor(request).person_id or 0).first()
    if found is None:
        raise NotFound(_("没有找到这次导入；未确认的文件一天后自动删除，请重新上传。"))
    return importer, found


@login_required
@require_safe
def template(request: HttpRequest, kind: str) -> FileResponse:
    """An empty workbook with the headings; cells are text, so that leading zeros stay."""
    importer = imports.importer_for(kind, _actor(request))
    name = _("%(title)s导入模板.xlsx") % {"title": importer.title}
    return FileResponse(io.BytesIO(_workbook(importer)), as_attachment=True, filename=name, content_type=TYPES["xlsx"])


def _workbook(importer: Importer) -> bytes:
    import xlsxwriter  # only where files are written

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    bold, plain = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "@"})
    sheet, notes = book.add_worksheet(_("数据")), book.add_worksheet(_("说明"))
    sheet.freeze_panes(1, 0)
    notes.set_column(0, 2, 24)
    for at, heading in enumerate((_("栏目"), _("是否必填"), _("填写说明"))):
        notes.write_string(0, at, heading, bold)
    for at, column in enumerate(importer.columns):
        sheet.set_column(at, at, 18, plain)
        sheet.write_string(0, at, f"{column.label}*" if column.required else str(column.label), bold)
        for place, note in enumerate((str(column.label), _("必填") if column.required else "", str(column.help))):
            notes.write_string(at + 1, place, note)
    book.close()
    return file.getvalue()
