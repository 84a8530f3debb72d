"""Customers with their sites, and contacts, from files (#5: no column of the file can set a branch, an owner or a history)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.lists.imports import ImportColumn, Importer, ImportRow, RowError, at_row, register_importer
from bihuan.kernel.lists.parsers import flag, text
from bihuan.organisation.models import Region

from . import domain as verbs
from .access import access_customers, access_sites
from .models import Contact, Customer, Phone, digits
from .rules import may_import


def regions_by_name() -> dict[str, Region | None]:
    """Every region by its code, its name and its full name; None for a name that two bear. One statement."""
    found: dict[str, Region | None] = {}
    for region in Region.objects.select_related("parent", "branch", "parent__branch"):
        full = f"{region.parent.name}{region.name}" if region.parent else region.name
        for key in {region.code, full}:
            found[key] = region
        if region.name != full:
            found[region.name] = None if region.name in found else region
    return found


def customers_named(rows: Iterable[ImportRow], actor: Actor, number: str, name: str) -> dict[str, Customer]:
    """The customers in sight that the rows name, by number and by name. One statement."""
    wanted = {row.values[column] for row in rows for column in (number, name) if row.values.get(column)}
    found = access_customers.all(actor).filter(Q(number__in=wanted) | Q(name__in=wanted))
    return {key: one for one in found for key in (one.number, one.name)}


def _check_customers(rows: list[ImportRow], actor: Actor) -> Iterator[RowError]:
    known, regions = customers_named(rows, actor, "number", "name"), regions_by_name()
    places = {(site.customer_id, site.name) for site in access_sites.all(actor).filter(customer__in={one.pk for one in known.values()})}
    taken: dict[tuple[str, str], int] = {}
    numbers: dict[str, str] = {}
    for row in rows:
        values = row.values
        site = values["site"] or _("主厂区")
        customer = known.get(values["number"] or "") or known.get(values["name"])
        values["customer"] = customer
        if values["number"] and customer and (customer.number, customer.name) != (values["number"], values["name"]):
            yield RowError(
                row.number, _("客户编号"), values["number"], _("编号属于“%(name)s”，请核对编号或名称。") % {"name": customer.name}
            )
        if values["number"] and numbers.setdefault(values["number"], values["name"]) != values["name"]:
            yield RowError(row.number, _("客户编号"), values["number"], _("文件里两个客户用了同一个编号，请更正。"))
        if customer and (customer.pk, site) in places:
            yield RowError(row.number, _("现场"), site, _("这个客户已有这个现场，请删除此行或换个名称。"))
        if first := taken.get((values["name"], site)):
            yield RowError(row.number, _("现场"), site, _("与第 %(first)s 行重复。") % {"first": first})
        taken.setdefault((values["name"], site), row.number)
        values["region_row"] = regions.get(values["region"] or "")
        if values["region"] and values["region_row"] is None:
            yield RowError(
                row.number, _("地区"), values["region"], _("没有这个地区或名称不唯一，请写行政区划全称（如“江苏省苏州市”）或六位代码。")
            )
        if not values["region"] and not (values["is_overseas"] or (customer and customer.is_overseas)):
            yield RowError(row.number, _("地区"), "", _("国内客户必填，系统据此确定服务分公司。"))


def _write_customers(rows: list[ImportRow], actor: Actor) -> None:
    now = timezone.now()
    made: dict[str, Customer] = {}
    for row in rows:
        values = row.values
        place = {"region": values["region_row"], "address": values["address"] or ""}
        customer = values["customer"] or made.get(values["name"])
        with at_row(row):
            if customer is None:
                made[values["name"]], _site = verbs.open_customer(
                    values["name"], by=actor, at=now, number=values["number"] or "", short_name=values["short_name"] or "", site=values["site"] or "",
                    is_overseas=bool(values["is_overseas"]), is_key_account=bool(values["is_key_account"]), note=values["note"] or "", **place,
                )  # fmt: skip
            else:
                verbs.add_site(customer, {"name": values["site"] or _("主厂区"), **place}, by=actor, at=now)


def _check_contacts(rows: list[ImportRow], actor: Actor) -> Iterator[RowError]:
    known = customers_named(rows, actor, "customer", "customer")
    ids = {one.pk for one in known.values()}
    sites = {(site.customer_id, site.name): site for site in access_sites.all(actor).filter(customer__in=ids)}
    there = set(Contact.objects.filter(customer__in=ids, is_active=True).values_list("customer_id", "name"))
    numbers = set(Phone.objects.filter(contact__customer__in=ids).values_list("contact__customer_id", "digits"))
    for row in rows:
        values = row.values
        customer = known.get(values["customer"])
        values["customer_row"] = customer
        if customer is None:
            yield RowError(row.number, _("客户"), values["customer"], _("没有这个客户，请先登记，或改成登记的全称或编号。"))
            continue
        values["site_row"] = sites.get((customer.pk, values["site"])) if values["site"] else None
        if values["site"] and values["site_row"] is None:
            yield RowError(row.number, _("现场"), values["site"], _("这个客户没有这个现场，请先登记，或删去现场。"))
        phones = split_phones(values["phones"])
        if wrong := [phone for phone in phones if not 5 <= len(digits(phone)) <= 24]:
            yield RowError(row.number, _("电话"), wrong[0], _("不像电话号码，请核对；几个号码之间用分号隔开。"))
        if (customer.pk, values["name"]) in there and any((customer.pk, digits(phone)) in numbers for phone in phones):
            yield RowError(row.number, _("联系人"), values["name"], _("这个客户已有同名、同号码的联系人，请删除此行。"))


def split_phones(cell: str | None) -> list[str]:
    """The numbers of a cell, set apart by semicolons, commas or slashes."""
    for mark in "；;，,、/":
        cell = (cell or "").replace(mark, "\n")
    return [part.strip() for part in (cell or "").splitlines() if part.strip()]


def _write_contacts(rows: list[ImportRow], actor: Actor) -> None:
    now = timezone.now()
    for row in rows:
        values: dict[str, Any] = row.values
        fields = {"name": values["name"], "title": values["title"] or "", "email": values["email"] or "", "site": values["site_row"]}
        with at_row(row):
            verbs.add_contact(values["customer_row"], fields, split_phones(values["phones"]), by=actor, at=now)


register_importer(
    Importer(
        "customers",
        gettext_lazy("客户和现场"),
        columns=[
            ImportColumn(
                "number", gettext_lazy("客户编号"), parse=text(20), help=gettext_lazy("不填则自动编号；已有客户请填，用来加现场。")
            ),
            ImportColumn(
                "name", gettext_lazy("客户名称"), required=True, parse=text(120), help=gettext_lazy("同名的几行是同一客户的几个现场。")
            ),
            ImportColumn("short_name", gettext_lazy("简称"), parse=text(40)),
            ImportColumn("site", gettext_lazy("现场"), parse=text(80), help=gettext_lazy("不填为“主厂区”。")),
            ImportColumn("region", gettext_lazy("地区"), parse=text(40), help=gettext_lazy("江苏省苏州市，或六位行政区划代码。国内必填。")),
            ImportColumn("address", gettext_lazy("地址"), parse=text(200)),
            ImportColumn("is_key_account", gettext_lazy("重大客户"), parse=flag(), help=gettext_lazy("是／否")),
            ImportColumn("is_overseas", gettext_lazy("海外客户"), parse=flag(), help=gettext_lazy("是／否")),
            ImportColumn("note", gettext_lazy("备注"), parse=text(500, breaks=True)),
        ],
        write=_write_customers,
        check=_check_customers,
        may=may_import,
        done_url="/lists/customers/",
    )
)
register_importer(
    Importer(
        "contacts",
        gettext_lazy("联系人"),
        columns=[
            ImportColumn("customer", gettext_lazy("客户"), required=True, parse=text(120), help=gettext_lazy("客户编号或全称。")),
            ImportColumn("name", gettext_lazy("联系人"), required=True, parse=text(60)),
            ImportColumn("title", gettext_lazy("部门/职务"), parse=text(60)),
            ImportColumn("phones", gettext_lazy("电话"), parse=text(400, breaks=True), help=gettext_lazy("几个号码用分号隔开。")),
            ImportColumn("email", gettext_lazy("邮箱"), parse=text(120)),
            ImportColumn("site", gettext_lazy("现场"), parse=text(80)),
        ],
        write=_write_contacts,
        check=_check_contacts,
        may=may_import,
        done_url="/lists/contacts/",
    )
)
