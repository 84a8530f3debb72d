"""Pages about branches and the territories they serve (AS-4.2)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.calendars.warnings import years_to_publish
from bihuan.kernel.lists.declare import list_url
from bihuan.kernel.proof.deliver import states
from bihuan.kernel.proof.key import fingerprint, signer
from bihuan.kernel.proof.seal import overdue
from bihuan.kernel.ui.notices import done

from ..access import access_branches, access_people, access_regions
from ..domain import territories as verbs
from ..form_page import form_page
from ..forms import BranchForm, DepartmentForm, TerritoryForm
from ..history import past
from ..models import Appointment, Deputy, Region
from ..roles import BRANCH_LEAD, BRANCH_MANAGER
from ..rules import administers, require_administrator


@login_required
@require_safe
def organisation(request: HttpRequest) -> HttpResponse:
    """The administrator's page: what needs attention, then the ways to people, branches, territories and calendars."""
    require_administrator(request.actor)
    now = timezone.now()
    in_force = Appointment.objects.in_force(now).filter(person__is_active=True)
    led = set(in_force.filter(role=BRANCH_LEAD.code).values_list("branch_id", flat=True))
    branches = list(
        access_branches.all(request.actor).filter(is_active=True).annotate(staff=Count("people", filter=Q(people__is_active=True)))
    )
    context = {
        "branches": branches,
        "leaderless": [one for one in branches if not one.is_headquarters and not one.handles_overseas and one.pk not in led],
        "years": years_to_publish(timezone.localdate()),
        "unserved": list(access_regions.all(request.actor).filter(parent__isnull=True, branch__isnull=True)),
        "away": list(Deputy.objects.filter(starts_at__lte=now, ends_at__gt=now).select_related("absent", "deputy")[:20]),
        "idle": access_people.all(request.actor).filter(is_active=True).exclude(pk__in=in_force.values("person_id")).count(),
        "people_url": list_url("people"),
        "idle_url": list_url("people", idle=1),
        "checkpoints": states(),
        "unsealed": overdue(),
        "sealing_key": fingerprint(signer().key),
    }
    return render(request, "organisation/organisation.html", context)


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("分公司"), list_url("branches")), *more]


@login_required
@require_safe
def branch(request: HttpRequest, code: str) -> HttpResponse:
    """A branch: where it is, who leads it, which regions it serves."""
    found = access_branches.one(request.actor, code=code)
    leaders = Appointment.objects.in_force(timezone.now()).filter(
        branch=found, role__in=[BRANCH_LEAD.code, BRANCH_MANAGER.code], person__is_active=True
    )
    facts = [
        (_("代码"), found.code), (_("城市"), found.city), (_("地址"), found.address), (_("电话"), found.phone), (_("时区"), found.time_zone),
        (_("工作日历"), found.calendar), (_("海外业务"), found.handles_overseas), (_("在用"), found.is_active),
    ]  # fmt: skip
    context = {
        "found": found,
        "facts": facts,
        "leaders": list(leaders.select_related("person").order_by("role")),
        "regions": list(access_regions.all(request.actor).filter(branch=found).select_related("parent")),
        "departments": list(found.departments.all()),
        "people": list(access_people.all(request.actor).filter(home_branch=found, is_active=True)[:100]),
        "entries": past(found) if administers(request.actor) else [],
        "may_change": administers(request.actor),
        "department_form": DepartmentForm(),
        "crumbs": _crumbs(),
    }
    return render(request, "organisation/branch.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_branch(request: HttpRequest) -> HttpResponse:
    """Register a branch."""
    require_administrator(request.actor)

    def act(form: BranchForm) -> str:
        made = verbs.found_branch(form.values, by=request.actor, at=timezone.now())
        done(request, _("%(name)s 已登记。请接着划定服务地区、任命负责人。") % {"name": made.name}, draft=request.path)
        return reverse("branch", args=[made.code])

    return form_page(request, lambda data: BranchForm(data, actor=request.actor), act, title=_("登记分公司"), crumbs=_crumbs())


@login_required
@require_http_methods(["GET", "POST"])
def edit_branch(request: HttpRequest, code: str) -> HttpResponse:
    """Change a branch."""
    require_administrator(request.actor)
    found = access_branches.one(request.actor, code=code)

    def act(form: BranchForm) -> str:
        verbs.change_branch(found, form.values, by=request.actor, at=timezone.now())
        done(request, _("%(name)s 的资料已保存。") % {"name": found.name}, draft=request.path)
        return reverse("branch", args=[found.code])

    crumbs = _crumbs((found.name, reverse("branch", args=[found.code])))
    return form_page(request, lambda data: BranchForm(data, actor=request.actor, instance=found), act, title=_("修改分公司"), crumbs=crumbs)


@login_required
@require_POST
def new_department(request: HttpRequest, code: str) -> HttpResponse:
    """Add a department to a branch."""
    require_administrator(request.actor)
    found = access_branches.one(request.actor, code=code)
    form = DepartmentForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("请填写部门名称，最多 60 个字。"), field="name")
    made = verbs.add_department(found, form.cleaned_data["name"], by=request.actor, at=timezone.now())
    done(request, _("部门“%(name)s”已登记。") % {"name": made.name})
    return redirect("branch", found.code)


@login_required
@require_safe
def territory(request: HttpRequest) -> HttpResponse:
    """The map as a table: each province with its branch, and the cities below that have one of their own. One statement."""
    regions = list(access_regions.all(request.actor).select_related("branch"))
    below: dict[str, list[Region]] = {}
    for region in regions:
        if region.parent_id:
            below.setdefault(region.parent_id, []).append(region)
    rows = [
        {"region": region, "own": [city for city in below.get(region.code, []) if city.branch_id]}
        for region in regions
        if region.parent_id is None
    ]
    context = {"rows": rows, "may_change": administers(request.actor), "unserved": sum(row["region"].branch_id is None for row in rows)}
    return render(request, "organisation/territory.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def edit_region(request: HttpRequest, code: str) -> HttpResponse:
    """Give a region to another branch; its sites go along or stay."""
    require_administrator(request.actor)
    found = access_regions.one(request.actor, code=code)
    above = verbs.served_by(found.parent) if found.parent else None
    count = verbs.affected(found)

    def act(form: TerritoryForm) -> str:
        data = form.cleaned_data
        moved = verbs.serve(
            found, data["branch"], by=request.actor, at=timezone.now(), reason=data["reason"], move=data.get("sites") == "move"
        )
        now_served = verbs.served_by(found)
        told = {"region": found.name, "branch": now_served.name if now_served else _("无"), "moved": moved}
        done(request, _("%(region)s 现由%(branch)s服务，转移现场 %(moved)s 个。") % told, draft=request.path)
        return reverse("territory")

    def form_of(data: Any) -> TerritoryForm:
        return TerritoryForm(data, actor=request.actor, above=above.name if above else "", count=count, initial={"branch": found.branch_id})

    line = _("%(region)s（%(code)s）。没有单独指定分公司的下级地区跟着改。") % {"region": found.name, "code": found.code}
    context = {"entries": past(found), "children": list(found.children.select_related("branch"))}
    return form_page(request, form_of, act, title=_("地区归属"), crumbs=[(_("地区"), reverse("territory"))], line=line,
                     template="organisation/region.html", **context)  # fmt: skip
