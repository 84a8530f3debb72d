"""What is measured once, in a process of its own on the bench's database: counting everything, sweeping, verifying.

The last two write, so this runs after the load. Milliseconds, medians of five where it costs little.
"""

from __future__ import annotations

import datetime as dt
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

DEADLINES, NEWLY_DUE = 100_000, 1_000


def main() -> None:
    from bihuan.cli import start_django

    start_django()
    print(json.dumps({"count": _count(), "sweep": _sweep(), "verify": _verify()}))


def _timed(what: Callable[[], Any], times: int = 1) -> tuple[float, Any]:
    """(median milliseconds, last answer)"""
    spent, answer = [], None
    for _time in range(times):
        start = time.perf_counter()
        answer = what()
        spent.append(1000 * (time.perf_counter() - start))
    return statistics.median(spent), answer


def _count() -> dict[str, Any]:
    """The requests of all branches and months by how their first contact stands, and whether the sum is the number of requests."""
    from django.utils import timezone

    from bihuan.evidence.period import Period, month_of, shifted
    from bihuan.evidence.tally import cells
    from bihuan.organisation.models import Branch
    from bihuan.service.models import ServiceRequest

    this = month_of(timezone.now())
    branches = list(Branch.objects.values_list("pk", flat=True))
    period, kind = Period(shifted(this, -59), this), ServiceRequest._meta.label
    took, found = _timed(lambda: cells(branches, period, record_type=kind, clock="first_contact"), 5)
    counted = sum(cell.figures.judged + cell.figures.void + cell.figures.open for cell in found)
    return {"ms": took, "cells": len(found), "counted": counted, "requests": ServiceRequest.objects.count()}


def _sweep() -> dict[str, Any]:
    """A hundred thousand running time limits, a thousand of which fall due at one moment."""
    from django.db import connection
    from django.utils import timezone

    from bihuan.kernel.deadlines.models import Deadline, State
    from bihuan.kernel.deadlines.sweep import sweep

    now = timezone.now()
    moment = now + dt.timedelta(hours=2)
    sweep(moment)
    model = Deadline.objects.filter(clock="plan_visit").order_by("pk").first()
    rows = []
    for number in range(DEADLINES):
        due = moment + dt.timedelta(seconds=0.5 if number < NEWLY_DUE else 7 * 86_400 + number)
        row = Deadline(
            **{field.attname: getattr(model, field.attname) for field in Deadline._meta.concrete_fields if not field.primary_key}
        )
        row.state, row.started_at, row.due_at, row.next_at, row.level, row.breached_at = State.RUNNING, now, due, due, 0, None
        row.stopped_at = row.stop_recorded_at = None
        row.stopped_by, row.counted, row.schedule = "", False, [due.isoformat()]
        rows.append(row)
    Deadline.objects.bulk_create(rows, batch_size=2000)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE deadlines_deadline")
    took, swept = _timed(lambda: sweep(moment + dt.timedelta(seconds=1)))
    return {"ms": took, "handled": swept, "open": DEADLINES}


def _verify() -> dict[str, Any]:
    """The whole journal with its checkpoints, then signatures, files and rows."""
    from bihuan.kernel.proof.seal import seal_due
    from bihuan.kernel.proof.verify import Verification

    sealing, _sealed = _timed(seal_due)
    run = Verification(processes=None)
    took, wrong = _timed(lambda: list(run.journal()))
    rest_took, findings = _timed(lambda: list(run.around()))
    entries = run.counted["entries"]
    return {"ms": took, "whole_ms": took + rest_took, "entries": entries, "findings": len(wrong) + len(findings), "sealing_ms": sealing}


if __name__ == "__main__":
    sys.exit(main())
