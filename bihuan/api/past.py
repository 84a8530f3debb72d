"""A record as it stood at a moment (``?as_of=``), with the rules in force then."""

from __future__ import annotations

from typing import Any

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.tables import asof, revisions, show

from .declare import Resource
from .record import HISTORY, entry_row, file_row
from .shown import shown


def record_then(resource: Resource, record: Any, moment: str, actor: Actor) -> dict[str, Any]:
    """*record* at *moment*, masked as it is today. Raises Invalid for no moment, one to come, and one before the record was entered.

    Values that come from rows beside the record (contact log, reports, carry list) are left out: they are not rebuilt.
    """
    then = asof.rebuilt(record, asof.moment_of(moment, record.branch.zone))
    past, procedure = then.record, record.procedure
    own = [one for one in (*resource.shown, *resource.more) if not callable(one.path)]
    text = revisions.text_of(procedure.form, past.procedure_revision, then.at)
    return {
        "as_of": then.at,
        "number": record.number,
        "status": past.status,
        "status_label": show.procedure_label(procedure, past.status),
        "version": past.version,
        "values": shown(own, past, actor),
        "withheld": sorted(then.withheld),
        "deadlines": [_clock(procedure, clock, then) for clock in then.clocks],
        "signatures": [row.seal for row in then.signatures],
        "attachments": [file_row(row) for row in then.attachments],
        "history": [entry_row(entry, record, actor) for entry in then.entries[: -HISTORY - 1 : -1]],
        "history_goes_on": len(then.entries) > HISTORY,
        "rules": {
            "procedure": procedure.form,
            "revision": past.procedure_revision,
            "in_force_from": text.in_force_from if text else None,
            "sha256": text.sha256 if text else None,
            "text": text.text if text else None,
            "calendar": past.branch.calendar,
            "calendar_revision": asof.calendar_revision(then),
        },
    }


def _clock(procedure: Any, clock: asof.ClockThen, then: asof.Past) -> dict[str, Any]:
    return {
        "clock": clock.clock,
        "label": show.clock_label(procedure, clock.clock),
        "state": clock.state,
        "verdict": clock.verdict(then.at).value,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "stopped_at": clock.stopped_at,
        "stop_recorded_at": clock.stop_recorded_at,
        "calendar": clock.calendar or None,
        "calendar_revision": clock.calendar_revision or None,
    }
