"""The ground the bulk seed stands on: 24 branches, their people, customers and machines, scaled with the number of requests."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max
from django.utils import timezone

from bihuan.customers.models import Contact, Customer, Site
from bihuan.equipment.models import ChecklistItem, ProductLine, ProductModel, Unit
from bihuan.kernel.access.actors import actor_for
from bihuan.kernel.calendars.china import ensure_chinese_calendar
from bihuan.organisation import roles
from bihuan.organisation.models import Appointment, Branch, Person, Region
from bihuan.organisation.roles import Role

from .lives import Players

CITIES = (
    "上海", "苏州", "南京", "杭州", "宁波", "合肥", "南昌", "济南", "青岛", "郑州", "武汉", "长沙", "广州", "深圳", "厦门", "南宁", "成都", "重庆",
    "昆明", "贵阳", "西安", "兰州", "沈阳", "天津",
)  # fmt: skip
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟强磊军洋勇杰涛明超华平刚辉鹏飞斌波宇浩"
NAMES = ("恒", "瑞", "达", "新", "华", "盛", "泰", "源", "鼎", "信", "宏", "科")
TRADES = ("机械", "电子", "纺织", "食品", "化工", "建材", "汽配", "制药", "包装", "铸造")
MODELS = ("PK-37", "PK-75", "PK-110", "PK-160", "PS-180", "PS-350")


@dataclass
class Owner:
    """A machine with its customer and place."""

    customer: Customer
    site: Site
    unit: Unit
    values: dict[str, Any]


@dataclass
class Place:
    """A branch with its people and the machines it serves."""

    branch: Branch
    players: Players
    engineers: list[Person]
    values: dict[str, Any]
    owners: list[Owner] = field(default_factory=list)


@dataclass
class World:
    places: list[Place]


def lay_world(chance: random.Random, requests: int) -> World:
    """The ground, made where it is not there yet: at a million requests 200 engineers, 20,000 customers and 40,000 machines."""
    ensure_chinese_calendar()
    home = Branch.objects.filter(is_headquarters=True).first() or Branch.objects.create(code="ZB", name="总部", is_headquarters=True)
    desk, head = _person("pl_desk", "客服甲", home, roles.SERVICE_DESK), _person("pl_head", "部长甲", home, roles.AFTER_SALES_HEAD)
    places = [_place(number, city, desk, head, chance, requests) for number, city in enumerate(CITIES, start=1)]
    models = _models()
    last = Customer.objects.filter(number__startswith="PL-").aggregate(last=Max("number"))["last"]
    known = int(last[3:]) + 1 if last else 0
    for place in places:
        _owners(place, chance, models, max(2, requests // 25 // len(places)), known)
        known += len(place.owners)
    return World(places)


def _place(number: int, city: str, desk: Person, head: Person, chance: random.Random, requests: int) -> Place:
    branch, _new = Branch.objects.get_or_create(code=f"P{number:02d}", defaults={"name": f"{city}服务站", "city": city})
    lead = _person(f"pl_lead{number:02d}", f"站长{city}", branch, roles.BRANCH_LEAD)
    count = max(1, min(200, max(24, requests // 500)) // len(CITIES) + (1 if number <= 8 and requests >= 100_000 else 0))
    names = [f"{chance.choice(SURNAMES)}{chance.choice(GIVEN)}{chance.choice(GIVEN)}" for _ in range(count)]
    engineers = [_person(f"pl_eng{number:02d}_{place:02d}", name, branch, roles.FIELD_ENGINEER) for place, name in enumerate(names)]
    players = Players(actor_for(desk), actor_for(lead), actor_for(head), actor_for(engineers[0]), engineers[0])
    values = {
        "branch_id": branch.pk, "branch_name": branch.name, "desk_id": desk.pk, "desk_name": desk.name, "head_id": head.pk,
        "head_name": head.name, "lead_id": lead.pk, "lead_name": lead.name,
    }  # fmt: skip
    return Place(branch, players, engineers, values)


def _person(username: str, name: str, branch: Branch, role: Role) -> Person:
    """Nobody can sign in as them: they have no password. Tokens can be issued."""
    found = Person.objects.filter(username=username).first()
    if found is None:
        found = Person.objects.create_person(username, name, home_branch=branch)
        Appointment.objects.create(person=found, role=role.code, branch=branch, starts_at=timezone.now() - dt.timedelta(days=4000))
    return found


def _models() -> list[ProductModel]:
    line, _new = ProductLine.objects.get_or_create(code="PL", defaults={"name": "压缩机与冷水机"})
    models = [ProductModel.objects.get_or_create(line=line, name=name)[0] for name in MODELS]
    for model in models:
        if not model.checklist.exists():
            ChecklistItem.objects.create(model=model, position=1, text="外观与接线检查")
            ChecklistItem.objects.create(model=model, position=2, text="排气压力", unit="MPa", low="0.60", high="0.90", is_measured=True)
    return models


def _owners(place: Place, chance: random.Random, models: list[ProductModel], machines: int, known: int) -> None:
    """*machines* machines, two to a customer."""
    region = Region.objects.filter(name__startswith=place.branch.city).first()
    customers = [_customer(place, chance, known + number) for number in range(max(1, machines // 2))]
    Customer.objects.bulk_create(customers)
    sites = [
        Site(customer=customer, name="主厂区", region=region, branch=place.branch, address=f"{place.branch.city}市工业园")
        for customer in customers
    ]
    Site.objects.bulk_create(sites)
    contacts = [Contact(customer=site.customer, site=site, name="王工", title="设备部") for site in sites]
    Contact.objects.bulk_create(contacts)
    units = []
    for number in range(machines):
        site = sites[number % len(sites)]
        serial = f"P{place.branch.code}{known * 2 + number:06d}"
        units.append(Unit(serial=serial, model=chance.choice(models), customer=site.customer, site=site, parts_until=dt.date(2028, 1, 1)))
    Unit.objects.bulk_create(units)
    people = {contact.site_id: contact.pk for contact in contacts}
    place.owners += [Owner(unit.customer, unit.site, unit, _values(unit, people[unit.site_id])) for unit in units]


def _customer(place: Place, chance: random.Random, number: int) -> Customer:
    short = f"{place.branch.city}{chance.choice(NAMES)}{chance.choice(NAMES)}{chance.choice(TRADES)}"
    return Customer(number=f"PL-{number:06d}", name=f"{short}有限公司", short_name=short)


def _values(unit: Unit, contact_id: int) -> dict[str, Any]:
    return {
        "customer_id": unit.customer_id, "customer_name": unit.customer.name, "site_id": unit.site_id, "unit_id": unit.pk,
        "product_model_id": unit.model_id, "contact_person_id": contact_id,
    }  # fmt: skip
