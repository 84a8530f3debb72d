"""The lists of the main job."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.lists.declare import Column, List, Tab, register
from bihuan.kernel.lists.filters import ChoiceFilter, PeriodFilter

from .models import Channel, Outcome
from .procedure import F, O, R


def _page(record) -> str:
    return f"/r/{record.number}/"


REQUESTS = List(
    "requests",
    _("报修单"),
    "service.ServiceRequest",
    columns=[
        Column("number", _("编号"), kind="record", sort="number"),
        Column("next_due_at", _("时限"), kind="deadline", sort="next_due_at"),
        Column("customer", _("客户"), value="customer.name", sort="customer__name"),
        Column("unit", _("设备")),
        Column("fault", _("客户原话")),
        Column("status", _("状态"), kind="choice", sort="status"),
        Column("engineer", _("工程师"), value="engineer.name"),
        Column("branch", _("分公司"), value="branch.name", sort="branch__code"),
        Column("called_at", _("来电时间"), kind="time", sort="called_at"),
        Column("contacted_at", _("联系时间"), kind="time", wide=True),
        Column("answer", _("联系答复"), wide=True),
        Column("visits", _("上门次数"), kind="number", wide=True),
        Column("closed_at", _("关闭时间"), kind="time", wide=True),
    ],
    filters=[
        ChoiceFilter("status", _("状态"), R.choices),
        ChoiceFilter("channel", _("渠道"), Channel.choices),
        PeriodFilter("called_at", _("来电日期")),
    ],
    tabs=[
        Tab("open", _("未完"), Q(is_open=True)),
        Tab("all", _("全部"), counted=False),
        Tab("closed", _("已关闭"), Q(status="closed"), counted=False),
    ],
    order="-pk",
    row_url=_page,
    empty=_("没有符合条件的报修单。"),
)
ORDERS = List(
    "orders",
    _("派工单"),
    "service.DispatchOrder",
    columns=[
        Column("number", _("编号"), kind="record", sort="number"),
        Column("next_due_at", _("时限"), kind="deadline", sort="next_due_at"),
        Column("customer", _("客户"), value="request.customer.name"),
        Column("task", _("任务")),
        Column("engineer", _("工程师"), value="engineer.name", sort="engineer__name"),
        Column("planned_arrival", _("约定到场"), kind="time", sort="planned_arrival"),
        Column("arrived_at", _("到场时间"), kind="time"),
        Column("status", _("状态"), kind="choice", sort="status"),
        Column("visit", _("第几次上门"), kind="number", wide=True),
    ],
    filters=[ChoiceFilter("status", _("状态"), O.choices), PeriodFilter("planned_arrival", _("约定日期"))],
    order="-pk",
    row_url=_page,
    empty=_("没有符合条件的派工单。"),
)
RECORDS = List(
    "records",
    _("服务记录单"),
    "service.ServiceRecord",
    columns=[
        Column("number", _("编号"), kind="record", sort="number"),
        Column("customer", _("客户"), value="order.request.customer.name"),
        Column("findings", _("故障现象与原因")),
        Column("work_done", _("处理过程"), wide=True),
        Column("outcome", _("结果"), kind="choice", sort="outcome"),
        Column("engineer", _("工程师"), value="engineer.name"),
        Column("signed_at", _("签字时间"), kind="time", sort="signed_at"),
        Column("status", _("状态"), kind="choice", sort="status"),
        Column("labour_minutes", _("工时（分钟）"), kind="number", wide=True),
        Column("travel_minutes", _("路途（分钟）"), kind="number", wide=True),
    ],
    filters=[
        ChoiceFilter("status", _("状态"), F.choices),
        ChoiceFilter("outcome", _("结果"), Outcome.choices),
        PeriodFilter("signed_at", _("签字日期")),
    ],
    order="-pk",
    row_url=_page,
    empty=_("没有符合条件的服务记录。"),
)
for declared in (REQUESTS, ORDERS, RECORDS):
    register(declared)
