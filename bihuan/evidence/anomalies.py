"""What somebody who reviews the journal of a month wants to look at first (QM-7, #51): one branch, one range of its chain.

An anomaly is no deviation: the procedure may well have been kept. It is where a question is worth asking.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.journal.models import Chain, Entry
from bihuan.kernel.procedures.registry import all_procedures
from bihuan.organisation.models import Branch

from .period import shifted, starts
from .rulings import NEAR


class Oddity(models.TextChoices):
    NIGHT = "night", _("夜间录入")
    BACK_DATED = "back_dated", _("事后补录")
    CORRECTIONS = "corrections", _("一人多次更正")
    EXCEPTION = "exception", _("例外办理")


@dataclass(frozen=True)
class Thresholds:
    """From where on something is worth a question. ``night`` in hours of the branch's own clock, its end not included."""

    night: tuple[int, int] = (22, 6)
    behind: dt.timedelta = dt.timedelta(hours=24)  # entered this much after it is said to have happened
    corrections: int = 5  # by one person in a month
    correcting: frozenset[str] = frozenset({"PG.amend", "FW.send_back"})
    exceptions: frozenset[str] = frozenset({"PG.release_by_phone", "FW.send_back"})

    def at_night(self, local: dt.datetime) -> bool:
        begins, ends = self.night
        return local.hour >= begins or local.hour < ends


DEFAULT = Thresholds()


@dataclass(frozen=True)
class Anomaly:
    """One entry and why it is worth looking at. ``figure``: hours behind, or how many corrections."""

    kind: Oddity
    entry: Entry
    figure: int | None = None


def anomalies(branch: Branch, month: dt.date, limits: Thresholds = DEFAULT) -> list[Anomaly]:
    """Those of *branch* among the steps that people entered in *month*, in the order of entry. 2 + 2 × log2(length of the chain) statements."""
    return found_in(_steps(branch.pk, month), branch.zone, limits)


def found_in(entries: Sequence[Entry], zone: dt.tzinfo, limits: Thresholds = DEFAULT) -> list[Anomaly]:
    """What *entries* show, a month's steps by people. Nothing is asked of the database."""
    corrections = Counter(entry.actor_id for entry in entries if entry.action in limits.correcting)
    return [one for entry in entries for one in _of(entry, zone, limits, corrections)]


def _of(entry: Entry, zone: dt.tzinfo, limits: Thresholds, corrections: Counter[int | None]) -> Iterable[Anomaly]:
    behind = entry.recorded_at - entry.happened_at
    if limits.at_night(entry.recorded_at.astimezone(zone)):
        yield Anomaly(Oddity.NIGHT, entry)
    if behind >= limits.behind:
        yield Anomaly(Oddity.BACK_DATED, entry, int(behind.total_seconds() // 3600))
    if entry.action in limits.correcting and corrections[entry.actor_id] >= limits.corrections:
        yield Anomaly(Oddity.CORRECTIONS, entry, corrections[entry.actor_id])
    if entry.action in limits.exceptions:
        yield Anomaly(Oddity.EXCEPTION, entry)


def _steps(chain: int, month: dt.date) -> list[Entry]:
    """The steps entered by people in *month*: a range of the chain's numbers, widened because one transaction's clock runs before its number is given."""
    begins, ends = starts(month), starts(shifted(month, 1))
    last = Chain.objects.filter(pk=chain).values_list("seq", flat=True).first() or 0
    from_seq, to_seq = _first_since(chain, begins, last) - NEAR, _first_since(chain, ends, last) + NEAR
    rows = Entry.objects.filter(chain=chain, seq__gte=from_seq, seq__lt=to_seq).defer("body").order_by("seq")
    forms = {procedure.form for procedure in all_procedures()}
    return [
        entry
        for entry in rows
        if begins <= entry.recorded_at < ends and entry.actor_id is not None and entry.action.partition(".")[0] in forms
    ]


def _first_since(chain: int, moment: dt.datetime, last: int) -> int:
    """The number of the first entry recorded at or after *moment*, by halving over the unique key (chain, seq)."""
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        at = Entry.objects.filter(chain=chain, seq=middle).values_list("recorded_at", flat=True).first()
        if at is not None and at >= moment:
            high = middle
        else:
            low = middle + 1
    return low
