"""The lists of customers, sites and contacts."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.lists.declare import Column, List, Tab, register
from bihuan.kernel.lists.filters import ChoiceFilter, FlagFilter
from bihuan.kernel.ui.pieces import Badge
from bihuan.organisation.access import access_branches

from .access import access_contacts, access_sites
from .models import Phone
from .rules import masked, may_open, sees_phones


def _page(record: Any) -> str:
    return reverse("customer", args=[getattr(record, "customer", record).number])


def _count(rows: QuerySet) -> Coalesce:
    """How many of *rows* each customer has, as a figure beside it: one statement for the page."""
    counted = rows.order_by().filter(customer=OuterRef("pk")).values("customer").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _customers(rows: QuerySet, actor: Actor) -> QuerySet:
    return rows.annotate(
        site_count=_count(access_sites.all(actor)), contact_count=_count(access_contacts.all(actor).filter(is_active=True))
    )


def _contacts(rows: QuerySet, actor: Actor) -> QuerySet:
    phones = Phone.objects.order_by("id")
    return rows.annotate(shows=Value(sees_phones(actor))).prefetch_related(Prefetch("phones", queryset=phones, to_attr="numbers"))


def _phones(contact: Any) -> str:
    return "、".join(phone.written if contact.shows else masked(phone.written) for phone in contact.numbers)


def branches(actor: Actor) -> list[tuple[int, str]]:
    """The branches that a filter offers: those in sight."""
    return [(branch.pk, branch.name) for branch in access_branches.all(actor) if actor.may_see(branch.pk)]


CUSTOMERS = List(
    "customers",
    _("客户"),
    "customers.Customer",
    columns=[
        Column("number", _("客户编号"), kind="record", sort="number"),
        Column("name", _("客户名称"), kind="link", sort="name"),
        Column("short_name", _("简称")),
        Column("site_count", _("现场"), kind="number"),
        Column("contact_count", _("联系人"), kind="number"),
        Column(
            "is_key_account", _("重大客户"), value=lambda one: Badge(_now("重大客户"), "accent", "star") if one.is_key_account else None
        ),
        Column("is_overseas", _("海外"), value=lambda one: Badge(_now("海外")) if one.is_overseas else None),
        Column("created_at", _("建档时间"), kind="time", sort="created_at"),
        Column("note", _("备注"), wide=True),
    ],
    filters=[FlagFilter("key", _("重大客户"), Q(is_key_account=True)), FlagFilter("overseas", _("海外客户"), Q(is_overseas=True))],
    order="-pk",
    prepare=_customers,
    row_url=_page,
    create=lambda actor: (str(_("登记客户")), reverse("customer-new")) if may_open(actor) else None,
    empty=_("还没有客户。来电登记时会自动建档，也可以从文件导入。"),
)
SITES = List(
    "sites",
    _("现场"),
    "customers.Site",
    columns=[
        Column("name", _("现场"), kind="link", sort="name"),
        Column("customer", _("客户"), value="customer.name", sort="customer__name"),
        Column("region", _("地区"), value="region.name"),
        Column("address", _("地址")),
        Column("branch", _("服务分公司"), value="branch.name", sort="branch__code"),
    ],
    filters=[
        ChoiceFilter("branch", _("服务分公司"), branches),
        FlagFilter("unserved", _("没有服务分公司"), Q(branch__isnull=True)),
    ],
    order="-pk",
    search=("name", "address", "customer__name", "customer__short_name"),
    row_url=_page,
    empty=_("还没有现场。"),
)
CONTACTS = List(
    "contacts",
    _("联系人"),
    "customers.Contact",
    columns=[
        Column("name", _("联系人"), kind="link", sort="name"),
        Column("title", _("部门/职务")),
        Column("phones", _("电话"), value=_phones),
        Column("customer", _("客户"), value="customer.name", sort="customer__name"),
        Column("site", _("现场"), value="site.name"),
        Column("is_active", _("停用"), value=lambda one: None if one.is_active else Badge(_now("已停用"), "neutral", "ban")),
    ],
    tabs=[Tab("active", _("在用"), Q(is_active=True), counted=False), Tab("all", _("全部"), counted=False)],
    order="-pk",
    search=("name", "title", "customer__name", "customer__short_name"),
    prepare=_contacts,
    row_url=_page,
    empty=_("还没有联系人。"),
)
for declared in (CUSTOMERS, SITES, CONTACTS):
    register(declared)
