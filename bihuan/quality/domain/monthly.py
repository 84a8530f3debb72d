"""The job that opens each month's reviews: late, twice or on two machines at once, each is opened once (QM-7, #51)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence

from django.db import IntegrityError
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import system
from bihuan.kernel.journal.models import Entry
from bihuan.organisation.models import Branch

from ..models import Finding, Review
from ..queries.anomalies import DEFAULT, ORGANISATION, Thresholds, entries_of, found_in
from ..queries.months import month_of, shifted
from ..queries.signals import signals
from .review import begin

SETTLED = dt.timedelta(hours=1)  # after a month's end: whatever was begun within it is written by then
BACK = 12  # months made up for when no worker ran


def open_reviews() -> int:
    """Open every review that is due; how many. Four statements when there is none."""
    return sum(_open(branch, chain, month) for branch, chain, month in due(timezone.now()))


def due(now: dt.datetime) -> Iterator[tuple[Branch, int, dt.date]]:
    """The branch, chain and month of each review that is not there yet: up to a year back, not before the chain's first entry.

    A chain never reviewed begins with last month: who takes this up with years of journal behind them is not handed a year at once.
    A branch that is closed is reviewed for the months in which something was still entered.
    """
    last = shifted(month_of(now - SETTLED), -1)
    first = shifted(last, 1 - BACK)
    known = set(Review.objects.filter(month__gte=first).values_list("chain", "month"))
    earliest = dict(Review.objects.values_list("chain").annotate(Min("month")).order_by())
    branches = {branch.pk: branch for branch in Branch.objects.all()}
    home = next((branch for branch in branches.values() if branch.is_headquarters), None)
    for chain, began in Entry.objects.filter(seq=1).order_by("chain").values_list("chain", "recorded_at"):
        branch = home if chain == ORGANISATION else branches.get(chain)
        month = max(first, month_of(began), earliest.get(chain, last))
        while branch is not None and month <= last:
            if (chain, month) not in known and (branch.is_active or entries_of(chain, month)):
                yield branch, chain, month
            month = shifted(month, 1)


def made_for(branch: Branch, chain: int, month: dt.date, limits: Thresholds = DEFAULT) -> tuple[Review, list[Finding]]:
    """A review of that month with its findings, not saved: one finding for each entry, however many its reasons."""
    return made_of(branch, chain, month, entries_of(chain, month, whole=True), limits)


def made_of(
    branch: Branch, chain: int, month: dt.date, entries: Sequence[Entry], limits: Thresholds = DEFAULT
) -> tuple[Review, list[Finding]]:
    """The same from *entries*, that month's with their bodies."""
    found = found_in(entries, branch.zone, limits)
    counts: dict[str, int] = defaultdict(int)
    by_entry: dict[int, Finding] = {}
    for one in found:
        counts[one.kind.value] += 1
        entry = one.entry
        finding = by_entry.setdefault(
            entry.seq,
            Finding(
                seq=entry.seq, action=entry.action, record_type=entry.record_type, record_number=entry.record_number, actor_id=entry.actor_id,
                actor_name=entry.actor_name, happened_at=entry.happened_at, recorded_at=entry.recorded_at, reasons=[],
            ),
        )  # fmt: skip
        finding.reasons.append([one.kind.value, one.figure])
    shown = signals(chain, month, branch.zone, entries) if chain != ORGANISATION else []
    review = Review(
        branch=branch, chain=chain, month=month, entries=len(entries), counts=dict(counts), thresholds=limits.kept(), signals=shown
    )
    return review, list(by_entry.values())


def _open(branch: Branch, chain: int, month: dt.date) -> int:
    review, findings = made_for(branch, chain, month)
    try:
        with journal.unit():
            begin(review, by=system(_("月度审查")), at=timezone.now(), findings=findings)
    except IntegrityError:
        if Review.objects.filter(chain=chain, month=month).exists():
            return 0  # another worker was faster
        raise
    return 1
