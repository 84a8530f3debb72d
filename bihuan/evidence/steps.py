"""How often steps were taken and how many of them deviate: monthly tallies of the journal and the deviations found in it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from bihuan.kernel.journal.models import Entry

from .models import Deviation, Kind, StepTally
from .period import Period
from .tally import Figures


@dataclass(frozen=True)
class StepCell:
    """One step in one branch and month: how often it was taken, and how many of the entries deviate."""

    action: str
    branch_id: int
    month: dt.date
    figures: Figures


def step_cells(branches: Sequence[int], period: Period, actions: Iterable[str] = ()) -> list[StepCell]:
    """All steps (or those named) taken in the period, as far as the journal is checked. Two statements."""
    which = Q(branch_id__in=branches, month__gte=period.first, month__lte=period.last)
    named = list(actions)
    taken = StepTally.objects.filter(which, Q(action__in=named) if named else Q())
    wrong: dict[tuple[str, int, dt.date], int] = defaultdict(int)
    for action, branch, month, count in (
        Deviation.objects.filter(which, Q(subject__in=named) if named else Q())
        .exclude(kind__in=[Kind.TIME_LIMIT, Kind.MISSING])
        .values_list("subject", "branch_id", "month")
        .annotate(count=Count("entry", distinct=True))
        .order_by()
    ):
        wrong[action, branch, month] = count
    found = taken.values_list("action", "branch_id", "month").annotate(count=Sum("taken")).order_by()
    return [
        StepCell(action, branch, month, Figures(kept=count - wrong[action, branch, month], missed=wrong[action, branch, month]))
        for action, branch, month, count in found
    ]


def entries_of(action: str, branches: Sequence[int], period: Period) -> QuerySet[Entry]:
    """The journal's entries of that step, newest first: only the stretch of each chain is read in which the period's entries stand."""
    stretches: dict[int, tuple[int, int]] = {}
    tallies = StepTally.objects.filter(action=action, branch_id__in=branches, month__gte=period.first, month__lte=period.last)
    for branch, first, last in tallies.values_list("branch_id", "first_seq", "last_seq"):
        low, high = stretches.get(branch, (first, last))
        stretches[branch] = min(low, first), max(high, last)
    if not stretches:
        return Entry.objects.none()
    where = Q()
    for chain, (low, high) in stretches.items():
        where |= Q(chain=chain, seq__gte=low, seq__lte=high)
    return Entry.objects.filter(where, action=action, happened_at__gte=period.begins, happened_at__lt=period.ends)
