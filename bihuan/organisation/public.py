"""What other contexts may ask of the organisation."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.prepared import Prepared

from .models import Appointment, Branch, Person, Region
from .roles import FIELD_ENGINEER, HQ_ENGINEER, ROLES

_held = Appointment.objects.holding
_serving = Prepared(
    lambda branch, person, at: (_held(FIELD_ENGINEER.code, branch, at) | _held(HQ_ENGINEER.code, branch, at)).filter(person_id=person)[:1]
)
_engineers = Prepared(
    lambda branch, at: Person.objects.filter(pk__in=_held(FIELD_ENGINEER.code, branch, at).values("person_id")).order_by("name")
)


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
    if not _serving(branch.pk, person.pk, timezone.now()):
        raise Invalid(
            _("%(name)s 不是%(branch)s的现场维修人员，请另选一位。") % {"name": person.name, "branch": branch.name}, field="engineer"
        )


def staff_of(branch: Branch) -> list[Person]:
    """Those who work at *branch* today in any role that takes part, by name (an auditor only reads)."""
    roles = [code for code, role in ROLES.items() if not role.reads_only]
    here = Appointment.objects.none()
    for code in roles:
        here = here | Appointment.objects.holding(code, branch.pk)
    people = Person.objects.filter(pk__in=here.filter(branch=branch).values("person_id"), is_active=True)
    return list(people.order_by("name"))


def require_staff(person: Person, branch: Branch) -> None:
    """Refuse unless *person* works at *branch* today (QM-2). Raises Invalid."""
    if person not in staff_of(branch):
        raise Invalid(
            _("%(name)s 不在%(branch)s任职，请另选一位责任人。") % {"name": person.name, "branch": branch.name}, field="responsible"
        )


def engineers_of(branch: Branch) -> list[Person]:
    """The field engineers of *branch*, by name."""
    return _engineers(branch.pk, timezone.now())
