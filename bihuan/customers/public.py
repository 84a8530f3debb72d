"""What other contexts may ask of the customers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from bihuan.kernel.access.actors import Actor
from bihuan.organisation.models import Region

from .domain import open_customer, register_follower, settle
from .models import Customer, Site
from .rules import masked, may_report, sees_phones
from .search import index_customer

__all__ = [
    "Panel", "index_customer", "masked", "may_report", "new_customer", "panels_for", "register_customer_panel", "register_follower", "sees_phones", "settle",
]  # fmt: skip


@dataclass(frozen=True)
class Panel:
    """A part of a page that another context fills. ``order`` below 50 stands before the page's own parts; ``aside`` beside them."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 100
    aside: bool = False


CustomerPanel = Callable[[Customer, Actor], Panel | list[Panel] | None]
_panels: list[CustomerPanel] = []


def register_customer_panel(fn: CustomerPanel) -> None:
    """Have *fn* asked for parts of the customer's page: units, requests. Another context must not be known here."""
    if fn not in _panels:
        _panels.append(fn)


def panels_for(customer: Customer, actor: Actor) -> list[Panel]:
    """What other contexts have to say about *customer*, in order."""
    return in_order(fn(customer, actor) for fn in _panels)


def in_order(answers: Any) -> list[Panel]:
    """The panels of several answers, each one, several or none."""
    found: list[Panel] = []
    for answer in answers:
        found += answer if isinstance(answer, list) else [answer] if answer else []
    return sorted(found, key=lambda panel: panel.order)


def new_customer(
    name: str, *, by: Actor, region: Region | None, address: str = "", contact: str = "", phone: str = "", is_overseas: bool = False
) -> tuple[Customer, Site]:
    """A customer met for the first time, with one site and, when known, who called (AS-5.1.1)."""
    return open_customer(
        name,
        by=by,
        at=timezone.now(),
        region=region,
        address=address,
        contact=contact,
        phones=[phone] if phone else [],
        is_overseas=is_overseas,
    )
