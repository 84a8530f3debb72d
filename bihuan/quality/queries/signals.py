"""What makes an auditor dig: everything on time, everything on one day, equal texts, times on the round minute. Figures beside a review (#51)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.deadlines.models import Deadline, Verdict
from bihuan.kernel.deadlines.stands import stand
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.words import bare, commitments_in
from bihuan.kernel.procedures.registry import all_procedures

from .months import shifted, starts

LEAST = 20  # of fewer nothing can be said
SAME = dt.timedelta(minutes=2)  # a time said that differs by more was typed
LONG = 8  # characters; shorter texts are rightly equal
LIMITS = {"all_kept": 100, "one_day": 50, "equal_texts": 30, "round_minutes": 60}  # per cent from which on it is worth a question
LABELS = {
    "all_kept": _("按时完成的时限"),
    "one_day": _("集中在同一天开出的单据"),
    "equal_texts": _("一字不差的文字"),
    "round_minutes": _("落在整五分钟的补录时间"),
}


def signals(chain: int, month: dt.date, zone: dt.tzinfo, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """For each signal how many of how many, with the share (in per cent) from which it stands out. *entries*: the month's, with bodies."""
    parts = {
        "all_kept": _kept(chain, month),
        "one_day": _one_day(entries, zone),
        "equal_texts": _equal(entries),
        "round_minutes": _round(entries),
    }
    return [{"name": name, "n": n, "of": of, "limit": LIMITS[name], "least": LEAST} for name, (n, of) in parts.items()]


def stands_out(signal: dict[str, Any]) -> bool:
    return signal["of"] >= signal["least"] and 100 * signal["n"] >= signal["limit"] * signal["of"]


def _kept(chain: int, month: dt.date) -> tuple[int, int]:
    now, rows = (
        timezone.now(),
        Deadline.objects.filter(branch_id=chain, started_at__gte=starts(month), started_at__lt=starts(shifted(month, 1))),
    )
    stands = Counter(stand(row, now) for row in rows.iterator())
    return stands[Verdict.KEPT], sum(stands[one] for one in (Verdict.KEPT, Verdict.LATE_ENTRY, Verdict.MISSED))


def _one_day(entries: Sequence[Entry], zone: dt.tzinfo) -> tuple[int, int]:
    openings = {f"{procedure.form}.{procedure.opening.name}" for procedure in all_procedures()}
    days = Counter(entry.recorded_at.astimezone(zone).date() for entry in entries if entry.action in openings)
    return max(days.values(), default=0), days.total()


def _equal(entries: Sequence[Entry]) -> tuple[int, int]:
    """Texts of a field that stand there more than once, word for word."""
    kept = bare(commitments_in(*(entry.body for entry in entries))).values()
    texts = Counter((word.name, word.text) for word in kept if len(word.text) >= LONG + 2)  # as JSON: with its quotes
    return sum(n for n in texts.values() if n > 1), texts.total()


def _round(entries: Sequence[Entry]) -> tuple[int, int]:
    said = [entry.happened_at for entry in entries if abs(entry.recorded_at - entry.happened_at) > SAME]
    return sum(at.minute % 5 == 0 and at.second == 0 for at in said), len(said)
