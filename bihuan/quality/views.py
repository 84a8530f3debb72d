"""Opening a nonconformity from any record (QM-2). Those of deviations begin on the deviation's page, those of a month in its review."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Conflict, Refusal
from bihuan.kernel.procedures.engine import require_party
from bihuan.kernel.tables.pages import page_of, record_by_number, register_tool
from bihuan.kernel.ui.notices import done
from bihuan.kernel.ui.pieces import Action

from .access import access_nonconformities
from .domain.nonconformity import declare
from .forms import FromRecordForm
from .models import Nonconformity
from .procedure import NONCONFORMITY


@login_required
@require_http_methods(["GET", "POST"])
def declare_on(request: HttpRequest, number: str) -> HttpResponse:
    """What is not as required on this record, against which rule, and who sees to it. Sent twice, it is one report."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    source = record_by_number(actor, number)
    record = Nonconformity(branch=source.branch, source_number=source.number)
    require_party(NONCONFORMITY.opening, record, actor)
    if isinstance(source, Nonconformity):
        raise Conflict(_("%(number)s 本身就是不合格报告。措施没有效果的，请用“验证无效，退回”。") % {"number": source.number})
    form, refusal = FromRecordForm(request.POST if request.method == "POST" else None, source=source), None
    if form.is_bound and form.is_valid():
        try:
            made = _made_once(record, form, actor)
        except Refusal as problem:
            refusal = problem
            form.add_error(problem.field if problem.field in form.fields else None, problem.sentence)
        else:
            done(request, _("已开具不合格报告 %(number)s，责任人 %(who)s。") % {"number": made.number, "who": made.responsible.name})
            return redirect("record", made.number)
    context = {
        "form": form,
        "refusal": refusal,
        "source": source,
        "title": page_of(source).title(source),
        "earlier": list(access_nonconformities.all(actor).filter(source_number=source.number).order_by("-pk")[:10]),
    }
    return render(request, "quality/declare.html", context, status=refusal.status if refusal else 422 if form.errors else 200)


def _made_once(record: Nonconformity, form: FromRecordForm, actor: Actor) -> Nonconformity:
    """The report that this very form opens, or has opened already."""
    for name, value in form.said().items():
        setattr(record, name, value)
    before = access_nonconformities.all(actor).filter(source_key=record.source_key)
    if found := before.first():
        return found
    try:
        return declare(record, by=actor, at=timezone.now())
    except IntegrityError:
        if found := before.first():  # the other of two that were sent at once
            return found
        raise


def _tool(record: Any, actor: Actor) -> Action | None:
    """The way here from a record's page, for those who may open one in its branch."""
    if isinstance(record, Nonconformity) or not any(actor.holds(role.code, record.branch_id) for role in NONCONFORMITY.opening.by):
        return None
    return Action(_("开不合格报告"), href=reverse("declare-nonconformity", args=[record.number]), icon="alert-triangle")


register_tool(_tool)
