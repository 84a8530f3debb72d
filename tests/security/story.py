"""Jobs at one machine with a text of the test's own making in every field that holds words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from bihuan.customers.models import Contact, Phone
from bihuan.customers.public import index_customer
from bihuan.kernel import journal
from bihuan.kernel.files.store import attach
from bihuan.service.domain import order as orders
from bihuan.service.domain import record as records
from bihuan.service.domain import request as requests
from bihuan.service.models import DispatchOrder, ServiceRecord, ServiceRequest
from bihuan.service.tests.company import STROKES, Company, png

Words = Callable[[str, int], str]  # (field, most characters) → text


def plain(field: str, most: int) -> str:
    return f"{field} 的内容"[:most]


def lettered(unit: Any, words: Words, *, phone: str = "137 7773 1773") -> None:
    """Write words into everything that belongs to the machine: customer, site, contact, name plate."""
    customer, site = unit.customer, unit.site
    customer.name, customer.short_name, customer.note = (
        words("customer.name", 120),
        words("customer.short_name", 40),
        words("customer.note", 2000),
    )
    customer.save()
    site.name, site.address = words("site.name", 80), words("site.address", 200)
    site.save()
    contact = Contact.objects.create(customer=customer, site=site, name=words("contact.name", 60), title=words("contact.title", 60))
    Phone.objects.create(contact=contact, written=phone)
    unit.serial, unit.oem_brand, unit.place = words("unit.serial", 40), words("unit.oem_brand", 40), words("unit.place", 80)
    unit.save()
    index_customer(customer)


class Job:
    """One request and what came of it, taken by the lead and the engineer of its branch as far as the test asks."""

    def __init__(self, company: Company, unit: Any, *, lead: str, engineer: str, words: Words = plain, phone: str) -> None:
        self.company, self.unit, self.words, self.phone = company, unit, words, phone
        self.lead, self.engineer = lead, engineer
        self.order: Any = None
        self.record: Any = None

    def by(self, key: str) -> Any:
        return self.company.by(key).proved(timezone.now())

    def registered(self) -> Job:
        now, words = timezone.now(), self.words
        self.request = ServiceRequest(
            customer=self.unit.customer, site=self.unit.site, unit=self.unit, called_at=now, fault=words("request.fault", 8000),
            first_answer=words("request.first_answer", 4000), caller_name=words("request.caller_name", 60), caller_phone=self.phone,
        )  # fmt: skip
        requests.register(self.request, by=self.by("desk"), at=now)
        return self

    def assigned(self) -> Job:
        self.registered()
        requests.assign(self.request, by=self.by(self.lead), at=timezone.now(), engineer=self.company.people[self.engineer])
        return self

    def contacted(self) -> Job:
        self.assigned()
        requests.contact(self.request, by=self.by(self.engineer), at=timezone.now(), answer=self.words("request.answer", 4000))
        return self

    def drafted(self) -> Job:
        self.contacted()
        self._draft()
        return self

    def _draft(self) -> None:
        words = self.words
        self.order = DispatchOrder(
            request=self.request, engineer=self.company.people[self.engineer], task=words("order.task", 2000),
            planned_arrival=timezone.now() + dt.timedelta(hours=2), companions=words("order.companions", 120), cost_note=words("order.cost_note", 200),
        )  # fmt: skip
        carry = [{"kind": "tool", "name": words("carry.name", 80)}, {"kind": "part", "name": words("carry.part", 80)}]
        orders.draft(self.order, by=self.by(self.lead), at=timezone.now(), carry=carry)

    def submitted(self) -> Job:
        self.drafted()
        orders.submit(self.order, by=self.by(self.lead), at=timezone.now())
        return self

    def approved(self) -> Job:
        self.submitted()
        orders.approve(self.order, by=self.by("head"), at=timezone.now())
        return self

    def released(self) -> Job:
        self.drafted()
        now, words = timezone.now(), self.words
        orders.release_by_phone(
            self.order, by=self.by(self.lead), at=now, phone_approver=words("order.phone_approver", 60), phone_approved_at=now,
            reason=words("order.release_reason", 500),
        )  # fmt: skip
        return self

    def on_site(self) -> Job:
        self.approved()
        now, by, words = timezone.now(), self.by(self.engineer), self.words
        orders.accept(self.order, by=by, at=now)
        first, second = self.order.carry_items.all()
        orders.depart(self.order, by=by, at=now, carried=[first.pk], remarks={second.pk: words("carry.remark", 120)})
        self.record = orders.arrive(self.order, by=by, at=now, arrival_place=words("order.arrival_place", 120))
        orders.report(self.order, by=by, at=now, progress=words("report.progress", 2000), plan=words("report.plan", 1000))
        return self

    def filled(self) -> Job:
        self.on_site()
        words = self.words
        lines = [
            {**line, "ok": True, "value": words("checklist.value", 40), "remark": words("checklist.remark", 200)}
            for line in self.record.checklist
        ]
        part = {name: words(f"part.{name}", 60) for name in ("name", "part_no", "old_serial", "new_serial")} | {"quantity": 1}
        records.fill_in(
            self.record, by=self.by(self.engineer), at=timezone.now(), checklist=lines, findings=words("record.findings", 4000),
            work_done=words("record.work_done", 4000), advice=words("record.advice", 2000), parts=[part], outcome="repaired",
            labour_minutes=90, travel_minutes=45,
        )  # fmt: skip
        self.photo = self.attached(self.record, "photo_after")
        return self

    def signed(self) -> Job:
        self.filled()
        words = self.words
        records.sign(
            self.record, by=self.by(self.engineer), at=timezone.now(), signer_name=words("signer.name", 60), signer_title=words("signer.title", 60),
            remarks=words("signer.remarks", 1000), image=png(), strokes=STROKES,
        )  # fmt: skip
        return self

    def refused(self) -> Job:
        self.filled()
        words = self.words
        records.refuse(
            self.record, by=self.by(self.engineer), at=timezone.now(), refusal_reason=words("record.refusal_reason", 1000),
            refusal_witness=words("record.refusal_witness", 60),
        )  # fmt: skip
        return self

    def closed(self) -> Job:
        self.signed()
        records.review(self.record, by=self.by(self.lead), at=timezone.now(), review_note=self.words("record.review_note", 1000))
        self.request.refresh_from_db()
        requests.close(self.request, by=self.by("desk"), at=timezone.now())
        return self

    def attached(self, record: Any, kind: str) -> Any:
        """A picture on *record*, its name in the test's words."""
        with journal.unit():
            return attach(record, png(), kind=kind, by=self.by(self.engineer), at=timezone.now(), name=f"{self.words('file.name', 60)}.png")

    @property
    def numbers(self) -> list[str]:
        return [record.number for record in (self.request, self.order, self.record) if record is not None]

    def fresh(self) -> Job:
        """The records as they stand in the database."""
        for record in (self.request, self.order, self.record):
            if record is not None:
                record.refresh_from_db()
        return self


def job_of(company: Company, words: Words = plain, **more: Any) -> Job:
    """A job in the east (HD), where the lead and the engineer of the company work."""
    return Job(company, company.unit, lead="lead", engineer="engineer", words=words, **{"phone": "138 8884 2884"} | more)


def foreign_job_of(company: Company, words: Words = plain, **more: Any) -> Job:
    """A job in the north (HB), of which nobody in the east may know."""
    return Job(company, company.other_unit, lead="other_lead", engineer="other_engineer", words=words, **{"phone": "137 7773 1773"} | more)


RECORDS = (ServiceRequest, DispatchOrder, ServiceRecord)
