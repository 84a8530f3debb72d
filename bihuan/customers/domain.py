"""What may be done with customers, sites and contacts. Each act is journalled; nothing is deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Conflict, Invalid, NotAllowed
from bihuan.kernel.numbering.draw import draw
from bihuan.organisation.keeping import change, make
from bihuan.organisation.models import Branch, Region
from bihuan.organisation.public import branch_for, headquarters, overseas_branch

from .models import Contact, Customer, Phone, Site, digits
from .rules import may_keep, may_open, may_route, require_keeper
from .search import index_customer, initials_of

CUSTOMER_FIELDS = ("name", "short_name", "is_key_account", "is_overseas", "note")
SITE_FIELDS = ("name", "region", "address", "branch")
CONTACT_FIELDS = ("name", "title", "site", "email")
_followers: list[Callable[[Customer], None]] = []


def register_follower(follower: Callable[[Customer], None]) -> None:
    """Have *follower* told when a customer's name, or a site's name or branch, has changed; inside the same transaction."""
    if follower not in _followers:
        _followers.append(follower)


def _changed(customer: Customer) -> None:
    index_customer(customer)
    for follower in _followers:
        follower(customer)


def open_customer(
    name: str, *, by: Actor, at: dt.datetime, number: str = "", short_name: str = "", is_overseas: bool = False, is_key_account: bool = False,
    note: str = "", site: str = "", region: Region | None = None, address: str = "", contact: str = "", title: str = "", phones: Iterable[str] = (),
) -> tuple[Customer, Site]:  # fmt: skip
    """A customer with a first site and, when known, whom to call (AS-5.1.1).

    Raises NotAllowed for who keeps no customers, Invalid when the place belongs to a branch that *by* does not keep.
    """
    if not (by.is_system or may_open(by)):
        require_keeper(by, ())
    with journal.unit():
        home = headquarters()
        customer = Customer(
            name=name.strip(), short_name=short_name.strip(), is_overseas=is_overseas, is_key_account=is_key_account, note=note
        )
        customer.number = number or draw("C", home.code, home.zone, at)
        customer.initials = initials_of(customer.name, customer.short_name)
        make(customer, ("number", *CUSTOMER_FIELDS), by=by, at=at, action="customer.new")
        place = _new_site(customer, {"name": site.strip() or _("主厂区"), "region": region, "address": address}, by=by, at=at)
        if contact.strip() or any(phones):
            _new_contact(customer, {"name": contact.strip() or _("来电人"), "title": title, "site": place}, phones, by=by, at=at)
        _changed(customer)
    return customer, place


def change_customer(customer: Customer, fields: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> None:
    """Other particulars. Raises NotAllowed, and Conflict when somebody else changed them meanwhile."""
    require_keeper(by, _branches(customer))
    with journal.unit():
        if change(customer, fields, by=by, at=at, action="customer.change"):
            Customer.objects.filter(pk=customer.pk).update(initials=initials_of(customer.name, customer.short_name))
            customer.refresh_from_db(fields=["initials"])
            _changed(customer)


def _branches(customer: Customer) -> set[int | None]:
    return set(customer.sites.values_list("branch_id", flat=True))


def settle(site: Site) -> None:
    """Give a site the branch of its region, unless it was given another by hand (AS-4.2). Not saved."""
    site.branch = site.branch or branch_for(site.region)


def usual_branch(customer: Customer, region: Region | None) -> Branch | None:
    """The branch that serves a site of *customer* there: the export company for overseas customers, else the territory's."""
    return overseas_branch() if customer.is_overseas else branch_for(region)


def add_site(
    customer: Customer, fields: Mapping[str, Any], *, by: Actor, at: dt.datetime, branch: Branch | None = None, reason: str = ""
) -> Site:
    """Another place of *customer*; see :func:`change_site` for *branch*."""
    require_keeper(by, _branches(customer))
    with journal.unit():
        site = _new_site(customer, fields, by=by, at=at, branch=branch, reason=reason)
        _changed(customer)
    return site


def _new_site(
    customer: Customer, fields: Mapping[str, Any], *, by: Actor, at: dt.datetime, branch: Branch | None = None, reason: str = ""
) -> Site:
    usual = usual_branch(customer, fields.get("region"))
    _may_place(by, usual, branch, reason)
    site = Site(customer=customer, branch=branch or usual, **fields)
    make(site, SITE_FIELDS, by=by, at=at, action="site.new", reason=reason, clause="AS-4.2")
    return site


def change_site(
    site: Site, fields: Mapping[str, Any], *, by: Actor, at: dt.datetime, branch: Branch | None = None, reason: str = ""
) -> None:
    """Other particulars of a site. Its branch follows its region; *branch* overrides that, by headquarters and with a reason (AS-4.2).

    Raises NotAllowed, Invalid for an override without reason or a region of another branch, Conflict when changed meanwhile.
    """
    require_keeper(by, [site.branch_id])
    kept = site.branch if branch is not None and branch.pk == site.branch_id else None
    usual = usual_branch(site.customer, fields.get("region", site.region))
    if kept is None:
        _may_place(by, usual, branch, reason)
    with journal.unit():
        if change(site, {**fields, "branch": branch or usual}, by=by, at=at, action="site.change", reason=reason, clause="AS-4.2"):
            _changed(site.customer)


def _may_place(by: Actor, usual: Branch | None, branch: Branch | None, reason: str) -> None:
    """Whether *by* may have a site served by *branch* (None: by the *usual* one)."""
    if branch is None or branch == usual:
        if not may_keep(by, [usual.pk if usual else None]):
            served = usual.name if usual else _("总部")
            raise Invalid(_("这个地区由%(branch)s服务，请转客服登记。") % {"branch": served}, field="region")
        return
    if not may_route(by):
        raise NotAllowed(_("手工指定服务分公司由客服或售后服务部办理，请转他们。"))
    if not reason.strip():
        raise Invalid(_("手工指定服务分公司时，请填写原因。"), field="reason")


def add_contact(customer: Customer, fields: Mapping[str, Any], phones: Iterable[str], *, by: Actor, at: dt.datetime) -> Contact:
    """Someone who calls for *customer*, with their numbers. Raises NotAllowed, Invalid for a number without digits."""
    require_keeper(by, _branches(customer))
    with journal.unit():
        contact = _new_contact(customer, fields, phones, by=by, at=at)
        index_customer(customer)
    return contact


def _new_contact(customer: Customer, fields: Mapping[str, Any], phones: Iterable[str], *, by: Actor, at: dt.datetime) -> Contact:
    written = _numbers(phones)
    contact = Contact(customer=customer, **fields)
    contact.save()
    Phone.objects.bulk_create(Phone(contact=contact, written=text, digits=plain) for plain, text in written.items())
    told = {"name": contact.name, "title": contact.title, "phones": list(written.values())}
    journal.append(by, "contact.new", contact, at=at, after=told)
    return contact


def change_contact(contact: Contact, fields: Mapping[str, Any], phones: Iterable[str], *, by: Actor, at: dt.datetime) -> None:
    """Other particulars, and the numbers they have now. Names and numbers go into the journal as keyed commitments (#95, #96)."""
    require_keeper(by, _branches(contact.customer))
    written = _numbers(phones)
    before = dict(contact.phones.values_list("digits", "written"))
    with journal.unit():
        change(contact, fields, by=by, at=at, action="contact.change")
        if before != written:
            contact.phones.exclude(digits__in=list(written)).delete()
            for plain, text in written.items():
                Phone.objects.update_or_create(contact=contact, digits=plain, defaults={"written": text})
            journal.append(
                by, "contact.phones", contact, at=at, before={"phones": list(before.values())}, after={"phones": list(written.values())}
            )
        index_customer(contact.customer)


def switch_contact(contact: Contact, active: bool, *, by: Actor, at: dt.datetime) -> None:
    """Take a contact out of use, or back. Never deleted: records name them. Raises Conflict when it is so already."""
    require_keeper(by, _branches(contact.customer))
    with journal.unit():
        if not change(contact, {"is_active": active}, by=by, at=at, action="contact.on" if active else "contact.off"):
            raise Conflict(_("%(name)s 已经是这个状态。") % {"name": contact.name})
        index_customer(contact.customer)


def _numbers(phones: Iterable[str]) -> dict[str, str]:
    """Digits → as written, each number once. Raises Invalid that quotes one that cannot be called."""
    found: dict[str, str] = {}
    for text in filter(None, (phone.strip() for phone in phones)):
        plain = digits(text)
        if not 5 <= len(plain) <= 24 or len(text) > 40:
            raise Invalid(_("“%(text)s”不像电话号码，请核对，一行一个。") % {"text": text[:40]}, field="phones")
        found.setdefault(plain, text)
    return found


def count_sites(codes: list[str], branch: Branch | None) -> int:
    """How many sites in these regions are served by *branch*: those that a change of territory would take along."""
    return Site.objects.filter(region_id__in=codes, branch=branch).count()


def move_sites(codes: list[str], before: Branch | None, after: Branch | None, by: Actor, at: dt.datetime, reason: str) -> int:
    """Give the sites in these regions that *before* serves to *after* (AS-4.2); each is journalled and findable by its new branch."""
    moved = list(Site.objects.filter(region_id__in=codes, branch=before).select_related("customer", "branch"))
    for site in moved:
        change(site, {"branch": after}, by=by, at=at, action="site.change", reason=reason, clause="AS-4.2")
    for customer in {site.customer_id: site.customer for site in moved}.values():
        _changed(customer)
    return len(moved)
