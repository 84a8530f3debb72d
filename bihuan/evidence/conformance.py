"""The conformance check: the journal read once, entry by entry, each step counted and held against the procedure (QM-7).

A chain's numbers have no gap and come in the order of commit, so "all entries up to the mark" is exact: what is counted
and checked is never counted twice and never passed over. Deviations carry a unique key, so a check run again, from the
mark or from the start, finds nothing twice.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor, system
from bihuan.kernel.deadlines.models import Deadline, Verdict
from bihuan.kernel.journal.models import Chain, Entry
from bihuan.kernel.procedures.declare import Procedure
from bihuan.kernel.procedures.registry import all_procedures, procedure_for
from bihuan.quality.public import NEAR

from .gaps import gaps
from .models import Deviation, Kind, Mark, Run
from .period import month_of
from .rulings import rulings
from .tally import BATCH, take, waiting

ENTRIES = 500  # entries of a chain read in one transaction
NIGHT = 2  # o'clock, company time
BREATH = 5.0  # seconds that the worker may spend on the night's run before it sees to the deadlines again


@dataclass
class Work:
    """What one stretch of the check looked at and found."""

    entries: int = 0
    deadlines: int = 0
    found: int = 0

    def __iadd__(self, other: Work) -> Work:
        self.entries, self.deadlines, self.found = self.entries + other.entries, self.deadlines + other.deadlines, self.found + other.found
        return self


def pulse() -> int:
    """A small piece of the check, for the worker between its other work: one batch of deadlines, one of a chain. Always 0: nobody waits for it.

    In quarters: whole lives of records are read with each entry, and what a process once took it keeps.
    """
    for _quarter in range(4):
        counted = settle(BATCH // 4).deadlines
        behind = _behind()
        if behind:
            advance(behind[0], ENTRIES // 4)
        if not (counted or behind):
            break
    return 0


def catch_up(seconds: float = math.inf) -> Work:
    """Count and check everything up to now, or as much as *seconds* allow; the worker goes on with the rest."""
    work, end = Work(), time.monotonic() + seconds
    while time.monotonic() < end and (part := settle()).deadlines:
        work += part
    for chain in _behind():
        while time.monotonic() < end and (part := advance(chain)).entries:
            work += part
    return work


def run(by: Actor, *, from_the_start: bool = False, nightly_on: dt.date | None = None, seconds: float = math.inf) -> Run | None:
    """The whole check, recorded as a run: what is new in the journal, time limits still open and past, missing numbers.

    *from_the_start* reads the whole journal again (the tallies stay as they are); *seconds* bounds what is read. None when another worker has this night's run.
    """
    now = timezone.now()
    try:
        with transaction.atomic():
            made = Run.objects.create(at=now, by_name=by.name, nightly_on=nightly_on)
    except IntegrityError:
        return None
    work = catch_up(seconds)
    if from_the_start:
        work += _again()
    with journal.unit():
        late = Deadline.objects.filter(counted=False, breached_at__isnull=False)
        work.found += _keep([_of_deadline(row, {}) for row in late]) + _keep(list(gaps(now)))
        made.entries, made.found = work.entries, work.found
        made.save(update_fields=["entries", "found"])
        said = {"entries": work.entries, "deadlines": work.deadlines, "found": work.found, "from_the_start": from_the_start}
        journal.append_plain(by, "evidence.check", f"{_('符合性检查')} {made.pk}", at=now, data=said)
    return made


def nightly() -> int:
    """Tonight's run, once, after two o'clock; 1 when it was made now."""
    local = timezone.localtime(timezone=timezone.get_default_timezone())
    if local.hour < NIGHT or Run.objects.filter(nightly_on=local.date()).exists():
        return 0
    return int(run(system(_("夜间检查")), nightly_on=local.date(), seconds=BREATH) is not None)


def settle(limit: int = BATCH) -> Work:
    """Count the next settled deadlines, and note those that were not kept."""
    if not waiting().exists():
        return Work()
    with transaction.atomic():
        counted = take(limit)
        broken = [row for row in counted if row.verdict in (Verdict.MISSED, Verdict.LATE_ENTRY)]
        shown = proofs_of(broken)
        return Work(deadlines=len(counted), found=_keep([_of_deadline(row, shown) for row in broken]))


def _behind() -> list[int]:
    """The chains with entries after their mark. Two statements."""
    marks = dict(Mark.objects.values_list("chain", "seq"))
    return [chain for chain, seq in Chain.objects.order_by("pk").values_list("pk", "seq") if seq > marks.get(chain, 0)]


def advance(chain: int, limit: int = ENTRIES) -> Work:
    """Count and check the next entries of *chain* and move its mark, in one transaction."""
    now = timezone.now()
    with transaction.atomic():
        Mark.objects.get_or_create(chain=chain, defaults={"checked_at": now})
        mark = Mark.objects.select_for_update().get(chain=chain)
        batch = list(Entry.objects.filter(chain=chain, seq__gt=mark.seq).order_by("seq")[:limit])
        if not batch:
            return Work()
        if not Mark.objects.filter(chain=chain, seq=mark.seq).update(seq=batch[-1].seq, checked_at=now):
            return Work()  # another worker was faster
        _count([entry for entry in batch if _procedure(entry)])
        return Work(entries=len(batch), found=_keep(_judged(batch)))


def _again() -> Work:
    """Every chain from its first entry to its mark once more."""
    work = Work()
    for mark in Mark.objects.order_by("chain"):
        seq = 0
        while batch := list(Entry.objects.filter(chain=mark.chain, seq__gt=seq, seq__lte=mark.seq).order_by("seq")[:ENTRIES]):
            seq = batch[-1].seq
            work += Work(entries=len(batch), found=_keep(_judged(batch)))
    return work


def _procedure(entry: Entry) -> Procedure | None:
    form, dot, _name = entry.action.partition(".")
    return (
        next((procedure for procedure in all_procedures() if procedure.form == form and procedure.record == entry.record_type), None)
        if dot
        else None
    )


def _count(steps: Sequence[Entry]) -> None:
    """Raise the month of each step; the first and last entry of a month are where its list looks."""
    found: dict[tuple[str, int, dt.date], list[int]] = defaultdict(list)
    for entry in steps:
        found[entry.action, entry.chain, month_of(entry.happened_at)].append(entry.seq)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO evidence_steptally (action, branch_id, month, taken, first_seq, last_seq) VALUES (%s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (action, branch_id, month) DO UPDATE SET taken = evidence_steptally.taken + excluded.taken, last_seq = excluded.last_seq",
            [(*key, len(seqs), seqs[0], seqs[-1]) for key, seqs in sorted(found.items())],
        )


def _judged(batch: Sequence[Entry]) -> list[Deviation]:
    """The deviations that the steps among *batch* show. One statement for each record type, one for what stands around them."""
    steps = [(entry, procedure) for entry in batch if (procedure := _procedure(entry))]
    if not steps:
        return []
    lives = _lives([entry for entry, _procedure in steps])
    chain = batch[0].chain
    around = list(
        Entry.objects.filter(chain=chain, seq__gte=batch[0].seq - NEAR, seq__lte=batch[-1].seq + NEAR).defer("body").order_by("seq")
    )
    start = around[0].seq
    found = []
    for entry, procedure in steps:
        before = [step for step in lives[entry.record_type, entry.record_id] if step.pk < entry.pk]
        at = entry.seq - start
        for ruling in rulings(entry, procedure, before, around[max(0, at - NEAR) : at + NEAR + 1]):
            found.append(_of_entry(entry, ruling.kind, ruling.clause, ruling.facts))
    return found


def _lives(entries: Iterable[Entry]) -> dict[tuple[str, int | None], list[Entry]]:
    """All steps of the records that *entries* are about, oldest first."""
    ids: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        ids[entry.record_type].add(entry.record_id or 0)
    lives: dict[tuple[str, int | None], list[Entry]] = defaultdict(list)
    for kind, keys in ids.items():
        form = procedure_for(kind).form
        rows = Entry.objects.filter(record_type=kind, record_id__in=keys, action__startswith=f"{form}.").order_by("pk")
        for row in rows:
            lives[kind, row.record_id].append(row)
    return lives


def _of_entry(entry: Entry, kind: Kind, clause: str, facts: dict[str, Any]) -> Deviation:
    return Deviation(
        key=f"{kind}:{entry.chain}-{entry.seq}",
        kind=kind,
        clause=clause,
        subject=entry.action,
        record_type=entry.record_type,
        record_id=entry.record_id,
        record_number=entry.record_number,
        branch_id=entry.chain,
        entry=f"{entry.chain}-{entry.seq}",
        actor_id=entry.actor_id,
        actor_name=entry.actor_name,
        happened_at=entry.happened_at,
        month=month_of(entry.happened_at),
        found_at=timezone.now(),
        facts=facts,
    )


def _of_deadline(row: Deadline, proofs: dict[int, Entry]) -> Deviation:
    procedure = procedure_for(row.record_type)
    proof = proofs.get(row.pk)
    late = None if row.stopped_by == "missed" else row.late_by
    return Deviation(
        key=f"{Kind.TIME_LIMIT}:{row.pk}",
        kind=Kind.TIME_LIMIT,
        clause=procedure.clock(row.clock).clause,
        subject=f"{procedure.form}.{row.clock}",
        record_type=row.record_type,
        record_id=row.record_id,
        record_number=row.record_number,
        branch_id=row.branch_id,
        entry=f"{proof.chain}-{proof.seq}" if proof else "",
        actor_id=proof.actor_id if proof else None,
        actor_name=proof.actor_name if proof else "",
        happened_at=row.started_at,
        month=month_of(row.started_at),
        found_at=timezone.now(),
        facts={
            "verdict": str(row.verdict.value),
            "due_at": row.due_at.isoformat(),
            "minutes": int(late.total_seconds() // 60) if late else None,
        },
    )


def proofs_of(rows: Sequence[Deadline]) -> dict[int, Entry]:
    """For each deadline the journal entry that shows how it ended; see :func:`proof_of`. One statement."""
    if not rows:
        return {}
    about = Q()
    for kind in {row.record_type for row in rows}:
        about |= Q(record_type=kind, record_id__in={row.record_id for row in rows if row.record_type == kind})
    entries: dict[tuple[str, int | None], list[Entry]] = defaultdict(list)
    for entry in Entry.objects.filter(about).order_by("pk"):
        entries[entry.record_type, entry.record_id].append(entry)
    found = {row.pk: proof_of(row, entries[row.record_type, row.record_id]) for row in rows}
    return {pk: entry for pk, entry in found.items() if entry is not None}


def proof_of(row: Deadline, entries: Sequence[Entry]) -> Entry | None:
    """The entry that shows how a deadline ended: the step that stopped it, else the sweep's note that it was missed."""
    action = f"{procedure_for(row.record_type).form}.{row.stopped_by}"
    if row.stop_recorded_at is not None:
        steps = [entry for entry in entries if entry.action == action and entry.recorded_at >= row.stop_recorded_at]
        if steps:
            return steps[0]
    missed = [entry for entry in entries if entry.action == "deadline.missed" and entry.said["data"].get("clock") == row.clock]
    return next((entry for entry in missed if entry.happened_at == row.due_at), None)


def _keep(found: list[Deviation]) -> int:
    """Write those that are new; how many."""
    if not found:
        return 0
    known = set(Deviation.objects.filter(key__in=[deviation.key for deviation in found]).values_list("key", flat=True))
    fresh = [deviation for deviation in found if deviation.key not in known]
    Deviation.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)
