"""The call form: who is calling, from where, about which machine; what there is to know while the customer is on the line (AS-5.1.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.customers.access import access_contacts, access_customers, access_sites
from bihuan.customers.models import Contact, Customer, Site
from bihuan.customers.public import new_customer
from bihuan.equipment.access import access_units
from bihuan.equipment.models import Bulletin, Unit
from bihuan.equipment.public import unread_bulletins
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Invalid, Refusal
from bihuan.kernel.lists.search import find_records
from bihuan.kernel.typed import whole
from bihuan.organisation.access import access_regions
from bihuan.organisation.models import Appointment, Branch
from bihuan.organisation.public import overseas_branch
from bihuan.organisation.roles import BRANCH_LEAD

from . import queries
from .access import access_requests
from .domain import request as verbs
from .models import Channel, ServiceRequest


@dataclass
class Found:
    """What the screen shows beside what the operator types."""

    customers: list[Customer] = field(default_factory=list)
    customer: Customer | None = None
    contact: Contact | None = None
    sites: list[Site] = field(default_factory=list)
    site: Site | None = None
    units: list[Unit] = field(default_factory=list)
    unit: Unit | None = None
    open: list[ServiceRequest] = field(default_factory=list)
    duplicates: list[ServiceRequest] = field(default_factory=list)
    recent: list[ServiceRequest] = field(default_factory=list)
    bulletins: list[Bulletin] = field(default_factory=list)
    branch: Branch | None = None
    lead: str = ""
    searched: bool = False


def look_up(actor: Actor, *, phone: str = "", text: str = "", customer: str = "", site: str = "", unit: str = "") -> Found:
    """Everything known for a telephone number, a search text, or what has been picked. Foreign ids find nothing."""
    text = text.replace("\0", "")
    found = Found(searched=bool(phone.strip() or text.strip()))
    _pick_unit(found, actor, unit)
    if found.customer is None and (pk := whole(customer)):
        found.customer = access_customers.all(actor).filter(pk=pk).first()
    if found.customer is None and text.strip():
        _search(found, actor, text)
    if found.customer is None and not found.customers:
        _pick_caller(found, actor, phone)
    if found.customer is not None:
        _fill(found, actor, site)
    return found


def _pick_unit(found: Found, actor: Actor, unit: str) -> None:
    if pk := whole(unit):
        found.unit = access_units.all(actor).filter(pk=pk).first()
        if found.unit is not None:
            found.customer, found.site = found.unit.customer, found.unit.site


def _pick_caller(found: Found, actor: Actor, phone: str) -> None:
    contacts = queries.callers(actor, phone)
    found.customers = list({contact.customer_id: contact.customer for contact in contacts}.values())
    if len(found.customers) == 1:
        found.customer, found.contact = found.customers[0], contacts[0]
        found.site = contacts[0].site


def _search(found: Found, actor: Actor, text: str) -> None:
    """By serial number, by customer's name, initials or place."""
    found.unit = access_units.all(actor).filter(serial__iexact=text.strip()).first()
    if found.unit is not None:
        found.customer, found.site = found.unit.customer, found.unit.site
        return
    hits: list[Any] = find_records(actor, text, types=["customers.Customer", "equipment.Unit"], limit=12) if len(text.strip()) > 1 else []
    owners = [hit.customer if isinstance(hit, Unit) else hit for hit in hits]
    found.customers = list({owner.pk: owner for owner in owners}.values())
    if len(found.customers) == 1:
        found.customer = found.customers[0]


def _fill(found: Found, actor: Actor, site: str) -> None:
    customer = found.customer
    assert customer is not None  # noqa: S101  (the caller has looked)
    found.sites = list(access_sites.all(actor).filter(customer=customer)[:50])
    if found.unit is None and site:
        found.site = next((known for known in found.sites if known.pk == whole(site)), None)
    if found.site is None and len(found.sites) == 1:
        found.site = found.sites[0]
    units = access_units.all(actor).filter(customer=customer)
    found.units = list((units.filter(site=found.site) if found.site else units)[:100])
    if found.unit is None and len(found.units) == 1:
        found.unit = found.units[0]
    found.open = list(queries.open_requests(actor).filter(customer=customer)[:5])
    if found.unit is not None:
        found.duplicates = [request for request in found.open if request.unit_id == found.unit.pk]
        found.open = [request for request in found.open if request.unit_id != found.unit.pk]
        found.bulletins = unread_bulletins(actor, found.unit.model_id)
    found.recent = queries.recent(actor, unit=found.unit, customer_id=customer.pk)
    overseas = found.unit.is_overseas if found.unit else customer.is_overseas
    found.branch = overseas_branch() if overseas else found.site.branch if found.site else None
    if found.branch is not None:
        lead = Appointment.objects.holding(BRANCH_LEAD.code, found.branch.pk).select_related("person").first()
        found.lead = lead.person.name if lead else ""


SAID_AS = {"phones": "caller_phone", "name": "new_name", "region": "new_region", "address": "new_address"}  # a new customer's fields, here


class CallForm(forms.Form):
    """The one-screen form. Customer, site, contact and unit are picked among what the caller's number found, or made in two lines."""

    caller_phone = forms.CharField(label=gettext_lazy("来电号码"), max_length=40, required=False)
    called_at = forms.DateTimeField(
        label=gettext_lazy("来电时间"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("渠道"),
        choices=[c for c in Channel.choices if c[0] not in {"api", "import"}],
        initial="phone",
        widget=forms.RadioSelect,
    )
    caller_name = forms.CharField(label=gettext_lazy("来电人"), max_length=60, required=False)
    customer = forms.CharField(required=False, widget=forms.HiddenInput)
    site = forms.CharField(label=gettext_lazy("现场"), required=False)
    contact = forms.CharField(label=gettext_lazy("联系人"), required=False)
    unit = forms.CharField(label=gettext_lazy("设备"), required=False)
    new_name = forms.CharField(label=gettext_lazy("新客户名称"), max_length=120, required=False)
    new_region = forms.CharField(label=gettext_lazy("地区"), required=False)
    new_address = forms.CharField(label=gettext_lazy("地址"), max_length=200, required=False)
    fault = forms.CharField(label=gettext_lazy("客户原话"), max_length=8000, widget=forms.Textarea(attrs={"rows": 3}))
    first_answer = forms.CharField(
        label=gettext_lazy("已给答复"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    is_overseas = forms.BooleanField(label=gettext_lazy("海外业务"), required=False)
    follows_up = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, actor: Actor, **more: Any) -> None:
        super().__init__(*args, **more)
        self.actor = actor
        self.picked: dict[str, Any] = {}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, getter in (("customer", access_customers), ("site", access_sites), ("contact", access_contacts), ("unit", access_units)):
            self.picked[name] = self._pick(name, getter)
        if self.picked["unit"]:
            self._belongs("customer", self.picked["unit"].customer)
            self._belongs("site", self.picked["unit"].site)
        for name in ("site", "contact"):
            if self.picked[name] and self.picked[name].customer_id != getattr(self.picked["customer"], "pk", None):
                self.add_error(name, _("选中的内容不属于这位客户，请重新选择。"))
        self.picked["follows_up"] = self._pick_earlier(data.get("follows_up") or "")
        if not self.picked["customer"] and not data.get("new_name"):
            self.add_error("new_name", _("没有找到客户。请按号码、名称或出厂编号查找，或在此登记新客户名称。"))
        if not self.picked["customer"] and data.get("new_name") and not data.get("new_region") and not data.get("is_overseas"):
            self.add_error("new_region", _("请选择客户所在地区，系统据此转给分公司。"))
        if data.get("called_at") and data["called_at"] > timezone.now():
            self.add_error("called_at", _("来电时间晚于现在，请核对日期和时间。"))
        return data

    def _pick(self, name: str, getter: Any) -> Any:
        text = self.cleaned_data.get(name) or ""
        if not text:
            return None
        pk = whole(text)
        row = getter.all(self.actor).filter(pk=pk).first() if pk else None
        if row is None:
            self.add_error(name, _("选中的内容已不存在，请重新选择。"))
        return row

    def _pick_earlier(self, number: str) -> ServiceRequest | None:
        """The request that this call goes on with, if one was named."""
        earlier = access_requests.all(self.actor).filter(number=number).first() if number else None
        if number and earlier is None:
            self.add_error(None, _("要接续的报修 %(number)s 已找不到，请重新选择，或作为新的报修登记。") % {"number": number[:20]})
        return earlier

    def _belongs(self, name: str, owner: Any) -> None:
        """The unit says whose it is and where it stands; what was picked beside it must agree."""
        if self.picked[name] not in (None, owner):
            self.add_error(name, _("选中的设备不属于这里，请重新选择设备、现场或客户。"))
        self.picked[name] = owner

    def refused(self, problem: Refusal) -> None:
        """Show a verb's refusal at the field it is about."""
        field = SAID_AS.get(problem.field, problem.field)
        if field in self.fields:
            self.add_error(field, problem.sentence)

    def save(self, *, solve: bool) -> ServiceRequest:
        """Register the call; with *solve* it was settled on the phone with what was answered. Raises what the verbs refuse."""
        data = self.cleaned_data
        if solve and not data["first_answer"].strip():
            raise Invalid(_("电话已解决时，请在“已给答复”里写明与客户说了什么。"), field="first_answer")
        with transaction.atomic():
            customer, site = self.picked["customer"], self.picked["site"]
            if customer is None:
                region = access_regions.all(self.actor).filter(pk=data["new_region"]).first()
                customer, site = new_customer(
                    data["new_name"], by=self.actor, region=region, address=data["new_address"],
                    contact=data["caller_name"], phone=data["caller_phone"], is_overseas=data["is_overseas"],
                )  # fmt: skip
            request = ServiceRequest(
                customer=customer, site=site, unit=self.picked["unit"], contact_person=self.picked["contact"], channel=data["channel"],
                caller_name=data["caller_name"] or (self.picked["contact"].name if self.picked["contact"] else ""),
                caller_phone=data["caller_phone"], called_at=data["called_at"], fault=data["fault"].strip(),
                first_answer=data["first_answer"].strip(), is_overseas=data["is_overseas"] or customer.is_overseas, follows_up=self.picked["follows_up"],
            )  # fmt: skip
            now = timezone.now()
            verbs.register(request, by=self.actor, at=now)
            if solve:
                verbs.solve_by_phone(request, by=self.actor, at=max(data["called_at"], now), answer=data["first_answer"])
        return request
