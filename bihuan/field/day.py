"""The engineer's day: whom to call first, where to go in which order, what comes later, what is done."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.tables import show
from bihuan.kernel.ui.pieces import Badge, Clock
from bihuan.service.models import DispatchOrder, ServiceRequest
from bihuan.service.procedure import O, R

from . import job
from .access import my_orders, my_requests

SHOWN = 60
ON_THE_WAY = (O.TRAVELLING, O.ON_SITE)
IN_FORCE = (O.SUBMITTED, O.APPROVED, O.RELEASED, O.ACCEPTED, *ON_THE_WAY)


@dataclass(frozen=True)
class Job:
    """One line of the day."""

    href: str
    number: str
    title: str
    machine: str
    said: str
    state: str
    clock: Clock
    who: str
    phone: str
    spoken: str
    tel: str
    way: str
    arrival: dt.datetime | None = None
    badge: Badge | None = None


@dataclass
class Day:
    """What ``my-day`` shows, each list in the order it is read."""

    to_contact: list[Job] = field(default_factory=list)
    underway: list[Job] = field(default_factory=list)
    today: list[Job] = field(default_factory=list)
    later: list[Job] = field(default_factory=list)
    promised: list[Job] = field(default_factory=list)
    done: list[Job] = field(default_factory=list)
    later_waits: bool = False  # among what comes later is an order that is to be accepted now

    @property
    def later_can_wait(self) -> bool:
        return not self.later_waits

    @property
    def nothing_to_do(self) -> bool:
        return not (self.to_contact or self.underway or self.today)

    @property
    def next(self) -> Job | None:
        """The job to turn to now."""
        return next(iter([*self.to_contact, *self.underway, *self.today]), None)


def day_of(actor: Actor) -> Day:
    """The day of *actor* by the clock of their home branch. Five statements, however many jobs."""
    now = timezone.now()
    midnight = timezone.localtime(now, actor.person.home_branch.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    requests = list(my_requests(actor).filter(status__in=[R.ASSIGNED, R.CONTACTED]).order_by("next_due_at", "id")[:SHOWN])
    orders = list(my_orders(actor).filter(status__in=IN_FORCE).order_by("planned_arrival", "id")[:SHOWN])
    done = my_orders(actor).filter(status=O.DONE, finished_at__gte=midnight).order_by("finished_at")[:SHOWN]
    day = Day(done=[_order_job(order, now) for order in done])
    planned = {order.request_id for order in orders}
    for request in requests:
        if request.status == R.ASSIGNED:
            day.to_contact.append(_request_job(request))
        elif request.pk not in planned:
            day.promised.append(_request_job(request))
    for order in sorted(orders, key=lambda order: not _late(order, now)):  # sorted() keeps the order of the day within each
        listed = _list_for(day, order, midnight + dt.timedelta(days=1))
        listed.append(_order_job(order, now))
        day.later_waits |= listed is day.later and order.status in (O.APPROVED, O.RELEASED)
    return day


def _list_for(day: Day, order: DispatchOrder, tomorrow: dt.datetime) -> list[Job]:
    if order.status in ON_THE_WAY:
        return day.underway
    return day.today if order.planned_arrival < tomorrow else day.later


def _late(order: DispatchOrder, now: dt.datetime) -> bool:
    """Not there when it was agreed, or a deadline of the order has passed."""
    overdue = order.next_due_at is not None and order.next_due_at < now
    return overdue or (order.planned_arrival < now and order.status != O.ON_SITE)


def order_says(order: DispatchOrder) -> str:
    """Where an order stands, said to the engineer."""
    return {
        O.SUBMITTED: _("待部长批准，尚未生效"),
        O.APPROVED: _("已批准，等您接单"),
        O.RELEASED: _("部长电话同意，等您接单"),
        O.ACCEPTED: _("已接单，等您出发"),
        O.TRAVELLING: _("在途中"),
        O.ON_SITE: _("在现场"),
        O.DONE: _("已完成"),
        O.CANCELLED: _("已取消，不用去了"),
        O.DRAFTED: _("已退回编制，等重新派工"),
    }[O(order.status)]


def request_says(request: ServiceRequest) -> str:
    """Where a request without a valid order stands, said to the engineer."""
    if request.status == R.ASSIGNED:
        return _("等您联系客户")
    if request.hold_reason:
        return _("等待中：%(why)s") % {"why": request.get_hold_reason_display()}
    return _("已联系，等派工") if request.status == R.CONTACTED else str(request.get_status_display())


def _request_job(request: ServiceRequest) -> Job:
    return Job(href=reverse("my-request", args=[request.number]), number=request.number, state=request_says(request),
               clock=show.next_clock(request), **_common(request))  # fmt: skip


def _order_job(order: DispatchOrder, now: dt.datetime) -> Job:
    record = getattr(order, "service_record", None)
    at_work = record is not None and order.status in (O.ON_SITE, O.DONE)
    return Job(
        href=reverse("my-record", args=[record.number]) if at_work else reverse("my-order", args=[order.number]),
        number=order.number,
        state=order_says(order),
        clock=show.next_clock(order),
        arrival=timezone.localtime(order.planned_arrival, order.branch.zone),
        badge=Badge(_("已过约定时间"), "red") if order.arrived_at is None and order.planned_arrival < now else None,
        **_common(order.request),
    )


def _common(request: ServiceRequest) -> dict[str, Any]:
    who, phone = job.caller(request)
    return {
        "title": job.title(request),
        "machine": job.machine(request),
        "said": request.fault,
        "who": who,
        "phone": phone,
        "spoken": job.spoken(phone),
        "tel": job.dial(phone),
        "way": job.way(request),
    }
