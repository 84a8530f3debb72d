"""RZ: what each step of a month's review does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Conflict, Invalid, NotAllowed
from bihuan.kernel.lists import search
from bihuan.kernel.procedures.registry import all_procedures
from bihuan.organisation.models import Person
from bihuan.organisation.roles import QUALITY

from ..models import Finding, Nonconformity, Review
from ..procedure import REVIEW
from ..queries.reviewers import reviewers_for
from .nonconformity import declare

NAMED = 5  # undecided ones that a refusal names


def begin(record: Review, *, by: Actor, at: datetime, findings: Sequence[Finding] = ()) -> Review:
    """The review of a month, with what is to be looked at; its figures stay as they are now (QM-7, ours)."""
    with journal.unit():
        with REVIEW.step("begin", record, by=by, at=at) as step:
            step.note(findings=[finding.seq for finding in findings])
            step.tell("review_opened", roles=(QUALITY,), scope=record.scope, month=f"{record.month:%Y-%m}", count=len(findings))
        for finding in findings:
            finding.review = record
        Finding.objects.bulk_create(findings)
        search.index_new(record._meta.label, record.pk, record.branch_id, [record.number])
    return record


def assign(record: Review, *, by: Actor, at: datetime, reviewer: Person | None) -> None:
    """Name who reviews, oneself perhaps (QM-7). Raises Invalid for somebody who may not."""
    with REVIEW.step("assign", record, by=by, at=at) as step:
        _name(step, record, reviewer)


def hand_over(record: Review, *, by: Actor, at: datetime, reviewer: Person | None, reason: str) -> None:
    """Somebody else reviews (QM-7, ours). Raises Invalid for somebody who may not."""
    with REVIEW.step("hand_over", record, by=by, at=at, reason=reason) as step:
        _name(step, record, reviewer)


def clear(record: Review, *, by: Actor, at: datetime, findings: Sequence[int], reason: str) -> None:
    """Those entries are in order, for *reason* (QM-7). *findings*: numbers in the chain. Raises Invalid, NotAllowed for own ones, Conflict for judged ones."""
    with REVIEW.step("clear", record, by=by, at=at, reason=reason) as step:
        found = _undecided(record, findings, by)
        step.note(findings=[finding.seq for finding in found])
        _judge(found, by, at, verdict=Finding.IN_ORDER, words=reason.strip())


def escalate(
    record: Review, *, by: Actor, at: datetime, findings: Sequence[int], description: str, responsible: Person
) -> Nonconformity | None:
    """Those entries are one nonconformity BH (QM-7, QM-2). As ``clear``; raises Invalid for a person who does not work at that branch."""
    with REVIEW.step("escalate", record, by=by, at=at) as step:
        found = _undecided(record, findings, by)
        step.note(
            findings=[finding.seq for finding in found], description=description.strip(), responsible=getattr(responsible, "name", "")
        )
        if not (found and description.strip() and responsible):
            return None  # the step refuses it with the field's name
        first = found[0]
        made = Nonconformity(
            branch=record.branch, source_number=record.number, source_key=f"{record.number}/{first.entry}", subject=first.action,
            clause=_clause(first.action), description=description.strip(), responsible=responsible,
        )  # fmt: skip
        declare(made, by=by, at=at)
        step.note(nonconformity=made.number)
        _judge(found, by, at, verdict=Finding.RAISED, words=description.strip(), nonconformity=made.number)
    return made


def conclude(record: Review, *, by: Actor, at: datetime, conclusion: str) -> None:
    """The month is reviewed (QM-7). Raises Conflict while a finding is undecided, NotAllowed for whoever a finding is about."""
    with REVIEW.step("conclude", record, by=by, at=at):
        waiting = list(record.findings.filter(verdict="").order_by("seq"))
        if waiting:
            where = "、".join(f"{finding.record_number}（{finding.entry}）" for finding in waiting[:NAMED])
            raise Conflict(
                _("还有 {n} 个疑点没有结论：{where}{more}。请先核为正常或开具不合格报告。").format(
                    n=len(waiting), where=where, more=_(" 等") if len(waiting) > NAMED else ""
                )
            )
        if by.person_id is not None and record.findings.filter(actor_id=by.person_id).exists():
            raise NotAllowed(_("这个月的疑点中有您本人办理的，结论须由另一人作出。"))
        record.conclusion, record.concluded_at = conclusion.strip(), at


def _name(step, record: Review, reviewer: Person | None) -> None:  # type: ignore[no-untyped-def]
    if reviewer is not None and reviewer not in reviewers_for(record.branch):
        raise Invalid(
            _("{name} 不能审查{branch}的日志，请另选一位。").format(name=reviewer.name, branch=record.branch.name), field="reviewer"
        )
    record.reviewer = reviewer
    if reviewer is not None:
        step.note(reviewer=reviewer.name)
        step.tell("review_assigned", people=(reviewer.pk,), scope=record.scope, month=f"{record.month:%Y-%m}")


def _undecided(record: Review, seqs: Sequence[int], by: Actor) -> list[Finding]:
    """Those findings, none of them judged, none about what *by* did."""
    found = list(record.findings.filter(seq__in=seqs).order_by("seq"))
    if len(found) != len(set(seqs)):
        raise Invalid(_("所选疑点不在这份审查里，请重新选择。"), field="findings")
    if judged := next((finding for finding in found if finding.verdict), None):
        raise Conflict(
            _("疑点 {entry} 已由 {who} 作出结论，请刷新后再选。").format(entry=judged.entry, who=judged.judged_by), field="findings"
        )
    if own := next((finding for finding in found if finding.actor_id is not None and finding.actor_id == by.person_id), None):
        raise NotAllowed(_("疑点 {entry} 是您本人办理的，须由另一人审查。").format(entry=own.entry), field="findings")
    return found


def _judge(found: Sequence[Finding], by: Actor, at: datetime, **words: str) -> None:
    Finding.objects.filter(pk__in=[finding.pk for finding in found], verdict="").update(judged_by=by.name, judged_at=at, **words)


def _clause(action: str) -> str:
    """The clause of the step that an entry tells of; the organisation's own entries are under QM-7."""
    steps = {f"{procedure.form}.{step.name}": step.clause for procedure in all_procedures() for step in procedure.steps}
    return steps.get(action, "QM-7")
