"""PG  The dispatch order: drafted, approved, accepted, travelled, carried out (AS-5.2.3, AS-5.3.1)."""
# A table reads by its columns:
# fmt: off

from datetime import time, timedelta

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.deadlines.compute import hours, minutes, working_hours
from bihuan.kernel.procedures.declare import NEW, Clock, Procedure, States, Step
from bihuan.organisation.roles import AFTER_SALES_HEAD, BRANCH_LEAD, EXPORT_DESK, SALES_GM, SERVICE_DESK

from ..rules import ASSIGNEE

DESKS = (SERVICE_DESK, EXPORT_DESK)


class O(States):  # noqa: E742  (named like the request's R and the record's F)
    DRAFTED = "drafted", _("编制中")
    SUBMITTED = "submitted", _("待审批")
    APPROVED = "approved", _("已批准")
    RELEASED = "released", _("电话放行")
    ACCEPTED = "accepted", _("已接单")
    TRAVELLING = "travelling", _("途中")
    ON_SITE = "on_site", _("在现场")
    DONE = "done", _("已完成")
    CANCELLED = "cancelled", _("已取消")


ORDER = Procedure(
    record="service.DispatchOrder", form="PG", title=_("派工单"), revision=1, verbs="bihuan.service.domain.order", status=O, final=(O.DONE, O.CANCELLED),
    path=(O.DRAFTED, O.SUBMITTED, O.APPROVED, O.ACCEPTED, O.TRAVELLING, O.ON_SITE, O.DONE),
    steps=(
        Step("draft", NEW >> O.DRAFTED, (BRANCH_LEAD, *DESKS), _("开派工单"), "AS-5.2.3", needs=("engineer", "planned_arrival", "task")),
        Step("amend", O.DRAFTED.stay, (BRANCH_LEAD, *DESKS), _("修改"), "AS-5.2.3", needs=("engineer", "planned_arrival", "task"), detour=True),
        Step("submit", O.DRAFTED >> O.SUBMITTED, (BRANCH_LEAD, *DESKS), _("提交审批"), "AS-5.2.3", needs=("carry_list",)),
        Step("approve", O.SUBMITTED >> O.APPROVED, (AFTER_SALES_HEAD,), _("批准"), "AS-5.2.3", unlike=("draft", "submit"), reauth=True),
        Step("reject", O.SUBMITTED >> O.DRAFTED, (AFTER_SALES_HEAD,), _("退回"), "AS-5.2.3", needs=("reason",), detour=True),
        Step("release_by_phone", (O.DRAFTED | O.SUBMITTED) >> O.RELEASED, (BRANCH_LEAD, *DESKS), _("紧急放行"), "AS-5.2.3",
             needs=("phone_approver", "phone_approved_at", "reason"), detour=True, ours=_("紧急时凭部长电话同意先出发，24 小时内补批")),
        Step("confirm", (O.RELEASED | O.ACCEPTED | O.TRAVELLING | O.ON_SITE | O.DONE).stay, (AFTER_SALES_HEAD,), _("补批"), "AS-5.2.3",
             unlike=("draft", "release_by_phone"), reauth=True, detour=True, ours=_("对电话放行的书面确认")),
        Step("accept", (O.APPROVED | O.RELEASED) >> O.ACCEPTED, (ASSIGNEE,), _("接单"), "AS-5.2.3"),
        Step("decline", (O.APPROVED | O.RELEASED) >> O.DRAFTED, (ASSIGNEE,), _("不能接单"), "AS-5.2.3", needs=("reason",), detour=True),
        Step("depart", O.ACCEPTED >> O.TRAVELLING, (ASSIGNEE,), _("出发"), "AS-5.2.3", needs=("carry_confirmed",)),
        Step("arrive", O.TRAVELLING >> O.ON_SITE, (ASSIGNEE,), _("到场"), "AS-5.3.1", needs=("arrival_place",)),
        Step("report", (O.TRAVELLING | O.ON_SITE).stay, (ASSIGNEE,), _("每日汇报"), "AS-5.3.1", needs=("progress",), detour=True),
        Step("finish", O.ON_SITE >> O.DONE, (ASSIGNEE,), _("完成"), "AS-5.3.2", follows="FW.sign FW.refuse"),
        Step("reopen", O.DONE >> O.ON_SITE, (BRANCH_LEAD, EXPORT_DESK), _("退回更正"), "AS-5.3.2", needs=("reason",),
             follows="FW.send_back", detour=True),
        Step("cancel", (O.DRAFTED | O.SUBMITTED | O.APPROVED | O.RELEASED | O.ACCEPTED | O.TRAVELLING) >> O.CANCELLED,
             (BRANCH_LEAD, *DESKS), _("取消"), "AS-5.2.3", needs=("reason",), detour=True),
    ),
    clocks=(
        Clock("approval", _("审批"), starts=("submit",), stops=("approve", "reject"), ends=("cancel", "release_by_phone"),
              within=working_hours(2), climbs=(AFTER_SALES_HEAD, SALES_GM), climb_every=timedelta(hours=2), clause="AS-5.2.3",
              ours=_("提交后两个工作小时内审批")),
        Clock("phone_approval", _("补批"), starts=("release_by_phone",), stops=("confirm",), ends=("cancel", "decline"), within=hours(24),
              measured_from="phone_approved_at", warn=(hours(4),), climbs=(AFTER_SALES_HEAD, SALES_GM),
              climb_every=timedelta(hours=12), clause="AS-5.2.3", ours=_("电话放行后 24 小时内补批")),
        Clock("acceptance", _("接单"), starts=("approve", "release_by_phone"), stops=("accept", "decline"), ends=("cancel",),
              within=hours(2), climbs=(BRANCH_LEAD, AFTER_SALES_HEAD), clause="AS-5.2.3", ours=_("批准后 2 小时内接单")),
        Clock("arrival", _("到场"), starts=("approve", "release_by_phone"), stops=("arrive",), ends=("cancel", "decline"),
              due_from="planned_arrival", warn=(hours(2), minutes(30)), climbs=(BRANCH_LEAD, AFTER_SALES_HEAD), clause="AS-5.3.1",
              ours=_("按派工单约定的到场时间")),
        Clock("daily_report", _("每日汇报"), starts=("depart", "report", "reopen"), stops=("report", "finish"), ends=("cancel",),
              daily_at=time(20), warn=(hours(1),), climbs=(BRANCH_LEAD,), clause="AS-5.3.1", ours=_("当日 20:00 前")),
        Clock("drafting", _("提交派工单"), starts=("draft", "reject", "decline"), stops=("submit", "release_by_phone"), ends=("cancel",),
              within=working_hours(4), climbs=(BRANCH_LEAD,), clause="AS-5.2.3", ours=_("开单后半个工作日内提交")),
    ),
)
