"""What the evidence pages show: each procedure's clauses with their figures, a rule's months and branches."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from bihuan.kernel.procedures.declare import Procedure
from bihuan.kernel.procedures.registry import all_procedures
from bihuan.kernel.tables.clauses import report
from bihuan.kernel.ui.pieces import Bar

from .access import Scope
from .period import Period
from .steps import StepCell, step_cells
from .tally import Cell, Figures, cells
from .wording import PROCEDURES, claim_words, words_of


@dataclass(frozen=True)
class Line:
    """A line of a table of figures: a clause's time limit, its steps, a month or a branch."""

    label: str
    figures: Figures
    href: str = ""
    note: str = ""
    trend: Sequence[float | None] = ()

    @property
    def state(self) -> str:
        """How it reads at a glance; see parts.verdict."""
        figures = self.figures
        if not figures.judged:
            return "open" if figures.open else "none"
        return "broken" if figures.broken else "kept"

    @property
    def counts(self) -> list[tuple[str, int, str]]:
        """Its figures with what they are called, each with the address of its list."""
        figures, (address, _hash, place) = self.figures, self.href.partition("#")
        shows = [
            (_("应有"), figures.population, ""),
            (_("做到"), figures.kept, "kept"),
            (_("补录"), figures.late_entry, "late_entry"),
            (_("未做到"), figures.missed, "missed"),
            (_("未完"), figures.open, "open"),
        ]
        return [
            (label, count, address + (f"&show={show}" if show and not place else "") + f"#{place or 'list'}")
            for label, count, show in shows
        ]

    @property
    def rate(self) -> str:
        """The rate in words; one just short of 100 % is not rounded up to it."""
        if self.figures.rate is None:
            return ""
        text = f"{self.figures.rate:.1f}"
        return f"{self.figures.rate:.2f}%" if text == "100.0" and self.figures.broken else f"{text.removesuffix('.0')}%"


@dataclass(frozen=True)
class ClauseLines:
    """A clause with the time limits and steps of one procedure that keep it."""

    clause: str
    words: str
    href: str
    lines: Sequence[Line]


def overview(scope: Scope, period: Period) -> list[tuple[Procedure, list[ClauseLines]]]:
    """Each procedure's clauses with their figures for the period and their twelve months. Three statements."""
    found, taken = cells(scope.ids, period.trend), step_cells(scope.ids, period.trend)
    return [(procedure, _clauses(procedure, scope, period, found, taken)) for procedure in all_procedures()]


def _clauses(procedure: Procedure, scope: Scope, period: Period, found: list[Cell], taken: list[StepCell]) -> list[ClauseLines]:
    clauses = dict.fromkeys([*(step.clause for step in procedure.steps), *(clock.clause for clock in procedure.clocks)])
    return [
        ClauseLines(
            clause, words_of(clause), rule_url(procedure, clause, scope, period), _lines(procedure, clause, scope, period, found, taken)
        )
        for clause in sorted(clauses)
    ]


def _lines(procedure: Procedure, clause: str, scope: Scope, period: Period, found: list[Cell], taken: list[StepCell]) -> list[Line]:
    lines = [clock_line(procedure, clock.name, scope, period, found) for clock in procedure.clocks if clock.clause == clause]
    actions = {f"{procedure.form}.{step.name}" for step in procedure.steps if step.clause == clause}
    if actions:
        mine = [cell for cell in taken if cell.action in actions]
        label = _("{n} 个步骤").format(n=len(actions)) if len(actions) > 1 else _step_label(procedure, next(iter(actions)))
        lines.append(line_of(label, mine, period, rule_url(procedure, clause, scope, period) + "#steps", _("步骤")))
    return lines


def _step_label(procedure: Procedure, action: str) -> str:
    return str(procedure.step_named(action.partition(".")[2]).label)


def clock_line(procedure: Procedure, name: str, scope: Scope, period: Period, found: Iterable[Cell]) -> Line:
    mine = [cell for cell in found if cell.record_type == procedure.record and cell.clock == name]
    return line_of(str(procedure.clock(name).label), mine, period, rule_url(procedure, name, scope, period), _("时限"))


def step_line(procedure: Procedure, name: str, scope: Scope, period: Period, taken: Iterable[StepCell]) -> Line:
    mine = [cell for cell in taken if cell.action == f"{procedure.form}.{name}"]
    href = f"{reverse('evidence-step', args=[procedure.form, name])}?{period.query}{scope.query}"
    return line_of(str(procedure.step_named(name).label), mine, period, href)


def line_of(label: str, mine: Sequence[Cell | StepCell], period: Period, href: str, note: str = "") -> Line:
    """The sum for the period, and the rate of each month of the trend."""
    by_month: dict[dt.date, Figures] = defaultdict(Figures)
    for cell in mine:
        by_month[cell.month] += cell.figures
    whole = sum((figures for month, figures in by_month.items() if period.holds(month)), Figures())
    return Line(label, whole, href, note, [by_month[month].rate for month in period.trend.months])


def rule_url(procedure: Procedure, name: str, scope: Scope, period: Period) -> str:
    return f"{reverse('evidence-rule', args=[procedure.form, name])}?{period.query}{scope.query}"


def by_month(mine: Sequence[Cell | StepCell], period: Period, url: str, scope: Scope) -> list[Line]:
    """A line for each month of the trend, the latest first; each leads to its month."""
    lines = []
    for month in reversed(period.trend.months):
        one = Period(month, month)
        lines.append(line_of(f"{month:%Y-%m}", [cell for cell in mine if cell.month == month], one, f"{url}?{one.query}{scope.query}"))
    return lines


def by_branch(mine: Sequence[Cell | StepCell], period: Period, url: str, scope: Scope) -> list[Line]:
    """A line for each branch with something to judge; each leads to its branch."""
    lines = []
    for branch in scope.visible:
        own = [cell for cell in mine if cell.branch_id == branch.pk]
        line = line_of(branch.name, own, period, f"{url}?{period.query}&branch={branch.code}")
        if line.figures.population:
            lines.append(line)
    return lines


def bars(lines: Iterable[Line]) -> list[Bar]:
    """The months' rates as bars, oldest first, with from what they were worked out."""
    shown = [line for line in lines if line.figures.rate is not None]
    return [Bar(line.label, line.figures.rate or 0, line.href, f"{line.figures.kept} / {line.figures.judged}") for line in reversed(shown)]


def claims() -> list[dict[str, Any]]:
    """Every rule of the procedures with what keeps it, by procedure; openly those that nothing keeps yet."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for clause in report():
        kept = [*_counted(clause.steps, _("{form} {n} 个步骤")), *_counted(clause.clocks, _("{form} {n} 个时限"))]
        others = [claim_words(thing) for thing in clause.records if thing not in _forms()]
        groups[clause.id.partition("-")[0]].append(
            {"id": clause.id, "words": words_of(clause.id), "claimed": clause.claimed, "by": "、".join([*kept, *others])}
        )
    return [
        {
            "code": code,
            "title": PROCEDURES.get(code, code),
            "rules": rules,
            "claimed": sum(rule["claimed"] for rule in rules),
            "open": any(rule["claimed"] for rule in rules),
        }
        for code, rules in groups.items()
    ]


def _counted(things: Sequence[str], words: str) -> list[str]:
    forms = dict.fromkeys(thing.partition(".")[0] for thing in things)
    count: Callable[[str], int] = lambda form: sum(thing.startswith(f"{form}.") for thing in things)  # noqa: E731
    return [words.format(form=form, n=count(form)) for form in forms]


def _forms() -> set[str]:
    return {procedure.form for procedure in all_procedures()}
