"""What one journal entry says against the procedure: order of steps, four eyes, who, together with what, when said and when entered.

Pure functions over entries; nothing is asked of the database here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bihuan.kernel.journal.models import Entry
from bihuan.kernel.procedures.declare import Procedure, Step
from bihuan.quality.public import NEAR

from .models import Kind

SHIFT = dt.timedelta(hours=8)  # what is entered later than a shift after it happened is a late entry
SAME = dt.timedelta(minutes=2)  # clocks may differ by this much
AT_ONCE = dt.timedelta(seconds=10)


@dataclass(frozen=True)
class Ruling:
    """One thing that is not as the procedure says."""

    kind: Kind
    clause: str
    facts: dict[str, Any]


def rulings(entry: Entry, procedure: Procedure, before: Sequence[Entry], neighbours: Sequence[Entry]) -> Iterator[Ruling]:
    """What is wrong with *entry*, a step: *before* are the record's earlier steps, *neighbours* the entries around it in its chain.

    The table is held against entries of its own revision only; what an earlier revision allowed is not judged by a later one.
    """
    name = entry.action.partition(".")[2]
    step = next((step for step in procedure.steps if step.name == name), None)
    if step is None:
        yield Ruling(Kind.ORDER, procedure.opening.clause, {"unknown": name})
        return
    last = before[-1] if before else None
    yield from _order(entry, procedure, step, last)
    if entry.said.get("procedure_revision", procedure.revision) == procedure.revision:
        yield from _hands(entry, procedure, step, before)
        yield from _together(entry, step, neighbours)
    yield from _clocks(entry, step, last)


def _order(entry: Entry, procedure: Procedure, step: Step, last: Entry | None) -> Iterator[Ruling]:
    came, went = entry.said["data"].get("from", ""), entry.said["data"].get("to", "")
    stood = last.said["data"].get("to", "") if last else ""
    if came != stood:
        yield Ruling(Kind.ORDER, step.clause, {"from": came, "stood": stood})
    elif entry.said.get("procedure_revision") == procedure.revision:
        allowed = came in step.move.frm if step.move.frm else came == ""
        if not allowed or went != step.move.target(came):
            yield Ruling(Kind.ORDER, step.clause, {"from": came, "to": went})


def _hands(entry: Entry, procedure: Procedure, step: Step, before: Sequence[Entry]) -> Iterator[Ruling]:
    if entry.actor_id is None:
        return
    role = entry.said.get("role", "")
    if role not in {party.code for party in step.by}:
        yield Ruling(Kind.ROLE, step.clause, {"role": role})
    unlike = {f"{procedure.form}.{name}" for name in step.unlike}
    same = next((earlier for earlier in reversed(before) if earlier.action in unlike and earlier.actor_id == entry.actor_id), None)
    if same is not None:
        yield Ruling(Kind.FOUR_EYES, step.clause, {"also": same.action})


def _together(entry: Entry, step: Step, neighbours: Sequence[Entry]) -> Iterator[Ruling]:
    """A step that follows another record's step was taken in the same transaction, so both stand close in the chain."""
    wanted = step.follows.split()
    if wanted and not any(
        other.action in wanted and abs(other.seq - entry.seq) <= NEAR and abs(other.recorded_at - entry.recorded_at) <= AT_ONCE
        for other in neighbours
    ):
        yield Ruling(Kind.TOGETHER, step.clause, {"with": step.follows})


def _clocks(entry: Entry, step: Step, last: Entry | None) -> Iterator[Ruling]:
    behind = entry.recorded_at - entry.happened_at
    if behind > SHIFT:
        yield Ruling(Kind.LATE, step.clause, {"minutes": int(behind.total_seconds() // 60)})
    if last is not None and last.happened_at - entry.happened_at > SAME:
        ahead = int((last.happened_at - entry.happened_at).total_seconds() // 60)
        yield Ruling(Kind.BACK_DATED, step.clause, {"before": last.action, "minutes": ahead})
