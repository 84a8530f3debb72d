"""Machines: registered, moved, their warranty computed from the term in force or set otherwise with a reason (AS-4.1.1, AS-5.2.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from bihuan.customers.models import Customer
from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Invalid, NotAllowed
from bihuan.organisation.keeping import change, make

from ..models import ProductLine, Unit, WarrantyTerm
from ..rules import may_decide_warranty, months_after, require_unit_keeper
from ..search import index_unit

KINDS = ("parts", "labour", "travel")
ENDS = tuple(f"{kind}_until" for kind in KINDS)
FIELDS = ("serial", "model", "customer", "site", "shipped_on", "commissioned_on", "oem_brand", "is_overseas", "place")


def term_for(line: ProductLine, shipped_on: dt.date | None) -> WarrantyTerm | None:
    """The warranty term of *line* in force on the day of shipment."""
    if shipped_on is None:
        return None
    return line.warranty_terms.filter(valid_from__lte=shipped_on).order_by("-valid_from").first()


def usual_ends(term: WarrantyTerm | None, shipped_on: dt.date | None) -> dict[str, dt.date | None]:
    """Until when *term* covers parts, labour and travel of a machine shipped on a day; no term, no cover."""
    if term is None or shipped_on is None:
        return dict.fromkeys(ENDS)
    return {f"{kind}_until": months_after(shipped_on, getattr(term, f"{kind}_months")) for kind in KINDS}


def register_unit(
    fields: Mapping[str, Any], *, by: Actor, at: dt.datetime, ends: Mapping[str, dt.date | None] | None = None, reason: str = ""
) -> Unit:
    """A machine new in the installed base. *ends*: a warranty other than the term's, with its *reason*.

    Raises NotAllowed, Invalid for a site of another customer or a warranty without reason, Conflict for a serial number known already.
    """
    unit = Unit(**fields)
    require_unit_keeper(by, unit.site.branch_id)
    _require_own_site(unit)
    usual = usual_ends(term_for(unit.model.line, unit.shipped_on), unit.shipped_on)
    _decide(unit, ends, usual, by=by, reason=reason)
    for name, end in (ends or usual).items():
        setattr(unit, name, end)
    with journal.unit():
        make(unit, (*FIELDS, *ENDS), by=by, at=at, action="unit.new", reason=reason, clause="AS-4.1.1")
        index_unit(unit)
    return unit


def change_unit(unit: Unit, fields: Mapping[str, Any], *, by: Actor, at: dt.datetime, reason: str = "") -> None:
    """Other particulars. A machine that moves needs a keeper of both places; a new ship date or model computes the warranty anew,
    unless it had been set by hand. Raises NotAllowed, Invalid, Conflict when changed meanwhile."""
    require_unit_keeper(by, unit.site.branch_id)
    planned = Unit(**{name: fields.get(name, getattr(unit, name)) for name in FIELDS})
    require_unit_keeper(by, planned.site.branch_id)
    _require_own_site(planned)
    new = dict(fields)
    if _is_usual(unit):
        new |= usual_ends(term_for(planned.model.line, planned.shipped_on), planned.shipped_on)
    with journal.unit():
        if change(unit, new, by=by, at=at, action="unit.change", reason=reason, clause="AS-4.1.1"):
            index_unit(unit)


def set_warranty(unit: Unit, ends: Mapping[str, dt.date | None], *, by: Actor, at: dt.datetime, reason: str) -> None:
    """A warranty other than the term's, or the term's again. Raises NotAllowed, Invalid without a reason or ending before shipment."""
    usual = usual_ends(term_for(unit.model.line, unit.shipped_on), unit.shipped_on)
    _decide(unit, ends, usual, by=by, reason=reason)
    change(unit, ends, by=by, at=at, action="unit.warranty", reason=reason, clause="AS-5.2.4")


def _decide(unit: Unit, ends: Mapping[str, dt.date | None] | None, usual: Mapping[str, dt.date | None], *, by: Actor, reason: str) -> None:
    """Whether *by* may give *unit* these *ends*; those that the term gives need no decision."""
    if ends is None or dict(ends) == dict(usual):
        return
    if not may_decide_warranty(by, unit.site.branch_id):
        raise NotAllowed(_("保修期由售后服务部部长决定（海外设备由进出口公司）。请转他们办理。"))
    if not reason.strip():
        raise Invalid(_("与保修条款不同时，请填写原因。"), field="reason")
    for name, end in ends.items():
        if end is not None and unit.shipped_on is not None and end < unit.shipped_on:
            raise Invalid(_("保修截止早于发货日期，请更正。"), field=name)


def _is_usual(unit: Unit) -> bool:
    """Whether the warranty is what the term gives, or none was ever set."""
    ends = {name: getattr(unit, name) for name in ENDS}
    return not any(ends.values()) or ends == usual_ends(term_for(unit.model.line, unit.shipped_on), unit.shipped_on)


def _require_own_site(unit: Unit) -> None:
    if unit.site.customer_id != unit.customer_id:
        raise Invalid(_("这个现场不是该客户的，请重新选择现场。"), field="site")


def index_units_of(customer: Customer) -> None:
    """Make the machines of *customer* findable by its new name, places and branches."""
    for unit in Unit.objects.filter(customer=customer).select_related("model", "customer", "site"):
        index_unit(unit)
