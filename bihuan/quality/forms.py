"""What each step of a nonconformity asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.tables.perform import ReasonForm, StepForm, register_forms
from bihuan.organisation.models import Branch, Person
from bihuan.organisation.public import staff_of

from .models import Disposition

TEXT = forms.Textarea(attrs={"rows": 3})
LONGEST = 2000


class Staff(forms.ModelChoiceField):
    """A choice among those who work at a branch."""

    def __init__(self, **more: Any) -> None:
        super().__init__(queryset=Person.objects.none(), empty_label=_("请选择"), **more)

    def offer(self, branch: Branch) -> None:
        self.queryset = Person.objects.filter(pk__in=[person.pk for person in staff_of(branch)]).order_by("name")


class DeclareForm(forms.Form):
    """A deviation becomes a nonconformity: what is wrong, and who sees to it."""

    description = forms.CharField(label=_("不合格事实"), widget=TEXT, max_length=LONGEST)
    responsible = Staff(label=_("责任人"))

    def __init__(self, *given: Any, branch: Branch, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["responsible"].offer(branch)  # type: ignore[attr-defined]


class ReassignForm(ReasonForm):
    responsible = Staff(label=_("责任人"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["responsible"].offer(self.record.branch)


class DueForm(StepForm):
    due_at = forms.DateTimeField(label=_("完成期限"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))


class PlanForm(DueForm):
    containment = forms.CharField(label=_("应急处置"), widget=TEXT, max_length=LONGEST, help_text=_("先怎样防止事情变得更坏"))
    disposition = forms.ChoiceField(label=_("处置"), choices=Disposition.choices)
    cause = forms.CharField(label=_("原因"), widget=TEXT, max_length=LONGEST)
    correction = forms.CharField(label=_("纠正措施"), widget=TEXT, max_length=LONGEST)
    field_order = ("containment", "disposition", "cause", "correction", "due_at")


class ResultForm(StepForm):
    result = forms.CharField(label=_("完成情况"), widget=TEXT, max_length=LONGEST)


class FindingForm(StepForm):
    finding = forms.CharField(label=_("验证结论"), widget=TEXT, max_length=LONGEST, help_text=_("看了什么、凭什么说措施有效"))


class SendBackForm(ReasonForm, DueForm):
    pass


register_forms(
    "quality.Nonconformity",
    {"hand_over": ReassignForm, "plan": PlanForm, "correct": ResultForm, "verify": FindingForm, "redo": SendBackForm},
)
