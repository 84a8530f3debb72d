"""The office pages of the main job: home worklist, call form, drafting an order, approvals, the day, the overview, search."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from bihuan.customers.models import Customer
from bihuan.equipment.models import Unit
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import NotAllowed, NotFound, Refusal
from bihuan.kernel.lists.search import find_records
from bihuan.kernel.procedures.engine import require_party
from bihuan.kernel.replica import may_lag
from bihuan.kernel.shelf.access import waiting_for as shelved_for
from bihuan.kernel.tables import worklist
from bihuan.kernel.tables.pages import record_by_number
from bihuan.kernel.tables.worklist import SHOWN, open_rows, overdue, overdue_count, waiting_for
from bihuan.kernel.ui.notices import done
from bihuan.kernel.ui.pieces import Tab
from bihuan.organisation.access import access_branches, access_regions
from bihuan.organisation.models import Branch

from . import board, calls, figures, queries
from .access import access_orders, access_requests
from .domain import order as orders
from .forms import DraftForm
from .models import DispatchOrder, ServiceRequest
from .procedure import ORDER, REQUEST
from .worklist import row


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me now, soonest deadline first. An engineer is led to the phone pages."""
    actor: Actor = request.actor
    if actor.roles == {"field_engineer"}:
        return redirect("my-day")
    tab = request.GET.get("tab", "mine")
    records = {"mine": waiting_for, "open": _open, "overdue": overdue}.get(tab, waiting_for)(actor)
    counts = {
        "mine": len(records) if tab == "mine" else len(waiting_for(actor)),
        "overdue": overdue_count(actor),
    }
    tabs = [
        Tab(_("待我办理"), "/", counts["mine"], tab == "mine"),
        Tab(_("未完报修"), "/?tab=open", None, tab == "open"),
        Tab(_("已超时"), "/?tab=overdue", counts["overdue"], tab == "overdue", "red" if counts["overdue"] else "neutral"),
    ]
    if shelved := shelved_for(actor):
        tabs.append(Tab(_("待处理来件"), reverse("shelf"), shelved))
    context = {
        "rows": worklist.rows(records, actor),
        "tabs": tabs,
        "may_register": _may_register(actor),
        "nothing_then": _next_deadline(actor) if not records else "",
        "cut": len(records) == SHOWN,
    }
    return render(request, "service/home.html", context)


def _open(actor: Actor) -> list[ServiceRequest]:
    return list(queries.open_requests(actor)[:SHOWN])


def _next_deadline(actor: Actor) -> str:
    first = queries.open_requests(actor).filter(next_due_at__isnull=False).first()
    if first is None:
        return ""
    due = timezone.localtime(first.next_due_at, first.branch.zone).strftime("%m-%d %H:%M")
    return _("下一个时限 %(due)s，%(who)s。") % {"due": due, "who": first.customer}


def _may_register(actor: Actor) -> bool:
    return any(party.code in actor.roles for party in REQUEST.opening.by)


@login_required
@require_http_methods(["GET", "POST"])
def new_call(request: HttpRequest) -> HttpResponse:
    """The call form: filled from the caller's number, registered and passed on with one key."""
    actor: Actor = request.actor
    if not _may_register(actor):
        raise NotAllowed(_("来电登记由客服接线员办理，请转客服。"))
    refusal: Refusal | None = None
    if request.method == "POST":
        form = calls.CallForm(request.POST, actor=actor)
        if form.is_valid():
            try:
                made = form.save(solve="solve" in request.POST)
            except Refusal as problem:
                refusal = problem
                form.refused(problem)
            else:
                done(request, _said(made), draft="call")
                return redirect("record", made.number)
    else:
        now = timezone.localtime().replace(second=0, microsecond=0)
        form = calls.CallForm(initial={"caller_phone": request.GET.get("phone", ""), "called_at": now, "channel": "phone"}, actor=actor)
    context = _lookup_context(request, request.POST if request.method == "POST" else request.GET) | {"form": form, "refusal": refusal}
    return render(request, "service/call.html", context, status=422 if form.errors or refusal else 200)


def _said(made: ServiceRequest) -> str:
    if made.status == "closed":
        return _("%(number)s 已登记，电话解决。") % {"number": made.number}
    if made.status == "forwarded":
        return _("%(number)s 已登记并转%(branch)s。") % {"number": made.number, "branch": made.branch.name}
    return _("%(number)s 已登记。该地区没有分公司，请手工转派。") % {"number": made.number}


def _lookup_context(request: HttpRequest, data: Any) -> dict[str, Any]:
    found = calls.look_up(
        request.actor,
        phone=data.get("caller_phone", data.get("phone", "")),
        text=data.get("find", ""),
        customer=data.get("customer", ""),
        site=data.get("site", ""),
        unit=data.get("unit", ""),
    )
    return {"found": found, "typed": data, "regions": access_regions.all(request.actor).filter(parent__isnull=True)}


@login_required
@require_GET
def lookup(request: HttpRequest) -> HttpResponse:
    """The parts of the call form that depend on the caller, as a fragment."""
    if not _may_register(request.actor):
        raise NotAllowed(_("来电登记由客服接线员办理，请转客服。"))
    return render(request, "service/call_found.html", _lookup_context(request, request.GET))


@login_required
@require_http_methods(["GET", "POST"])
def draft_order(request: HttpRequest, number: str) -> HttpResponse:
    """Draw up a dispatch order for a request."""
    found = access_requests.one(request.actor, number=number)
    order = DispatchOrder(request=found, branch=found.branch)
    opening = ORDER.opening
    require_party(opening, order, request.actor)
    refusal: Refusal | None = None
    initial = {"engineer": found.engineer_id, "task": found.fault, "carry": _usual_carry(), "planned_hours": 2}
    form = DraftForm(initial=initial, record=order, actor=request.actor, step=opening)
    if request.method == "POST":
        form = DraftForm(request.POST, record=order, actor=request.actor, step=opening)
        if form.is_valid():
            data = form.arguments()
            carry = data.pop("carry")
            for name, value in data.items():
                setattr(order, name, value)
            try:
                orders.draft(order, by=request.actor, at=timezone.now(), carry=carry)
                if "submit" in request.POST:
                    orders.submit(order, by=request.actor, at=timezone.now())
            except Refusal as problem:
                refusal = problem
                if problem.field in form.fields:
                    form.add_error(problem.field, problem.sentence)
            else:
                messages.success(request, _("派工单 %(number)s 已开出。") % {"number": order.number})
                return redirect("record", order.number)
    context = {
        "form": form,
        "request_record": found,
        "refusal": refusal,
        "day": board.day(request.actor, found.branch, timezone.localdate()),
    }
    return render(request, "service/draft_order.html", context, status=422 if form.errors or refusal else 200)


def _usual_carry() -> str:
    return "\n".join([_("表单 售后服务记录单 ×1"), _("工具 随身工具包 ×1"), _("工具 万用表 ×1")])


@login_required
@require_GET
def approvals(request: HttpRequest) -> HttpResponse:
    """What waits for the head: orders to approve and phone releases to confirm, with what must be known to decide."""
    waiting = open_rows(access_orders.all(request.actor).filter(status="submitted"))
    unconfirmed = (
        access_orders.all(request.actor)
        .filter(phone_approved_at__isnull=False, confirmed_at__isnull=True)
        .exclude(status__in=["cancelled", "drafted"])
    )
    if "after_sales_head" not in request.actor.roles:
        raise NotAllowed(_("审批由售后服务部部长办理。"))
    context = {
        "waiting": [
            (order, row(order, request.actor), list(order.carry_items.all())) for order in waiting.prefetch_related("carry_items")[:50]
        ],
        "unconfirmed": worklist.rows(list(unconfirmed.order_by("next_due_at")[:50]), request.actor),
    }
    return render(request, "service/approvals.html", context)


@login_required
@require_GET
def day_board(request: HttpRequest) -> HttpResponse:
    """A branch's day: engineers by hour, and what is not planned yet."""
    branches = [
        branch
        for branch in access_branches.all(request.actor).filter(is_headquarters=False, is_active=True)
        if request.actor.may_see(branch.pk)
    ]
    if not branches:
        raise NotFound(_("您没有可查看的分公司。"))
    chosen = next((branch for branch in branches if branch.code == request.GET.get("branch")), branches[0])
    day = _day(request.GET.get("day", ""), chosen)
    context = {
        "branch": chosen,
        "branches": branches if len(branches) > 1 else [],
        "day": day,
        "before": day - dt.timedelta(days=1),
        "after": day + dt.timedelta(days=1),
        "line": board.day(request.actor, chosen, day),
        "unplanned": worklist.rows(
            list(queries.open_requests(request.actor).filter(branch=chosen, status__in=["forwarded", "assigned", "contacted"])[:40]),
            request.actor,
        ),
    }
    return render(request, "service/board.html", context)


def _day(text: str, branch: Branch) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return timezone.localdate(timezone=branch.zone)


@login_required
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The manager's page: the targets first, then first contact by branch, what is open and how old, what is overdue."""
    period = request.GET.get("period", "month")
    return render(request, "service/overview.html", figures.overview(request.actor, period if period in figures.PERIODS else "month"))


@login_required
@require_GET
@may_lag
def search(request: HttpRequest) -> HttpResponse:
    """The search box: a record's number leads straight to it; anything else gives what is found, by kind."""
    text = request.GET.get("q", "").strip()
    if text.count("-") >= 3:
        try:
            return redirect("record", record_by_number(request.actor, text.upper()).number)
        except NotFound:
            pass
    hits = find_records(request.actor, text, limit=20) if len(text) > 1 else []
    found = [(hit, str(hit._meta.verbose_name), link(hit)) for hit in hits]
    return render(request, "service/search.html", {"q": text, "hits": found, "full": len(found) == 20})


def link(hit: Any) -> str:
    """Where a found thing has its page."""
    if isinstance(hit, Unit):
        return reverse("unit", args=[hit.serial])
    return reverse("customer" if isinstance(hit, Customer) else "record", args=[hit.number])
