"""What a machine is found by."""

from __future__ import annotations

from bihuan.kernel.lists import search

from .models import Unit


def index_unit(unit: Unit) -> None:
    """Make a machine findable by serial number, model, customer, place and brand, for the branch that serves its site. One statement."""
    customer, site = unit.customer, unit.site
    texts = [unit.serial, unit.model.name, unit.oem_brand, customer.name, customer.short_name, site.name, unit.place]
    branches = [site.branch_id] if site.branch_id else []
    search.index(unit._meta.label, unit.pk, branches, [text for text in texts if text], initials=customer.initials.split())
