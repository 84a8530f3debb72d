"""The vocabulary in which a procedure is declared. It grows at the third procedure that needs the same thing.

A table has no expressions: names, tuples and numbers. What a step *does* is a verb of the same name in the context's
``domain.py``; what may stand in its way beyond the table is a named predicate in ``rules.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any

from django.db import models

from ..access.parties import Party
from ..deadlines.compute import AT_ONCE, Span


@dataclass(frozen=True)
class Move:
    """From some states to one; ``to`` None: the record stays where it is."""

    frm: tuple[str, ...]
    to: str | None

    def target(self, current: str) -> str:
        return self.to if self.to is not None else current


@dataclass(frozen=True)
class Several:
    """Some states of which any one will do: ``(S.SIGNED | S.REFUSED) >> S.REVIEWED``."""

    states: tuple[str, ...]

    def __or__(self, other: Any) -> Several:
        return Several((*self.states, *_states(other)))

    def __rshift__(self, to: Any) -> Move:
        return Move(self.states, to.value)

    @property
    def stay(self) -> Move:
        return Move(self.states, None)


def _states(thing: Any) -> tuple[str, ...]:
    return thing.states if isinstance(thing, Several) else (thing.value,)


class States(models.TextChoices):
    """Base of a procedure's states. ``A >> B`` is a move, ``A | B`` either of two, ``A.stay`` a step that moves nothing."""

    def __rshift__(self, to: Any) -> Move:
        return Move((self.value,), to.value)

    def __or__(self, other: Any) -> Several:
        return Several((self.value, *_states(other)))

    @property
    def stay(self) -> Move:
        return Move((self.value,), None)


NEW = Several(())  # where a record comes from: ``NEW >> S.REGISTERED``


@dataclass(frozen=True)
class Step:
    """What may happen: from where to where, by whom, with what filled in, asked for by which clause.

    ``needs``: fields of the record or facts noted by the verb; empty ones refuse the step. ``unlike``: steps that the
    same person must not have taken (four eyes). ``reauth``: the person proves again who they are. ``follows``: taken
    only together with a step of another record ("PG.approve"), never offered alone. ``detour``: not the ordinary next
    step, so worklists do not propose it. ``ours``: why we added it where the seed is silent.
    """

    name: str
    move: Move
    by: tuple[Party, ...]
    label: Any
    clause: str
    needs: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    reauth: bool = False
    follows: str = ""
    detour: bool = False
    ours: str = ""


@dataclass(frozen=True)
class Clock:
    """A time limit: started by steps, met by steps, ended without verdict by others.

    The due time is ``within`` after the step (or after the record's field ``measured_from``), or the record's field
    ``due_from``, or each day at ``daily_at`` in branch time until an ``ends`` step. ``warn``: how long before it is due
    people are told; ``climbs``: who is told at the due time and then every ``climb_every``.
    """

    name: str
    label: Any
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    clause: str
    ends: tuple[str, ...] = ()
    within: Span = AT_ONCE
    measured_from: str = ""
    due_from: str = ""
    daily_at: time | None = None
    warn: tuple[Span, ...] = ()
    climbs: tuple[Party, ...] = ()
    climb_every: timedelta = timedelta(minutes=30)
    pauses: tuple[str, ...] = ()
    resumes: tuple[str, ...] = ()
    ours: str = ""

    @property
    def uses_calendar(self) -> bool:
        return self.within.working


@dataclass(frozen=True)
class Procedure:
    """One controlled record's life: the table that screens, API, prints, worklists, sweep and evidence all read.

    ``unclocked`` gives the stated reason for each open state that no clock watches; ``verbs`` names the module of the verbs.
    """

    record: str
    form: str
    title: Any
    revision: int
    verbs: str
    status: type[States]
    steps: tuple[Step, ...]
    clocks: tuple[Clock, ...]
    final: tuple[str, ...]
    path: tuple[str, ...]
    unclocked: dict[str, Any] = field(default_factory=dict)

    def step_named(self, name: str) -> Step:
        """The step of that name. Raises KeyError."""
        return next((step for step in self.steps if step.name == name), None) or _missing(self, name)

    def clock(self, name: str) -> Clock:
        """The clock of that name. Raises KeyError."""
        return next((clock for clock in self.clocks if clock.name == name), None) or _missing(self, name)

    def from_state(self, state: str) -> list[Step]:
        return [step for step in self.steps if state in step.move.frm]

    @property
    def opening(self) -> Step:
        return next(step for step in self.steps if not step.move.frm)

    @property
    def open_states(self) -> list[str]:
        return [state for state in self.status.values if state not in self.final]

    def step(self, name: str, record: Any, **how: Any) -> Any:
        """``with PROCEDURE.step("contact", request, by=actor, at=moment) as step:`` — see engine.Taking."""
        from .engine import Taking

        return Taking(self, self.step_named(name), record, **how)


def _missing(procedure: Procedure, name: str) -> Any:
    raise KeyError(f"{procedure.record} declares no {name!r}.")
