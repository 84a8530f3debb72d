"""A table that cannot work does not start: system checks on every declared procedure."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register

from ..procedures.declare import Procedure
from ..procedures.registry import all_procedures
from .clauses import rules


@register("procedures")
def check_procedures(**_more: Any) -> list[CheckMessage]:
    """All problems of all tables."""
    return [Error(text, id="bihuan.P001") for procedure in all_procedures() for text in problems(procedure)]


def problems(procedure: Procedure) -> Iterator[str]:
    """A sentence for each thing wrong with one table: names, ways out, owners, clocks, verbs, clauses."""
    yield from _names(procedure)
    yield from _states(procedure)
    yield from _verbs(procedure)
    yield from _needs(procedure)


def _names(procedure: Procedure) -> Iterator[str]:
    steps = {step.name for step in procedure.steps}
    if len(steps) < len(procedure.steps):
        yield f"{procedure.form}: two steps of one name"
    for clock in procedure.clocks:
        for name in (*clock.starts, *clock.stops, *clock.ends, *clock.pauses, *clock.resumes):
            if name not in steps:
                yield f"{procedure.form}: clock {clock.name} names the unknown step {name}"
    for step in procedure.steps:
        for name in step.unlike:
            if name not in steps:
                yield f"{procedure.form}: step {step.name} names the unknown step {name}"
        if not step.by:
            yield f"{procedure.form}: nobody may take {step.name}"
    things: list[Any] = [*procedure.steps, *procedure.clocks]
    for thing in things:
        if thing.clause not in rules():
            yield f"{procedure.form}: {thing.name} claims the unknown clause {thing.clause}"


def _states(procedure: Procedure) -> Iterator[str]:
    reached = {step.move.to for step in procedure.steps}
    for state in procedure.status.values:
        ways_out = [step for step in procedure.from_state(state) if step.move.to not in (None, state)]
        if state not in reached:
            yield f"{procedure.form}: no step leads to {state}"
        if state in procedure.final:
            continue
        if not ways_out:
            yield f"{procedure.form}: no way out of {state}"
        if state not in procedure.unclocked and not _clock_watches(procedure, state):
            yield f"{procedure.form}: no clock watches {state}, and no reason is stated"


def _clock_watches(procedure: Procedure, state: str) -> bool:
    """Whether a clock that a step into *state* starts, or that can still be running there, is stopped only later."""
    ways_out = {step.name for step in procedure.from_state(state)}
    into = {step.name for step in procedure.steps if step.move.to == state}
    return any(into & set(clock.starts) or ways_out & set(clock.stops) for clock in procedure.clocks)


def _verbs(procedure: Procedure) -> Iterator[str]:
    module = import_module(procedure.verbs)
    verbs = {
        name
        for name, thing in vars(module).items()
        if inspect.isfunction(thing) and thing.__module__ == module.__name__ and not name.startswith("_")
    }
    steps = {step.name for step in procedure.steps}
    for name in sorted(steps - verbs):
        yield f"{procedure.form}: step {name} has no verb in {procedure.verbs}"
    for name in sorted(verbs - steps):
        yield f"{procedure.form}: verb {procedure.verbs}.{name} has no step"


def _needs(procedure: Procedure) -> Iterator[str]:
    model = apps.get_model(procedure.record)
    fields = {field.name for field in model._meta.get_fields()} | set(model.need_labels)
    noted = _noted(procedure.verbs)
    for step in procedure.steps:
        for need in step.needs:
            if need not in fields and need not in noted and need != "reason":
                yield f"{procedure.form}: step {step.name} needs {need}, which is neither a field nor noted by a verb"


def _noted(module: str) -> set[str]:
    return set(re.findall(r"step\.note\(([a-z_]+)=", inspect.getsource(import_module(module))))
