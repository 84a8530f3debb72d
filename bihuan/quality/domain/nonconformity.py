"""BH: what each step of a nonconformity does."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.lists import search
from bihuan.organisation.models import Person
from bihuan.organisation.public import require_staff
from bihuan.organisation.roles import AFTER_SALES_HEAD, QUALITY

from ..models import Nonconformity
from ..procedure import NONCONFORMITY


def declare(record: Nonconformity, *, by: Actor, at: datetime) -> Nonconformity:
    """Put down what does not conform and who has to see to it (QM-2). Raises Invalid for a person who does not work at that branch."""
    with NONCONFORMITY.step("declare", record, by=by, at=at) as step:
        require_staff(record.responsible, record.branch)
        step.note(source=record.source_number)
        step.tell("nonconformity_declared", people=(record.responsible_id,), description=record.description[:80])
    search.index_new(record._meta.label, record.pk, record.branch_id, [record.number, record.source_number, record.description])
    return record


def hand_over(record: Nonconformity, *, by: Actor, at: datetime, responsible: Person, reason: str) -> None:
    """Somebody else has to see to it (QM-2, ours)."""
    with NONCONFORMITY.step("hand_over", record, by=by, at=at, reason=reason) as step:
        require_staff(responsible, record.branch)
        record.responsible = responsible
        step.note(responsible=responsible.name)
        step.tell("nonconformity_declared", people=(responsible.pk,), description=record.description[:80])


def plan(
    record: Nonconformity, *, by: Actor, at: datetime, containment: str, disposition: str, cause: str, correction: str, due_at: datetime
) -> None:
    """The responsible person has found the cause and says what will be done by when (QM-3)."""
    with NONCONFORMITY.step("plan", record, by=by, at=at):
        _refuse_past(due_at, at)
        record.containment, record.disposition, record.cause = containment.strip(), disposition, cause.strip()
        record.correction, record.due_at = correction.strip(), due_at


def correct(record: Nonconformity, *, by: Actor, at: datetime, result: str) -> None:
    """What was planned is done (QM-3)."""
    with NONCONFORMITY.step("correct", record, by=by, at=at) as step:
        record.result = result.strip()
        step.tell("nonconformity_corrected", roles=(QUALITY, AFTER_SALES_HEAD), result=record.result[:80])


def verify(record: Nonconformity, *, by: Actor, at: datetime, finding: str) -> None:
    """Somebody else has seen that it helped (QM-3)."""
    with NONCONFORMITY.step("verify", record, by=by, at=at):
        record.finding, record.verified_at = finding.strip(), at


def redo(record: Nonconformity, *, by: Actor, at: datetime, reason: str, due_at: datetime) -> None:
    """It did not help: to be corrected again, by another date (QM-3, ours)."""
    with NONCONFORMITY.step("redo", record, by=by, at=at, reason=reason) as step:
        _refuse_past(due_at, at)
        record.due_at = due_at
        step.tell("nonconformity_sent_back", people=(record.responsible_id,), reason=reason)


def _refuse_past(due_at: datetime, at: datetime) -> None:
    if due_at and due_at <= at:
        raise Invalid(_("完成期限已过，请改成以后的时间。"), field="due_at")
