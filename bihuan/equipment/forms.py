"""The forms of machines, the catalogue and bulletins."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.customers.access import access_sites
from bihuan.customers.models import Customer
from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.typed import whole
from bihuan.organisation.forms import DAY, NounForm

from .access import access_models
from .domain.catalogue import read_checklist, write_checklist
from .domain.units import ENDS
from .models import Bulletin, ProductLine, ProductModel, Unit, WarrantyTerm

IN_AN_ADDRESS = RegexValidator(r"^[^\s/?#%\\]+$", gettext_lazy("编号里不能有空格和斜线、问号、井号、百分号，请更正。"))


class UnitForm(NounForm):
    """A machine of one customer; its sites are the places to choose from."""

    class Meta:
        model = Unit
        fields = ("serial", "model", "site", "place", "shipped_on", "commissioned_on", "oem_brand", "is_overseas")
        widgets = {"shipped_on": DAY, "commissioned_on": DAY}

    kept = ("customer",)
    groups = (
        (gettext_lazy("铭牌"), ("serial", "model", "oem_brand")),
        (gettext_lazy("在哪里"), ("site", "place", "is_overseas")),
        (gettext_lazy("日期"), ("shipped_on", "commissioned_on")),
    )

    def __init__(self, *args: Any, customer: Customer, **more: Any) -> None:
        super().__init__(*args, **more)
        self.customer = customer
        self.fields["serial"].validators.append(IN_AN_ADDRESS)
        self.fields["model"].queryset = access_models.all(self.actor).order_by("line__code", "name")
        self.fields["model"].label_from_instance = lambda one: f"{one.line.name} · {one.name}"
        self.fields["site"].queryset = access_sites.all(self.actor).filter(customer=customer)
        self.fields["shipped_on"].help_text = _("按发货日适用的保修条款计算保修期。")
        self.fields["is_overseas"].help_text = _("海外设备的报修由进出口公司办理（AS-4.4）。")
        if self.record is None:
            self.initial.setdefault("is_overseas", customer.is_overseas)
        elif self.record.customer_id != customer.pk:
            self.initial["site"] = None

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        shipped, commissioned = data.get("shipped_on"), data.get("commissioned_on")
        if shipped and commissioned and commissioned < shipped:
            self.add_error("commissioned_on", _("调试日期早于发货日期，请更正。"))
        return data

    @property
    def values(self) -> dict[str, Any]:
        return super().values | {"customer": self.customer}


class WarrantyForm(NounForm):
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))

    class Meta:
        model = Unit
        fields = ENDS
        widgets = dict.fromkeys(ENDS, DAY)


class LineForm(NounForm):
    class Meta:
        model = ProductLine
        fields = ("code", "name", "major_faults")
        widgets = {"major_faults": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["code"].validators.append(IN_AN_ADDRESS)
        self.fields["major_faults"].help_text = _("一行一个。出现这些故障的派工单，没有服务工作报告书不能关闭。")


class TermForm(forms.ModelForm):
    class Meta:
        model = WarrantyTerm
        fields = ("valid_from", "parts_months", "labour_months", "travel_months")
        widgets = {"valid_from": DAY}


class ModelForm(NounForm):
    checklist = forms.CharField(
        label=gettext_lazy("检查表"), max_length=20000, required=False, strip=False, widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=gettext_lazy("一行一项：项目 | 单位 | 下限 | 上限。写了单位的要填数值，例如：排气压力 | MPa | 0.6 | 0.9。"),
    )  # fmt: skip

    class Meta:
        model = ProductModel
        fields = ("line", "name", "description")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if self.record is not None:
            self.initial["checklist"] = write_checklist(self.record.checklist.all())

    def clean_checklist(self) -> list[dict[str, Any]]:
        try:
            return read_checklist(self.cleaned_data["checklist"])
        except Invalid as problem:
            raise ValidationError(problem.sentence)


class Models(forms.ModelMultipleChoiceField):
    """Models by their ids; one no database could hold is refused like one that does not exist."""

    def clean(self, value: Any) -> Any:
        for pk in value or ():
            if whole(str(pk)) is None:
                raise forms.ValidationError(self.error_messages["invalid_pk_value"], "invalid_pk_value", {"pk": str(pk)[:20]})
        return super().clean(value)


class BulletinForm(forms.ModelForm):
    class Meta:
        model = Bulletin
        field_classes: ClassVar = {"models_concerned": Models}
        fields = ("number", "title", "body", "models_concerned")
        widgets = {"body": forms.Textarea(attrs={"rows": 10}), "models_concerned": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, actor: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["number"].validators.append(IN_AN_ADDRESS)
        self.fields["models_concerned"].queryset = access_models.all(actor).order_by("line__code", "name")
