"""How deadlines stand at a moment, for one and for many alike: the figures of the evidence pages and the lists behind them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, CharField, F, QuerySet, Value, When

from .models import Deadline, State, Verdict


def stand(deadline: Deadline, now: datetime) -> Verdict:
    """The verdict at *now*. One past its due time is missed whether or not the sweep has come by (docs/decisions/0002)."""
    said = deadline.verdict
    past = deadline.state == State.RUNNING and deadline.due_at <= now
    return Verdict.MISSED if said == Verdict.OPEN and past else said


def with_stand(rows: QuerySet[Deadline], now: datetime) -> QuerySet[Deadline]:
    """*rows* with the same verdict as ``stands``, worked out by the database."""
    return rows.annotate(
        stands=Case(
            When(state=State.ENDED, breached_at__isnull=False, then=Value(Verdict.MISSED.value)),
            When(state=State.ENDED, then=Value(Verdict.VOID.value)),
            When(state=State.MET, stopped_at__gt=F("due_at"), then=Value(Verdict.MISSED.value)),
            When(state=State.MET, stop_recorded_at__lte=F("due_at"), then=Value(Verdict.KEPT.value)),
            When(state=State.MET, then=Value(Verdict.LATE_ENTRY.value)),
            When(breached_at__isnull=False, then=Value(Verdict.MISSED.value)),
            When(state=State.RUNNING, due_at__lte=now, then=Value(Verdict.MISSED.value)),
            default=Value(Verdict.OPEN.value),
            output_field=CharField(),
        )
    )
