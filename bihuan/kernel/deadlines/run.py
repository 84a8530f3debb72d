"""Starting, stopping and pausing the clocks that a procedure declares. Called at the end of each step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import transaction

from ..calendars.models import calendar_in_force, calendar_of_revision
from ..prepared import Prepared, insert, update
from .compute import daily, schedule
from .models import Deadline, Pause, State

if TYPE_CHECKING:
    from ..access.actors import Actor
    from ..procedures.declare import Clock, Procedure

_running = Prepared(
    lambda label, pk: Deadline.objects.filter(record_type=label, record_id=pk, state__in=[State.RUNNING, State.PAUSED]).order_by("id")
)


def running(record: Any) -> list[Deadline]:
    """The deadlines of *record* that are not over. One statement."""
    return _running(record._meta.label, record.pk)


def started(procedure: Procedure, clock: Clock, record: Any, at: datetime, before: Deadline | None = None) -> Deadline | None:
    """A new deadline, not yet saved; None when the clock's moment is not set on the record.

    ``measured_from`` and ``due_from`` name the record's fields that hold the start and the due time. *before* is the
    deadline of the same clock that this step has met: a daily duty met today is due again tomorrow.
    """
    start = getattr(record, clock.measured_from) if clock.measured_from else at
    calendar, revision = calendar_in_force(record.branch.calendar, None) if clock.uses_calendar else (None, 0)
    if clock.due_from:
        due = getattr(record, clock.due_from)
        if due is None:
            return None
    elif clock.daily_at:
        due = daily(max(start, before.due_at) if before else start, clock.daily_at, record.branch.zone)
    else:
        due = clock.within.after(start, calendar)
    deadline = Deadline(
        record_type=record._meta.label,
        record_id=record.pk,
        record_number=record.number,
        branch_id=record.branch_id,
        clock=clock.name,
        procedure_revision=procedure.revision,
        started_at=start,
        due_at=due,
        calendar=record.branch.calendar if clock.uses_calendar else "",
        calendar_revision=revision,
        provisional=calendar is not None and calendar.is_provisional(calendar.day_of(due)),
    )
    _lay(deadline, clock)
    return deadline


def _lay(deadline: Deadline, clock: Clock) -> None:
    moments = schedule(deadline.due_at, clock.warn, len(clock.climbs), clock.climb_every)
    deadline.schedule = [moment.astimezone(UTC).isoformat() for moment in moments]
    deadline.level = 0
    deadline.next_at = moments[0]


def stop(deadline: Deadline, step: str, *, at: datetime, recorded_at: datetime, met: bool) -> None:
    """The clock has stopped: *met* by doing what it asks for, or ended because it no longer applies. Not yet saved."""
    deadline.state = State.MET if met else State.ENDED
    deadline.stopped_by, deadline.stopped_at, deadline.stop_recorded_at = step, at, recorded_at
    deadline.next_at = None
    if recorded_at > deadline.due_at:
        deadline.breached_at = deadline.breached_at or deadline.due_at


STOP_FIELDS = [
    "state",
    "stopped_by",
    "stopped_at",
    "stop_recorded_at",
    "next_at",
    "breached_at",
    "due_at",
    "schedule",
    "level",
    "branch_id",
]


def pause(deadline: Deadline, clock: Clock, *, reason: str, by: Actor, at: datetime, recorded_at: datetime) -> bool:
    """Stop the clock for a typed *reason*, counted on the calendar revision it started on.

    A deadline already past stays past (#73): nothing is paused, False.
    """
    if deadline.state != State.RUNNING or recorded_at >= deadline.due_at:
        return False
    from_at = max(at, deadline.started_at)
    calendar = calendar_of_revision(deadline.calendar, deadline.calendar_revision) if clock.uses_calendar else None
    Pause.objects.create(
        deadline=deadline, reason=reason, by_name=by.name, from_at=from_at, remaining=clock.within.left(from_at, deadline.due_at, calendar)
    )
    deadline.state, deadline.next_at = State.PAUSED, None
    return True


def resume(deadline: Deadline, clock: Clock, *, at: datetime) -> None:
    """Let the clock go on: what was left at the pause is left again from *at*."""
    spell = deadline.pauses.filter(until_at__isnull=True).first()
    if deadline.state != State.PAUSED or spell is None:
        return
    until = max(at, spell.from_at)
    calendar = calendar_of_revision(deadline.calendar, deadline.calendar_revision) if clock.uses_calendar else None
    spell.until_at = until
    spell.save(update_fields=["until_at"])
    deadline.due_at = type(clock.within)(spell.remaining, clock.within.working).after(until, calendar)
    deadline.state = State.RUNNING
    _lay(deadline, clock)


@dataclass(frozen=True)
class Times:
    """When a step happened, as said, and when that reached the server."""

    at: datetime
    recorded_at: datetime


@dataclass(frozen=True)
class Turned:
    """What a step did to the clocks of a record: those it changed, those it started, and all that are live after it."""

    changed: list[Deadline]
    fresh: list[Deadline]
    live: list[Deadline]


def turn(procedure: Procedure, step: str, record: Any, times: Times, live: list[Deadline], *, by: Actor, pause_reason: str) -> Turned:
    """What *step* does to the record's clocks, in memory; *live* are those that are not over.

    The earliest left running goes on the record as ``next_due_at``. A clock already ticking is not reset by a second start.
    """
    before = {id(deadline): _state(deadline) for deadline in live}
    over: dict[str, Deadline] = {}
    for deadline in live:
        clock = procedure.clock(deadline.clock)
        deadline.branch_id = record.branch_id
        if step in clock.stops or step in clock.ends:
            stop(deadline, step, at=times.at, recorded_at=times.recorded_at, met=step in clock.stops)
            over[clock.name] = deadline
        elif step in clock.pauses:
            pause(deadline, clock, reason=pause_reason, by=by, at=times.at, recorded_at=times.recorded_at)
        elif step in clock.resumes:
            resume(deadline, clock, at=times.at)
    left = [deadline for deadline in live if deadline.state in (State.RUNNING, State.PAUSED)]
    ticking = {deadline.clock for deadline in left}
    starts = [clock for clock in procedure.clocks if step in clock.starts and clock.name not in ticking]
    begun = [started(procedure, clock, record, times.at, over.get(clock.name)) for clock in starts]
    fresh = [deadline for deadline in begun if deadline is not None]
    due = [deadline for deadline in (*left, *fresh) if deadline.state == State.RUNNING]
    first = min(due, key=lambda deadline: deadline.due_at, default=None)
    record.next_due_at, record.next_clock = (first.due_at, first.clock) if first else (None, "")
    return Turned([deadline for deadline in live if _state(deadline) != before[id(deadline)]], fresh, [*left, *fresh])


def show_next(record_type: str, record_id: int) -> None:
    """Put the earliest deadline left running on its record, as a step would: a daily duty that was missed has begun anew."""
    records = apps.get_model(record_type)._base_manager
    with transaction.atomic():
        list(records.select_for_update().filter(pk=record_id).values_list("pk"))
        running = [row for row in _running(record_type, record_id) if row.state == State.RUNNING]
        if first := min(running, key=lambda row: row.due_at, default=None):
            records.filter(pk=record_id).update(next_due_at=first.due_at, next_clock=first.clock)


def told(*deadlines: Deadline) -> list[dict[str, Any]]:
    """What the journal keeps of deadlines that were started, moved or ended, so that a record's clocks can be rebuilt (#47)."""
    return [
        {"clock": row.clock, "state": str(row.state), "started_at": row.started_at, "due_at": row.due_at}
        | ({"calendar": row.calendar, "calendar_revision": row.calendar_revision} if row.calendar else {})
        for row in deadlines
    ]


def _state(deadline: Deadline) -> tuple[Any, ...]:
    return tuple(getattr(deadline, field) for field in STOP_FIELDS)


def save(record: Any, turned: Turned) -> None:
    """Write what ``turn`` did, once the record has its id. Two statements at most, however many clocks."""
    if len(turned.changed) == 1:
        update(turned.changed[0], STOP_FIELDS)
    elif turned.changed:
        Deadline.objects.bulk_update(turned.changed, STOP_FIELDS)
    for deadline in turned.fresh:
        deadline.record_id = record.pk
    if turned.fresh:
        insert(turned.fresh)
