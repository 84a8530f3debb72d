"""Who may do what: the generated role × step matrix."""

from __future__ import annotations

from ..access.parties import Party
from ..procedures.declare import Procedure, Step


def parties(procedure: Procedure) -> list[Party]:
    """Everyone the procedure names, in the order of first mention."""
    found: dict[str, Party] = {}
    for step in procedure.steps:
        for party in step.by:
            found.setdefault(party.code, party)
    return list(found.values())


def matrix(procedure: Procedure) -> list[tuple[Step, list[str]]]:
    """A row for each step: a mark for each party. ``●`` may, ``◐`` may but not who took an earlier step, ``✓`` with re-authentication."""
    columns = parties(procedure)
    return [(step, [_mark(step, party) for party in columns]) for step in procedure.steps]


def _mark(step: Step, party: Party) -> str:
    if party.code not in {named.code for named in step.by}:
        return ""
    return "✓" if step.reauth else "◐" if step.unlike else "●"
