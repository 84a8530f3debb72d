"""The same things twice: in the east, and in the north, which the east does not see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from bihuan.equipment.models import Bulletin
from bihuan.kernel import journal
from bihuan.kernel.files.arriving import announce
from bihuan.kernel.files.store import attach
from bihuan.kernel.testing.marked import PHONE
from bihuan.organisation import roles
from bihuan.organisation.models import Appointment, Person
from bihuan.privacy.domain.request import receive
from bihuan.privacy.models import PersonRequest
from bihuan.quality.public import Nonconformity, declare
from bihuan.quality.tests.test_review import review_of
from bihuan.service.domain import order as orders
from bihuan.service.domain import request as requests
from bihuan.service.models import DispatchOrder, ServiceRequest
from bihuan.service.tests.company import Company, png


@dataclass
class Place:
    """One branch with a job on site: the key of one thing of every resource."""

    branch: Any
    keys: dict[str, Any]
    request: Any
    order: Any
    record: Any


def job_on_site(company: Company, unit: Any, lead: str, engineer: str) -> tuple[Any, Any, Any]:
    """A request with its order and service record, the engineer at the machine."""
    now, by = timezone.now(), company.by
    request = ServiceRequest(customer=unit.customer, site=unit.site, unit=unit, fault="高压报警", called_at=now, caller_phone=PHONE)
    requests.register(request, by=by("desk"), at=now)
    requests.assign(request, by=by(lead), at=now, engineer=company.people[engineer])
    requests.contact(request, by=by(engineer), at=now, answer="明早上门")
    order = DispatchOrder(request=request, engineer=company.people[engineer], task="检查", planned_arrival=now + dt.timedelta(hours=2))
    orders.draft(order, by=by(lead), at=now, carry=[{"kind": "tool", "name": "压力表"}])
    orders.submit(order, by=by(lead), at=now)
    orders.approve(order, by=by("head").proved(timezone.now()), at=now)
    orders.accept(order, by=by(engineer), at=now)
    orders.depart(order, by=by(engineer), at=now, carried=[item.pk for item in order.carry_items.all()])
    record = orders.arrive(order, by=by(engineer), at=now, arrival_place="二号厂房")
    return request, order, record


def place(company: Company, unit: Any, lead: str, engineer: str) -> Place:
    """Everything of one branch."""
    request, order, record = job_on_site(company, unit, lead, engineer)
    with journal.unit():
        photo = attach(record, png(), kind="photo", by=company.by(engineer), at=timezone.now(), name="a.png")
    coming = announce(record, kind="photo", size=9, sha256="0" * 64, client_key="k", by=company.by(engineer), at=timezone.now())
    bulletin = Bulletin.objects.create(
        number=f"TB-{unit.serial}", title="压力开关", body="检查", issued_on=dt.date(2026, 1, 5), issued_by="技术部"
    )
    bulletin.models_concerned.add(company.model)
    found = Nonconformity(
        branch=unit.site.branch, source_number=request.number, description="超时联系", responsible=company.people[engineer]
    )
    declare(found, by=company.by("head"), at=timezone.now())
    asked = PersonRequest(branch=unit.site.branch, contact=unit.site.contacts.get(), wish="deletion", identity="callback")
    receive(asked, by=company.by("desk"), at=timezone.now())
    keys = {
        "customers": unit.customer.number,
        "sites": unit.site.pk,
        "contacts": unit.site.contacts.get().pk,
        "lines": company.line.code,
        "models": company.model.pk,
        "units": unit.serial,
        "bulletins": bulletin.number,
        "branches": unit.site.branch.code,
        "people": engineer,
        "files": photo.handle,
        "uploads": coming.handle,
        "requests": request.number,
        "orders": order.number,
        "records": record.number,
        "nonconformities": found.number,
        "reviews": review_of(company, unit.site.branch).number,
        "person-requests": asked.number,
    }
    return Place(unit.site.branch, keys, request, order, record)


def east(company: Company) -> Place:
    return place(company, company.unit, "lead", "engineer")


def north(company: Company) -> Place:
    return place(company, company.other_unit, "other_lead", "other_engineer")


def everyone(company: Company) -> dict[str, Person]:
    """The company's people, and somebody for every role that none of them holds: at headquarters, or else in the east."""
    held = set(Appointment.objects.values_list("role", flat=True))
    people = dict(company.people)
    for role in roles.ROLES.values():
        if role.code not in held:
            home = company.hq if role.everywhere else company.east
            people[role.code] = Person.objects.create_person(role.code, str(role.label), home_branch=home)
            Appointment.objects.create(
                person=people[role.code], role=role.code, branch=home, starts_at=timezone.now() - dt.timedelta(days=9)
            )
    people["roleless"] = Person.objects.create_person("roleless", "无岗", home_branch=company.east)
    return people
