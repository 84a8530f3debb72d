"""Questions about many records of the main job: worklists, what a caller has open, the day of a branch, the manager's figures."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from bihuan.customers.models import Contact, Phone, digits
from bihuan.equipment.models import Unit
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.tables.worklist import open_rows

from .access import access_orders, access_requests
from .models import DispatchOrder, ServiceRequest


def open_requests(actor: Actor) -> QuerySet[ServiceRequest]:
    """All open requests in sight, soonest deadline first."""
    return open_rows(access_requests.all(actor))


def callers(actor: Actor, phone: str) -> list[Contact]:
    """The contacts in sight with this telephone number, written in whatever way."""
    from bihuan.customers.access import access_contacts

    plain = digits(phone)
    if len(plain) < 5:
        return []
    ids = Phone.objects.filter(digits=plain).values_list("contact_id", flat=True)[:20]
    return list(access_contacts.all(actor).filter(pk__in=list(ids), is_active=True)[:10])


def duplicates(actor: Actor, unit: Unit) -> list[ServiceRequest]:
    """Open requests on the same unit: perhaps the same trouble, proposed and not forced."""
    return list(open_requests(actor).filter(unit=unit)[:5])


def recent(actor: Actor, *, customer_id: int, unit: Unit | None = None, days: int = 90) -> list[ServiceRequest]:
    """Requests of a unit or a customer in the last *days*, newest first, ten at most."""
    since = timezone.now() - dt.timedelta(days=days)
    rows = access_requests.all(actor).filter(called_at__gte=since)
    rows = rows.filter(unit=unit) if unit else rows.filter(customer_id=customer_id)
    return list(rows.order_by("-id")[:10])


def day_of(actor: Actor, branch_id: int, day: dt.date, zone: Any) -> list[DispatchOrder]:
    """The visits planned for a branch on a day of its own time zone, by engineer and hour."""
    start = dt.datetime.combine(day, dt.time(), zone)
    rows = access_orders.all(actor).filter(
        branch_id=branch_id, planned_arrival__gte=start, planned_arrival__lt=start + dt.timedelta(days=1)
    )
    return list(rows.exclude(status="cancelled").order_by("engineer__name", "planned_arrival"))
