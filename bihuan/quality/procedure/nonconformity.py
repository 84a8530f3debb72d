"""BH  The nonconformity: declared, analysed, corrected, verified by somebody else (QM-2, QM-3)."""
# A table reads by its columns:
# fmt: off

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.deadlines.compute import hours, working_hours
from bihuan.kernel.procedures.declare import NEW, Clock, Procedure, States, Step
from bihuan.organisation.roles import AFTER_SALES_HEAD, BRANCH_MANAGER, GENERAL_MANAGER, QUALITY

from ..rules import RESPONSIBLE


class N(States):
    DECLARED = "declared", _("待分析")
    PLANNED = "planned", _("纠正中")
    CORRECTED = "corrected", _("待验证")
    VERIFIED = "verified", _("已验证")


JUDGES = (QUALITY, AFTER_SALES_HEAD, BRANCH_MANAGER)
VERIFIERS = (QUALITY, AFTER_SALES_HEAD)

NONCONFORMITY = Procedure(
    record="quality.Nonconformity", form="BH", title=_("不合格报告"), revision=1, verbs="bihuan.quality.domain.nonconformity", status=N,
    final=(N.VERIFIED,), path=(N.DECLARED, N.PLANNED, N.CORRECTED, N.VERIFIED),
    steps=(
        Step("declare", NEW >> N.DECLARED, JUDGES, _("开具"), "QM-2", needs=("description", "responsible", "source_number")),
        Step("hand_over", (N.DECLARED | N.PLANNED).stay, JUDGES, _("改派责任人"), "QM-2", needs=("responsible", "reason"), detour=True,
             ours=_("责任人调岗或缺席时改派")),
        Step("plan", N.DECLARED >> N.PLANNED, (RESPONSIBLE,), _("分析与措施"), "QM-3",
             needs=("containment", "disposition", "cause", "correction", "due_at")),
        Step("correct", N.PLANNED >> N.CORRECTED, (RESPONSIBLE,), _("报告完成"), "QM-3", needs=("result",)),
        Step("verify", N.CORRECTED >> N.VERIFIED, VERIFIERS, _("验证有效"), "QM-3", needs=("finding",), unlike=("plan", "correct")),
        Step("redo", N.CORRECTED >> N.PLANNED, VERIFIERS, _("验证无效，退回"), "QM-3", needs=("reason", "due_at"),
             unlike=("plan", "correct"), detour=True, ours=_("退回时另定完成期限")),
    ),
    clocks=(
        Clock("analysis", _("分析与措施"), starts=("declare",), stops=("plan",), within=working_hours(24), warn=(hours(4),),
              climbs=(QUALITY, AFTER_SALES_HEAD, GENERAL_MANAGER), climb_every=timedelta(days=1), clause="QM-3", ours=_("三个工作日内提出措施")),
        Clock("correction", _("完成纠正"), starts=("plan", "redo"), stops=("correct",), due_from="due_at",
              climbs=(QUALITY, AFTER_SALES_HEAD, GENERAL_MANAGER), climb_every=timedelta(days=1), clause="QM-3"),
        Clock("verification", _("验证"), starts=("correct",), stops=("verify", "redo"), within=working_hours(40),
              climbs=(QUALITY, AFTER_SALES_HEAD, GENERAL_MANAGER), climb_every=timedelta(days=1), clause="QM-3", ours=_("五个工作日内验证")),
    ),
)
