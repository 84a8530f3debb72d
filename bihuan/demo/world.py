"""What is there before anybody calls: offices, territories, people, products with their checklists, customers and their machines."""

from __future__ import annotations

import csv
import datetime as dt
import random
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from bihuan.customers.models import Contact, Customer, Phone, Site
from bihuan.customers.public import index_customer
from bihuan.equipment.models import Acknowledgement, Bulletin, ChecklistItem, ProductLine, ProductModel, Unit, WarrantyTerm
from bihuan.equipment.public import index_unit
from bihuan.kernel.calendars.china import ensure_chinese_calendar
from bihuan.kernel.lists import search
from bihuan.organisation.models import Appointment, Branch, Department, Deputy, Person, Region
from bihuan.organisation.public import branch_for

from .people import OFFICES, PASSWORD, PEOPLE

DATA = Path(__file__).resolve().parent / "data"
OEM_BRANDS = ("Kaltwerk", "北辰动力")


def table(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def texts(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


def lay_organisation() -> dict[str, Person]:
    """Offices with their territories, and everyone with an account; by account name. One password for all, hashed once."""
    ensure_chinese_calendar()
    branches = {
        office.code: Branch.objects.create(
            code=office.code, name=office.name, city=office.city, address=office.address, phone=office.phone,
            is_headquarters=office.code == "ZB", handles_overseas=office.code == "JC",
        )
        for office in OFFICES
    }  # fmt: skip
    lay_regions(branches)
    long_ago, password = timezone.now() - dt.timedelta(days=800), make_password(PASSWORD)
    people, departments = {}, {}
    for number, someone in enumerate(PEOPLE):
        branch, key = branches[someone.office], (someone.office, someone.department)
        if key not in departments:
            departments[key] = Department.objects.create(branch=branch, name=someone.department)
        person = Person(username=someone.username, name=someone.name, home_branch=branch, department=departments[key])
        person.phone, person.password = f"138 0000 {9001 + number}", password
        person.save()
        Appointment.objects.create(person=person, role=someone.role.code, branch=branch, starts_at=long_ago)
        people[someone.username] = person
    return people


def lay_regions(branches: dict[str, Branch]) -> None:
    """All province-level divisions and prefecture-level cities by GB/T 2260, each province with the branch that serves it (AS-4.2)."""
    serves = {f"{province}0000": office.code for office in OFFICES for province in office.provinces.split()}
    serves |= {city: office.code for office in OFFICES for city in office.cities.split()}
    rows = sorted(table("regions"), key=lambda row: bool(row["parent"]))  # provinces first
    Region.objects.bulk_create(
        Region(code=row["code"], name=row["name"], parent_id=row["parent"] or None, branch=branches.get(serves.get(row["code"], "")))
        for row in rows
    )


def lay_deputies(people: dict[str, Person], now: dt.datetime) -> None:
    """Two absences: the head's six weeks ago, whose approvals show both names, and a lead's who is away right now."""
    day = dt.timedelta(days=1)
    Deputy.objects.create(
        absent=people["chenzq"], deputy=people["hexd"], starts_at=now - 44 * day, ends_at=now - 37 * day, reason="赴德国参加展会"
    )
    Deputy.objects.create(absent=people["liuyan"], deputy=people["mali"], starts_at=now - day, ends_at=now + 4 * day, reason="总部内训")


def lay_products(people: dict[str, Person], today: dt.date) -> None:
    """Lines with major faults and warranty terms, models with their checklist, bulletins with who has read them."""
    said = texts("products")
    models = {}
    for line in said["line"]:
        made = ProductLine.objects.create(code=line["code"], name=line["name"], major_faults="\n".join(line["major_faults"]))
        months = {f"{kind}_months": length for kind, length in line["warranty"].items()}
        WarrantyTerm.objects.create(line=made, valid_from=dt.date(2018, 1, 1), **months)
        for model in line["models"]:
            models[model["name"]] = ProductModel.objects.create(line=made, **model)
    checklists = {line["code"]: line["checklist"] for line in said["line"]}
    for model in models.values():
        ChecklistItem.objects.bulk_create(_checklist(model, checklists[model.line.code]))
    for bulletin in said["bulletin"]:
        row = Bulletin.objects.create(
            number=bulletin["number"], title=bulletin["title"], body=bulletin["body"],
            issued_on=today - dt.timedelta(days=bulletin["days_ago"]), issued_by=people["panwei"].name,
        )  # fmt: skip
        row.models_concerned.set(models[name] for name in bulletin["models"])
        readers = [people[name] for name in ("panwei", "sunyu", "gaofeng", "chenyt", "dengchuan") if bulletin["days_ago"] > 90]
        Acknowledgement.objects.bulk_create(Acknowledgement(bulletin=row, person=person, at=timezone.now()) for person in readers)


def _checklist(model: ProductModel, lines: list[dict[str, Any]]) -> Iterator[ChecklistItem]:
    for position, line in enumerate(lines, start=1):
        low, high = (Decimal(line[limit]) if limit in line else None for limit in ("low", "high"))
        yield ChecklistItem(
            model=model, position=position, text=line["text"], unit=line.get("unit", ""), low=low, high=high, is_measured="unit" in line
        )


def lay_customers(chance: random.Random, today: dt.date) -> list[Unit]:
    """Sixty customers, their sites, the people who call, and about 150 machines, all findable."""
    models = {model.name: model for model in ProductModel.objects.select_related("line")}
    regions = {region.code: region for region in Region.objects.select_related("parent", "branch", "parent__branch")}
    overseas = Branch.objects.get(handles_overseas=True)
    customers: dict[str, Customer] = {}
    units: list[Unit] = []
    for row in table("customers"):
        region = regions.get(row["region"])
        customer = customers.get(row["short"]) or _customer(row, len(customers) + 1)
        customers[row["short"]] = customer
        site = Site.objects.create(
            customer=customer, name=row["site"], region=region, address=row["address"], branch=branch_for(region) or overseas
        )
        _contacts(site, row["contacts"])
        units += [
            _unit(chance, models[name], site, len(units) + number, kind, today) for number, (name, kind) in enumerate(_wanted(row["units"]))
        ]
    Unit.objects.bulk_create(units)
    for customer in customers.values():
        index_customer(customer)
    for unit in units:
        index_unit(unit)
    return units


def _customer(row: dict[str, str], number: int) -> Customer:
    return Customer.objects.create(
        number=f"C-{number:04d}", name=row["name"], short_name=row["short"], is_key_account=row["key"] == "1",
        is_overseas=not row["region"], initials=" ".join(search.pinyin_initials(row["short"])),
    )  # fmt: skip


def _contacts(site: Site, said: str) -> None:
    for text in said.split(";"):
        name, _slash, title = text.partition("/")
        contact = Contact.objects.create(customer=site.customer, site=site, name=name, title=title)
        number = 5678 if contact.name == "王工" else 1000 + 37 * Phone.objects.count()
        Phone.objects.create(contact=contact, written=f"138 0000 {number % 10000:04d}")


def _wanted(said: str) -> Iterator[tuple[str, str]]:
    """(model, kind) for each machine of ``KX-160:2 OEM:KX-75:1 EXP:LX-500:1``."""
    for text in said.split():
        *kind, model, count = text.split(":")
        yield from [(model, kind[0] if kind else "")] * int(count)


def _unit(chance: random.Random, model: ProductModel, site: Site, number: int, kind: str, today: dt.date) -> Unit:
    shipped = today - dt.timedelta(days=chance.randrange(60, 2200))
    unit = Unit(serial=f"{shipped:%y}{'ABCD'[shipped.month % 4]}{1100 + 7 * number:04d}", model=model, customer=site.customer, site=site)
    if number == 0:  # the machine that every first look is at
        shipped, unit.serial = today - dt.timedelta(days=430), "22A0457"
    term = model.line.warranty_terms.all()[0]
    unit.shipped_on, unit.commissioned_on = shipped, shipped + dt.timedelta(days=chance.randrange(10, 40))
    unit.parts_until, unit.labour_until, unit.travel_until = (
        months_after(shipped, months) for months in (term.parts_months, term.labour_months, term.travel_months)
    )
    unit.is_overseas, unit.oem_brand = kind == "EXP", chance.choice(OEM_BRANDS) if kind == "OEM" else ""
    unit.place = f"{number % 4 + 1}# 机位"
    return unit


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day some months later, or the last one of that month."""
    year, month = divmod(day.month - 1 + months, 12)
    first = dt.date(day.year + year, month + 1, 1)
    last = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
    return min(first + dt.timedelta(days=day.day - 1), last)
