"""BH 不合格报告 as it is printed."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.journal.read import taken
from bihuan.kernel.printing.forms import Approval, Cell, Cells, Form, Text

from .models import Nonconformity


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
