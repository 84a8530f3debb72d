"""The day of a branch: who is where when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.ui.pieces import Block, DayRow
from bihuan.organisation.models import Branch
from bihuan.organisation.public import engineers_of

from .models import DispatchOrder
from .queries import day_of

STATES = {"on_site": "going", "travelling": "going", "done": "done"}


@dataclass
class Day:
    """Rows for the day line, with the moment it starts."""

    start: dt.datetime
    rows: list[DayRow] = field(default_factory=list)
    zone: Any = None


def day(actor: Actor, branch: Branch, on: dt.date) -> Day:
    """Every engineer of *branch* with the visits of the day, as blocks of their planned length. Three statements."""
    zone = branch.zone
    orders = day_of(actor, branch.pk, on, zone)
    names = {person.pk: person.name for person in engineers_of(branch)} | {order.engineer_id: order.engineer.name for order in orders}
    blocks: dict[int, list[Block]] = {pk: [] for pk in names}
    for order in orders:
        blocks[order.engineer_id].append(_block(order, blocks[order.engineer_id]))
    rows = [DayRow(name, blocks[pk]) for pk, name in names.items()]
    return Day(dt.datetime.combine(on, dt.time(), zone), rows, zone)


def _block(order: DispatchOrder, earlier: list[Block]) -> Block:
    start = order.arrived_at or order.planned_arrival
    end = order.finished_at or start + dt.timedelta(hours=float(order.planned_hours))
    clash = any(block.end > start and block.state != "done" for block in earlier) and order.status != "done"
    label = (
        _("%(customer)s 第 %(n)d 次") % {"customer": order.request.customer, "n": order.visit}
        if order.visit > 1
        else str(order.request.customer)
    )
    return Block(
        start,
        max(end, start + dt.timedelta(minutes=15)),
        label,
        f"/r/{order.number}/",
        "clash" if clash else STATES.get(order.status, "planned"),
    )
