"""The lists behind the figures: each deadline or step counted, with the journal entry that proves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel.deadlines.models import Deadline, Verdict
from bihuan.kernel.deadlines.stands import with_stand
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.lists.paging import PAGE, decode, encode, order_by
from bihuan.kernel.tables.show import label, proof_url

from .access import Scope
from .conformance import proofs_of
from .models import Deviation, Kind
from .period import Period
from .steps import entries_of
from .told import sentence

MOST_SHOWN = 200  # deviating entries of one step that a list can tell apart
LOOKS = {"kept": "kept", "late_entry": "warned", "missed": "broken", "open": "open", "void": "none"}


@dataclass(frozen=True)
class Row:
    """One thing counted. ``href`` leads to the journal entry that shows it."""

    number: str
    branch: str
    started_at: datetime
    due_at: datetime | None
    done_at: datetime | None
    entered_at: datetime | None
    look: str
    verdict: str
    href: str
    proof: str = ""
    who: str = ""
    note: str = ""


@dataclass(frozen=True)
class Rows:
    rows: Sequence[Row]
    next: str = ""


def deadlines(record_type: str, clock: str, scope: Scope, period: Period, *, show: str = "", after: str = "") -> Rows:
    """The deadlines of one clock that started in the period, latest first; only those that stand as *show*. Two statements a page.

    Raises BadParameter for an *after* that no page wrote.
    """
    rows = Deadline.objects.filter(
        record_type=record_type, clock=clock, branch_id__in=scope.ids, started_at__gte=period.begins, started_at__lt=period.ends
    )
    rows = with_stand(rows, timezone.now())
    if show:
        rows = rows.filter(stands=show)
    order = order_by(Deadline, "-started_at")
    if after:
        rows = rows.filter(order.after(decode(after, order)))
    found = list(order.apply(rows)[: PAGE + 1])
    proofs = proofs_of(found[:PAGE])
    shown = [_of_deadline(row, proofs.get(row.pk), scope) for row in found[:PAGE]]
    return Rows(shown, encode(order.place(found[PAGE - 1])) if len(found) > PAGE else "")


def _of_deadline(row: Any, proof: Entry | None, scope: Scope) -> Row:
    entry = f"{proof.chain}-{proof.seq}" if proof else ""
    words = str(Verdict(row.stands).label) if row.stopped_at or row.stands != "missed" else _("超时，未完")
    return Row(
        row.record_number, scope.name(row.branch_id), row.started_at, row.due_at, row.stopped_at if row.stopped_by != "missed" else None,
        row.stop_recorded_at if row.stopped_by != "missed" else None, LOOKS[row.stands], words, proof_url(row.record_number, entry),
        label(proof.action) if proof else "", proof.actor_name if proof else "",
    )  # fmt: skip


def steps(action: str, scope: Scope, period: Period, *, show: str = "", after: str = "") -> Rows:
    """The entries of one step in the period, latest first, those that deviate marked; only these, or only the others, as *show* says."""
    order = order_by(Entry, "-pk")
    rows = entries_of(action, scope.ids, period)
    if show:
        wrong_ones = _deviating(action, scope, period)
        rows = rows.filter(wrong_ones) if show == "missed" else rows.exclude(wrong_ones)
    if after:
        rows = rows.filter(order.after(decode(after, order)))
    found = list(order.apply(rows)[: PAGE + 1])
    marks = [f"{entry.chain}-{entry.seq}" for entry in found[:PAGE]]
    wrong: dict[str, list[Deviation]] = {}
    for deviation in Deviation.objects.filter(entry__in=marks).exclude(kind=Kind.TIME_LIMIT):
        wrong.setdefault(deviation.entry, []).append(deviation)
    shown = [_of_entry(entry, wrong.get(f"{entry.chain}-{entry.seq}", []), scope) for entry in found[:PAGE]]
    return Rows(shown, encode(order.place(found[PAGE - 1])) if len(found) > PAGE else "")


def _deviating(action: str, scope: Scope, period: Period) -> Q:
    """The entries of that step which deviate: few, each by its place in its chain."""
    found = Deviation.objects.filter(subject=action, branch_id__in=scope.ids, month__gte=period.first, month__lte=period.last)
    where = Q(pk__in=[])
    for place in found.exclude(kind__in=[Kind.TIME_LIMIT, Kind.MISSING]).values_list("entry", flat=True)[:MOST_SHOWN]:
        chain, _dash, seq = place.partition("-")
        where |= Q(chain=int(chain), seq=int(seq))
    return where


def _of_entry(entry: Entry, wrong: Sequence[Deviation], scope: Scope) -> Row:
    return Row(
        entry.record_number, scope.name(entry.chain), entry.happened_at, None, entry.happened_at, entry.recorded_at,
        "broken" if wrong else "kept", "", proof_url(entry.record_number, f"{entry.chain}-{entry.seq}"), label(entry.action), entry.actor_name,
        "；".join(sentence(deviation) for deviation in wrong),
    )  # fmt: skip


def deviations(scope: Scope, *, where: Q | None = None, after: str = "") -> tuple[list[Deviation], str]:
    """Deviations of those branches, latest found first, and where the next page begins. One statement."""
    rows = Deviation.objects.filter(where or Q(), branch_id__in=scope.ids)
    order = order_by(Deviation, "-pk")
    if after:
        rows = rows.filter(order.after(decode(after, order)))
    found = list(order.apply(rows)[: PAGE + 1])
    return found[:PAGE], encode(order.place(found[PAGE - 1])) if len(found) > PAGE else ""
