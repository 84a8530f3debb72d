"""BX: what each step of a repair request does."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Conflict, Invalid
from bihuan.kernel.records import written_once
from bihuan.organisation.models import Branch, Person
from bihuan.organisation.public import headquarters, overseas_branch, require_engineer
from bihuan.organisation.roles import BRANCH_LEAD, EXPORT_DESK

from .. import search
from ..models import FINISHED, ContactLine, DispatchOrder, ServiceRequest
from ..procedure import REQUEST, O


def register(request: ServiceRequest, *, by: Actor, at: datetime) -> ServiceRequest:
    """Enter a call, fax, mail or portal request (AS-5.1.1) and pass it on by territory at once (AS-5.1.2, AS-4.4).

    *request* is filled in and not yet saved. Without a branch for its place it stays with headquarters to be forwarded
    by hand. Raises Invalid when something needed is missing or the call lies in the future.
    """
    target = _branch_of(request)
    request.branch = target or headquarters()
    if request.unit is not None:
        request.product_model_id = request.unit.model_id
        request.cover = request.unit.cover(request.called_at.astimezone(request.branch.zone).date()) if request.called_at else {}
    with journal.unit(), written_once(request):
        with REQUEST.step("register", request, by=by, at=at) as step:
            if request.called_at and request.called_at > step.now:
                raise Invalid(_("来电时间晚于现在，请核对日期和时间。"), field="called_at")
            step.note(customer=request.customer.name, called_at=request.called_at)
        search.index_new(request)
        if target is not None:
            forward(request, by=by, at=at, branch=target)
    return request


def _branch_of(request: ServiceRequest) -> Branch | None:
    if request.is_overseas or (request.unit is not None and request.unit.is_overseas):
        request.is_overseas = True
        return overseas_branch()
    return request.site.branch if request.site is not None else None


def forward(request: ServiceRequest, *, by: Actor, at: datetime, branch: Branch) -> None:
    """Pass the request to the branch whose territory it is in; the branch is told (AS-5.1.2)."""
    with REQUEST.step("forward", request, by=by, at=at) as step:
        if branch.is_headquarters or not branch.is_active:
            raise Invalid(_("请选择一家在用的分公司。"), field="branch")
        moved, request.branch = request.branch_id != branch.pk, branch
        step.note(branch=branch.name)
        step.tell("forwarded", roles=(BRANCH_LEAD, EXPORT_DESK), fault=request.fault[:60])
    if moved:
        search.index(request)


def reroute(request: ServiceRequest, *, by: Actor, at: datetime, branch: Branch, reason: str) -> None:
    """Hand the request to another branch, with the reason (AS-4.2). The first-contact hour goes on."""
    with REQUEST.step("reroute", request, by=by, at=at, reason=reason) as step:
        if branch.pk == request.branch_id or branch.is_headquarters or not branch.is_active:
            raise Invalid(_("请选择另一家在用的分公司。"), field="branch")
        _refuse_with_open_order(request)
        step.note(branch=branch.name, from_branch=request.branch.name)
        request.branch, request.engineer = branch, None
        step.tell("forwarded", roles=(BRANCH_LEAD, EXPORT_DESK), fault=request.fault[:60])
    search.index(request)


def _refuse_with_open_order(request: ServiceRequest) -> None:
    order = request.orders.exclude(status__in=ORDER_OVER).first()
    if order is not None:
        raise Conflict(_("派工单 %(number)s 尚未结束，请先取消它。") % {"number": order.number})


ORDER_OVER = (O.DONE, O.CANCELLED)


def assign(request: ServiceRequest, *, by: Actor, at: datetime, engineer: Person) -> None:
    """Name the engineer who is to contact the customer within the hour (AS-5.2.1)."""
    with REQUEST.step("assign", request, by=by, at=at) as step:
        require_engineer(engineer, request.branch)
        request.engineer = engineer
        step.note(engineer=engineer.name)
        step.tell("assigned", people=(engineer.pk,), fault=request.fault[:60])


def reassign(request: ServiceRequest, *, by: Actor, at: datetime, engineer: Person, reason: str) -> None:
    """Name another engineer, with the reason; both are told. Not while an order names the first (AS-5.2.1)."""
    with REQUEST.step("reassign", request, by=by, at=at, reason=reason) as step:
        require_engineer(engineer, request.branch)
        if engineer.pk == request.engineer_id:
            raise Invalid(_("%(name)s 已是受指派的工程师，请另选一位。") % {"name": engineer.name}, field="engineer")
        _refuse_with_open_order(request)
        former = request.engineer
        request.engineer = engineer
        step.note(engineer=engineer.name, former=former.name if former else "")
        step.tell("assigned", people=(engineer.pk, former and former.pk), fault=request.fault[:60])


def contact(request: ServiceRequest, *, by: Actor, at: datetime, answer: str) -> None:
    """The assigned engineer has spoken with the customer (AS-5.2.1). *at*: when they spoke, not when it is written down."""
    with REQUEST.step("contact", request, by=by, at=at) as step:
        _refuse_before_call(request, at)
        request.answer, request.contacted_at = answer.strip(), at
        step.note(answer=answer.strip())
        _log(request, by, at, answer)


def solve_by_phone(request: ServiceRequest, *, by: Actor, at: datetime, answer: str) -> None:
    """The trouble is over without a visit; what was said stays with the record (AS-5.2.1)."""
    with REQUEST.step("solve_by_phone", request, by=by, at=at) as step:
        _refuse_before_call(request, at)
        _refuse_with_open_order(request)
        request.answer, request.closed_at = answer.strip(), at
        request.contacted_at = request.contacted_at or at
        step.note(answer=answer.strip())
        _log(request, by, at, answer)


def _refuse_before_call(request: ServiceRequest, at: datetime) -> None:
    if at < request.called_at:
        raise Invalid(_("联系时间早于客户来电时间，请核对。"), field="at")


def _log(request: ServiceRequest, by: Actor, at: datetime, text: str) -> None:
    position = request.contact_log.count() + 1
    ContactLine.objects.create(request=request, position=position, speaker=_("我方"), text=text.strip(), at=at, by_name=by.name)


def hold(request: ServiceRequest, *, by: Actor, at: datetime, hold_reason: str) -> None:
    """Waiting, for a stated reason: the time limit for planning the visit pauses. First contact never does."""
    with REQUEST.step("hold", request, by=by, at=at) as step:
        if request.hold_reason:
            raise Conflict(_("已在等待（%(reason)s），请先恢复。") % {"reason": request.get_hold_reason_display()})
        request.hold_reason = step.pause_reason = hold_reason


def resume(request: ServiceRequest, *, by: Actor, at: datetime) -> None:
    """The waiting is over; what was left of the time limit is left again."""
    with REQUEST.step("resume", request, by=by, at=at):
        if not request.hold_reason:
            raise Conflict(_("本单没有在等待，无须恢复。"))
        request.hold_reason = ""


def dispatch(request: ServiceRequest, *, by: Actor, at: datetime, order: DispatchOrder) -> None:
    """The order is valid: the visit is on (AS-5.2.3). Taken with the order's approval or release."""
    with REQUEST.step("dispatch", request, by=by, at=at) as step:
        request.engineer, request.hold_reason = order.engineer, ""
        step.note(order=order.number)


def undispatch(request: ServiceRequest, *, by: Actor, at: datetime, order: DispatchOrder, reason: str) -> None:
    """The order fell through; the visit must be planned anew (AS-5.2.3)."""
    with REQUEST.step("undispatch", request, by=by, at=at, reason=reason) as step:
        step.note(order=order.number)


def arrive(request: ServiceRequest, *, by: Actor, at: datetime, order: DispatchOrder) -> None:
    """The engineer stands at the machine (AS-5.3.1)."""
    with REQUEST.step("arrive", request, by=by, at=at) as step:
        request.visits = order.visit
        step.note(order=order.number, visit=order.visit)


def sign(request: ServiceRequest, *, by: Actor, at: datetime, record: str) -> None:
    """The customer has signed the service record (AS-5.3.2)."""
    with REQUEST.step("sign", request, by=by, at=at) as step:
        step.note(record=record)
        step.tell("signed", roles=(BRANCH_LEAD, EXPORT_DESK), record=record)


def refuse(request: ServiceRequest, *, by: Actor, at: datetime, record: str) -> None:
    """The customer would not sign; the branch lead decides (AS-5.3.2)."""
    with REQUEST.step("refuse", request, by=by, at=at) as step:
        step.note(record=record)
        step.tell("signature_refused", roles=(BRANCH_LEAD, EXPORT_DESK), record=record)


def correct(request: ServiceRequest, *, by: Actor, at: datetime, record: str, reason: str) -> None:
    """The service record goes back to the engineer (AS-5.3.2)."""
    with REQUEST.step("correct", request, by=by, at=at, reason=reason) as step:
        step.note(record=record)
        step.tell("sent_back", people=(request.engineer_id,), record=record, reason=reason)


def review(request: ServiceRequest, *, by: Actor, at: datetime, record: str) -> None:
    """The branch lead has reviewed the signed record (AS-5.3.2)."""
    with REQUEST.step("review", request, by=by, at=at) as step:
        step.note(record=record)


def visit_again(request: ServiceRequest, *, by: Actor, at: datetime, reason: str) -> None:
    """Another visit is needed: the work is open again, and seen to be (AS-5.2.3)."""
    with REQUEST.step("visit_again", request, by=by, at=at, reason=reason) as step:
        step.note(visits=request.visits)
        step.tell("visit_again", people=(request.engineer_id,), reason=reason)


def close(request: ServiceRequest, *, by: Actor, at: datetime) -> None:
    """All is done and signed (AS-5.3.2). Refused while work or the head's confirmation of a phone release is outstanding."""
    with REQUEST.step("close", request, by=by, at=at):
        for order in request.orders.exclude(status=O.CANCELLED).select_related("service_record").order_by("visit"):
            last = order
            if order.phone_approved_at and not order.confirmed_at:
                raise Conflict(_("派工单 %(number)s 是电话放行，部长尚未补批。请先补批。") % {"number": order.number})
        record = last.service_record
        if record.outcome not in FINISHED:
            raise Conflict(_("最近一次上门的结果是“%(outcome)s”，请先安排“再次上门”。") % {"outcome": record.get_outcome_display()})
        request.closed_at = at


def cancel(request: ServiceRequest, *, by: Actor, at: datetime, reason: str) -> None:
    """The request falls away, with the reason; nothing is deleted. An order not yet under way falls with it."""
    from . import order as orders

    with REQUEST.step("cancel", request, by=by, at=at, reason=reason) as step:
        open_order = request.orders.exclude(status__in=ORDER_OVER).first()
        if open_order is not None:
            orders.cancel(open_order, by=by, at=at, reason=reason)
        request.closed_at = at
        step.tell("cancelled", people=(request.engineer_id,), reason=reason)
