"""The lists of branches and people."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.lists.declare import Column, List, Tab, register
from bihuan.kernel.lists.filters import ChoiceFilter, FlagFilter
from bihuan.kernel.ui.pieces import Badge

from .access import access_branches
from .models import Appointment
from .roles import ROLES
from .rules import administers


def _people(rows: QuerySet, actor: Actor) -> QuerySet:
    held = Appointment.objects.in_force(timezone.now()).select_related("branch").order_by("id")
    return rows.prefetch_related(Prefetch("appointments", queryset=held, to_attr="held"))


def _roles(person: Any) -> str:
    return "、".join(str(ROLES[one.role].label) for one in person.held)


def _branches(actor: Actor) -> list[tuple[int, str]]:
    return [(branch.pk, branch.name) for branch in access_branches.all(actor)]


def _switched_off(record: Any) -> Badge | None:
    return None if record.is_active else Badge(_now("已停用"), "neutral", "ban")


def _new(name: str, label: Any) -> Any:
    return lambda actor: (str(label), reverse(name)) if administers(actor) else None


BRANCHES = List(
    "branches",
    _("分公司"),
    "organisation.Branch",
    columns=[
        Column("code", _("代码"), kind="record", sort="code"),
        Column("name", _("名称"), kind="link", sort="name"),
        Column("city", _("城市"), sort="city"),
        Column("phone", _("电话")),
        Column("address", _("地址")),
        Column("time_zone", _("时区"), wide=True),
        Column("calendar", _("工作日历"), wide=True),
        Column("is_active", _("停用"), value=_switched_off),
    ],
    tabs=[Tab("active", _("在用"), Q(is_active=True), counted=False), Tab("all", _("全部"), counted=False)],
    order="code",
    search=("code", "name", "city"),
    row_url=lambda branch: reverse("branch", args=[branch.code]),
    create=_new("branch-new", _("登记分公司")),
)
PEOPLE = List(
    "people",
    _("人员"),
    "organisation.Person",
    columns=[
        Column("name", _("姓名"), kind="link", sort="name"),
        Column("username", _("账号"), sort="username"),
        Column("roles", _("角色"), value=_roles),
        Column("home_branch", _("所属分公司"), value="home_branch.name", sort="home_branch__code"),
        Column("department", _("部门"), value="department.name"),
        Column("phone", _("手机")),
        Column("is_active", _("停用"), value=_switched_off),
    ],
    filters=[
        ChoiceFilter("home_branch", _("所属分公司"), _branches),
        FlagFilter(
            "idle", _("没有任职"), lambda actor: Q(is_active=True) & ~Q(appointments__in=Appointment.objects.in_force(timezone.now()))
        ),
    ],
    tabs=[
        Tab("active", _("在职"), Q(is_active=True)),
        Tab("left", _("已停用"), Q(is_active=False), counted=False),
        Tab("all", _("全部"), counted=False),
    ],
    order="name",
    search=("name", "username", "phone"),
    prepare=_people,
    row_url=lambda person: reverse("person", args=[person.username]),
    create=_new("person-new", _("登记人员")),
    empty=_("还没有登记人员。"),
)
for declared in (BRANCHES, PEOPLE):
    register(declared)
