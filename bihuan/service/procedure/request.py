"""BX  The repair request: from the call to its closing (AS-5.1, AS-5.2.1)."""
# A table reads by its columns:
# fmt: off

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.deadlines.compute import hours, minutes, working_hours
from bihuan.kernel.procedures.declare import NEW, Clock, Procedure, States, Step
from bihuan.organisation.roles import AFTER_SALES_HEAD, BRANCH_LEAD, EXPORT_DESK, SALES_GM, SERVICE_DESK

from ..rules import ASSIGNEE


class R(States):
    REGISTERED = "registered", _("已受理")
    FORWARDED = "forwarded", _("已转派")
    ASSIGNED = "assigned", _("已指派")
    CONTACTED = "contacted", _("已联系")
    DISPATCHED = "dispatched", _("已派工")
    ON_SITE = "on_site", _("已到场")
    SIGNED = "signed", _("已签字")
    REFUSED = "refused", _("客户拒签")
    REVIEWED = "reviewed", _("已审核")
    CLOSED = "closed", _("已关闭")
    CANCELLED = "cancelled", _("已取消")


DESKS = (SERVICE_DESK, EXPORT_DESK)
BEFORE_CONTACT = R.REGISTERED | R.FORWARDED | R.ASSIGNED

REQUEST = Procedure(
    record="service.ServiceRequest", form="BX", title=_("电话报修登记处理表"), revision=1, verbs="bihuan.service.domain.request",
    status=R, final=(R.CLOSED, R.CANCELLED),
    path=(R.REGISTERED, R.FORWARDED, R.ASSIGNED, R.CONTACTED, R.DISPATCHED, R.ON_SITE, R.SIGNED, R.REVIEWED, R.CLOSED),
    steps=(
        Step("register", NEW >> R.REGISTERED, DESKS, _("受理"), "AS-5.1.1", needs=("customer", "fault", "called_at", "channel")),
        Step("forward", R.REGISTERED >> R.FORWARDED, DESKS, _("转派分公司"), "AS-5.1.2", needs=("branch",)),
        Step("reroute", (R.FORWARDED | R.ASSIGNED | R.CONTACTED) >> R.FORWARDED, (*DESKS, AFTER_SALES_HEAD), _("改派分公司"), "AS-4.2",
             needs=("branch", "reason"), detour=True),
        Step("assign", R.FORWARDED >> R.ASSIGNED, (BRANCH_LEAD, EXPORT_DESK), _("指派工程师"), "AS-5.2.1", needs=("engineer",)),
        Step("reassign", (R.ASSIGNED | R.CONTACTED).stay, (BRANCH_LEAD, EXPORT_DESK), _("改派工程师"), "AS-5.2.1",
             needs=("engineer", "reason"), detour=True),
        Step("contact", R.ASSIGNED >> R.CONTACTED, (ASSIGNEE,), _("记录联系客户"), "AS-5.2.1", needs=("answer",)),
        Step("solve_by_phone", (BEFORE_CONTACT | R.CONTACTED) >> R.CLOSED, (*DESKS, ASSIGNEE, BRANCH_LEAD), _("电话解决"), "AS-5.2.1",
             needs=("answer",), detour=True),
        Step("hold", R.CONTACTED.stay, (ASSIGNEE, BRANCH_LEAD), _("等待"), "AS-5.2.1", needs=("hold_reason",), detour=True,
             ours=_("等客户或等件时派工时限暂停，须说明原因")),
        Step("resume", R.CONTACTED.stay, (ASSIGNEE, BRANCH_LEAD), _("恢复"), "AS-5.2.1", detour=True, ours=_("等待结束")),
        Step("dispatch", R.CONTACTED >> R.DISPATCHED, (AFTER_SALES_HEAD, BRANCH_LEAD, *DESKS), _("派工"), "AS-5.2.3", follows="PG.approve PG.release_by_phone"),
        Step("undispatch", R.DISPATCHED >> R.CONTACTED, (BRANCH_LEAD, *DESKS, ASSIGNEE), _("撤回派工"), "AS-5.2.3",
             needs=("reason",), follows="PG.cancel PG.decline", detour=True),
        Step("arrive", R.DISPATCHED >> R.ON_SITE, (ASSIGNEE,), _("到场"), "AS-5.3.1", follows="PG.arrive"),
        Step("sign", R.ON_SITE >> R.SIGNED, (ASSIGNEE,), _("客户签字"), "AS-5.3.2", follows="FW.sign"),
        Step("refuse", R.ON_SITE >> R.REFUSED, (ASSIGNEE,), _("客户拒签"), "AS-5.3.2", follows="FW.refuse", detour=True),
        Step("correct", (R.SIGNED | R.REFUSED) >> R.ON_SITE, (BRANCH_LEAD, EXPORT_DESK), _("退回更正"), "AS-5.3.2", needs=("reason",),
             follows="FW.send_back", detour=True),
        Step("review", (R.SIGNED | R.REFUSED) >> R.REVIEWED, (BRANCH_LEAD, EXPORT_DESK), _("审核"), "AS-5.3.2", follows="FW.review"),
        Step("visit_again", R.REVIEWED >> R.CONTACTED, (BRANCH_LEAD, EXPORT_DESK), _("再次上门"), "AS-5.2.3",
             needs=("reason",), detour=True),
        Step("close", R.REVIEWED >> R.CLOSED, (*DESKS, BRANCH_LEAD), _("关闭"), "AS-5.3.2"),
        Step("cancel", (BEFORE_CONTACT | R.CONTACTED) >> R.CANCELLED, (*DESKS, BRANCH_LEAD), _("取消"), "AS-5.1.1",
             needs=("reason",), detour=True),
    ),
    clocks=(
        Clock("forwarding", _("转派"), starts=("register",), stops=("forward", "solve_by_phone"), ends=("cancel",), within=minutes(10),
              measured_from="created_at", climbs=(SERVICE_DESK, AFTER_SALES_HEAD), clause="AS-5.1.2", ours=_("“及时”定为录入后 10 分钟")),
        Clock("first_contact", _("首次联系"), starts=("register",), stops=("contact", "solve_by_phone"), ends=("cancel",), within=hours(1),
              measured_from="called_at", warn=(minutes(30), minutes(15), minutes(5)),
              climbs=(BRANCH_LEAD, AFTER_SALES_HEAD, SALES_GM), clause="AS-5.2.1"),
        Clock("plan_visit", _("安排上门"), starts=("contact", "visit_again", "undispatch"), stops=("dispatch", "solve_by_phone"),
              ends=("cancel",), within=working_hours(8), warn=(minutes(60),), climbs=(BRANCH_LEAD, AFTER_SALES_HEAD),
              climb_every=timedelta(hours=4), pauses=("hold",), resumes=("resume",), clause="AS-5.2.3",
              ours=_("联系后一个工作日内派工")),
        Clock("review", _("审核服务记录"), starts=("sign", "refuse"), stops=("review", "correct"), within=working_hours(16),
              climbs=(BRANCH_LEAD, AFTER_SALES_HEAD), climb_every=timedelta(hours=8), clause="AS-5.3.2", ours=_("签字后两个工作日内审核")),
        Clock("closing", _("关闭"), starts=("review",), stops=("close", "visit_again"), within=working_hours(16),
              climbs=(SERVICE_DESK, AFTER_SALES_HEAD), climb_every=timedelta(hours=8), clause="AS-5.3.2", ours=_("审核后两个工作日内关闭")),
    ),
    unclocked={R.DISPATCHED: _("派工单的到场时限在计时"), R.ON_SITE: _("派工单的每日汇报时限在计时")},
)
