"""Which steps, clocks and records claim each rule of the procedures, and which rules nobody claims yet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ..procedures.registry import all_procedures

RULES = Path(__file__).with_name("rules.md")
RULE = re.compile(r"^\| (?P<id>[A-Z]{2}-[\d.–]+) \| (?P<text>[^|]+) \|", re.MULTILINE)
_other_claims: dict[str, list[str]] = {}


@dataclass
class Clause:
    """A rule of the procedures with everything that claims to keep it."""

    id: str
    text: str
    steps: list[str] = field(default_factory=list)
    clocks: list[str] = field(default_factory=list)
    records: list[str] = field(default_factory=list)

    @property
    def claimed(self) -> bool:
        return bool(self.steps or self.clocks or self.records)


def claims(rule: str, *things: str) -> None:
    """Say that something which is no step keeps *rule*: a register, a list, a page."""
    _other_claims.setdefault(rule, []).extend(things)


@cache
def rules() -> dict[str, str]:
    """Every rule id with its text, from the approved procedures kept with the code."""
    return {match["id"]: match["text"].strip() for match in RULE.finditer(RULES.read_text(encoding="utf-8"))}


def report() -> list[Clause]:
    """All rules in document order. A claim for a rule that does not exist raises KeyError: a typing error in a table."""
    found = {rule: Clause(rule, text) for rule, text in rules().items()}
    for procedure in all_procedures():
        for step in procedure.steps:
            found[step.clause].steps.append(f"{procedure.form}.{step.name}")
        for clock in procedure.clocks:
            found[clock.clause].clocks.append(f"{procedure.form}.{clock.name}")
        for rule in _clauses_of(procedure.steps):
            if procedure.form not in found[rule].records:
                found[rule].records.append(procedure.form)
    for rule, things in _other_claims.items():
        found[rule].records.extend(things)
    return list(found.values())


def _clauses_of(steps: Iterable) -> list[str]:
    return sorted({step.clause for step in steps})
