"""A matter from end to end on one page, and as an audit pack."""

from __future__ import annotations

import tempfile
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.flood import one_of_few_exports
from bihuan.kernel.access.refusals import NotAllowed
from bihuan.kernel.tables.pages import page_of, record_by_number, register_tool
from bihuan.kernel.ui.pieces import Action

from . import pack
from .access import READER_CODES, may_pack, require_reader
from .threads import followed


@login_required
@require_GET
def thread(request: HttpRequest, number: str) -> HttpResponse:
    """Every record of the matter, everything done, what is missing; all of it verified as the page is made."""
    record = record_by_number(request.actor, number)
    require_reader(request.actor, [record.branch_id])
    page = page_of(record)
    context = {
        "record": record,
        "zone": record.branch.zone,
        "thread": followed(record, request.actor),
        "line": page.line(record),
        "heading": page.title(record),
        "may_pack": may_pack(request.actor),
    }
    return render(request, "evidence/thread.html", context)


@login_required
@require_GET
def thread_pack(request: HttpRequest, number: str) -> FileResponse:
    """The matter as an audit pack: one click (QM-7)."""
    record = record_by_number(request.actor, number)
    require_reader(request.actor, [record.branch_id])
    require_packer(request.actor)
    return packed(request.actor, [record], {"thread": record.number}, record.number)


def require_packer(actor: Actor) -> None:
    if not may_pack(actor):
        raise NotAllowed(_("审核包由售后服务部部长、品管或管理员制作，含未遮盖的联系方式。"))


def packed(actor: Actor, roots: list[Any], about: dict[str, Any], name: str) -> FileResponse:
    """The pack of *roots* and what hangs on them, as a file to save under *name*."""
    file = tempfile.SpooledTemporaryFile(max_size=8 * 2**20)  # noqa: SIM115  (the response closes it)
    with one_of_few_exports(actor):
        pack.write(file, roots, by=actor, about=about)
    file.seek(0)
    response = FileResponse(file, as_attachment=True, filename=f"{name}.zip", content_type="application/zip")
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _tool(record: Any, actor: Actor) -> Action | None:
    """The way here from a record's page, for those who read the evidence of its branch."""
    if not any(actor.holds(code, record.branch_id) for code in READER_CODES):
        return None
    return Action(_("全程追溯"), href=reverse("thread", args=[record.number]), icon="shield-check")


register_tool(_tool)
