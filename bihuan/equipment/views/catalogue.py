"""Pages of product lines and models."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bihuan.kernel.lists.declare import list_url
from bihuan.kernel.ui.notices import done
from bihuan.organisation.form_page import form_page
from bihuan.organisation.history import past

from ..access import access_bulletins, access_lines, access_models, access_units
from ..domain import catalogue as verbs
from ..forms import LineForm, ModelForm, TermForm
from ..models import ProductLine, ProductModel
from ..rules import keeps_catalogue, require_catalogue_keeper


def _line_page(line: ProductLine) -> str:
    return reverse("line", args=[line.code])


def _model_page(model: ProductModel) -> str:
    return reverse("model", args=[model.pk])


@login_required
@require_safe
def line(request: HttpRequest, code: str) -> HttpResponse:
    """A product line: its models, warranty terms and major faults."""
    found = access_lines.one(request.actor, code=code)
    context = {
        "found": found,
        "models": list(access_models.all(request.actor).filter(line=found)),
        "terms": list(found.warranty_terms.all()),
        "faults": [fault for fault in found.major_faults.splitlines() if fault.strip()],
        "keeps": keeps_catalogue(request.actor),
        "entries": past(found, 10) if keeps_catalogue(request.actor) else [],
        "crumbs": [(_("产品线"), list_url("lines"))],
    }
    return render(request, "equipment/line.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_line(request: HttpRequest) -> HttpResponse:
    require_catalogue_keeper(request.actor)

    def act(form: LineForm) -> str:
        made = verbs.new_line(form.values, by=request.actor, at=timezone.now())
        done(request, _("产品线“%(name)s”已登记。请接着填写保修条款。") % {"name": made.name}, draft=request.path)
        return _line_page(made)

    crumbs = [(_("产品线"), list_url("lines"))]
    return form_page(request, lambda data: LineForm(data, actor=request.actor), act, title=_("登记产品线"), crumbs=crumbs)


@login_required
@require_http_methods(["GET", "POST"])
def edit_line(request: HttpRequest, code: str) -> HttpResponse:
    require_catalogue_keeper(request.actor)
    found = access_lines.one(request.actor, code=code)

    def act(form: LineForm) -> str:
        verbs.change_line(found, form.values, by=request.actor, at=timezone.now())
        done(request, _("产品线“%(name)s”已保存。") % {"name": found.name}, draft=request.path)
        return _line_page(found)

    crumbs = [(_("产品线"), list_url("lines")), (found.name, _line_page(found))]
    return form_page(request, lambda data: LineForm(data, actor=request.actor, instance=found), act, title=_("修改产品线"), crumbs=crumbs)


@login_required
@require_http_methods(["GET", "POST"])
def new_term(request: HttpRequest, code: str) -> HttpResponse:
    require_catalogue_keeper(request.actor)
    found = access_lines.one(request.actor, code=code)

    def act(form: TermForm) -> str:
        verbs.add_term(found, form.cleaned_data, by=request.actor, at=timezone.now())
        done(request, _("保修条款已登记，适用于该日起发货的设备；已登记的设备不变。"), draft=request.path)
        return _line_page(found)

    crumbs = [(_("产品线"), list_url("lines")), (found.name, _line_page(found))]
    return form_page(request, TermForm, act, title=_("新保修条款"), crumbs=crumbs, line=found.name)


@login_required
@require_safe
def model(request: HttpRequest, pk: int) -> HttpResponse:
    """A model: its checklist, its bulletins, how many machines there are of it."""
    found = access_models.one(request.actor, pk=pk)
    context = {
        "found": found,
        "checklist": [(item, verbs.demand(item)) for item in found.checklist.all()],
        "bulletins": list(access_bulletins.all(request.actor).filter(models_concerned=found, withdrawn_on__isnull=True)),
        "unit_count": access_units.all(request.actor).filter(model=found).count(),
        "units_url": list_url("units", model=found.pk),
        "keeps": keeps_catalogue(request.actor),
        "entries": past(found, 10) if keeps_catalogue(request.actor) else [],
        "crumbs": [(_("型号"), list_url("models"))],
    }
    return render(request, "equipment/model.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_model(request: HttpRequest) -> HttpResponse:
    require_catalogue_keeper(request.actor)

    def act(form: ModelForm) -> str:
        made = verbs.new_model(form.values, form.cleaned_data["checklist"], by=request.actor, at=timezone.now())
        done(request, _("型号 %(name)s 已登记。") % {"name": made.name}, draft=request.path)
        return _model_page(made)

    def form_of(data: Any) -> ModelForm:
        return ModelForm(data, actor=request.actor, initial={"line": request.GET.get("line") or None})

    return form_page(request, form_of, act, title=_("登记型号"), crumbs=[(_("型号"), list_url("models"))])


@login_required
@require_http_methods(["GET", "POST"])
def edit_model(request: HttpRequest, pk: int) -> HttpResponse:
    require_catalogue_keeper(request.actor)
    found = access_models.one(request.actor, pk=pk)

    def act(form: ModelForm) -> str:
        verbs.change_model(found, form.values, form.cleaned_data["checklist"], by=request.actor, at=timezone.now())
        done(request, _("型号 %(name)s 已保存。已经开始的服务记录仍用原来的检查表。") % {"name": found.name}, draft=request.path)
        return _model_page(found)

    crumbs = [(_("型号"), list_url("models")), (found.name, _model_page(found))]
    return form_page(request, lambda data: ModelForm(data, actor=request.actor, instance=found), act, title=_("修改型号"), crumbs=crumbs)
