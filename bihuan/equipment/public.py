"""What other contexts may ask of the equipment."""

from __future__ import annotations

from collections.abc import Callable

from bihuan.customers.public import Panel, in_order
from bihuan.kernel.access.actors import Actor

from .domain import acknowledge
from .models import ACTIVE_BULLETIN, Acknowledgement, Bulletin, Unit
from .rules import limits_text
from .search import index_unit

__all__ = ["Panel", "acknowledge", "index_unit", "limits_text", "panels_for", "register_unit_panel", "unread_bulletins"]

UnitPanel = Callable[[Unit, Actor], Panel | list[Panel] | None]
_panels: list[UnitPanel] = []


def register_unit_panel(fn: UnitPanel) -> None:
    """Have *fn* asked for parts of a machine's page: open requests, visits, parts, readings. Other contexts must not be known here."""
    if fn not in _panels:
        _panels.append(fn)


def panels_for(unit: Unit, actor: Actor) -> list[Panel]:
    """What other contexts have to say about *unit*, in order."""
    return in_order(fn(unit, actor) for fn in _panels)


def unread_bulletins(actor: Actor, model_id: int | None) -> list[Bulletin]:
    """Bulletins in force for a model that *actor* has not acknowledged yet, newest first (AS-4.5)."""
    if model_id is None or actor.person_id is None:
        return []
    read = Acknowledgement.objects.filter(person_id=actor.person_id).values("bulletin_id")
    return list(Bulletin.objects.filter(ACTIVE_BULLETIN, models_concerned=model_id).exclude(pk__in=read)[:10])
