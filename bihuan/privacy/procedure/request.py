"""GR  A person asks for a copy, a correction or the deletion of their data; decided and answered in 15 working days (PI-1 – PI-5)."""
# A table reads by its columns:
# fmt: off

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.deadlines.compute import hours, working_hours
from bihuan.kernel.procedures.declare import NEW, Clock, Procedure, States, Step
from bihuan.organisation.roles import AFTER_SALES_HEAD, BRANCH_LEAD, GENERAL_MANAGER, QUALITY, SERVICE_DESK


class P(States):
    RECEIVED = "received", _("待处理")
    DECIDED = "decided", _("待答复")
    ANSWERED = "answered", _("已答复")


RECEIVERS = (SERVICE_DESK, BRANCH_LEAD)
DECIDERS = (QUALITY, AFTER_SALES_HEAD)

PERSON_REQUEST = Procedure(
    record="privacy.PersonRequest", form="GR", title=_("个人信息请求单"), revision=1, verbs="bihuan.privacy.domain.request", status=P,
    final=(P.ANSWERED,), path=(P.RECEIVED, P.DECIDED, P.ANSWERED),
    steps=(
        Step("receive", NEW >> P.RECEIVED, RECEIVERS, _("受理"), "PI-1", needs=("wish", "identity"), ours=_("先核实本人身份；单上只记编号，不写姓名和电话")),
        Step("grant_copy", (P.RECEIVED | P.DECIDED) >> P.DECIDED, DECIDERS, _("同意提供副本"), "PI-2", reauth=True,
             ours=_("同意人 24 小时内可下载，过期须再次同意")),
        Step("correct", P.RECEIVED >> P.DECIDED, (*RECEIVERS, AFTER_SALES_HEAD), _("更正"), "PI-3", needs=("corrected",)),
        Step("forget", P.RECEIVED >> P.DECIDED, DECIDERS, _("删除"), "PI-4", unlike=("receive",), reauth=True, ours=_("删了不能恢复，须由另一人办理")),
        Step("refuse", P.RECEIVED >> P.DECIDED, DECIDERS, _("不予办理"), "PI-5", needs=("basis", "refusal"), detour=True),
        Step("answer", P.DECIDED >> P.ANSWERED, (*RECEIVERS, *DECIDERS), _("答复本人"), "PI-1", needs=("answered_how",)),
    ),
    clocks=(
        Clock("answer", _("答复本人"), starts=("receive",), stops=("answer",), within=working_hours(112), warn=(hours(72), hours(24)),
              climbs=(QUALITY, AFTER_SALES_HEAD, GENERAL_MANAGER), climb_every=timedelta(days=1), clause="PI-1",
              ours=_("十五个工作日内办结并答复；每个工作日七个半小时，取整小时")),
    ),
)
