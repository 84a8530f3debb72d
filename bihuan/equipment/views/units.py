"""The machine's page: what is it with this machine, in ten seconds. And what stands behind it: forms, label, the page for strangers."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bihuan.customers.access import access_customers
from bihuan.customers.models import Customer
from bihuan.customers.public import may_report
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import NotAllowed
from bihuan.kernel.access.strangers import for_strangers
from bihuan.kernel.lists.declare import list_url
from bihuan.kernel.lists.search import find_records, is_enough
from bihuan.kernel.ui.notices import done
from bihuan.kernel.ui.pieces import Badge
from bihuan.organisation.form_page import form_page
from bihuan.organisation.history import past

from .. import cover, label
from ..access import access_bulletins, access_units
from ..domain import units as verbs
from ..forms import UnitForm, WarrantyForm
from ..models import Acknowledgement, Unit
from ..public import panels_for
from ..rules import may_decide_warranty, may_keep_unit, may_open_units, require_unit_keeper


def _page_of(unit: Unit) -> str:
    return reverse("unit", args=[unit.serial])


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("设备"), list_url("units")), *more]


def _own(unit: Unit) -> list[tuple[str, str]]:
    return _crumbs((str(unit), _page_of(unit)))


@login_required
@require_safe
def unit(request: HttpRequest, serial: str) -> HttpResponse:
    """Cover by kind with days left, open matters, readings, parts, every visit; bulletins and papers beside."""
    actor: Actor = request.actor
    found = access_units.one(actor, serial=serial)
    today = timezone.localdate()
    panels = panels_for(found, actor)
    keeps = may_keep_unit(actor, found.site.branch_id)
    context = {
        "found": found,
        "covers": cover.covers(found, today),
        "badges": [cover.summary(found, today), *_marks(found)],
        "bulletins": _bulletins(actor, found),
        "first": [panel for panel in panels if panel.order < 50 and not panel.aside],
        "then": [panel for panel in panels if panel.order >= 50 and not panel.aside],
        "beside": [panel for panel in panels if panel.aside],
        "facts": _facts(found, today),
        "entries": past(found, 10) if keeps else [],
        "keeps": keeps,
        "may_decide": may_decide_warranty(actor, found.site.branch_id),
        "may_report": may_report(actor),
        "crumbs": _crumbs(),
        "today": today,
    }
    return render(request, "equipment/unit.html", context)


def _marks(found: Unit) -> list[Badge]:
    marks = [Badge(_("OEM %(brand)s") % {"brand": found.oem_brand}, "neutral", "package")] if found.oem_brand else []
    return [*marks, Badge(_("海外"), "neutral", "navigation")] if found.is_overseas else marks


def _facts(found: Unit, today: Any) -> list[tuple[str, Any]]:
    age = (today - found.shipped_on).days / 365.25 if found.shipped_on else None
    branch = found.site.branch
    return [
        (_("产品线"), found.model.line.name),
        (_("地址"), found.site.address),
        (_("服务分公司"), branch.name if branch else _("无，来电要手工转派")),
        (_("安装位置"), found.place),
        (_("发货日期"), found.shipped_on),
        (_("调试日期"), found.commissioned_on),
        (_("机龄"), _("%(n).1f 年") % {"n": age} if age is not None else ""),
        *([(_("报修路线"), _("进出口公司（海外）"))] if found.is_overseas else []),
    ]


def _bulletins(actor: Actor, found: Unit) -> list[tuple[Any, bool]]:
    """The bulletins in force for the model, newest first, each with whether *actor* has read it. Two statements."""
    rows = list(access_bulletins.all(actor).filter(models_concerned=found.model_id, withdrawn_on__isnull=True)[:20])
    read = set(Acknowledgement.objects.filter(person_id=actor.person_id, bulletin__in=rows).values_list("bulletin_id", flat=True))
    return [(row, row.pk in read) for row in rows]


@login_required
@require_POST
def print_label(request: HttpRequest, serial: str) -> HttpResponse:
    """The label for the machine, as PDF."""
    actor: Actor = request.actor
    found = access_units.one(actor, serial=serial)
    if not may_keep_unit(actor, found.site.branch_id):
        raise NotAllowed(_("标签由客服或服务分公司打印，请转告他们。"))
    answer = HttpResponse(label.print_label(found, by=actor, at=timezone.now()), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="label-{found.pk}.pdf"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_safe
@for_strangers
def public_unit(request: HttpRequest, token: str) -> HttpResponse:
    """Behind the QR code: colleagues go on to the machine's page, anybody else reads model, warranty and whom to call (#6)."""
    found = label.unit_of(token)
    actor: Actor | None = request.actor
    if actor is not None and access_units.all(actor).filter(pk=found.pk).exists():
        return redirect(_page_of(found))
    return render(request, "equipment/public_unit.html", {"said": label.said_to_strangers(found, timezone.localdate())})


@login_required
@require_http_methods(["GET", "POST"])
def new_unit(request: HttpRequest) -> HttpResponse:
    """Register a machine: first whose it is, then the machine."""
    if not may_open_units(request.actor):
        require_unit_keeper(request.actor, None)
    owner = _owner(request)
    if owner is None:
        return _choose_owner(request, _("登记设备"), _crumbs())

    def act(form: UnitForm) -> str:
        made = verbs.register_unit(form.values, by=request.actor, at=timezone.now())
        told = cover.summary(made, timezone.localdate()).text
        done(request, _("%(unit)s 已登记，%(cover)s。") % {"unit": made, "cover": told}, draft=request.path)
        return _page_of(made)

    return form_page(
        request,
        lambda data: UnitForm(data, actor=request.actor, customer=owner),
        act,
        title=_("登记设备"),
        crumbs=_crumbs(),
        line=owner.name,
    )


def _owner(request: HttpRequest) -> Customer | None:
    """The customer named in the address. Raises NotFound for one out of sight."""
    asked = request.GET.get("customer", "")
    return access_customers.one(request.actor, pk=asked) if asked else None


def _choose_owner(request: HttpRequest, title: str, crumbs: list[tuple[str, str]]) -> HttpResponse:
    """Find the customer first: a choice among thousands is no choice."""
    text = request.GET.get("q", "").strip()[:100]
    hits = find_records(request.actor, text, types=["customers.Customer"], limit=20) if is_enough(text) else []
    return render(request, "equipment/choose_customer.html", {"title": title, "crumbs": crumbs, "q": text, "hits": hits})


@login_required
@require_http_methods(["GET", "POST"])
def edit_unit(request: HttpRequest, serial: str) -> HttpResponse:
    """Change a machine's particulars; with ``?customer=`` it goes to another customer."""
    found = access_units.one(request.actor, serial=serial)
    require_unit_keeper(request.actor, found.site.branch_id)
    if "q" in request.GET:
        return _choose_owner(request, _("换客户"), _own(found))
    owner = _owner(request) or found.customer

    def act(form: UnitForm) -> str:
        verbs.change_unit(found, form.values, by=request.actor, at=timezone.now())
        done(request, _("%(unit)s 已保存。") % {"unit": found}, draft=request.path)
        return _page_of(found)

    def form_of(data: Any) -> UnitForm:
        return UnitForm(data, actor=request.actor, instance=found, customer=owner)

    return form_page(
        request, form_of, act, title=_("修改设备"), crumbs=_own(found), line=owner.name, template="equipment/unit_form.html", owner=owner
    )


@login_required
@require_http_methods(["GET", "POST"])
def warranty(request: HttpRequest, serial: str) -> HttpResponse:
    """A warranty other than the term's, with its reason."""
    found = access_units.one(request.actor, serial=serial)
    if not may_decide_warranty(request.actor, found.site.branch_id):
        raise NotAllowed(_("保修期由售后服务部部长决定（海外设备由进出口公司）。请转他们办理。"))
    usual = verbs.usual_ends(verbs.term_for(found.model.line, found.shipped_on), found.shipped_on)

    def act(form: WarrantyForm) -> str:
        verbs.set_warranty(found, form.values, by=request.actor, at=timezone.now(), reason=form.cleaned_data["reason"])
        done(request, _("%(unit)s 的保修期已保存。") % {"unit": found}, draft=request.path)
        return _page_of(found)

    dates = _("，").join(f"{name} {usual[f'{kind}_until'] or '—'}" for kind, name in cover.KINDS.items())
    return form_page(request, lambda data: WarrantyForm(data, actor=request.actor, instance=found), act, title=_("保修期"), crumbs=_own(found),
                     line=_("按条款应为：%(dates)s。") % {"dates": dates})  # fmt: skip
