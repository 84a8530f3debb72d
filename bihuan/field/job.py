"""A job as a phone shows it: where, which machine, whom to call, how to get there, what was there before."""

from __future__ import annotations

import re
from urllib.parse import quote

from bihuan.kernel.access.actors import Actor
from bihuan.service.access import access_records
from bihuan.service.models import ServiceRecord, ServiceRequest

VISITS = 3


def title(request: ServiceRequest) -> str:
    """Customer and site: 华东精密 · 二号厂房."""
    return " · ".join(str(part) for part in (request.customer, request.site) if part)


def machine(request: ServiceRequest) -> str:
    """The unit, or the model when the unit is not known."""
    return str(request.unit or request.product_model or "")


def caller(request: ServiceRequest) -> tuple[str, str]:
    """Whom to call: name and number, the number they called from before one that is on file. Either may be empty."""
    person = request.contact_person
    name = request.caller_name or (person.name if person else "")
    on_file = next((phone.written for phone in person.phones.all()), "") if person else ""
    return name, request.caller_phone or on_file


def spoken(phone: str) -> str:
    """A mobile number in the groups one says it in: 138 0000 5678."""
    return f"{phone[:3]} {phone[3:7]} {phone[7:]}" if re.fullmatch(r"1\d{10}", phone) else phone


def dial(phone: str) -> str:
    """The number as a link that calls it; empty for none."""
    plain = re.sub(r"[^0-9+#*]", "", phone)
    return f"tel:{plain}" if plain else ""


def way(request: ServiceRequest) -> str:
    """A link that opens the phone's own map with the address; empty when no place is known."""
    site = request.site
    if site is None:
        return ""
    return "geo:0,0?q=" + quote(site.address or f"{request.customer.name} {site.name}")


def address(request: ServiceRequest) -> str:
    return request.site.address if request.site else ""


def last_visits(actor: Actor, request: ServiceRequest) -> list[ServiceRecord]:
    """The latest finished visits to the same unit that *actor* may see, newest first. One statement at most."""
    if request.unit_id is None:
        return []
    rows = access_records.all(actor).filter(order__request__unit_id=request.unit_id).exclude(status="open")
    return list(rows.order_by("-order__arrived_at", "-id")[:VISITS])
