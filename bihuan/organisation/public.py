"""What other contexts may ask of the organisation."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bihuan.kernel.access.refusals import Invalid

from .models import Appointment, Branch, Person, Region
from .roles import FIELD_ENGINEER, HQ_ENGINEER


def headquarters() -> Branch:
    """Headquarters' row. Raises Branch.DoesNotExist before the organisation is set up."""
    return Branch.objects.get(is_headquarters=True)


def overseas_branch() -> Branch | None:
    """The import–export company's branch, which serves overseas products (AS-4.4)."""
    return Branch.objects.filter(handles_overseas=True, is_active=True).first()


def branch_for(region: Region | None) -> Branch | None:
    """The branch whose territory *region* is: its own, else that of the division above it (AS-4.2)."""
    while region is not None:
        if region.branch_id:
            return region.branch
        region = region.parent
    return None


def require_engineer(person: Person, branch: Branch) -> None:
    """Refuse unless *person* serves *branch* as an engineer today (AS-5.2.1). Raises Invalid."""
    roles = Appointment.objects.holding(FIELD_ENGINEER.code, branch.pk) | Appointment.objects.holding(HQ_ENGINEER.code, branch.pk)
    if not roles.filter(person=person).exists():
        raise Invalid(
            _("%(name)s 不是%(branch)s的现场维修人员，请另选一位。") % {"name": person.name, "branch": branch.name}, field="engineer"
        )


def engineers_of(branch: Branch) -> list[Person]:
    """The field engineers of *branch*, by name."""
    people = Person.objects.filter(pk__in=Appointment.objects.holding(FIELD_ENGINEER.code, branch.pk).values("person_id"))
    return list(people.order_by("name"))
