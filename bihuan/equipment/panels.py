"""What the equipment adds to a customer's page: the machines, with their cover."""

from __future__ import annotations

from django.utils import timezone

from bihuan.customers.models import Customer
from bihuan.customers.public import Panel
from bihuan.kernel.access.actors import Actor

from .access import access_units
from .cover import summary
from .rules import may_open_units

MOST = 60


def units_of(customer: Customer, actor: Actor) -> Panel:
    """The customer's machines in sight. One statement."""
    today = timezone.localdate()
    units = list(access_units.all(actor).filter(customer=customer).order_by("site__name", "serial")[: MOST + 1])
    rows = [(unit, summary(unit, today)) for unit in units[:MOST]]
    context = {"rows": rows, "more": len(units) > MOST, "customer": customer, "may_open": may_open_units(actor)}
    return Panel("equipment/customer_units.html", context, order=60)
