"""Missing records: numbers that were given and are not there. A number is drawn in the record's transaction, so there are none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.apps import apps

from bihuan.kernel.numbering.models import Counter
from bihuan.kernel.procedures.registry import all_procedures
from bihuan.organisation.models import Branch

from .models import Deviation, Kind
from .period import month_of


def gaps(now: dt.datetime) -> Iterator[Deviation]:
    """A deviation for each number of this year and the last one that no record bears. Counts first; looks only where the count differs."""
    rows = list(Branch.objects.all())
    branches, home = {branch.code: branch.pk for branch in rows}, next((branch.pk for branch in rows if branch.is_headquarters), 0)
    procedures = {procedure.form: procedure for procedure in all_procedures()}
    for counter in Counter.objects.filter(form__in=procedures, year__gte=now.year - 1).order_by("form", "branch", "year"):
        procedure = procedures[counter.form]
        start = f"{counter.form}-{counter.branch}-{counter.year}-"
        numbers = apps.get_model(procedure.record)._default_manager.filter(number__gte=start, number__lt=f"{start}:")  # ":" comes after "9"
        if numbers.count() == counter.last:
            continue
        there = set(numbers.values_list("number", flat=True))
        for number in (f"{start}{running:06d}" for running in range(1, counter.last + 1)):
            if number not in there:
                yield Deviation(
                    key=f"{Kind.MISSING}:{number}", kind=Kind.MISSING, clause=procedure.opening.clause, subject=f"{counter.form}.{procedure.opening.name}",
                    record_type=procedure.record, record_number=number, branch_id=branches.get(counter.branch, home), happened_at=now,
                    month=month_of(now), found_at=now,
                )  # fmt: skip
