"""Branches, and the regions they serve (AS-4.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Conflict, Invalid

from ..keeping import change, make
from ..models import Branch, Department, Region
from ..rules import require_administrator

BRANCH_FIELDS = ("code", "name", "city", "address", "phone", "time_zone", "calendar", "handles_overseas", "is_active")


@dataclass(frozen=True)
class Tenant:
    """Things of another context that lie in territories. *count* says how many in these regions are served by a branch,
    *move* gives those to another branch, journalled; its last argument is the reason."""

    count: Callable[[list[str], Branch | None], int]
    move: Callable[[list[str], Branch | None, Branch | None, Actor, dt.datetime, str], int]


_tenants: list[Tenant] = []


def register_tenant(tenant: Tenant) -> None:
    """Have *tenant* asked and told when a region changes its branch."""
    if tenant not in _tenants:
        _tenants.append(tenant)


def reach(region: Region) -> list[str]:
    """The codes that follow *region*'s branch: its own, and those of the divisions below that have none of their own."""
    below = list(Region.objects.filter(parent=region, branch__isnull=True))
    return [region.code, *(code for child in below for code in reach(child))]


def served_by(region: Region) -> Branch | None:
    """The branch that serves *region*: its own, else that of the division above."""
    place: Region | None = region
    while place is not None:
        if place.branch_id:
            return place.branch
        place = place.parent
    return None


def affected(region: Region) -> int:
    """How many sites follow *region*'s branch now."""
    codes, branch = reach(region), served_by(region)
    return sum(tenant.count(codes, branch) for tenant in _tenants)


def serve(region: Region, branch: Branch | None, *, by: Actor, at: dt.datetime, reason: str, move: bool) -> int:
    """*branch* serves *region* from now on (None: whoever serves the division above). How many sites moved with it.

    Sites that were given a branch by hand, and with *move* False all of them, stay where they are.
    """
    require_administrator(by)
    if not reason.strip():
        raise Invalid(_("请填写原因，例如分公司成立、片区调整。"), field="reason")
    with journal.unit():
        before = served_by(region)
        codes = reach(region)
        if not change(region, {"branch": branch}, by=by, at=at, action="territory.change", reason=reason, clause="AS-4.2"):
            raise Conflict(_("%(region)s 的服务分公司没有变化。") % {"region": region.name}, field="branch")
        after = served_by(region)
        return sum(tenant.move(codes, before, after, by, at, reason) for tenant in _tenants) if move and before != after else 0


def found_branch(fields: dict[str, Any], *, by: Actor, at: dt.datetime) -> Branch:
    """A new branch. Raises Conflict when its code or name is taken, or when another one is the overseas branch already."""
    require_administrator(by)
    branch = Branch(**fields)
    _one_overseas(branch, fields)
    make(branch, BRANCH_FIELDS, by=by, at=at, action="branch.new")
    return branch


def change_branch(branch: Branch, fields: dict[str, Any], *, by: Actor, at: dt.datetime) -> None:
    """Other particulars; the code never changes, it is part of record numbers. A branch with a territory stays in use."""
    require_administrator(by)
    _one_overseas(branch, fields)
    if fields.get("is_active") is False and branch.is_active and (branch.is_headquarters or branch.regions.exists()):
        raise Conflict(_("%(branch)s 还有服务地区，请先把地区转给别的分公司，再停用。") % {"branch": branch}, field="is_active")
    change(branch, {name: value for name, value in fields.items() if name != "code"}, by=by, at=at, action="branch.change")


def _one_overseas(branch: Branch, fields: dict[str, Any]) -> None:
    if fields.get("handles_overseas") and (other := Branch.objects.filter(handles_overseas=True).exclude(pk=branch.pk).first()):
        raise Conflict(_("海外业务已由%(other)s办理，请先在那里取消。") % {"other": other}, field="handles_overseas")


def add_department(branch: Branch, name: str, *, by: Actor, at: dt.datetime) -> Department:
    """A department of *branch*. Raises Conflict when there is one of that name."""
    require_administrator(by)
    department = Department(branch=branch, name=name.strip())
    make(department, ("name",), by=by, at=at, action="department.new")
    return department
