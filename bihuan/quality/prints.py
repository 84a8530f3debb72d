"""BH 不合格报告 and RZ 日志月度审查 as they are printed."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.journal.read import taken
from bihuan.kernel.printing.forms import Approval, Cell, Cells, Form, Table, Text

from .models import Nonconformity, Review
from .queries.anomalies import act, limits_text
from .queries.findings import counted, why
from .queries.signals import LABELS


def nonconformity_form(record: Nonconformity, actor: Actor) -> Form:
    """The form with whoever declared, planned, corrected and verified."""
    zone = record.branch.zone
    due = record.due_at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if record.due_at else ""
    rows = [
        [Cell(_("来源单据"), record.source_number), Cell(_("不符合的条款"), record.clause)],
        [Cell(_("分公司"), record.branch.name), Cell(_("责任人"), record.responsible.name)],
        [Cell(_("处置"), record.get_disposition_display()), Cell(_("完成期限"), due)],
    ]
    texts = [
        Text(_("不合格事实"), record.description, min_lines=3), Text(_("应急处置"), record.containment, min_lines=2),
        Text(_("原因"), record.cause, min_lines=3), Text(_("纠正措施"), record.correction, min_lines=3),
        Text(_("完成情况"), record.result, min_lines=2), Text(_("验证结论"), record.finding, min_lines=2),
    ]  # fmt: skip
    meanings = (("declare", _("开具")), ("plan", _("责任人")), ("verify", _("验证")))
    last = {entry.action: entry for entry in reversed(taken(record, tuple(f"BH.{name}" for name, _meaning in meanings)))}
    approvals = []
    for name, meaning in meanings:
        entry = last.get(f"BH.{name}")
        approvals.append(Approval(entry.actor_name, meaning, entry.happened_at) if entry else Approval("", meaning))
    return Form(
        code="BH", title=str(record.procedure.title), number=record.number, record_url=f"{settings.ORIGIN}/r/{record.number}/",
        revision=record.procedure_revision, sections=[Cells(rows), *texts], approvals=approvals,
        status_line=str(record.get_status_display()), zone=zone,
    )  # fmt: skip


def review_form(record: Review, actor: Actor) -> Form:
    """The month, its counts and signals, every finding with its entry and verdict, the conclusion."""
    zone, found = record.branch.zone, list(record.findings.order_by("seq"))
    rows = [
        [Cell(_("月份"), f"{record.month:%Y-%m}"), Cell(_("范围"), record.scope)],
        [Cell(_("审查的日志条数"), str(record.entries)), Cell(_("有疑点的日志"), str(len(found)))],
        [Cell(_("疑点"), "、".join(f"{label} {n}" for label, n in counted(record)) or _("无"), span=2)],
        [Cell(_("列为疑点的界限"), limits_text(record.thresholds), span=2)],
        *([Cell(str(LABELS[one["name"]]), f"{one['n']} / {one['of']}", span=2)] for one in record.signals),
    ]
    lines = [
        (
            finding.entry, finding.record_number, act(finding.action), finding.actor_name, f"{finding.recorded_at.astimezone(zone):%m-%d %H:%M}",
            why(finding), f"{finding.get_verdict_display() or _('尚无结论')} {finding.nonconformity} {finding.words} {finding.judged_by}".strip(),
        )
        for finding in found
    ]  # fmt: skip
    head = [_("日志"), _("单据"), _("步骤"), _("谁"), _("录入"), _("疑点"), _("结论")]
    meanings = (("assign", _("指派")), ("conclude", _("作出结论")))
    last = {entry.action: entry for entry in reversed(taken(record, tuple(f"RZ.{name}" for name, _meaning in meanings)))}
    approvals = [
        Approval(entry.actor_name, meaning, entry.happened_at) if (entry := last.get(f"RZ.{name}")) else Approval("", meaning)
        for name, meaning in meanings
    ]
    table = [Table(head, lines, widths=(1, 3.1, 1.5, 1.2, 1.7, 1.7, 2.8), title=_("疑点与结论"))] if lines else []
    return Form(
        code="RZ", title=str(record.procedure.title), number=record.number, record_url=f"{settings.ORIGIN}/r/{record.number}/",
        revision=record.procedure_revision, sections=[Cells(rows), *table, Text(_("审查结论"), record.conclusion, min_lines=4)],
        approvals=approvals, status_line=str(record.get_status_display()), zone=zone,
    )  # fmt: skip
