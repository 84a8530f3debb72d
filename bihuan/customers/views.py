"""The customer's page, and the forms behind it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.lists.declare import list_url
from bihuan.kernel.ui.notices import done
from bihuan.kernel.ui.pieces import Badge
from bihuan.organisation.form_page import form_page
from bihuan.organisation.history import past

from . import domain as verbs
from .access import access_contacts, access_customers, access_sites
from .forms import ContactForm, CustomerForm, NewCustomerForm, SiteForm
from .models import Contact, Customer, Phone
from .public import panels_for
from .rules import masked, may_keep, may_open, may_report, require_keeper, sees_phones

MOST = 60


def _page_of(customer: Customer) -> str:
    return reverse("customer", args=[customer.number])


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("客户"), list_url("customers")), *more]


def _keeps(actor: Actor, customer: Customer) -> bool:
    return may_keep(actor, access_sites.all(actor).filter(customer=customer).values_list("branch_id", flat=True))


@login_required
@require_safe
def customer(request: HttpRequest, number: str) -> HttpResponse:
    """Who they are: what is open first, then sites, people, machines, and what was before."""
    actor: Actor = request.actor
    found = access_customers.one(actor, number=number)
    sites = list(access_sites.all(actor).filter(customer=found)[:MOST])
    keeps = may_keep(actor, [site.branch_id for site in sites])
    panels = panels_for(found, actor)
    context = {
        "found": found,
        "sites": sites,
        "contacts": _contacts(actor, found),
        "badges": _badges(found),
        "first": [panel for panel in panels if panel.order < 50 and not panel.aside],
        "then": [panel for panel in panels if panel.order >= 50 and not panel.aside],
        "beside": [panel for panel in panels if panel.aside],
        "entries": past(found, 10) if keeps else [],
        "keeps": keeps,
        "may_report": may_report(actor),
        "crumbs": _crumbs(),
    }
    return render(request, "customers/customer.html", context)


def _contacts(actor: Actor, found: Customer) -> list[tuple[Contact, list[str]]]:
    """The people, those in use first, with their numbers as *actor* may see them. Two statements."""
    rows = access_contacts.all(actor).filter(customer=found).prefetch_related(Prefetch("phones", queryset=Phone.objects.order_by("id")))
    shows = sees_phones(actor)
    return [
        (one, [phone.written if shows else masked(phone.written) for phone in one.phones.all()])
        for one in rows.order_by("-is_active", "name")[:MOST]
    ]


def _badges(found: Customer) -> list[Badge]:
    badges = [Badge(_("重大客户"), "accent", "star")] if found.is_key_account else []
    return [*badges, Badge(_("海外"), "neutral", "navigation")] if found.is_overseas else badges


@login_required
@require_http_methods(["GET", "POST"])
def new_customer(request: HttpRequest) -> HttpResponse:
    """Register a customer with a first site and contact."""
    if not may_open(request.actor):
        require_keeper(request.actor, ())

    def act(form: NewCustomerForm) -> str:
        data = form.cleaned_data
        place = {name: data[name] for name in ("site", "region", "address", "contact", "title")}
        made, _site = verbs.open_customer(**form.values, **place, phones=data["phones"].splitlines(), by=request.actor, at=timezone.now())
        done(request, _("%(name)s 已登记，编号 %(number)s。") % {"name": made.name, "number": made.number}, draft=request.path)
        return _page_of(made)

    return form_page(request, lambda data: NewCustomerForm(data, actor=request.actor), act, title=_("登记客户"), crumbs=_crumbs())


@login_required
@require_http_methods(["GET", "POST"])
def edit_customer(request: HttpRequest, number: str) -> HttpResponse:
    """Change a customer's particulars."""
    found = _kept(request, number)

    def act(form: CustomerForm) -> str:
        verbs.change_customer(found, form.values, by=request.actor, at=timezone.now())
        done(request, _("%(name)s 的资料已保存。") % {"name": found.name}, draft=request.path)
        return _page_of(found)

    return form_page(
        request, lambda data: CustomerForm(data, actor=request.actor, instance=found), act, title=_("修改客户"), crumbs=_own(found)
    )


def _kept(request: HttpRequest, number: str) -> Customer:
    """A customer in sight whom the person may keep. Raises NotFound, NotAllowed."""
    found = access_customers.one(request.actor, number=number)
    if not _keeps(request.actor, found):
        require_keeper(request.actor, ())
    return found


def _own(found: Customer) -> list[tuple[str, str]]:
    return _crumbs((str(found), _page_of(found)))


@login_required
@require_http_methods(["GET", "POST"])
def new_site(request: HttpRequest, number: str) -> HttpResponse:
    """Add a site."""
    found = _kept(request, number)

    def act(form: SiteForm) -> str:
        data = form.cleaned_data
        made = verbs.add_site(
            found, form.values, by=request.actor, at=timezone.now(), branch=data.get("branch"), reason=data.get("reason", "")
        )
        served = made.branch.name if made.branch else _("无，来电要手工转派")
        done(request, _("现场“%(site)s”已登记，服务分公司：%(branch)s。") % {"site": made.name, "branch": served}, draft=request.path)
        return _page_of(found)

    return form_page(
        request, lambda data: SiteForm(data, actor=request.actor, usual=verbs.usual_branch), act, title=_("登记现场"), crumbs=_own(found)
    )


@login_required
@require_http_methods(["GET", "POST"])
def edit_site(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a site, and by whom it is served."""
    site = access_sites.one(request.actor, pk=pk)
    require_keeper(request.actor, [site.branch_id])

    def act(form: SiteForm) -> str:
        data, by = form.cleaned_data, request.actor
        by_hand = data.get("branch") if "branch" in form.fields else _kept_by_hand(site, data["region"])
        verbs.change_site(site, form.values, by=by, at=timezone.now(), branch=by_hand, reason=data.get("reason", ""))
        done(
            request,
            _("现场“%(site)s”已保存，服务分公司：%(branch)s。") % {"site": site.name, "branch": site.branch or _("无")},
            draft=request.path,
        )
        return _page_of(site.customer)

    def form_of(data: Any) -> SiteForm:
        return SiteForm(data, actor=request.actor, instance=site, usual=verbs.usual_branch)

    line = _("现由%(branch)s服务。") % {"branch": site.branch} if site.branch else _("没有服务分公司，来电要手工转派。")
    return form_page(request, form_of, act, title=_("修改现场"), crumbs=_own(site.customer), line=line,
                     template="customers/site.html", entries=past(site))  # fmt: skip


def _kept_by_hand(site: Any, region: Any) -> Any:
    """The branch a site was given by hand, for someone who may not route: it stays while the region stays."""
    usual = verbs.usual_branch(site.customer, site.region)
    return site.branch if region == site.region and site.branch != usual else None


@login_required
@require_http_methods(["GET", "POST"])
def new_contact(request: HttpRequest, number: str) -> HttpResponse:
    """Add a contact."""
    found = _kept(request, number)

    def act(form: ContactForm) -> str:
        made = verbs.add_contact(found, form.values, form.numbers, by=request.actor, at=timezone.now())
        done(request, _("联系人 %(name)s 已登记。") % {"name": made.name}, draft=request.path)
        return _page_of(found)

    return form_page(
        request, lambda data: ContactForm(data, actor=request.actor, customer=found), act, title=_("登记联系人"), crumbs=_own(found)
    )


@login_required
@require_http_methods(["GET", "POST"])
def edit_contact(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a contact and their numbers."""
    contact = _kept_contact(request, pk)

    def act(form: ContactForm) -> str:
        verbs.change_contact(contact, form.values, form.numbers, by=request.actor, at=timezone.now())
        done(request, _("联系人 %(name)s 已保存。") % {"name": contact.name}, draft=request.path)
        return _page_of(contact.customer)

    def form_of(data: Any) -> ContactForm:
        return ContactForm(data, actor=request.actor, customer=contact.customer, instance=contact)

    return form_page(request, form_of, act, title=_("修改联系人"), crumbs=_own(contact.customer))


def _kept_contact(request: HttpRequest, pk: int) -> Contact:
    contact = access_contacts.one(request.actor, pk=pk)
    if not _keeps(request.actor, contact.customer):
        require_keeper(request.actor, ())
    return contact


@login_required
@require_POST
def switch_contact(request: HttpRequest, pk: int, way: str) -> HttpResponse:
    """Take a contact out of use, or back."""
    contact = _kept_contact(request, pk)
    verbs.switch_contact(contact, way == "on", by=request.actor, at=timezone.now())
    done(request, (_("%(name)s 已恢复。") if way == "on" else _("%(name)s 已停用，来电不再认出此人。")) % {"name": contact.name})
    return redirect(_page_of(contact.customer))
