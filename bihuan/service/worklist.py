"""Records as lines of a worklist: how urgent, what, where it stands, the one next thing to do."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.tables import actions, show
from bihuan.kernel.ui.pieces import Action, Badge, Row

from .models import DispatchOrder, ServiceRecord, ServiceRequest

Any_Record = ServiceRequest | DispatchOrder | ServiceRecord


def request_of(record: Any_Record) -> ServiceRequest:
    """The request that a record of the main job belongs to."""
    if isinstance(record, ServiceRecord):
        return record.order.request
    return record.request if isinstance(record, DispatchOrder) else record


def rows(records: list[Any], actor: Actor) -> list[Row]:
    """A line for each record, as *actor* sees it. No statements."""
    return [row(record, actor) for record in records]


def row(record: Any_Record, actor: Actor) -> Row:
    request = request_of(record)
    step = actions.next_step(record, actor)
    return Row(
        href=f"/r/{record.number}/",
        number=record.number,
        subject=str(request.customer),
        clock=show.next_clock(record if record.next_due_at else request),
        unit=str(request.unit or request.product_model or ""),
        said=record.task if isinstance(record, DispatchOrder) else request.fault,
        where=_where(record),
        raised=raised(record),
        badge=_badge(request),
        action=Action(str(step.label), href=show.step_url(record, step) + "?next=/", kind="primary") if step else None,
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


def raised(record: Any_Record) -> str:
    """To whom an overdue deadline has climbed, from the table and the time alone."""
    record = record if record.next_due_at else request_of(record)
    if record.next_due_at is None or (late := timezone.now() - record.next_due_at).total_seconds() <= 0:
        return ""
    clock = record.procedure.clock(record.next_clock)
    if not clock.climbs:
        return ""
    level = min(len(clock.climbs) - 1, int(late / clock.climb_every))
    return _("已升级至%(who)s") % {"who": clock.climbs[level].label}
