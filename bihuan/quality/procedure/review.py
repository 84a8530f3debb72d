"""RZ  The monthly review of the journal: opened by the system, given to somebody, every anomaly judged, concluded (QM-7)."""
# A table reads by its columns:
# fmt: off

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.deadlines.compute import hours, working_hours
from bihuan.kernel.procedures.declare import NEW, Clock, Procedure, States, Step
from bihuan.organisation.roles import AFTER_SALES_HEAD, BRANCH_MANAGER, GENERAL_MANAGER, QUALITY

from ..rules import REVIEWER


class Z(States):
    OPENED = "opened", _("待指派")
    REVIEWING = "reviewing", _("审查中")
    CONCLUDED = "concluded", _("已结论")


LEADERS = (QUALITY, AFTER_SALES_HEAD)

REVIEW = Procedure(
    record="quality.Review", form="RZ", title=_("日志月度审查"), revision=1, verbs="bihuan.quality.domain.review", status=Z,
    final=(Z.CONCLUDED,), path=(Z.OPENED, Z.REVIEWING, Z.CONCLUDED),
    steps=(
        Step("begin", NEW >> Z.OPENED, (QUALITY,), _("开出"), "QM-7", ours=_("每月初由系统为上月开出，每条日志链一份")),
        Step("assign", Z.OPENED >> Z.REVIEWING, LEADERS, _("指派审查人"), "QM-7", needs=("reviewer",), ours=_("可指派本人")),
        Step("hand_over", Z.REVIEWING.stay, LEADERS, _("改派审查人"), "QM-7", needs=("reviewer", "reason"), detour=True,
             ours=_("审查人缺席，或疑点涉及其本人时改派")),
        Step("clear", Z.REVIEWING.stay, (REVIEWER, *LEADERS), _("核为正常"), "QM-7", needs=("findings", "reason"), detour=True,
             ours=_("本人办理的日志由另一人审查")),
        Step("escalate", Z.REVIEWING.stay, (*LEADERS, BRANCH_MANAGER), _("开具不合格报告"), "QM-7",
             needs=("findings", "description", "responsible"), detour=True, ours=_("本人办理的日志由另一人审查")),
        Step("conclude", Z.REVIEWING >> Z.CONCLUDED, (REVIEWER, *LEADERS), _("作出结论"), "QM-7", needs=("conclusion",), reauth=True,
             ours=_("每个疑点都有结论之后；疑点涉及本人者不得办理")),
    ),
    clocks=(
        Clock("review", _("完成月度审查"), starts=("begin",), stops=("conclude",), within=working_hours(80), warn=(hours(24),),
              climbs=(QUALITY, AFTER_SALES_HEAD, GENERAL_MANAGER), climb_every=timedelta(days=1), clause="QM-7", ours=_("十个工作日内完成")),
    ),
)
