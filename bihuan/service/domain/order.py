"""PG: what each step of a dispatch order does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Conflict, Invalid
from bihuan.kernel.signing import sign as signing
from bihuan.organisation.models import Person
from bihuan.organisation.public import require_engineer
from bihuan.organisation.roles import AFTER_SALES_HEAD, BRANCH_LEAD, EXPORT_DESK

from .. import search
from ..models import CarryItem, DailyReport, DispatchOrder, ServiceRecord
from ..procedure import ORDER, O, R
from . import record as records
from . import request as requests


def draft(order: DispatchOrder, *, by: Actor, at: datetime, carry: Iterable[dict] = ()) -> DispatchOrder:
    """Draw up the order for the next visit (AS-5.2.3). *carry*: ``{"kind", "name", "quantity"}`` for each thing to take along.

    Raises Conflict when the request is not waiting for a visit or has an open order.
    """
    request = order.request
    order.branch = request.branch
    with ORDER.step("draft", order, by=by, at=at) as step:
        request.refresh_from_db()
        if request.status != R.CONTACTED:
            raise Conflict(
                _("%(number)s 现为“%(status)s”，不能开派工单。") % {"number": request.number, "status": request.get_status_display()}
            )
        requests._refuse_with_open_order(request)
        require_engineer(order.engineer, order.branch)
        _refuse_early_arrival(order, at)
        order.visit = request.visits + 1
        step.note(request=request.number, engineer=order.engineer.name, visit=order.visit)
    CarryItem.objects.bulk_create(_items(order, carry))
    search.index_new(order)
    return order


def _items(order: DispatchOrder, carry: Iterable[dict]) -> list[CarryItem]:
    return [CarryItem(order=order, kind=item["kind"], name=item["name"], quantity=item.get("quantity", 1)) for item in carry]


def _refuse_early_arrival(order: DispatchOrder, at: datetime) -> None:
    if order.planned_arrival and order.planned_arrival <= at:
        raise Invalid(_("约定到场时间已过，请改成以后的时间。"), field="planned_arrival")


def amend(
    order: DispatchOrder,
    *,
    by: Actor,
    at: datetime,
    engineer: Person,
    task: str,
    planned_arrival: datetime,
    carry: Iterable[dict] | None = None,
) -> None:
    """Change a draft (AS-5.2.3). *carry* replaces the carry list when given."""
    with ORDER.step("amend", order, by=by, at=at) as step:
        require_engineer(engineer, order.branch)
        order.engineer, order.task, order.planned_arrival = engineer, task, planned_arrival
        _refuse_early_arrival(order, at)
        step.note(engineer=engineer.name)
        if carry is not None:
            order.carry_items.all().delete()
            CarryItem.objects.bulk_create(_items(order, carry))
            step.note(carry=[item["name"] for item in carry])


def submit(order: DispatchOrder, *, by: Actor, at: datetime) -> None:
    """Ask the head for approval (AS-5.2.3). An order without a carry list is refused."""
    with ORDER.step("submit", order, by=by, at=at) as step:
        step.note(carry_list=[f"{item.get_kind_display()}：{item.name}×{item.quantity}" for item in order.carry_items.all()])
        step.tell("order_submitted", roles=(AFTER_SALES_HEAD,), task=order.task[:60])


def approve(order: DispatchOrder, *, by: Actor, at: datetime) -> None:
    """The head approves; now the order is valid and the request dispatched (AS-5.2.3)."""
    with journal.unit():
        with ORDER.step("approve", order, by=by, at=at) as step:
            order.approved_at = at
            requests.dispatch(order.request, by=by, at=at, order=order)
            step.tell("order_approved", people=(order.engineer_id,), task=order.task[:60])
        signing.sign_as_person(order, by=by, meaning="approved", at=at, parties=ORDER.step_named("approve").by)


def reject(order: DispatchOrder, *, by: Actor, at: datetime, reason: str) -> None:
    """The head sends the order back, with the reason."""
    with ORDER.step("reject", order, by=by, at=at, reason=reason) as step:
        step.tell("order_rejected", roles=(BRANCH_LEAD, EXPORT_DESK), reason=reason)


def release_by_phone(
    order: DispatchOrder, *, by: Actor, at: datetime, phone_approver: str, phone_approved_at: datetime, reason: str
) -> None:
    """In an emergency the engineer leaves on the head's word by phone; to be confirmed within 24 hours (AS-5.2.3, ours)."""
    with ORDER.step("release_by_phone", order, by=by, at=at, reason=reason) as step:
        if phone_approved_at > step.now:
            raise Invalid(_("电话同意时间晚于现在，请核对。"), field="phone_approved_at")
        order.phone_approver, order.phone_approved_at = phone_approver, phone_approved_at
        step.note(phone_approver=phone_approver)
        requests.dispatch(order.request, by=by, at=at, order=order)
        step.tell("order_released", roles=(AFTER_SALES_HEAD,), people=(order.engineer_id,), reason=reason)


def confirm(order: DispatchOrder, *, by: Actor, at: datetime) -> None:
    """The head confirms in the system what was said by phone (AS-5.2.3, ours)."""
    with journal.unit():
        with ORDER.step("confirm", order, by=by, at=at):
            if not order.phone_approved_at or order.confirmed_at:
                raise Conflict(_("本单没有待补批的电话放行。"))
            order.confirmed_at = at
        signing.sign_as_person(order, by=by, meaning="approved", at=at, remarks=_("补批电话放行"), parties=ORDER.step_named("confirm").by)


def accept(order: DispatchOrder, *, by: Actor, at: datetime) -> None:
    """The engineer takes the job."""
    with ORDER.step("accept", order, by=by, at=at):
        pass


def decline(order: DispatchOrder, *, by: Actor, at: datetime, reason: str) -> None:
    """The engineer cannot; the order goes back to be given to someone else and approved again, the approval given is void."""
    with ORDER.step("decline", order, by=by, at=at, reason=reason) as step:
        for signature in signing.current_signatures(order):
            signing.void(signature, by=by, reason=reason, at=at, record=order)
        order.approved_at = order.phone_approved_at = order.confirmed_at = None  # a new release needs a word of its own
        order.phone_approver = ""
        requests.undispatch(order.request, by=by, at=at, order=order, reason=reason)
        step.tell("order_declined", roles=(BRANCH_LEAD, EXPORT_DESK), reason=reason)


def depart(order: DispatchOrder, *, by: Actor, at: datetime, carried: Iterable[int], remarks: dict[int, str] | None = None) -> None:
    """On the road, with the carry list confirmed (AS-5.2.3). *carried*: ids of items in the car; one left behind needs a remark.

    Raises Invalid naming the item that is neither carried nor explained.
    """
    remarks = remarks or {}
    taken = set(carried)
    with ORDER.step("depart", order, by=by, at=at) as step:
        items = list(order.carry_items.all())
        for item in items:
            item.carried, item.remark = item.pk in taken, remarks.get(item.pk, item.remark)
            if not item.carried and not item.remark:
                raise Invalid(_("“%(item)s”未带，请勾选或写明原因。") % {"item": item.name}, field="carry")
        CarryItem.objects.bulk_update(items, ["carried", "remark"])
        order.departed_at = at
        confirmed = [f"{item.name}：{_('已带') if item.carried else item.remark}" for item in items]
        step.note(carry_confirmed=confirmed or [_("无须携带")])


def arrive(
    order: DispatchOrder, *, by: Actor, at: datetime, arrival_place: str, latitude: Decimal | None = None, longitude: Decimal | None = None
) -> ServiceRecord:
    """At the customer's, with time and place; the service record is opened (AS-5.3.1)."""
    with ORDER.step("arrive", order, by=by, at=at):
        if order.departed_at and at < order.departed_at:
            raise Invalid(_("到场时间早于出发时间，请核对。"), field="at")
        order.arrived_at, order.arrival_place = at, arrival_place
        order.latitude, order.longitude = latitude, longitude
        requests.arrive(order.request, by=by, at=at, order=order)
        return records.begin(order, by=by, at=at)


def report(order: DispatchOrder, *, by: Actor, at: datetime, progress: str, plan: str = "") -> DailyReport:
    """Word of progress for the day, due at 20:00 (AS-5.3.1)."""
    with ORDER.step("report", order, by=by, at=at) as step:
        step.note(progress=progress.strip())
        day = at.astimezone(order.branch.zone).date()
        return DailyReport.objects.create(order=order, day=day, progress=progress.strip(), plan=plan.strip(), by_name=by.name, at=at)


def finish(order: DispatchOrder, *, by: Actor, at: datetime) -> None:
    """The visit is over: the customer has signed, or refused to (AS-5.3.2). Taken with the record's signature."""
    with ORDER.step("finish", order, by=by, at=at):
        order.finished_at = at


def reopen(order: DispatchOrder, *, by: Actor, at: datetime, reason: str) -> None:
    """The record came back for correction: the visit is not over yet (AS-5.3.2)."""
    with ORDER.step("reopen", order, by=by, at=at, reason=reason):
        order.finished_at = None


def cancel(order: DispatchOrder, *, by: Actor, at: datetime, reason: str) -> None:
    """The visit falls through, with the reason; a dispatched request waits for a new order."""
    with ORDER.step("cancel", order, by=by, at=at, reason=reason) as step:
        request = order.request
        if request.status == R.DISPATCHED:
            requests.undispatch(request, by=by, at=at, order=order, reason=reason)
        if order.status not in (O.DRAFTED, O.SUBMITTED):
            step.tell("order_cancelled", people=(order.engineer_id,), reason=reason)
