"""The home worklist: what waits for a person now, of every record type that says how it is a line there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ..access.actors import Actor
from ..access.getters import getter_for
from ..access.parties import Role
from ..procedures.declare import Step
from ..procedures.registry import procedure_for
from ..ui.pieces import Action, Row
from . import actions, show

SHOWN = 60
NEVER = dt.timedelta(days=3650)


@dataclass(frozen=True)
class Work:
    """How a record type is a line of the worklist.

    ``row(record, actor)`` without statements; ``holder``: the column of the one person it is given to, whom the relations of
    its table name, where it has such; ``timed(record)``: the record whose time limit counts.
    """

    label: str
    row: Callable[[Any, Actor], Row]
    holder: str = ""
    timed: Callable[[Any], Any] = lambda record: record


_works: dict[str, Work] = {}


def register_work(work: Work) -> None:
    _works[work.label] = work


def open_rows(rows: QuerySet) -> QuerySet:
    """The open ones of *rows*, soonest deadline first."""
    return rows.filter(is_open=True).order_by(F("next_due_at").asc(nulls_last=True), "id")


def waiting_for(actor: Actor, limit: int = SHOWN, *, besides: Collection[str] = ()) -> list[Any]:
    """The records whose ordinary next step is this person's, soonest deadline first; not those of the types *besides*.

    A statement for each type that may have some.
    """
    found: list[Any] = []
    for label, pairs in actions.waiting_states(actor).items():
        if label not in besides and (work := _works.get(label)) and (mine := _mine(actor, work, pairs)):
            found += open_rows(getter_for(label).all(actor).filter(mine))[:limit]
    return sorted(found, key=_urgency)[:limit]


def overdue(actor: Actor, limit: int = SHOWN) -> list[Any]:
    """The open records in sight whose time limit has passed, of every type that has limits, the longest overdue first.

    A statement for each type.
    """
    found: list[Any] = []
    for label in _limited():
        found += _late(label, actor).order_by("next_due_at", "id")[:limit]
    return sorted(found, key=_urgency)[:limit]


def overdue_count(actor: Actor, most: int = 100) -> int:
    """How many those are, *most* at most. A statement for each type."""
    return min(most, sum(_late(label, actor).order_by()[:most].count() for label in _limited()))


def _limited() -> list[str]:
    return [label for label in _works if procedure_for(label).clocks]


def _late(label: str, actor: Actor) -> QuerySet:
    return getter_for(label).all(actor).filter(is_open=True, next_due_at__lt=timezone.now())


def _urgency(record: Any) -> tuple[dt.datetime, int]:
    due = _works[record._meta.label].timed(record).next_due_at
    return due or timezone.now() + NEVER, record.pk


def _mine(actor: Actor, work: Work, pairs: list[tuple[str, Step]]) -> Q:
    """The condition under which a record in one of these states waits for *actor*: as the one it is given to, or by role while it is given to nobody."""
    mine = Q()
    for state, step in pairs:
        given = any(not isinstance(party, Role) for party in step.by)
        if given:
            mine |= Q(status=state, **{work.holder: actor.person_id})
        for party in step.by:
            if isinstance(party, Role) and not party.reads_only and party.code in actor.roles:
                grants = [grant for grant in actor.grants if grant.role == party.code]
                reach: dict[str, Any] = {f"{work.holder}__isnull": True} if given else {}
                if not any(grant.everywhere for grant in grants):
                    reach["branch_id__in"] = sorted({grant.branch_id for grant in grants})
                mine |= Q(status=state, **reach)
    return mine


def rows(records: list[Any], actor: Actor) -> list[Row]:
    """A line for each record, as *actor* sees it. No statements."""
    return [_works[record._meta.label].row(record, actor) for record in records]


def action_of(record: Any, actor: Actor) -> Action | None:
    """The one ordinary next thing to do, leading back here."""
    step = actions.next_step(record, actor)
    return Action(str(step.label), href=show.step_url(record, step) + "?next=/", kind="primary") if step else None


def raised(record: Any) -> str:
    """To whom an overdue deadline has climbed, from the table and the time alone."""
    if record.next_due_at is None or (late := timezone.now() - record.next_due_at).total_seconds() <= 0:
        return ""
    clock = record.procedure.clock(record.next_clock)
    if not clock.climbs:
        return ""
    level = min(len(clock.climbs) - 1, int(late / clock.climb_every))
    return _("已升级至%(who)s") % {"who": clock.climbs[level].label}
