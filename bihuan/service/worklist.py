"""Records as lines of a worklist: how urgent, what, where it stands, the one next thing to do."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.tables import show
from bihuan.kernel.tables.worklist import Work, action_of, raised, register_work
from bihuan.kernel.ui.pieces import Badge, Row

from .models import DispatchOrder, ServiceRecord, ServiceRequest

Any_Record = ServiceRequest | DispatchOrder | ServiceRecord


def request_of(record: Any_Record) -> ServiceRequest:
    """The request that a record of the main job belongs to."""
    if isinstance(record, ServiceRecord):
        return record.order.request
    return record.request if isinstance(record, DispatchOrder) else record


def timed(record: Any_Record) -> Any_Record:
    """The record whose time limit counts: its own, or its request's. A service record has none of its own."""
    return record if record.next_due_at else request_of(record)


def row(record: Any_Record, actor: Actor) -> Row:
    """A line of the worklist, as *actor* sees it. No statements."""
    request = request_of(record)
    return Row(
        href=f"/r/{record.number}/",
        number=record.number,
        subject=str(request.customer),
        clock=show.next_clock(timed(record)),
        unit=str(request.unit or request.product_model or ""),
        said=record.task if isinstance(record, DispatchOrder) else request.fault,
        where=_where(record),
        raised=raised(timed(record)),
        badge=_badge(request),
        action=action_of(record, actor),
    )


def _where(record: Any_Record) -> str:
    engineer = record.engineer
    return f"{record.get_status_display()} · {engineer.name}" if engineer else record.get_status_display()


def _badge(request: ServiceRequest) -> Badge | None:
    if request.customer.is_key_account:
        return Badge(_("重大客户"), "accent", "star")
    if request.visits > 1 or (request.visits and request.status == "contacted"):
        return Badge(_("再次上门"), "amber", "refresh")
    return None


for model in (ServiceRequest, DispatchOrder, ServiceRecord):
    register_work(Work(model._meta.label, row, holder="engineer", timed=timed))
