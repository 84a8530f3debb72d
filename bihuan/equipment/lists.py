"""The lists of the installed base, the catalogue and the bulletins."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from bihuan.customers.lists import branches
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.lists.declare import Column, List, Tab, register
from bihuan.kernel.lists.filters import ChoiceFilter, FlagFilter, PeriodFilter
from bihuan.kernel.ui.pieces import Badge

from .access import access_models, access_units
from .cover import summary
from .models import Acknowledgement
from .rules import issues_bulletins, keeps_catalogue, may_open_units

ENDS = ("parts_until", "labour_until", "travel_until")


def _in_warranty(_actor: Actor) -> Q:
    """Under at least one kind of cover today."""
    today, found = timezone.localdate(), Q()
    for end in ENDS:
        found |= Q(**{f"{end}__gte": today})
    return found


def _out(actor: Actor) -> Q:
    return ~_in_warranty(actor)


def _ending(_actor: Actor) -> Q:
    today = timezone.localdate()
    return Q(parts_until__gte=today, parts_until__lte=today + dt.timedelta(days=60))


def _models(actor: Actor) -> list[tuple[int, str]]:
    return [(model.pk, model.name) for model in access_models.all(actor).order_by("name")]


def _new(label: Any, name: str, may: Any) -> Any:
    return lambda actor: (str(label), reverse(name)) if may(actor) else None


def _with_units(rows: QuerySet, actor: Actor) -> QuerySet:
    counted = access_units.all(actor).order_by().filter(model=OuterRef("pk")).values("model").annotate(n=Count("pk")).values("n")
    items = Count("checklist")
    return rows.annotate(unit_count=Coalesce(Subquery(counted, output_field=IntegerField()), 0), check_count=items)


def _reading(rows: QuerySet, actor: Actor) -> QuerySet:
    mine = Acknowledgement.objects.filter(bulletin=OuterRef("pk"), person_id=actor.person_id)
    return rows.annotate(is_read=Exists(mine), readers=Count("acknowledgements"))


def _mine(bulletin: Any) -> Badge:
    return Badge(_now("已读"), "neutral", "check") if bulletin.is_read else Badge(_now("未读"), "amber")


UNITS = List(
    "units",
    _("设备"),
    "equipment.Unit",
    columns=[
        Column("serial", _("出厂编号"), kind="link", sort="serial"),
        Column("model", _("型号"), value="model.name", sort="model__name"),
        Column("customer", _("客户"), value="customer.name", sort="customer__name"),
        Column("site", _("现场"), value="site.name"),
        Column("place", _("安装位置"), wide=True),
        Column("cover", _("保修"), value=lambda unit: summary(unit, timezone.localdate())),
        Column("parts_until", _("零件保修至"), sort="parts_until"),
        Column("labour_until", _("人工保修至"), wide=True),
        Column("travel_until", _("差旅保修至"), wide=True),
        Column("shipped_on", _("发货日期"), sort="shipped_on"),
        Column("oem_brand", _("OEM 品牌"), wide=True),
        Column("is_overseas", _("海外"), kind="flag", wide=True),
        Column("branch", _("服务分公司"), value="site.branch.name", sort="site__branch__code"),
    ],
    filters=[
        ChoiceFilter("model", _("型号"), _models),
        ChoiceFilter("site__branch", _("服务分公司"), branches),
        PeriodFilter("shipped_on", _("发货日期")),
        FlagFilter("ending", _("60 天内出保"), _ending),
        FlagFilter("oem", _("OEM"), ~Q(oem_brand="")),
        FlagFilter("overseas", _("海外"), Q(is_overseas=True)),
    ],
    tabs=[
        Tab("all", _("全部"), counted=False),
        Tab("in", _("在保"), _in_warranty, counted=False),
        Tab("out", _("出保"), _out, counted=False),
    ],
    order="-pk",
    row_url=lambda unit: reverse("unit", args=[unit.serial]),
    create=_new(_("登记设备"), "unit-new", may_open_units),
    empty=_("还没有设备。可以逐台登记，也可以从文件导入。"),
)
MODELS = List(
    "models",
    _("型号"),
    "equipment.ProductModel",
    columns=[
        Column("name", _("型号"), kind="link", sort="name"),
        Column("line", _("产品线"), value="line.name", sort="line__code"),
        Column("description", _("说明")),
        Column("check_count", _("检查项"), kind="number"),
        Column("unit_count", _("设备"), kind="number"),
    ],
    order="name",
    search=("name", "description", "line__name"),
    prepare=_with_units,
    row_url=lambda model: reverse("model", args=[model.pk]),
    create=_new(_("登记型号"), "model-new", keeps_catalogue),
    empty=_("还没有型号。"),
)
LINES = List(
    "lines",
    _("产品线"),
    "equipment.ProductLine",
    columns=[
        Column("code", _("代码"), kind="record", sort="code"),
        Column("name", _("产品线"), kind="link", sort="name"),
        Column("models", _("型号"), value="model_count", kind="number"),
        Column("major_faults", _("重大故障清单")),
    ],
    order="code",
    search=("code", "name"),
    prepare=lambda rows, actor: rows.annotate(model_count=Count("models")),
    row_url=lambda line: reverse("line", args=[line.code]),
    create=_new(_("登记产品线"), "line-new", keeps_catalogue),
    empty=_("还没有产品线。"),
)
BULLETINS = List(
    "bulletins",
    _("技术通报"),
    "equipment.Bulletin",
    columns=[
        Column("number", _("编号"), kind="record", sort="number"),
        Column("title", _("标题"), kind="link", sort="title"),
        Column("issued_on", _("发布日期"), sort="issued_on"),
        Column("issued_by", _("发布人")),
        Column("mine", _("本人"), value=_mine),
        Column("readers", _("已读人数"), kind="number"),
        Column("withdrawn_on", _("撤回日期"), wide=True),
    ],
    tabs=[
        Tab("unread", _("我未读"), Q(withdrawn_on__isnull=True, is_read=False)),
        Tab("active", _("现行"), Q(withdrawn_on__isnull=True), counted=False),
        Tab("withdrawn", _("已撤回"), Q(withdrawn_on__isnull=False), counted=False),
    ],
    order="-issued_on",
    search=("number", "title", "body"),
    prepare=_reading,
    row_url=lambda bulletin: reverse("bulletin", args=[bulletin.number]),
    create=_new(_("发布通报"), "bulletin-new", issues_bulletins),
    empty=_("没有技术通报。"),
)
for declared in (UNITS, MODELS, LINES, BULLETINS):
    register(declared)
