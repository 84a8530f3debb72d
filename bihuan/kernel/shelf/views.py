"""The page of an item: what was sent, why it was refused, how the record stands now, and the two ways out."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ..access.actors import Actor
from ..access.refusals import Invalid, NotFound, Refusal
from ..tables.actions import possible_steps
from ..tables.pages import record_by_number
from ..tables.show import now_sentence, step_url
from ..ui.pieces import Action
from . import settle, told
from .access import access_shelf, is_keeper, require_keeper
from .forms import DropForm, TakeForm
from .models import Shelved


@login_required
@require_GET
def shelf(request: HttpRequest) -> HttpResponse:
    """The list, under an address that is easy to remember."""
    return redirect("lists:list", "shelf")


@login_required
@require_GET
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """One item, for its sender and for those who decide."""
    return _page(request, access_shelf.one(request.actor, pk=pk))  # type: ignore[attr-defined]


def _page(request: HttpRequest, found: Shelved, refusal: Refusal | None = None, **bound: Any) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    record = _record(found, actor)
    context = {
        "item": found,
        "title": told.title(found),
        "facts": _facts(found),
        "words": told.readable(found, record, actor),
        "record": record,
        "now": now_sentence(record) if record else "",
        "steps": _steps(found, record, actor) if record and found.is_waiting else [],
        "keeps": is_keeper(actor, found),
        "taking": bound.get("taking") or TakeForm(initial={"number": found.record_number}),
        "dropping": bound.get("dropping") or DropForm(),
        "refusal": refusal,
    }
    return render(request, "shelf/item.html", context, status=refusal.status if refusal else 200)


def _record(found: Shelved, actor: Actor) -> Any:
    """The record it is about, if *actor* sees it."""
    try:
        return record_by_number(actor, found.record_number) if found.record_number else None
    except NotFound:
        return None


def _facts(found: Shelved) -> list[tuple[Any, Any]]:
    return [
        (_("发送人"), found.person.name),
        (_("收到时间"), found.arrived_at),
        *([(_("设备时间"), found.device_at)] if found.device_at else []),
        (_("为什么没办成"), found.get_kind_display()),
        (_("当时的答复"), found.sentence),
        *([(_("当时的状态"), stood)] if (stood := told.stood(found)) else []),
    ]


def _steps(found: Shelved, record: Any, actor: Actor) -> list[Action]:
    """What may be done on the record now: the very step that was to be taken comes first, with the words filled in."""
    made = []
    for step in possible_steps(record, actor):
        same = f"{record.procedure.form}.{step.name}" == found.action
        href = step_url(record, step)
        label = _("补录：%(step)s") % {"step": step.label} if same else str(step.label)
        made.append(Action(label, href=f"{href}?shelved={found.pk}" if same else href, kind="primary" if same else "plain"))
    return sorted(made, key=lambda action: action.kind != "primary")


@login_required
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Its words stand in that record now."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found, form = access_shelf.one(actor, pk=pk), TakeForm(request.POST)
    try:
        if not form.is_valid():
            raise Invalid(_("请填写内容现在所在的单据编号。"), field="number")
        settle.take(found, by=actor, at=timezone.now(), into=record_by_number(actor, form.cleaned_data["number"].strip()))
    except NotFound as problem:
        form.add_error("number", problem.sentence)
        return _page(request, found, Invalid(problem.sentence, field="number"), taking=form)
    except Refusal as problem:
        return _page(request, access_shelf.one(actor, pk=pk), problem, taking=form)
    messages.success(request, _("已记下：内容补录到 %(number)s。") % {"number": form.cleaned_data["number"].strip()})
    return redirect("shelf")


@login_required
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Its words are not needed."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    require_keeper(actor)
    found, form = access_shelf.one(actor, pk=pk), DropForm(request.POST)
    form.is_valid()
    try:
        settle.drop(found, by=actor, at=timezone.now(), reason=form.cleaned_data.get("reason", ""))
    except Refusal as problem:
        return _page(request, access_shelf.one(actor, pk=pk), problem, dropping=form)
    messages.success(request, _("已记下：这件来件不用了。"))
    return redirect("shelf")
