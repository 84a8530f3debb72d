"""What may be done with a record now, by whom, and why not: the buttons of the record page and the API's answer alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ..access.actors import Actor
from ..access.parties import Relation
from ..procedures.declare import Procedure, Step
from ..procedures.engine import who_may
from ..procedures.registry import all_procedures


@dataclass(frozen=True)
class Action:
    """A step as seen by one person on one record. ``why_not`` is empty when it may be taken."""

    step: Step
    why_not: str = ""

    @property
    def possible(self) -> bool:
        return not self.why_not


def actions(record: Any, actor: Actor) -> list[Action]:
    """All steps that can be taken by hand from here (with the reason where not by *actor*), then those still to come."""
    procedure: Procedure = record.procedure
    now = [step for step in procedure.steps if record.status in step.move.frm and not step.follows and record.offers(step.name)]
    return [Action(step, _why_not(step, record, actor)) for step in now] + [
        Action(step, _not_yet(step, procedure)) for step in _to_come(record)
    ]


def possible_steps(record: Any, actor: Actor) -> list[Step]:
    return [action.step for action in actions(record, actor) if action.possible]


def next_step(record: Any, actor: Actor) -> Step | None:
    """The one ordinary next step *actor* may take, or None."""
    return next((step for step in possible_steps(record, actor) if not step.detour), None)


def _why_not(step: Step, record: Any, actor: Actor) -> str:
    if who_may(step, record, actor) is not None:
        return ""
    return _("须由%(who)s办理") % {"who": _names(step)}


def _names(step: Step) -> str:
    return "、".join(str(party.label) for party in step.by)


def _to_come(record: Any) -> list[Step]:
    path = list(record.procedure.path)
    if record.status not in path:
        return []
    ahead = path[path.index(record.status) + 1 :]
    return [
        step
        for step in record.procedure.steps
        if step.move.to in ahead
        and record.offers(step.name)
        and record.status not in step.move.frm
        and not step.detour
        and step.move.frm
        and not step.follows
    ]


def _not_yet(step: Step, procedure: Procedure) -> str:
    before = "、".join(str(procedure.status(state).label) for state in step.move.frm)
    return _("须先到“%(state)s”") % {"state": before}


@dataclass(frozen=True)
class Stop:
    """A state on the procedure's path: taken, now or to come."""

    label: str
    state: str  # "taken" | "now" | "ahead"


def path(record: Any) -> list[Stop]:
    """The procedure's path with the record's place on it. A state off the path (refused, cancelled) takes its own place at the end reached."""
    procedure: Procedure = record.procedure
    states = list(procedure.path)
    if record.status not in states:
        reached = _reached(record, states)
        states = [*states[: reached + 1], record.status, *([] if record.is_final else states[reached + 2 :])]
    here = states.index(record.status)
    done = record.is_final
    return [
        Stop(
            str(procedure.status(state).label), "taken" if index < here or (done and index == here) else "now" if index == here else "ahead"
        )
        for index, state in enumerate(states)
    ]


def _reached(record: Any, states: list[str]) -> int:
    """Where the record left the path: the furthest state from which a step leads to where it is."""
    sources = {state for step in record.procedure.steps if step.move.to == record.status for state in step.move.frm}
    came_from = getattr(record, "left_path_at", None)
    if came_from in states:
        return states.index(came_from)
    return max((states.index(state) for state in sources if state in states), default=0)


def waiting_states(actor: Actor) -> dict[str, list[tuple[str, Step]]]:
    """For each record type, the (state, step) pairs in which the ordinary next step is one that a role of *actor* may take."""
    found: dict[str, list[tuple[str, Step]]] = {}
    for procedure in all_procedures():
        for state in procedure.open_states:
            for step in procedure.from_state(state):
                if (
                    not step.detour
                    and not step.follows
                    and any(party.code in actor.roles or isinstance(party, Relation) for party in step.by)
                ):
                    found.setdefault(procedure.record, []).append((state, step))
    return found
