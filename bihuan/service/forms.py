"""What each step of the main job asks for; pages and API check with the same form."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.tables.perform import ReasonForm, StepForm, register_forms
from bihuan.kernel.typed import whole
from bihuan.organisation.models import Branch, Person
from bihuan.organisation.public import engineers_of

from .models import CarryItem, HoldReason, Outcome

TEXT = forms.Textarea(attrs={"rows": 3})
MOST = 9999  # of one thing to carry


class People(forms.ModelChoiceField):
    """A choice among a few people, by name; they are at hand, so choosing one asks the database nothing."""

    people: Mapping[str, Person] = {}

    def __init__(self, **more: Any) -> None:
        super().__init__(queryset=Person.objects.none(), empty_label=_("请选择"), **more)

    def offer(self, people: list[Person]) -> None:
        self.people = {str(person.pk): person for person in people}
        self.choices = [("", self.empty_label), *((person.pk, self.label_from_instance(person)) for person in people)]

    def to_python(self, value: Any) -> Person | None:
        if value in self.empty_values:
            return None
        found = self.people.get(str(value))
        if found is None:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})
        return found


class BranchForm(StepForm):
    branch = forms.ModelChoiceField(label=_("服务分公司"), queryset=Branch.objects.none(), empty_label=_("请选择"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["branch"].queryset = Branch.objects.filter(is_active=True, is_headquarters=False)


class RerouteForm(BranchForm, ReasonForm):
    pass


class EngineerForm(StepForm):
    engineer = People(label=_("工程师"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["engineer"].offer(engineers_of(self.record.branch))


class ReassignForm(EngineerForm, ReasonForm):
    pass


class AnswerForm(StepForm):
    answer = forms.CharField(label=_("与客户说了什么"), widget=TEXT, max_length=4000)


class HoldForm(StepForm):
    hold_reason = forms.ChoiceField(label=_("等待原因"), choices=HoldReason.choices)


class CarryField(forms.CharField):
    """The carry list as lines ``类别 名称 ×数量``; the page writes them, the API may send a list of objects."""

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        if isinstance(value, list):
            return [self._item(dict(item)) for item in value]
        return [self._parsed(line) for line in str(value or "").splitlines() if line.strip()]

    def _parsed(self, line: str) -> dict[str, Any]:
        kind, _space, rest = line.strip().replace("：", " ").partition(" ")
        name, _sign, quantity = rest.strip().rpartition("×") if "×" in rest else (rest.strip(), "", "1")
        kinds = {str(choice.label).casefold(): choice.value for choice in CarryItem.Kind}
        if (kind := kind.casefold()) not in kinds or not name.strip() or not (count := whole(quantity.strip(), MOST)):
            raise forms.ValidationError(_("“%(line)s”看不懂，请写成“工具 压力表 ×1”，类别为表单、工具或备件。"), params={"line": line})
        return {"kind": kinds[kind], "name": self._name(name), "quantity": count}

    def _item(self, item: dict[str, Any]) -> dict[str, Any]:
        if item.get("kind") not in CarryItem.Kind.values or not str(item.get("name", "")).strip():
            raise forms.ValidationError(_("携带清单的每一项须有类别（form、tool、part）和名称。"))
        quantity = whole(str(item.get("quantity", 1)), MOST)
        if not quantity:
            raise forms.ValidationError(_("“%(name)s”的数量须为 1 到 %(most)s 的整数。"), params={"name": item["name"], "most": MOST})
        return {"kind": item["kind"], "name": self._name(str(item["name"])), "quantity": quantity}

    @staticmethod
    def _name(text: str) -> str:
        name, most = text.strip(), CarryItem._meta.get_field("name").max_length or 0
        if len(name) > most:
            raise forms.ValidationError(_("“%(name)s…”的名称太长，最多 %(most)s 个字。"), params={"name": name[:20], "most": most})
        return name

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise forms.ValidationError(_("请至少列出一项要携带的表单、工具或备件。"))


class OrderForm(EngineerForm):
    """Drafting and amending an order."""

    planned_arrival = forms.DateTimeField(label=_("约定到场"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    task = forms.CharField(label=_("任务"), widget=TEXT, max_length=2000)
    carry = CarryField(label=_("携带清单"), widget=forms.Textarea(attrs={"rows": 5}), help_text=_("每行一项，如“工具 压力表 ×1”"))


class DraftForm(OrderForm):
    planned_hours = forms.DecimalField(label=_("预计工时（小时）"), initial=2, min_value=0, max_digits=5, decimal_places=1)
    companions = forms.CharField(label=_("同行人员"), required=False, max_length=120)
    cost_note = forms.CharField(label=_("费用说明"), required=False, max_length=200)


class ReleaseForm(ReasonForm):
    phone_approver = forms.CharField(label=_("电话同意人"), max_length=60)
    phone_approved_at = forms.DateTimeField(label=_("电话同意时间"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))


class DepartForm(StepForm):
    """The carry list, item by item: ticked, or why not."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.items = list(self.record.carry_items.all())
        choices = [(item.pk, f"{item.get_kind_display()} {item.name} ×{item.quantity}") for item in self.items]
        self.fields["carried"] = forms.TypedMultipleChoiceField(
            label=_("已带"), choices=choices, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
        )
        for item in self.items:
            self.fields[f"remark_{item.pk}"] = forms.CharField(
                label=_("未带“%(item)s”的原因") % {"item": item.name}, required=False, max_length=120
            )

    def arguments(self) -> dict[str, Any]:
        remarks = {item.pk: self.cleaned_data[f"remark_{item.pk}"] for item in self.items if self.cleaned_data[f"remark_{item.pk}"]}
        return {"carried": self.cleaned_data["carried"], "remarks": remarks}


class ArriveForm(StepForm):
    arrival_place = forms.CharField(label=_("到场地点"), max_length=120)
    latitude = forms.DecimalField(
        label=_("纬度"), required=False, max_digits=9, decimal_places=6, min_value=-90, max_value=90, widget=forms.HiddenInput
    )
    longitude = forms.DecimalField(
        label=_("经度"), required=False, max_digits=9, decimal_places=6, min_value=-180, max_value=180, widget=forms.HiddenInput
    )


class ReportForm(StepForm):
    progress = forms.CharField(label=_("今日进展"), widget=TEXT, max_length=2000)
    plan = forms.CharField(label=_("明日计划"), required=False, widget=forms.Textarea(attrs={"rows": 2}), max_length=1000)


class FillInForm(StepForm):
    """Any part of the service record; what is not sent stays as it was, so nothing written elsewhere is lost."""

    checklist = forms.JSONField(label=_("检查"), required=False)
    findings = forms.CharField(label=_("故障现象与原因"), required=False, widget=TEXT, max_length=4000)
    work_done = forms.CharField(label=_("处理过程"), required=False, widget=TEXT, max_length=4000)
    parts = forms.JSONField(label=_("零件"), required=False)
    outcome = forms.ChoiceField(label=_("结果"), required=False, choices=[("", _("请选择")), *Outcome.choices])
    advice = forms.CharField(label=_("给客户的建议"), required=False, widget=forms.Textarea(attrs={"rows": 2}), max_length=2000)
    labour_minutes = forms.IntegerField(label=_("工时（分钟）"), required=False, min_value=0, max_value=100_000)
    travel_minutes = forms.IntegerField(label=_("路途（分钟）"), required=False, min_value=0, max_value=100_000)

    def clean_checklist(self) -> list[dict[str, Any]]:
        """Only answers are taken from outside; the lines themselves stay the work instruction's."""
        kept = [dict(line) for line in self.record.checklist]
        sent = self.cleaned_data["checklist"]
        if not isinstance(sent, list):
            return kept
        for line, answer in zip(kept, sent, strict=False):
            if isinstance(answer, dict):
                ok = answer.get("ok")
                line.update(
                    value=str(answer.get("value", ""))[:40],
                    ok=ok if isinstance(ok, bool) else None,
                    remark=str(answer.get("remark", ""))[:200],
                )
        return kept

    def clean_parts(self) -> list[dict[str, Any]]:
        sent = self.cleaned_data["parts"] or []
        if not isinstance(sent, list) or not all(isinstance(part, dict) for part in sent):
            raise forms.ValidationError(_("零件应为清单，每行写名称、数量、新旧序列号。"))
        return [self._part(part) for part in sent if any(str(value).strip() for value in part.values())]

    def _part(self, part: dict[str, Any]) -> dict[str, Any]:
        try:
            quantity = int(part.get("quantity") or 1)
        except (TypeError, ValueError):
            raise forms.ValidationError(_("零件“%(name)s”的数量不是整数。"), params={"name": part.get("name")}) from None
        if quantity < 1 or not str(part.get("name", "")).strip():
            raise forms.ValidationError(_("每个零件都要写名称，数量至少为 1；多余的行请删去。"))
        texts = {name: str(part.get(name, "")).strip()[:60] for name in ("name", "part_no", "old_serial", "new_serial")}
        return {**texts, "quantity": quantity}

    def arguments(self) -> dict[str, Any]:
        return {name: value for name, value in super().arguments().items() if name in self.data}


class SignForm(StepForm):
    """The customer's drawn signature: ``image`` a PNG data URL, ``strokes`` the pen's points as JSON."""

    signer_name = forms.CharField(label=_("签字人姓名"), max_length=60)
    signer_title = forms.CharField(label=_("职务"), required=False, max_length=60)
    remarks = forms.CharField(label=_("客户意见"), required=False, widget=forms.Textarea(attrs={"rows": 2}), max_length=1000)
    image = forms.CharField(
        label=_("签名"), widget=forms.HiddenInput, error_messages={"required": _("签名框还是空的，请客户签名后再提交。")}
    )
    strokes = forms.JSONField(label=_("笔迹"), widget=forms.HiddenInput)

    def clean_image(self) -> bytes:
        head, _comma, body = self.cleaned_data["image"].partition(",")
        try:
            if head != "data:image/png;base64":
                raise ValueError
            return base64.b64decode(body, validate=True)
        except ValueError:
            raise forms.ValidationError(_("没有收到完整的签名图片，请重新签名。")) from None


class RefuseForm(StepForm):
    refusal_reason = forms.CharField(label=_("拒签原因"), widget=TEXT, max_length=1000)
    refusal_witness = forms.CharField(label=_("见证人"), max_length=60)


class ReviewForm(StepForm):
    review_note = forms.CharField(label=_("审核意见"), widget=TEXT, max_length=1000)


register_forms(
    "service.ServiceRequest",
    {
        "forward": BranchForm,
        "reroute": RerouteForm,
        "assign": EngineerForm,
        "reassign": ReassignForm,
        "contact": AnswerForm,
        "solve_by_phone": AnswerForm,
        "hold": HoldForm,
    },
)
register_forms(
    "service.DispatchOrder",
    {"amend": OrderForm, "release_by_phone": ReleaseForm, "depart": DepartForm, "arrive": ArriveForm, "report": ReportForm},
)
register_forms("service.ServiceRecord", {"fill_in": FillInForm, "sign": SignForm, "refuse": RefuseForm, "review": ReviewForm})
