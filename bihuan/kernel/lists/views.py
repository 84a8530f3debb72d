"""The pages of declared lists: the list, its exports, and one's saved views."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ..access.actors import Actor
from ..access.flood import one_of_few_exports
from ..access.refusals import Conflict, Invalid, NotFound
from ..replica import may_lag
from . import cells, exports
from .declare import List, open_list
from .imports import importers
from .models import SavedView
from .parameters import BadParameter, is_plain
from .selection import TOO_SHORT, Selection

MOST_VIEWS = 50


@login_required
@require_safe
@may_lag
def show(request: HttpRequest, code: str) -> HttpResponse:
    """The list as asked for; only its table for htmx."""
    actor = _actor(request)
    declared = open_list(code, actor)
    selection = _selection(declared, actor, request.GET)
    page = selection.page()
    context = {
        "list": declared,
        "selection": selection,
        "too_short": TOO_SHORT if selection.too_short else "",
        "headings": selection.headings(),
        "rows": cells.table(declared, page.rows),
        "next": page.next,
        "first": selection.query(),
        "tabs": selection.tabs(),
        "saved": list(SavedView.objects.filter(person_id=_me(request), list=code)),
        "create": declared.create(actor) if declared.create else None,
        "may_import": code in importers and importers[code].may(actor),
    }
    return _answer(request, selection, context)


def _selection(declared: List, actor: Actor, sent: QueryDict) -> Selection:
    try:
        return Selection(declared, actor, sent)
    except BadParameter as refusal:
        refusal.remedy = (str(declared.title), declared.url)
        raise


def _answer(request: HttpRequest, selection: Selection, context: dict[str, Any]) -> HttpResponse:
    if request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request"):
        response = render(request, "lists/table.html", context)
        after = selection.asked.get("after", [""])[0]
        response["HX-Push-Url"] = f"{selection.list.url}?{selection.query(after=after)}"  # without the parameters left empty
    else:
        response = render(request, "lists/list.html", context | {"controls": selection.controls()})
    response["Vary"] = "HX-Request"
    return response


@login_required
@require_safe
@may_lag
def download(request: HttpRequest, code: str, format: str) -> FileResponse:
    """The list as filtered, as a file."""
    actor = _actor(request)
    selection = _selection(open_list(code, actor), actor, request.GET)
    with one_of_few_exports(actor):
        file, _count = exports.write(selection, format)
    name = f"{selection.list.title} {timezone.localtime():%Y-%m-%d %H%M}.{format}"
    response = FileResponse(file, as_attachment=True, filename=name, content_type=exports.TYPES[format])
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_safe
def views(request: HttpRequest, code: str) -> HttpResponse:
    """One's own saved views of a list, to rename or delete."""
    actor = _actor(request)
    declared = open_list(code, actor)
    saved = SavedView.objects.filter(person_id=_me(request), list=code)
    return render(request, "lists/views.html", {"list": declared, "saved": saved})


@login_required
@require_POST
def save_view(request: HttpRequest, code: str) -> HttpResponse:
    """Keep the filters and order at hand under a name."""
    actor = _actor(request)
    selection = Selection(open_list(code, actor), actor, QueryDict(request.POST.get("query", "")[:4000]))
    name = _name(request)
    if SavedView.objects.filter(person_id=_me(request), list=code).count() >= MOST_VIEWS:
        raise Conflict(_("最多保存 %(most)s 个视图，请先删除不用的。") % {"most": MOST_VIEWS}, field="name")
    if len(query := selection.query()) > 2000:
        raise Invalid(_("筛选条件太多，无法保存，请减少几项。"), field="query")
    _store(SavedView(person_id=_me(request), list=code, name=name, query=query))
    messages.success(request, _("视图“%(name)s”已保存。") % {"name": name})
    return redirect(f"{selection.list.url}?{query}")


@login_required
@require_POST
def rename_view(request: HttpRequest, code: str, view: int) -> HttpResponse:
    saved = _own_view(request, code, view)
    saved.name = _name(request)
    _store(saved)
    return redirect("lists:views", code)


@login_required
@require_POST
def delete_view(request: HttpRequest, code: str, view: int) -> HttpResponse:
    saved = _own_view(request, code, view)
    saved.delete()
    messages.success(request, _("视图“%(name)s”已删除。") % {"name": saved.name})
    return redirect("lists:views", code)


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def _me(request: HttpRequest) -> int:
    return _actor(request).person_id or 0


def _name(request: HttpRequest) -> str:
    name = " ".join(request.POST.get("name", "").split())
    if not name or len(name) > 40 or not is_plain(name):
        raise Invalid(_("请填写视图名称，最多 40 个字。"), field="name")
    return name


def _own_view(request: HttpRequest, code: str, view: int) -> SavedView:
    open_list(code, _actor(request))
    saved = SavedView.objects.filter(pk=view, person_id=_me(request), list=code).first()
    if saved is None:
        raise NotFound(_("没有找到这个视图，可能已经删除。"))
    return saved


def _store(saved: SavedView) -> None:
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError:
        raise Conflict(_("已经有名为“%(name)s”的视图，请换一个名称。") % {"name": saved.name}, field="name") from None
