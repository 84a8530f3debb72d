"""Who may review the journal of a branch."""

from __future__ import annotations

from bihuan.organisation.models import Appointment, Branch, Person
from bihuan.organisation.roles import AFTER_SALES_HEAD, BRANCH_MANAGER, GM_OFFICE, QUALITY

REVIEWERS = (QUALITY, AFTER_SALES_HEAD, GM_OFFICE, BRANCH_MANAGER)


def reviewers_for(branch: Branch) -> list[Person]:
    """Those who hold one of ``REVIEWERS`` for *branch* today, by name."""
    held = Appointment.objects.none()
    for role in REVIEWERS:
        held = held | Appointment.objects.holding(role.code, branch.pk)
    return list(Person.objects.filter(pk__in=held.values("person_id"), is_active=True).order_by("name"))
