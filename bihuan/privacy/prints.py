"""GR 个人信息请求单 as it is printed: without a name, for paper cannot be taken back."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.journal.read import taken
from bihuan.kernel.printing.forms import Approval, Cell, Cells, Form, Text

from .models import PersonRequest

DECISIONS = ("grant_copy", "correct", "forget", "refuse")


def person_request_form(record: PersonRequest, actor: Actor) -> Form:
    """The form with whoever received, decided and answered it."""
    zone = record.branch.zone
    who = str(record.contact_id) if record.contact_id is not None else record.call.number  # type: ignore[union-attr]
    answered = record.answered_at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if record.answered_at else ""
    rows = [
        [Cell(_("联系人编号") if record.contact_id is not None else _("来电编号"), who), Cell(_("分公司"), record.branch.name)],
        [Cell(_("请求"), record.get_wish_display()), Cell(_("身份核实"), record.get_identity_display())],
        [Cell(_("更正的项目"), record.get_corrected_display()), Cell(_("不予办理的依据"), record.get_basis_display())],
        [Cell(_("答复方式"), record.get_answered_how_display()), Cell(_("答复时间"), answered)],
    ]
    entries = taken(record, tuple(f"GR.{name}" for name in ("receive", *DECISIONS, "answer")))
    last = {entry.action.removeprefix("GR."): entry for entry in reversed(entries)}
    approvals = []
    for meaning, names in ((_("受理"), ("receive",)), (_("处理人"), DECISIONS), (_("答复"), ("answer",))):
        entry = next((last[name] for name in names if name in last), None)
        approvals.append(Approval(entry.actor_name, meaning, entry.happened_at) if entry else Approval("", meaning))
    return Form(
        code="GR", title=str(record.procedure.title), number=record.number, record_url=f"{settings.ORIGIN}/r/{record.number}/",
        revision=record.procedure_revision, sections=[Cells(rows), Text(_("不予办理的理由"), record.refusal, min_lines=3)], approvals=approvals,
        status_line=str(record.get_status_display()), zone=zone,
    )  # fmt: skip
