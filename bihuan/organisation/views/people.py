"""Pages about people: who they are, what they are appointed to, who stands in for them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bihuan.kernel.access import directory, provider
from bihuan.kernel.access.proof import fresh, prove
from bihuan.kernel.access.refusals import Invalid, NotFound
from bihuan.kernel.lists.declare import list_url
from bihuan.kernel.typed import whole
from bihuan.kernel.ui.notices import done
from bihuan.kernel.ui.pieces import Badge

from ..access import access_people
from ..domain import people as verbs
from ..form_page import form_page
from ..forms import AppointmentForm, DeputyForm, DirectoryForm, PersonForm
from ..history import past
from ..models import Appointment, Deputy, Person
from ..roles import ROLES
from ..rules import administers, require_administrator


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("人员"), list_url("people")), *more]


def _page_of(person: Person) -> str:
    return reverse("person", args=[person.username])


@login_required
@require_safe
def person(request: HttpRequest, username: str) -> HttpResponse:
    """Someone's particulars; for the administrator and themselves also appointments, deputies and what was changed when."""
    return _person_page(request, access_people.one(request.actor, username=username))


def _person_page(request: HttpRequest, found: Person, link: str = "") -> HttpResponse:
    actor = request.actor
    full = administers(actor) or actor.person_id == found.pk
    now = timezone.now()
    facts = [
        (_("账号"), found.username), (_("所属分公司"), found.home_branch.name), (_("部门"), found.department.name if found.department else ""),
        (_("手机"), found.phone), (_("邮箱"), found.email), (_("语言"), found.get_language_display()),
    ]  # fmt: skip
    if full and directory.offered():
        facts.append((_("企业账号"), found.directory_name or _("没有，用密码登录")))
    context: dict[str, Any] = {
        "found": found,
        "facts": facts,
        "may_change": administers(actor),
        "may_link": administers(actor) and directory.offered(),
        "proved": fresh(actor),
        "anew": provider.anew_link(actor.person, _page_of(found)),
        "full": full,
        "link": link,
        "crumbs": _crumbs(),
        "now": now,
    }
    context["badge"] = Badge(_("在职"), "green") if found.is_active else Badge(_("已停用"), "neutral", "ban")
    if full:
        rows = list(Appointment.objects.filter(person=found).select_related("branch").order_by("-starts_at")[:60])
        deputies = Deputy.objects.filter(absent=found).select_related("deputy").order_by("-starts_at")[:20]
        context |= {
            "held": [(one, ROLES[one.role].label) for one in rows if one.ends_at is None or one.ends_at > now],
            "ended": [(one, ROLES[one.role].label) for one in rows if one.ends_at is not None and one.ends_at <= now],
            "deputies": list(deputies),
            "entries": past(found),
            "needs_link": administers(actor)
            and found.is_active
            and not directory.linked(found)
            and not (found.has_usable_password() and found.email),
            "has_password": found.has_usable_password(),
        }
    return render(request, "organisation/person.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_person(request: HttpRequest) -> HttpResponse:
    """Take someone on."""
    require_administrator(request.actor)

    def act(form: PersonForm) -> str:
        made = verbs.take_on(form.values, by=request.actor, at=timezone.now())
        done(request, _("%(name)s 已登记。请任命角色，并把设密码链接交给本人。") % {"name": made.name}, draft=request.path)
        return _page_of(made)

    return form_page(request, lambda data: PersonForm(data, actor=request.actor), act, title=_("登记人员"), crumbs=_crumbs())


@login_required
@require_http_methods(["GET", "POST"])
def edit_person(request: HttpRequest, username: str) -> HttpResponse:
    """Change someone's particulars."""
    require_administrator(request.actor)
    found = access_people.one(request.actor, username=username)

    def act(form: PersonForm) -> str:
        verbs.change_person(found, form.values, by=request.actor, at=timezone.now())
        done(request, _("%(name)s 的资料已保存。") % {"name": found.name}, draft=request.path)
        return _page_of(found)

    crumbs = _crumbs((found.name, _page_of(found)))
    return form_page(request, lambda data: PersonForm(data, actor=request.actor, instance=found), act, title=_("修改资料"), crumbs=crumbs)


@login_required
@require_POST
def switch(request: HttpRequest, username: str, way: str) -> HttpResponse:
    """Switch someone off, or on again."""
    require_administrator(request.actor)
    found = access_people.one(request.actor, username=username)
    if way == "off":
        verbs.switch_off(found, by=request.actor, at=timezone.now(), reason=request.POST.get("reason", "")[:200])
        done(request, _("%(name)s 已停用，所有登录立即失效，任职已结束。") % {"name": found.name})
    else:
        verbs.switch_on(found, by=request.actor, at=timezone.now())
        done(request, _("%(name)s 已恢复，请重新任命角色。") % {"name": found.name})
    return redirect(_page_of(found))


@login_required
@require_POST
def password_link(request: HttpRequest, username: str) -> HttpResponse:
    """Show once a link with which the person sets a password."""
    require_administrator(request.actor)
    found = access_people.one(request.actor, username=username)
    return _person_page(request, found, verbs.password_link(found, by=request.actor, at=timezone.now()))


@login_required
@sensitive_post_parameters()
@require_POST
def sign_in_help(request: HttpRequest, username: str) -> HttpResponse:
    """Sign someone out everywhere, or free them from a second factor they lost: with a fresh proof of who asks."""
    require_administrator(request.actor)
    found = access_people.one(request.actor, username=username)
    reason, free = request.POST.get("reason", "")[:200].strip(), request.POST.get("act") == "free"
    if not reason:
        raise Invalid(_("请填写原因，以及怎样核实了本人身份。"), field="reason")
    by = prove(request.actor, request.POST.get("password", ""))
    if free:
        verbs.free_from_second_factor(found, by=by, at=timezone.now(), reason=reason)
        done(request, _("%(name)s 的两步验证和通行密钥已解除，下次登录时重新设置。") % {"name": found.name})
    else:
        verbs.sign_out_everywhere(found, by=by, at=timezone.now(), reason=reason)
        done(request, _("%(name)s 已在所有设备上退出，接口令牌已作废。") % {"name": found.name})
    return redirect(_page_of(found))


@login_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, username: str) -> HttpResponse:
    """Say who someone is in the company's directory: with a fresh proof of who says so."""
    require_administrator(request.actor)
    found = access_people.one(request.actor, username=username)
    if not directory.offered():
        raise NotFound(_("没有接公司目录，不用登记企业账号。"))

    def act(form: DirectoryForm) -> str:
        by = prove(request.actor, form.proof)
        verbs.link(found, form.cleaned_data["directory_name"], by=by, at=timezone.now())
        done(request, _("%(name)s 的企业账号已保存。") % {"name": found.name}, draft=request.path)
        return _page_of(found)

    def form_of(data: Any) -> DirectoryForm:
        form = DirectoryForm(data, actor=request.actor, initial={"directory_name": found.directory_name}, focus=False)
        if "password" in form.fields:
            form.fields["password"].help_text = provider.anew_link(request.user, request.path)
        return form

    crumbs = _crumbs((found.name, _page_of(found)))
    line = _("填写本人在公司目录里的账号，核对是同一个人。保存后用它登录，闭环里的密码作废，所有设备退出。清空则改回密码登录。")
    return form_page(request, form_of, act, title=_("%(name)s 的企业账号") % {"name": found.name}, crumbs=crumbs, line=line)


@login_required
@require_http_methods(["GET", "POST"])
def appoint(request: HttpRequest, username: str) -> HttpResponse:
    """Appoint someone to a role."""
    require_administrator(request.actor)
    found = access_people.one(request.actor, username=username)
    roles = [(role.code, role.label) for role in ROLES.values()]

    def act(form: AppointmentForm) -> str:
        data = form.cleaned_data
        made = verbs.appoint(found, **data, by=request.actor, at=timezone.now())
        done(request, _("已任命：%(what)s。") % {"what": f"{found.name} · {made.get_role_display()} · {made.branch}"}, draft=request.path)
        return _page_of(found)

    def form_of(data: Any) -> AppointmentForm:
        return AppointmentForm(data, actor=request.actor, roles=roles, initial={"branch": found.home_branch_id})

    crumbs = _crumbs((found.name, _page_of(found)))
    return form_page(request, form_of, act, title=_("任命 %(name)s") % {"name": found.name}, crumbs=crumbs, button=_("任命"))


@login_required
@require_POST
def end_appointment(request: HttpRequest, pk: int) -> HttpResponse:
    """End a role today."""
    require_administrator(request.actor)
    found = Appointment.objects.filter(pk=pk, person__in=access_people.all(request.actor)).select_related("person", "branch").first()
    if found is None:
        raise NotFound
    verbs.end_appointment(found, by=request.actor, at=timezone.now())
    done(request, _("已结束：%(what)s。") % {"what": f"{found} · {found.branch}"})
    return redirect(_page_of(found.person))


@login_required
@require_safe
def deputies(request: HttpRequest) -> HttpResponse:
    """Who stands in for me, and for whom I stand in; for the administrator everyone's, now and to come."""
    actor, now = request.actor, timezone.now()
    rows = Deputy.objects.filter(ends_at__gt=now).select_related("absent", "deputy").order_by("starts_at")
    context = {
        "mine": list(rows.filter(absent_id=actor.person_id)[:50]),
        "for_others": list(rows.filter(deputy_id=actor.person_id)[:50]),
        "others": list(rows.exclude(absent_id=actor.person_id)[:100]) if administers(actor) else [],
        "over": list(Deputy.objects.filter(absent_id=actor.person_id, ends_at__lte=now).select_related("deputy").order_by("-ends_at")[:10]),
        "now": now,
    }
    return render(request, "organisation/deputies.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_deputy(request: HttpRequest) -> HttpResponse:
    """Name a deputy: one's own, or as administrator anyone's."""
    actor = request.actor

    def act(form: DeputyForm) -> str:
        made = verbs.name_deputy(**form.cleaned_data, by=actor, at=timezone.now())
        told = {"deputy": made.deputy.name, "absent": made.absent.name}
        done(request, _("%(deputy)s 将代理 %(absent)s，办理时两个名字都会记下。") % told, draft=request.path)
        return reverse("deputies")

    def form_of(data: Any) -> DeputyForm:
        asked = whole(request.GET.get("person", ""))
        initial = {"absent": asked} if asked and administers(actor) else {}
        return DeputyForm(data, actor=actor, anyone=administers(actor), initial=initial)

    crumbs, line = [(_("代理人"), reverse("deputies"))], _("代理期间，代理人可以办理缺席人的事，审批上显示“代”。")
    return form_page(request, form_of, act, title=_("指定代理人"), crumbs=crumbs, line=line, button=_("指定"))


@login_required
@require_POST
def end_deputy(request: HttpRequest, pk: int) -> HttpResponse:
    """End a deputyship early."""
    mine = Deputy.objects.all() if administers(request.actor) else Deputy.objects.filter(absent_id=request.actor.person_id)
    found = mine.filter(pk=pk).select_related("absent", "deputy").first()
    if found is None:
        raise NotFound
    verbs.end_deputy(found, by=request.actor, at=timezone.now())
    done(request, _("%(deputy)s 的代理已结束。") % {"deputy": found.deputy.name})
    return redirect("deputies")
