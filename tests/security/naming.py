"""For every form field that names another row: who fills it in, what is right there, and what would reach into a foreign branch (#3)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone

from bihuan.customers.models import Contact, Customer, Phone, Site
from bihuan.equipment.models import Unit
from bihuan.organisation.models import Department
from bihuan.quality.tests.test_review import opened

from .story import foreign_job_of, job_of
from .world import World

PLAIN = {
    "seen": "a mark of what was on the screen",
    "based_on": "the revision that was on the screen",
    "image": "a picture",
    "days": "lines of text, or a length of time",
    "carry": "lines of text",
    "language": "one of two",
}


def names_a_row(name: str, field: forms.Field) -> bool:
    """Whether what is typed there is the key of something; a text without a longest length is no text."""
    if name in PLAIN or isinstance(field, forms.JSONField) or isinstance(field.widget, forms.PasswordInput):
        return False
    if isinstance(field, forms.ModelChoiceField | forms.TypedChoiceField | forms.TypedMultipleChoiceField):
        return True
    return type(field) is forms.CharField and field.max_length is None and not isinstance(field.widget, forms.Textarea)


@dataclass(frozen=True)
class Filled:
    """A form filled in rightly, and for each field that names a row the keys that must not be taken."""

    address: str
    data: dict[str, Any]
    foreign: dict[str, list[Any]]


Case = Callable[[World], Filled]
CASES: dict[str, tuple[str, Case]] = {}


def case(pattern: str, who: str) -> Callable[[Case], Case]:
    """Tell how *who* fills in the form at the addresses of this line of the table."""

    def keep(make: Case) -> Case:
        CASES[pattern] = (who, make)
        return make

    return keep


def moment(hours: float) -> str:
    return (timezone.localtime() + dt.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


@case("/r/{request}/steps/forward/", "desk")
def forward(world: World) -> Filled:
    request = homeless(world)
    return Filled(f"/r/{request.number}/steps/forward/", {"branch": world.company.east.pk}, {"branch": [world.company.hq.pk]})


def homeless(world: World) -> Any:
    """A request from a place that no branch serves."""
    customer = Customer.objects.create(number="KH-0", name="无属地客户")
    site = Site.objects.create(customer=customer, name="厂区")
    job = job_of(world.company)
    job.unit = Unit.objects.create(serial="00X0000", model=world.company.model, customer=customer, site=site)
    return job.registered().request


@case("/r/{request}/steps/reroute/", "desk")
def reroute(world: World) -> Filled:
    request = job_of(world.company).registered().request
    data = {"branch": world.company.north.pk, "reason": "现场已迁"}
    return Filled(f"/r/{request.number}/steps/reroute/", data, {"branch": [world.company.hq.pk, world.company.east.pk]})


def strangers(world: World) -> list[int]:
    """People whom the east may not send: those of the north, and those of the east who are no engineers."""
    company = world.company
    return [company.other_engineer.pk, company.other_lead.pk, company.desk.pk, company.lead.pk]


@case("/r/{request}/steps/assign/", "lead")
def assign(world: World) -> Filled:
    request = job_of(world.company).registered().request
    return Filled(f"/r/{request.number}/steps/assign/", {"engineer": world.company.engineer.pk}, {"engineer": strangers(world)})


@case("/r/{request}/steps/reassign/", "lead")
def reassign(world: World) -> Filled:
    request = job_of(world.company).assigned().request
    data = {"engineer": world.company.colleague.pk, "reason": "张伟请假"}
    return Filled(f"/r/{request.number}/steps/reassign/", data, {"engineer": strangers(world)})


def order_data(world: World) -> dict[str, Any]:
    return {"engineer": world.company.engineer.pk, "planned_arrival": moment(3), "task": "检查", "carry": "工具 压力表 ×1"}


@case("/r/{order}/steps/amend/", "lead")
def amend(world: World) -> Filled:
    order = job_of(world.company).drafted().order
    return Filled(f"/r/{order.number}/steps/amend/", order_data(world), {"engineer": strangers(world)})


@case("/r/{nonconformity}/steps/hand_over/", "head")
def reassign_nonconformity(world: World) -> Filled:
    address = f"/r/{world.things['own']['nonconformity']}/steps/hand_over/"
    return Filled(address, {"responsible": world.company.lead.pk, "reason": "请假"}, {"responsible": elsewhere(world)})


@case("/r/{review}/steps/assign/", "head")
def name_reviewer(world: World) -> Filled:
    return Filled(f"/r/{opened(world.company).number}/steps/assign/", {"reviewer": world.company.head.pk}, {"reviewer": elsewhere(world)})


@case("/r/{review}/steps/hand_over/", "head")
def name_another_reviewer(world: World) -> Filled:
    address = f"/r/{world.things['own']['review']}/steps/hand_over/"
    return Filled(address, {"reviewer": world.company.head.pk, "reason": "出差"}, {"reviewer": elsewhere(world)})


@case("/r/{review}/steps/clear/", "head")
def find_in_order(world: World) -> Filled:
    address = f"/r/{world.things['own']['review']}/steps/clear/"
    return Filled(address, {"findings": [1], "reason": "已核对"}, {"findings": [[1, 7], [7]]})


@case("/r/{review}/steps/escalate/", "head")
def escalate(world: World) -> Filled:
    address = f"/r/{world.things['own']['review']}/steps/escalate/"
    data = {"findings": [1], "description": "补录", "responsible": world.company.lead.pk}
    return Filled(address, data, {"findings": [[1, 7], [7]], "responsible": elsewhere(world)})


def elsewhere(world: World) -> list[int]:
    """People who do not work in the east."""
    return [world.company.other_engineer.pk, world.company.other_lead.pk, world.company.desk.pk, world.company.auditor.pk]


@case("/evidence/deviations/{deviation}/", "head")
def make_nonconformity(world: World) -> Filled:
    address = f"/evidence/deviations/{world.things['own']['deviation']}/nonconformity/"
    return Filled(address, {"responsible": world.company.lead.pk, "description": "迟联系"}, {"responsible": elsewhere(world)})


def declare_on(kind: str) -> None:
    @case(f"/r/{{{kind}}}/nonconformity/", "head")
    def declare(world: World) -> Filled:
        address = f"/r/{world.things['own'][kind]}/nonconformity/"
        data = {"responsible": world.company.lead.pk, "description": "未按程序", "once": uuid.uuid4().hex}
        return Filled(address, data, {"responsible": elsewhere(world)})


for kind in ("request", "order", "record", "review", "person_request"):
    declare_on(kind)


@case("/requests/{request}/order/", "lead")
def draft(world: World) -> Filled:
    request = job_of(world.company).contacted().request
    return Filled(f"/requests/{request.number}/order/", order_data(world) | {"planned_hours": "2"}, {"engineer": strangers(world)})


def carried(world: World) -> tuple[Any, dict[str, Any], dict[str, list[Any]]]:
    """An accepted order, the things in the car, and those of another order."""
    from bihuan.service.domain import order as orders

    order, other = job_of(world.company).approved().order, foreign_job_of(world.company).approved().order
    orders.accept(order, by=world.company.by("engineer"), at=timezone.now())
    first, second = order.carry_items.all()
    data = {"carried": [first.pk, second.pk]}
    return order, data, {"carried": [[first.pk, second.pk, other.carry_items.first().pk]]}


@case("/r/{order}/steps/depart/", "engineer")
def depart(world: World) -> Filled:
    order, data, foreign = carried(world)
    return Filled(f"/r/{order.number}/steps/depart/", data, foreign)


@case("/my/orders/{order}/", "engineer")
def my_depart(world: World) -> Filled:
    order, data, foreign = carried(world)
    return Filled(f"/my/orders/{order.number}/", data | {"step": "depart"}, foreign)


def abroad(world: World) -> dict[str, Any]:
    """A customer of the import–export company, whose desk sees its own branch only."""
    company = world.company
    customer = Customer.objects.create(number="KH-JC", name="海外客户", is_overseas=True)
    site = Site.objects.create(customer=customer, name="Plant 2", branch=company.overseas)
    contact = Contact.objects.create(customer=customer, site=site, name="Ms Lee")
    Phone.objects.create(contact=contact, written="+65 6123 4567")
    unit = Unit.objects.create(serial="23J0001", model=company.model, customer=customer, site=site, is_overseas=True)
    return {"customer": customer.pk, "site": site.pk, "contact": contact.pk, "unit": unit.pk}


@case("/requests/new/", "export")
def call(world: World) -> Filled:
    company = world.company
    own, foreign = abroad(world), company.other_unit
    data = own | {"caller_phone": "+65 6123 4567", "called_at": moment(0), "channel": "phone", "fault": "high pressure", "new_region": ""}
    bad = {
        "customer": [foreign.customer_id],
        "site": [foreign.site_id],
        "contact": [foreign.site.contacts.first().pk],
        "unit": [foreign.pk, company.unit.pk],
        "follows_up": [world.things["foreign"]["request"], world.things["own"]["request"]],
        "new_region": [],
    }
    return Filled("/requests/new/", data, bad)


@case("/customers/{customer}/contacts/new/", "lead")
def new_contact(world: World) -> Filled:
    own, foreign = world.company.unit, world.company.other_unit
    return Filled(f"/customers/{own.customer.number}/contacts/new/", {"name": "李工", "site": own.site_id}, {"site": [foreign.site_id]})


@case("/contacts/{contact}/edit/", "lead")
def edit_contact(world: World) -> Filled:
    own, foreign = world.company.unit, world.company.other_unit
    address = f"/contacts/{world.things['own']['contact']}/edit/"
    return Filled(address, {"name": "李工", "site": own.site_id}, {"site": [foreign.site_id]})


def site_data(world: World) -> dict[str, Any]:
    return {"name": "三号厂房", "region": "320000", "branch": world.company.north.pk, "reason": "客户要求"}


@case("/customers/{customer}/sites/new/", "desk")
def new_site(world: World) -> Filled:
    number = world.company.unit.customer.number
    return Filled(f"/customers/{number}/sites/new/", site_data(world), {"branch": [world.company.hq.pk], "region": []})


@case("/sites/{site}/edit/", "desk")
def edit_site(world: World) -> Filled:
    return Filled(f"/sites/{world.company.unit.site_id}/edit/", site_data(world), {"branch": [world.company.hq.pk], "region": []})


@case("/customers/new/", "lead")
def new_customer(world: World) -> Filled:
    return Filled("/customers/new/", {"name": "新客户", "site": "主厂区", "region": "320000"}, {"region": []})


def unit_data(world: World) -> dict[str, Any]:
    return {"serial": "24A0001", "model": world.company.model.pk, "site": world.company.unit.site_id}


@case("/units/new/?customer={customer_id}", "lead")
def new_unit(world: World) -> Filled:
    address = f"/units/new/?customer={world.company.unit.customer_id}"
    return Filled(address, unit_data(world), {"site": [world.company.other_unit.site_id], "model": []})


@case("/units/{unit}/edit/", "lead")
def edit_unit(world: World) -> Filled:
    address = f"/units/{world.company.unit.serial}/edit/"
    return Filled(address, unit_data(world), {"site": [world.company.other_unit.site_id], "model": []})


@case("/models/new/", "technical")
def new_model(world: World) -> Filled:
    return Filled("/models/new/", {"name": "KX-320", "line": world.company.line.pk}, {"line": []})


@case("/models/{model}/edit/", "technical")
def edit_model(world: World) -> Filled:
    return Filled(f"/models/{world.company.model.pk}/edit/", {"name": "KX-320", "line": world.company.line.pk}, {"line": []})


@case("/bulletins/new/", "technical")
def new_bulletin(world: World) -> Filled:
    data = {"number": "TB-2026-9", "title": "通报", "body": "检查", "models_concerned": [world.company.model.pk]}
    return Filled("/bulletins/new/", data, {"models_concerned": []})


@case("/deputies/new/", "lead")
def new_deputy(world: World) -> Filled:
    company = world.company
    data = {"absent": company.lead.pk, "deputy": company.colleague.pk, "starts_at": moment(1), "ends_at": moment(30), "reason": "休假"}
    others = [company.other_lead.pk, company.head.pk]
    return Filled("/deputies/new/", data, {"absent": [company.engineer.pk, *others], "deputy": others})


def person_data(world: World) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    company = world.company
    own = Department.objects.create(branch=company.east, name="售后部")
    other = Department.objects.create(branch=company.north, name="售后部")
    data = {"username": "newcomer", "name": "新人", "home_branch": company.east.pk, "department": own.pk, "language": "zh-hans"}
    return data, {"home_branch": [], "department": [other.pk]}


@case("/people/new/", "admin")
def new_person(world: World) -> Filled:
    return Filled("/people/new/", *person_data(world))


@case("/people/{person}/edit/", "admin")
def edit_person(world: World) -> Filled:
    return Filled("/people/engineer/edit/", *person_data(world))


@case("/people/{person}/appoint/", "admin")
def appoint(world: World) -> Filled:
    data = {"role": "parts_keeper", "branch": world.company.east.pk, "starts_at": moment(0)}
    return Filled("/people/engineer/appoint/", data, {"branch": []})


@case("/territory/{region}/", "admin")
def serve(world: World) -> Filled:
    data = {"branch": world.company.north.pk, "sites": "move", "reason": "划归"}
    return Filled("/territory/320000/", data, {"branch": [world.company.hq.pk]})
