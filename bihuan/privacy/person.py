"""Whom a request is about, and which records are theirs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from bihuan.customers.models import Contact, Phone, digits
from bihuan.kernel.access.refusals import Invalid
from bihuan.service.models import DispatchOrder, ServiceRecord, ServiceRequest

from .marks import GONE, Marks
from .models import PersonRequest


@dataclass
class Person:
    """A contact, or somebody who called and never became one; ``requests`` are the calls they made or are named in."""

    contact: Contact | None
    requests: list[ServiceRequest]
    marks: Marks

    @property
    def open_numbers(self) -> list[str]:
        return [request.number for request in self.requests if request.is_open]

    def customers(self) -> set[int]:
        found = {request.customer_id for request in self.requests}
        return found | ({self.contact.customer_id} if self.contact else set())

    def records(self) -> list[Any]:
        """Every record of their customers: there a name in a text is theirs. Requests, orders, service records, requests of persons."""
        mine = ServiceRequest.objects.filter(customer__in=self.customers())
        orders = DispatchOrder.objects.filter(request__in=mine)
        asked = PersonRequest.objects.filter(Q(contact__customer__in=self.customers()) | Q(call__in=mine))
        done = ServiceRecord.objects.filter(order__in=orders).select_related("order__request")
        return [*mine, *orders.select_related("request"), *done, *asked]

    def own_records(self) -> list[Any]:
        """Those of the calls they made or are named in."""
        mine = [request.pk for request in self.requests]
        orders = DispatchOrder.objects.filter(request__in=mine)
        return [*self.requests, *orders, *ServiceRecord.objects.filter(order__in=orders)]


def of_contact(pk: int) -> Person:
    """The contact with the id *pk*. Raises Invalid when there is none."""
    contact = Contact.objects.filter(pk=pk).select_related("customer").first()
    if contact is None:
        raise Invalid(_("没有编号为 {pk} 的联系人，请用 --find 电话 查找。").format(pk=pk))
    phones = set(contact.phones.values_list("digits", flat=True))
    theirs = Q(contact_person=contact)
    if contact.name != GONE:
        theirs |= Q(customer=contact.customer, caller_name=contact.name)
    requests = list(ServiceRequest.objects.filter(theirs | Q(pk__in=_calls_from(phones))).order_by("pk"))
    called = {
        request.caller_phone
        for request in requests
        if request.contact_person_id == contact.pk and request.caller_name in ("", contact.name)
    }
    return Person(contact, requests, Marks([contact.name], phones | called, [contact.email]))


def of_phone(text: str) -> Person:
    """Whoever has this number. Raises Invalid when nobody has, or when several contacts have and one must be chosen."""
    number = digits(text)
    contacts = sorted(set(Phone.objects.filter(digits=number).values_list("contact_id", flat=True))) if number else []
    if len(contacts) > 1:
        which = "、".join(f"--contact {pk}" for pk in contacts)
        raise Invalid(_("有 {count} 位联系人用这个号码，请指明一位：{which}。").format(count=len(contacts), which=which))
    if contacts:
        return of_contact(contacts[0])
    calls = _calls_from({number}) if number else []
    if not calls:
        raise Invalid(_("没有找到这个号码，请核对，或用 --contact 给出联系人编号。"))
    return of_calls(calls)


def of_calls(ids: Iterable[int]) -> Person:
    """Somebody who called and is no contact."""
    requests = list(ServiceRequest.objects.filter(pk__in=list(ids)).order_by("pk"))
    return Person(None, requests, Marks({r.caller_name for r in requests}, {r.caller_phone for r in requests}, ()))


def _calls_from(phones: set[str]) -> list[int]:
    """Calls from these numbers, however they were written down."""
    rows = ServiceRequest.objects.exclude(caller_phone="").values_list("pk", "caller_phone").iterator(chunk_size=5000)
    return [pk for pk, written in rows if digits(written) in phones] if phones else []


def of_request(record: PersonRequest) -> Person:
    """Whom a request of a person is about: the contact, or whoever calls from where that call came."""
    if record.contact_id is not None:
        return of_contact(record.contact_id)
    call = ServiceRequest.objects.get(pk=record.call_id)
    return of_calls({call.pk, *_calls_from({digits(call.caller_phone)} - {""})})


def kept(record: PersonRequest) -> Person:
    """Whom it is about. Raises Invalid when nothing is kept of them any more."""
    person = of_request(record)
    if not person.marks:
        raise Invalid(_("此人的信息已经删除，没有可办理的了。请直接选“不予办理”并答复。"))
    return person
