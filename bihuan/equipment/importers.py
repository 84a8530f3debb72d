"""Machines and models from files (#5: no column of the file can set a branch, an owner or a history)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.customers.access import access_sites
from bihuan.customers.importers import customers_named
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.lists.imports import ImportColumn, Importer, ImportRow, RowError, at_row, register_importer
from bihuan.kernel.lists.parsers import day, flag, text

from .domain import catalogue, units
from .forms import IN_AN_ADDRESS
from .models import ProductLine, ProductModel, Unit
from .rules import keeps_catalogue, may_import


def serial(cell: str) -> str:
    """A serial number that can stand in an address."""
    plain = text(40)(cell)
    if IN_AN_ADDRESS.regex.match(plain) is None:
        raise Invalid(str(IN_AN_ADDRESS.message))
    return plain


def _check_units(rows: list[ImportRow], actor: Actor) -> Iterator[RowError]:
    customers = customers_named(rows, actor, "customer", "customer")
    sites: dict[int, dict[str, Any]] = {}
    for site in access_sites.all(actor).filter(customer__in={one.pk for one in customers.values()}):
        sites.setdefault(site.customer_id, {})[site.name] = site
    models: dict[str, list[ProductModel]] = {}
    for model in ProductModel.objects.filter(name__in={row.values["model"] for row in rows}).select_related("line"):
        models.setdefault(model.name, []).append(model)
    there = set(Unit.objects.filter(serial__in=[row.values["serial"] for row in rows]).values_list("serial", flat=True))
    taken: dict[str, int] = {}
    for row in rows:
        yield from _faults(row, customers, sites, models, there, taken)


def _faults(row: ImportRow, customers: dict, sites: dict, models: dict, there: set[str], taken: dict[str, int]) -> Iterator[RowError]:
    values = row.values
    if values["serial"] in there:
        yield RowError(row.number, _("出厂编号"), values["serial"], _("已经登记，请删除此行。"))
    if first := taken.get(values["serial"]):
        yield RowError(row.number, _("出厂编号"), values["serial"], _("与第 %(first)s 行重复。") % {"first": first})
    taken.setdefault(values["serial"], row.number)
    fitting = [model for model in models.get(values["model"], []) if values["line"] in (None, model.line.code, model.line.name)]
    values["model_row"] = fitting[0] if len(fitting) == 1 else None
    if values["model_row"] is None:
        yield RowError(row.number, _("型号"), values["model"], _("没有这个型号，或几条产品线都有，请先登记，或填写产品线。"))
    customer = customers.get(values["customer"])
    if customer is None:
        yield RowError(row.number, _("客户"), values["customer"], _("没有这个客户，请先登记，或改成登记的全称或编号。"))
        return
    own = sites.get(customer.pk, {})
    values["customer_row"] = customer
    values["site_row"] = own.get(values["site"]) if values["site"] else next(iter(own.values())) if len(own) == 1 else None
    if values["site_row"] is None:
        yield RowError(row.number, _("现场"), values["site"] or "", _("这个客户没有这个现场，或有几个现场，请填写登记的现场名称。"))
    if values["shipped_on"] and values["commissioned_on"] and values["commissioned_on"] < values["shipped_on"]:
        yield RowError(row.number, _("调试日期"), str(values["commissioned_on"]), _("早于发货日期，请更正。"))


def _write_units(rows: list[ImportRow], actor: Actor) -> None:
    now = timezone.now()
    for row in rows:
        values = row.values
        fields = {
            "serial": values["serial"], "model": values["model_row"], "customer": values["customer_row"], "site": values["site_row"],
            "shipped_on": values["shipped_on"], "commissioned_on": values["commissioned_on"], "oem_brand": values["oem_brand"] or "",
            "is_overseas": bool(values["is_overseas"]), "place": values["place"] or "",
        }  # fmt: skip
        with at_row(row):
            units.register_unit(fields, by=actor, at=now)


def _check_models(rows: list[ImportRow], actor: Actor) -> Iterator[RowError]:
    lines = {key: line for line in ProductLine.objects.all() for key in (line.code, line.name)}
    there = set(ProductModel.objects.filter(name__in=[row.values["name"] for row in rows]).values_list("line_id", "name"))
    taken: dict[tuple[Any, str], int] = {}
    for row in rows:
        values = row.values
        values["line_row"] = line = lines.get(values["line"])
        if line is None:
            yield RowError(row.number, _("产品线"), values["line"], _("没有这条产品线，请先登记。"))
        elif (line.pk, values["name"]) in there:
            yield RowError(row.number, _("型号"), values["name"], _("已经登记，请删除此行。"))
        if first := taken.get((line, values["name"])):
            yield RowError(row.number, _("型号"), values["name"], _("与第 %(first)s 行重复。") % {"first": first})
        taken.setdefault((line, values["name"]), row.number)


def _write_models(rows: list[ImportRow], actor: Actor) -> None:
    now = timezone.now()
    for row in rows:
        values = row.values
        with at_row(row):
            catalogue.new_model(
                {"line": values["line_row"], "name": values["name"], "description": values["description"] or ""},
                values["checklist"] or [],
                by=actor,
                at=now,
            )


def checklist(cell: str) -> list[dict[str, Any]]:
    """A checklist in one cell, its lines set apart by line breaks or semicolons."""
    return catalogue.read_checklist(text(4000, breaks=True)(cell).replace("；", "\n").replace(";", "\n"))


register_importer(
    Importer(
        "units",
        gettext_lazy("设备"),
        columns=[
            ImportColumn("serial", gettext_lazy("出厂编号"), required=True, parse=serial),
            ImportColumn("model", gettext_lazy("型号"), required=True, parse=text(60)),
            ImportColumn("line", gettext_lazy("产品线"), parse=text(60), help=gettext_lazy("几条产品线有同名型号时填写。")),
            ImportColumn("customer", gettext_lazy("客户"), required=True, parse=text(120), help=gettext_lazy("客户编号或全称。")),
            ImportColumn("site", gettext_lazy("现场"), parse=text(80), help=gettext_lazy("客户只有一个现场时可不填。")),
            ImportColumn("place", gettext_lazy("安装位置"), parse=text(80)),
            ImportColumn("shipped_on", gettext_lazy("发货日期"), parse=day(), help=gettext_lazy("2026-03-14。保修期按发货日的条款计算。")),
            ImportColumn("commissioned_on", gettext_lazy("调试日期"), parse=day()),
            ImportColumn("oem_brand", gettext_lazy("OEM 品牌"), parse=text(40)),
            ImportColumn("is_overseas", gettext_lazy("海外"), parse=flag(), help=gettext_lazy("是／否")),
        ],
        write=_write_units,
        check=_check_units,
        may=may_import,
        done_url="/lists/units/",
    )
)
register_importer(
    Importer(
        "models",
        gettext_lazy("型号"),
        columns=[
            ImportColumn("line", gettext_lazy("产品线"), required=True, parse=text(60), help=gettext_lazy("代码或名称。")),
            ImportColumn("name", gettext_lazy("型号"), required=True, parse=text(60)),
            ImportColumn("description", gettext_lazy("说明"), parse=text(200)),
            ImportColumn(
                "checklist", gettext_lazy("检查表"), parse=checklist, help=gettext_lazy("项目 | 单位 | 下限 | 上限；几项之间用分号或换行。")
            ),
        ],
        write=_write_models,
        check=_check_models,
        may=keeps_catalogue,
        done_url="/lists/models/",
    )
)
