"""Whom somebody who asks may be, among those that the person at the desk may see anyway."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from bihuan.customers.access import access_contacts
from bihuan.customers.models import Contact, Phone, digits
from bihuan.customers.public import masked
from bihuan.kernel.access.actors import Actor
from bihuan.service.access import access_requests
from bihuan.service.models import ServiceRequest

MOST = 20


def people_with(phone: str, actor: Actor) -> Sequence[Contact | ServiceRequest]:
    """The contacts with that number; when there is none, the latest call from it. Empty alike for absent and out of sight."""
    number = digits(phone)
    if len(number) < 5:
        return []
    if contacts := list(_contacts(actor).filter(phones__digits=number).distinct()[:MOST]):
        return [*contacts]
    calls = access_requests.all(actor).filter(caller_phone__contains=number[-4:]).order_by("-pk")
    found = (call for call in calls.iterator(chunk_size=500) if digits(call.caller_phone) == number)
    return [call for call in (next(found, None),) if call is not None]


def contact_of(pk: int, actor: Actor) -> Sequence[Contact | ServiceRequest]:
    """That contact, when in sight and not forgotten."""
    return list(_contacts(actor).filter(pk=pk, phones__isnull=False).distinct())


def _contacts(actor: Actor) -> Any:
    return access_contacts.all(actor).prefetch_related(Prefetch("phones", queryset=Phone.objects.order_by("id")))


def described(found: Contact | ServiceRequest) -> str:
    """One line to tell people apart by, with masked numbers."""
    if isinstance(found, ServiceRequest):
        said = _("来电人 %(name)s（不是登记的联系人）") % {"name": found.caller_name or _("未留姓名")}
        return " · ".join([said, str(found.customer), masked(found.caller_phone)])
    return " · ".join([str(found), str(found.customer), *(masked(phone.written) for phone in found.phones.all())])
