"""The list of persons' requests: ids and where they stand, nobody's name."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.lists.declare import Column, List, Tab, register
from bihuan.kernel.lists.filters import ChoiceFilter, PeriodFilter

from .models import Wish
from .procedure import RECEIVERS, P

PERSON_REQUESTS = List(
    "person-requests",
    _("个人信息请求单"),
    "privacy.PersonRequest",
    columns=[
        Column("number", _("编号"), kind="record", sort="number"),
        Column("next_due_at", _("时限"), kind="deadline", sort="next_due_at"),
        Column("wish", _("请求"), kind="choice"),
        Column("status", _("状态"), kind="choice", sort="status"),
        Column("branch", _("分公司"), value="branch.name"),
        Column("created_at", _("录入时间"), kind="time"),
        Column("answered_at", _("答复时间"), kind="time"),
    ],
    filters=[
        ChoiceFilter("status", _("状态"), P.choices),
        ChoiceFilter("wish", _("请求"), Wish.choices),
        PeriodFilter("created_at", _("录入时间")),
    ],
    tabs=[Tab("open", _("未完"), Q(is_open=True)), Tab("all", _("全部"), counted=False)],
    order="-pk",
    row_url=lambda record: f"/r/{record.number}/",
    create=lambda actor: (
        (str(_("受理个人信息请求")), "/person-requests/new/") if {role.code for role in RECEIVERS} & set(actor.roles) else None
    ),
    empty=_("没有这样的个人信息请求单。"),
)
register(PERSON_REQUESTS)
