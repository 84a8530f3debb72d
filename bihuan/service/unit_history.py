"""What the main job adds to the pages of a machine and of a customer: open matters, every visit, parts changed, readings over time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone

from bihuan.customers.models import Customer
from bihuan.customers.public import Panel, register_customer_panel
from bihuan.equipment.models import Unit
from bihuan.equipment.public import limits_text, register_unit_panel
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.ui.pieces import Badge, Row

from . import worklist
from .access import access_records, access_requests
from .models import ServiceRecord, ServiceRequest

SHOWN = 40  # requests on the page of a machine; the list has the rest
LATEST = 20  # requests on a customer's page
REPEAT = dt.timedelta(days=90)
PICTURES = 8


@dataclass
class Matter:
    """A request with the visits it led to."""

    request: ServiceRequest
    visits: list[ServiceRecord] = field(default_factory=list)

    @property
    def badge(self) -> Badge:
        return Badge(
            self.request.get_status_display(),
            "green" if self.request.status == "closed" else "neutral" if self.request.is_final else "accent",
        )


@dataclass
class Reading:
    """A measured line of the checklist over the visits, oldest first."""

    text: str
    unit: str
    low: Decimal | None = None
    high: Decimal | None = None
    values: list[float] = field(default_factory=list)
    last: Decimal = Decimal(0)
    last_at: dt.datetime | None = None

    @property
    def limits(self) -> str:
        return limits_text(self.low, self.high)

    @property
    def is_out(self) -> bool:
        return (self.low is not None and self.last < self.low) or (self.high is not None and self.last > self.high)

    @property
    def floor(self) -> float:
        """The bottom of the drawing: the limit, or what was measured below it."""
        return min([*self.values, *([float(self.low)] if self.low is not None else [])])

    @property
    def ceiling(self) -> float:
        return max([*self.values, *([float(self.high)] if self.high is not None else [])])


def of_unit(unit: Unit, actor: Actor) -> list[Panel]:
    """The machine's story as far as *actor* sees it. Three statements."""
    requests = list(access_requests.all(actor).filter(unit=unit).order_by("-id")[:SHOWN])
    visits = list(access_records.all(actor).filter(order__request__unit=unit).order_by("-id")[:SHOWN])
    return [
        Panel("service/open_matters.html", {"rows": _open(requests, actor), "repeats": _repeats(requests)}, order=10),
        Panel("service/unit_readings.html", {"readings": readings(visits)}, order=80),
        Panel("service/unit_parts.html", {"parts": list(parts_changed(visits))}, order=70),
        Panel("service/unit_visits.html", {"matters": matters(requests, visits), "more": len(requests) == SHOWN, "unit": unit}, order=60),
        Panel("service/unit_pictures.html", {"pictures": pictures(visits)}, aside=True),
    ]


def of_customer(customer: Customer, actor: Actor) -> list[Panel]:
    """What is open, and the latest of what was. One statement."""
    requests = list(access_requests.all(actor).filter(customer=customer).order_by("-id")[: LATEST + SHOWN])
    history = requests[:LATEST]
    return [
        Panel("service/open_matters.html", {"rows": _open(requests, actor), "repeats": 0, "units": True}, order=10),
        Panel("service/customer_history.html", {"requests": history, "more": len(requests) > LATEST, "customer": customer}, order=80),
    ]


def _open(requests: list[ServiceRequest], actor: Actor) -> list[Row]:
    """The open ones as lines, soonest deadline first; the fault stands where a worklist has the customer."""
    far = timezone.now() + dt.timedelta(days=3650)
    waiting = sorted((one for one in requests if not one.is_final), key=lambda one: (one.next_due_at or far, one.pk))
    return [replace(worklist.row(one, actor), subject=one.fault.split("\n")[0][:120], said="") for one in waiting]


def _repeats(requests: list[ServiceRequest]) -> int:
    """How often the machine was reported in ninety days; once is no repeat."""
    count = sum(one.called_at >= timezone.now() - REPEAT and one.status != "cancelled" for one in requests)
    return count if count > 1 else 0


def matters(requests: list[ServiceRequest], visits: list[ServiceRecord]) -> list[Matter]:
    """Each request, newest first, with its visits in order."""
    found = {request.pk: Matter(request) for request in requests}
    for visit in reversed(visits):
        if visit.order.request_id in found:
            found[visit.order.request_id].visits.append(visit)
    return list(found.values())


def parts_changed(visits: Iterable[ServiceRecord]) -> Iterator[dict[str, Any]]:
    """Every part put in, newest visit first: name, number, how many, old and new serial number."""
    for visit in visits:
        for part in visit.parts or []:
            yield {
                "visit": visit, "at": visit_at(visit), "name": part.get("name", ""), "part_no": part.get("part_no", ""),
                "quantity": part.get("quantity", ""), "old": part.get("old_serial", ""), "new": part.get("new_serial", ""),
            }  # fmt: skip


def readings(visits: list[ServiceRecord]) -> list[Reading]:
    """The measured lines, each with its values over the visits; the limits are those of the latest visit."""
    found: dict[tuple[str, str], Reading] = {}
    for visit in reversed(visits):
        for line in visit.checklist or []:
            value = _figure(line.get("value")) if line.get("measured") else None
            if value is None:
                continue
            key = str(line.get("text", "")), str(line.get("unit", ""))
            reading = found.setdefault(key, Reading(*key))
            reading.low, reading.high = _figure(line.get("low")), _figure(line.get("high"))
            reading.values.append(float(value))
            reading.last, reading.last_at = value, visit_at(visit)
    return list(found.values())


def _figure(text: object) -> Decimal | None:
    """A measured value as typed; None for what is no number."""
    try:
        value = Decimal(str(text)) if text not in (None, "") else None
    except InvalidOperation:
        return None
    return value if value is None or value.is_finite() else None


def visit_at(visit: ServiceRecord) -> dt.datetime:
    """When the visit was: arrival, else when its record was begun."""
    return visit.order.arrived_at or visit.created_at


def pictures(visits: list[ServiceRecord]) -> list[Attachment]:
    """The latest photos of visits. One statement."""
    ids = [visit.pk for visit in visits[:10]]
    rows = Attachment.objects.filter(record_type="service.ServiceRecord", record_id__in=ids, kind__startswith="photo").order_by("-pk")
    return list(rows[:PICTURES])


register_unit_panel(of_unit)
register_customer_panel(of_customer)
