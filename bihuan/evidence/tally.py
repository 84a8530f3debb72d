"""Monthly tallies of settled deadlines, folded in the background, and the figures read from them.

A settled deadline never changes again, so it is counted once: in one transaction its row is marked ``counted`` and its
month raised. A figure is tallies + the rows not yet counted, read by one statement: it is right whether the fold has run
or not, and it cannot drift. What is not counted is open work and the last minutes.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Case, CharField, Count, F, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from bihuan.kernel.deadlines.models import Deadline, State, Verdict
from bihuan.kernel.deadlines.stands import with_stand

from .models import Tally
from .period import Period, month_of, starts

BATCH = 2000
SETTLED = (Verdict.KEPT, Verdict.LATE_ENTRY, Verdict.MISSED, Verdict.VOID)
Key = tuple[str, str, int, dt.date]


def waiting() -> QuerySet[Deadline]:
    """Settled and not yet counted."""
    return Deadline.objects.filter(counted=False, state__in=[State.MET, State.ENDED])


def take(limit: int = BATCH) -> list[Deadline]:
    """Count the next *limit* settled deadlines; those that were counted. Call inside a transaction.

    PostgreSQL locks the rows and leaves out those another worker holds; SQLite has one writer at a time anyway.
    """
    rows = waiting().order_by(
        "record_type", "clock", "branch_id", "started_at"
    )  # that of the index of the uncounted; by id all rows are read
    batch = list(rows.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)[:limit])
    if not batch:
        return []
    found: dict[Key, Counter[str]] = defaultdict(Counter)
    for row in batch:
        found[row.record_type, row.clock, row.branch_id, month_of(row.started_at)][row.verdict] += 1
    Deadline.objects.filter(pk__in=[row.pk for row in batch]).update(counted=True)
    _raise(found)
    return batch


def fold(limit: int = BATCH) -> int:
    """Count what is settled, in batches; how many deadlines were counted."""
    total = 0
    while True:
        with transaction.atomic():
            count = len(take(limit))
        total += count
        if count < limit:
            return total


def _raise(found: dict[Key, Counter[str]]) -> None:
    names = [verdict.value for verdict in SETTLED]
    adds = ", ".join(f"{name} = evidence_tally.{name} + excluded.{name}" for name in names)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO evidence_tally (record_type, clock, branch_id, month, {', '.join(names)}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) "  # noqa: S608  (our own column names)
            f"ON CONFLICT (record_type, clock, branch_id, month) DO UPDATE SET {adds}",
            [(*key, *(counts[name] for name in names)) for key, counts in sorted(found.items())],
        )


@dataclass(frozen=True)
class Figures:
    """How many deadlines there were, and how they stand. ``void`` ones fell away: they belong to the population, not to the rate."""

    kept: int = 0
    late_entry: int = 0
    missed: int = 0
    void: int = 0
    open: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.kept + other.kept,
            self.late_entry + other.late_entry,
            self.missed + other.missed,
            self.void + other.void,
            self.open + other.open,
        )

    @property
    def population(self) -> int:
        return self.kept + self.late_entry + self.missed + self.void + self.open

    @property
    def judged(self) -> int:
        return self.kept + self.late_entry + self.missed

    @property
    def broken(self) -> int:
        return self.late_entry + self.missed

    @property
    def rate(self) -> float | None:
        """Kept of those judged, in percent; None without any."""
        return 100 * self.kept / self.judged if self.judged else None


@dataclass(frozen=True)
class Cell:
    """The figures of one clock in one branch and month."""

    record_type: str
    clock: str
    branch_id: int
    month: dt.date
    figures: Figures


def cells(branches: Iterable[int], period: Period, *, record_type: str = "", clock: str = "", now: dt.datetime | None = None) -> list[Cell]:
    """The figures for those branches and months, of all clocks or of one. One statement, as long as the tallies are and open work is."""
    which = Q(branch_id__in=list(branches))
    if record_type:
        which &= Q(record_type=record_type, clock=clock)
    tallies = (
        Tally.objects.filter(which, month__gte=period.first, month__lte=period.last)
        .annotate(month_of=F("month"), stands=Value("", output_field=CharField()))
        .values_list("record_type", "clock", "branch_id", "month_of", "stands", *SETTLED)
    )
    rows = Deadline.objects.filter(which, counted=False, started_at__gte=period.begins, started_at__lt=period.ends)
    none = dict.fromkeys(("no_late_entry", "no_missed", "no_void"), Value(0, output_field=IntegerField()))
    live = (  # grouped by how they stand, so that it is worked out once for each
        with_stand(rows, now or timezone.now())
        .annotate(month_of=_month_in(period))
        .values("record_type", "clock", "branch_id", "month_of", "stands")
        .annotate(count=Count("pk"), **none)
        .values_list("record_type", "clock", "branch_id", "month_of", "stands", "count", *none)
    )
    return [
        Cell(kind, name, branch, _date(month), Figures(**{stands: numbers[0]} if stands else dict(zip(SETTLED, numbers, strict=True))))
        for kind, name, branch, month, stands, *numbers in tallies.union(live, all=True)
    ]


def _month_in(period: Period) -> Case:
    """The month of *period* that ``started_at`` lies in. By comparing, latest first: SQLite would call back into Python for a time zone."""
    latest_first = [When(started_at__gte=starts(month), then=Value(month)) for month in reversed(period.months)]
    return Case(*latest_first, output_field=Tally._meta.get_field("month"))


def _date(month: dt.date | str) -> dt.date:
    """A union loses the type of its second half on SQLite, where days are text."""
    if isinstance(month, dt.datetime):
        return month.date()
    return month if isinstance(month, dt.date) else dt.date.fromisoformat(month[:10])


def total(found: Iterable[Cell]) -> Figures:
    return sum((cell.figures for cell in found), Figures())
