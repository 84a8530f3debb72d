"""The engineer's day, a request before there is an order, and the order itself."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bihuan.equipment import public as equipment
from bihuan.equipment.access import access_bulletins
from bihuan.kernel.access.origin import own_path
from bihuan.kernel.access.refusals import Invalid, Refusal
from bihuan.kernel.tables import show, worklist
from bihuan.kernel.tables.actions import possible_steps
from bihuan.kernel.tables.perform import StepForm
from bihuan.kernel.ui import notices
from bihuan.service.models import DispatchOrder, ServiceRequest
from bihuan.service.panels import cover_text
from bihuan.service.procedure import O

from . import job
from .access import my_orders, my_requests, one
from .day import day_of, order_says, request_says
from .keeping import mine
from .steps import blank, onward, page, take, take_once

BY_PHONE = ("contact", "solve_by_phone")
VISITS = ("service.ServiceRequest", "service.DispatchOrder", "service.ServiceRecord")  # the day has pages of its own for them
BY_ORDER = ("accept", "decline", "depart", "arrive", "report")


@login_required
@require_GET
def my_day(request: HttpRequest) -> HttpResponse:
    """Whom to call, where to go next, what comes later, what is done; and what waits for the engineer beside the visits."""
    actor, zone = request.actor, request.actor.person.home_branch.zone
    others = worklist.rows(worklist.waiting_for(actor, besides=VISITS), actor)
    context = {"day": day_of(actor), "others": others, "today": timezone.localdate(timezone=zone)}
    return page(request, "field/day.html", context, zone=zone)


@login_required
@require_POST
def acknowledge(request: HttpRequest) -> HttpResponse:
    """I have read this bulletin."""
    bulletin = access_bulletins.one(request.actor, number=request.POST.get("number", ""))
    equipment.acknowledge(bulletin, by=request.actor, at=timezone.now())
    notices.done(request, _("已记下：您看过通报 %(number)s。") % {"number": bulletin.number})
    return onward(request, own_path(request.POST.get("next")) or reverse("my-day"))


def _job(request: HttpRequest, call: ServiceRequest) -> dict[str, Any]:
    """What every page of a job shows: the place, the machine, the words, what was there before."""
    who, phone = job.caller(call)
    return {
        "call": call,
        "title": job.title(call),
        "machine": job.machine(call),
        "cover": cover_text(call.cover),
        "who": who,
        "phone": phone,
        "spoken": job.spoken(phone),
        "tel": job.dial(phone),
        "way": job.way(call),
        "address": job.address(call),
        "visits": job.last_visits(request.actor, call),
        "bulletins": equipment.unread_bulletins(request.actor, call.unit.model_id if call.unit else call.product_model_id),
    }


@login_required
@require_http_methods(["GET", "POST"])
def my_request(request: HttpRequest, number: str) -> HttpResponse:
    """Before there is an order: what the customer said, the call, and what came of it."""
    call = mine(request, my_requests, number, _asked(request, BY_PHONE))
    refusal: Refusal | None = None
    form: StepForm | None = None
    if request.method == "POST":
        name = _step_named(request, BY_PHONE)
        refusal, form = take(call, name, request)
        if refusal is None:
            said = _("已记录：联系了%(customer)s。") if name == "contact" else _("已记录：%(customer)s电话解决，不用上门。")
            notices.done(request, said % {"customer": call.customer}, draft=f"field-contact-{number}")
            return onward(request, reverse("my-day"))
        call = one(my_requests(request.actor), number)
    possible = {step.name for step in possible_steps(call, request.actor)}
    context = _job(request, call) | {
        "says": request_says(call),
        "clock": show.next_clock(call),
        "may_contact": "contact" in possible,
        "may_solve": "solve_by_phone" in possible,
        "solve_only": "contact" not in possible,
        "form": form or blank(call, "contact", request),
        "order": my_orders(request.actor).filter(request=call).exclude(status__in=[O.DRAFTED, O.CANCELLED]).order_by("-id").first(),
    }
    return page(request, "field/request.html", context, zone=call.branch.zone, refusal=refusal)


@login_required
@require_http_methods(["GET", "POST"])
def my_order(request: HttpRequest, number: str) -> HttpResponse:
    """The order: what was said and done before, what goes along, and the steps from taking it to standing at the machine."""
    order = mine(request, my_orders, number, _asked(request, BY_ORDER))
    refusal: Refusal | None = None
    bound: dict[str, StepForm | None] = {}
    if request.method == "POST":
        name = _step_named(request, BY_ORDER)
        refusal, form = (take_once if name == "report" else take)(order, name, request)
        if refusal is None:
            notices.done(request, _done(name, order), draft=f"field-{name}-{number}")
            return onward(request, _after(name, order))
        bound, order = {name: form}, one(my_orders(request.actor), number)
    context = _job(request, order.request) | _order(request, order, bound)
    return page(request, "field/order.html", context, zone=order.branch.zone, refusal=refusal)


def _asked(request: HttpRequest, allowed: tuple[str, ...]) -> str:
    """The step that is asked for; empty for none of these."""
    name = request.POST.get("step", "")
    return name if name in allowed else ""


def _step_named(request: HttpRequest, allowed: tuple[str, ...]) -> str:
    name = request.POST.get("step", "")
    if name not in allowed:
        raise Invalid(_("没有说明要办理哪一步，请用页面上的按钮。"), field="step")
    return name


def _order(request: HttpRequest, order: DispatchOrder, bound: dict[str, StepForm | None]) -> dict[str, Any]:
    possible = {step.name for step in possible_steps(order, request.actor)} & set(BY_ORDER)
    initial = {"arrive": {"arrival_place": str(order.request.site or "")}}
    forms = {name: bound.get(name) or blank(order, name, request, **initial.get(name, {})) for name in possible}
    items, reports = list(order.carry_items.all()), list(order.reports.all())
    return {
        "order": order,
        "says": order_says(order),
        "clock": show.next_clock(order),
        "forms": forms,
        "carry": _carry_rows(items, forms.get("depart")),
        "reports": reports,
        "report_count": len(reports) or None,
        "record": getattr(order, "service_record", None),
        "client_key": request.POST.get("client_key") or secrets.token_urlsafe(12),
        "tried": request.POST.get("step", ""),
        "unconfirmed": order.phone_approved_at is not None and order.confirmed_at is None,
    }


def _carry_rows(items: list[Any], form: StepForm | None) -> list[tuple[Any, bool, Any]]:
    """Each thing to take along, whether it is ticked, and the field for why not."""
    ticked = {str(pk) for pk in (form["carried"].value() or [])} if form else set()
    return [(item, item.carried or str(item.pk) in ticked, form[f"remark_{item.pk}"] if form else None) for item in items]


def _done(name: str, order: DispatchOrder) -> str:
    return {
        "accept": _("已接单。出发前请核对携带清单。"),
        "decline": _("已退回，分公司负责人会另行安排。"),
        "depart": _("已记录出发，路上小心。"),
        "arrive": _("已记录到场。"),
        "report": _("今日汇报已送达。"),
    }[name]


def _after(name: str, order: DispatchOrder) -> str:
    if name == "decline":
        return reverse("my-day")
    if name == "arrive":
        return reverse("my-record", args=[order.service_record.number])
    return reverse("my-order", args=[order.number])
