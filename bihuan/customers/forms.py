"""The forms of customers, sites and contacts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.kernel.access.actors import Actor
from bihuan.organisation.access import access_branches, access_regions
from bihuan.organisation.forms import NounForm
from bihuan.organisation.models import Branch, Region

from .access import access_sites
from .models import Contact, Customer, Site
from .rules import may_route

PHONES = gettext_lazy("一行一个号码；手机、座机、分机都可以。")


def region_choices(actor: Actor) -> list[tuple[str, Any]]:
    """All divisions, cities under their province. One statement."""
    regions = list(access_regions.all(actor))
    cities: dict[str, list[tuple[str, str]]] = {}
    for region in regions:
        if region.parent_id:
            cities.setdefault(region.parent_id, []).append((region.code, region.name))
    groups: list[tuple[str, Any]] = [("", _("未选择"))]
    for region in regions:
        if region.parent_id is None:
            own = (region.code, _("%(name)s（全境）") % {"name": region.name} if region.code in cities else region.name)
            groups.append((region.name, [own, *cities.get(region.code, [])]))
    return groups


class RegionField(forms.TypedChoiceField):
    """A region, picked below its province."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            label=gettext_lazy("地区"), required=False, empty_value=None, coerce=lambda code: Region.objects.filter(pk=code).first(), **more
        )

    def prepare_value(self, value: Any) -> Any:
        return value.pk if isinstance(value, Region) else value


class CustomerForm(NounForm):
    class Meta:
        model = Customer
        fields = ("name", "short_name", "is_key_account", "is_overseas", "note")
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}


class NewCustomerForm(CustomerForm):
    """A new customer with a first site and a first contact, on one page."""

    site = forms.CharField(label=gettext_lazy("现场名称"), max_length=80, initial=gettext_lazy("主厂区"))
    region = RegionField(help_text=gettext_lazy("按地区决定服务分公司。"))
    address = forms.CharField(label=gettext_lazy("地址"), max_length=200, required=False)
    contact = forms.CharField(label=gettext_lazy("联系人"), max_length=60, required=False)
    title = forms.CharField(label=gettext_lazy("部门/职务"), max_length=60, required=False)
    phones = forms.CharField(
        label=gettext_lazy("电话"), max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text=PHONES
    )
    groups = (
        (gettext_lazy("客户"), ("name", "short_name", "is_key_account", "is_overseas", "note")),
        (gettext_lazy("第一个现场"), ("site", "region", "address")),
        (gettext_lazy("联系人"), ("contact", "title", "phones")),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["region"].choices = region_choices(self.actor)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("region") and not data.get("is_overseas") and "region" not in self.errors:
            self.add_error("region", _("请选择地区，系统据此确定服务分公司；海外客户请勾选“海外客户”。"))
        same = Customer.objects.filter(name=(data.get("name") or "").strip()).first()
        if same is not None:
            self.add_error("name", _("已有同名客户（%(number)s），请在它下面增加现场。") % {"number": same.number})
        return data


class SiteForm(NounForm):
    """A site. Left empty, the branch follows the region."""

    region = RegionField()
    branch = forms.ModelChoiceField(
        Branch.objects.none(), label=gettext_lazy("服务分公司"), required=False, empty_label=gettext_lazy("按地区自动")
    )
    reason = forms.CharField(
        label=gettext_lazy("手工指定的原因"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("不按地区时必填，与经手人一起记入经过。"),
    )

    class Meta:
        model = Site
        fields = ("name", "region", "address")

    kept = ("branch",)

    def __init__(self, *args: Any, usual: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["region"].choices = region_choices(self.actor)
        if not may_route(self.actor):
            del self.fields["branch"], self.fields["reason"]
            return
        self.fields["branch"].queryset = access_branches.all(self.actor).filter(is_active=True, is_headquarters=False)
        by_hand = self.record is not None and self.record.branch_id != getattr(usual(self.record.customer, self.record.region), "pk", None)
        self.initial["branch"] = self.record.branch_id if by_hand else None


class ContactForm(NounForm):
    phones = forms.CharField(
        label=gettext_lazy("电话"), max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text=PHONES
    )

    class Meta:
        model = Contact
        fields = ("name", "title", "site", "email")

    def __init__(self, *args: Any, customer: Customer, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["site"].queryset = access_sites.all(self.actor).filter(customer=customer)
        self.fields["site"].empty_label = _("不限现场")
        if self.record is not None:
            self.initial["phones"] = "\n".join(phone.written for phone in self.record.phones.all())

    @property
    def numbers(self) -> list[str]:
        return self.cleaned_data["phones"].splitlines()
