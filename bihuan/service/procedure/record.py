"""FW  The service record: filled in on site, valid with the customer's signature, reviewed (AS-5.3.2)."""
# A table reads by its columns:
# fmt: off

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.procedures.declare import NEW, Procedure, States, Step
from bihuan.organisation.roles import BRANCH_LEAD, EXPORT_DESK

from ..rules import ASSIGNEE


class F(States):
    OPEN = "open", _("填写中")
    SIGNED = "signed", _("已签字")
    REFUSED = "refused", _("客户拒签")
    REVIEWED = "reviewed", _("已审核")


RECORD = Procedure(
    record="service.ServiceRecord", form="FW", title=_("售后服务记录单"), revision=1, verbs="bihuan.service.domain.record", status=F, final=(F.REVIEWED,),
    path=(F.OPEN, F.SIGNED, F.REVIEWED),
    steps=(
        Step("begin", NEW >> F.OPEN, (ASSIGNEE,), _("开始记录"), "AS-5.3.2", follows="PG.arrive"),
        Step("fill_in", F.OPEN.stay, (ASSIGNEE,), _("填写"), "AS-5.3.2"),
        Step("sign", F.OPEN >> F.SIGNED, (ASSIGNEE,), _("客户签字"), "AS-5.3.2",
             needs=("findings", "work_done", "outcome", "labour_minutes", "signature")),
        Step("refuse", F.OPEN >> F.REFUSED, (ASSIGNEE,), _("客户拒签"), "AS-5.3.2",
             needs=("findings", "work_done", "outcome", "refusal_reason", "refusal_witness"), detour=True,
             ours=_("拒签须写明原因与见证人，交分公司负责人处理")),
        Step("send_back", (F.SIGNED | F.REFUSED) >> F.OPEN, (BRANCH_LEAD, EXPORT_DESK), _("退回更正"), "AS-5.3.2", needs=("reason",),
             unlike=("sign", "refuse"), detour=True, ours=_("更正后原签字作废，须重新签字")),
        Step("review", (F.SIGNED | F.REFUSED) >> F.REVIEWED, (BRANCH_LEAD, EXPORT_DESK), _("审核"), "AS-5.3.2",
             needs=("review_note",), unlike=("sign", "refuse")),
    ),
    clocks=(),
    unclocked={F.OPEN: _("派工单的每日汇报时限在计时"), F.SIGNED: _("报修单的审核时限在计时"), F.REFUSED: _("报修单的审核时限在计时")},
)
