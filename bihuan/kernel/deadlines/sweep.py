"""The sweep: tells people when a deadline comes near, falls due and climbs. Late, twice or in parallel, each effect once (#67, #75)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from .. import journal
from ..access.actors import system
from ..notify.models import Notice
from ..procedures.registry import procedure_for
from .models import Deadline, State
from .run import show_next, told

BATCH = 500
LATE = timedelta(minutes=5)
MOVED = ["level", "next_at", "breached_at", "state", "stopped_by", "stopped_at", "stop_recorded_at"]


def sweep(now: datetime | None = None) -> int:
    """Handle every deadline whose next moment has come; the number handled. Takes rows in batches, each its own transaction."""
    now = now or timezone.now()
    total = 0
    while count := _batch(now):
        total += count
    return total


def _batch(now: datetime) -> int:
    with journal.unit():
        due = Deadline.objects.filter(state=State.RUNNING, next_at__lte=now).order_by("next_at")
        rows = list(due.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)[:BATCH])
        notices: list[Notice] = []
        follow: list[Deadline] = []
        for deadline in rows:
            notices += _advance(deadline, now, follow)
        Deadline.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=MOVED)  # bulk_update: 5 × slower
        Deadline.objects.bulk_create(follow)
        Notice.objects.bulk_create(notices, ignore_conflicts=True)  # the key is unique: told once
    for deadline in follow:  # in a transaction each: a step takes the record first and its deadlines then
        show_next(deadline.record_type, deadline.record_id)
    return len(rows)


def _advance(deadline: Deadline, now: datetime, follow: list[Deadline]) -> list[Notice]:
    """Pass every moment up to *now*; warnings that a breach has overtaken are not sent any more."""
    procedure = procedure_for(deadline.record_type)
    clock = procedure.clock(deadline.clock)
    moments = deadline.moments()
    passed = [index for index in range(deadline.level, len(moments)) if moments[index] <= now]
    warnings = len(clock.warn)
    breached = any(index >= warnings for index in passed)
    notices = [
        _notice(deadline, procedure, clock, index, late=now - moments[index] > LATE)
        for index in passed
        if index >= warnings or not breached
    ]
    deadline.level += len(passed)
    deadline.next_at = moments[deadline.level] if deadline.level < len(moments) else None
    if breached:
        known, deadline.breached_at = deadline.breached_at is not None, deadline.breached_at or deadline.due_at
        begun = [_tomorrow(deadline, procedure, clock, now)] if clock.daily_at else []
        follow += begun
        if not known:
            _journal_breach(deadline, begun, clock, now)
    return notices


def _tomorrow(deadline: Deadline, procedure: Any, clock: Any, now: datetime) -> Deadline:
    """A daily duty that was missed stays missed; the next day's begins."""
    from .run import _lay

    deadline.state, deadline.stopped_by, deadline.next_at = State.ENDED, "missed", None
    deadline.stopped_at = deadline.stop_recorded_at = now
    due = deadline.due_at
    while due <= now:
        due = (due + timedelta(days=1)).astimezone(UTC)
    fresh = Deadline(
        record_type=deadline.record_type,
        record_id=deadline.record_id,
        record_number=deadline.record_number,
        branch_id=deadline.branch_id,
        clock=deadline.clock,
        procedure_revision=procedure.revision,
        started_at=deadline.due_at,
        due_at=due,
    )
    _lay(fresh, clock)
    return fresh


def _journal_breach(deadline: Deadline, begun: list[Deadline], clock: Any, now: datetime) -> None:
    journal.append(
        system("时限巡检"),
        "deadline.missed",
        cast(Model, _Subject(deadline)),
        at=deadline.due_at,
        clause=clock.clause,
        data={"clock": deadline.clock, "due_at": deadline.due_at, "noticed_at": now, "noticed_late": now - deadline.due_at > LATE},
        clocks=told(deadline, *begun),
    )


class _Subject:
    """Stands for the record a deadline belongs to, so that the sweep need not load 1,000 records to name them."""

    def __init__(self, deadline: Deadline) -> None:
        self.pk, self.number, self.branch_id = deadline.record_id, deadline.record_number, deadline.branch_id
        self._meta = type("Meta", (), {"label": deadline.record_type})


def _notice(deadline: Deadline, procedure: Any, clock: Any, index: int, *, late: bool) -> Notice:
    level = index - len(clock.warn)
    if level >= 0:
        to = [party.code for party in clock.climbs[: level + 1]]
    else:
        to = [party.code for party in clock.climbs[:1]] if index > 0 else []
    return Notice(
        key=f"deadline:{deadline.record_type}:{deadline.record_id}:{deadline.clock}:{deadline.due_at.timestamp():.0f}:{index}",
        kind="deadline_missed" if level >= 0 else "deadline_near",
        record_type=deadline.record_type,
        record_id=deadline.record_id,
        record_number=deadline.record_number,
        branch_id=deadline.branch_id,
        to_holder=level <= 0,
        to_roles=to,
        facts={"clock": deadline.clock, "due_at": deadline.due_at.isoformat(), "level": level, "noticed_late": late},
    )
