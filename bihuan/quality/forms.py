"""What each step of a nonconformity and of a review asks for."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.tables.perform import ReasonForm, StepForm, register_forms
from bihuan.organisation.models import Branch, Person
from bihuan.organisation.public import staff_of

from .models import Disposition
from .queries.findings import told
from .queries.reviewers import reviewers_for

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


class FromRecordForm(DeclareForm):
    """A nonconformity on a record: against which of its rules, besides. ``source``: the record; ``once`` tells two sendings of one form from two forms."""

    subject = forms.ChoiceField(label=_("违反的要求"), required=False, help_text=_("程序里没有写明的，留空"))
    once = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput, initial=lambda: secrets.token_hex(16))
    field_order = ("description", "subject", "responsible", "once")

    def __init__(self, *given: Any, source: Any, **more: Any) -> None:
        super().__init__(*given, branch=source.branch, **more)
        procedure = source.procedure
        self.rules = {f"{procedure.form}.{rule.name}": rule for rule in (*procedure.steps, *procedure.clocks)}
        told = [(name, f"{rule.clause} {rule.label}") for name, rule in self.rules.items()]
        self.fields["subject"].choices = [("", _("请选择")), *told]  # type: ignore[attr-defined]

    def said(self) -> dict[str, Any]:
        """The fields of the nonconformity."""
        given = self.cleaned_data
        rule = self.rules.get(given["subject"])
        return {
            "description": given["description"].strip(), "responsible": given["responsible"], "subject": given["subject"],
            "clause": rule.clause if rule else "", "source_key": f"page:{given['once']}",
        }  # fmt: skip


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


class ReviewerForm(StepForm):
    reviewer = Staff(label=_("审查人"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        able = [person.pk for person in reviewers_for(self.record.branch)]
        self.fields["reviewer"].queryset = Person.objects.filter(pk__in=able).order_by("name")  # type: ignore[attr-defined]


class NextReviewerForm(ReasonForm, ReviewerForm):
    pass


class FindingsForm(StepForm):
    """Which of the undecided findings; a page that asks for some of them (``?findings=12,15``) offers these, already chosen."""

    def __init__(self, *args: Any, **more: Any) -> None:
        asked = str((more.get("initial") or {}).get("findings", ""))
        wanted = {int(seq) for seq in asked.split(",") if seq.isdecimal()}
        super().__init__(*args, **(more | {"initial": {"findings": sorted(wanted)}}))
        open_ones = [finding for finding in self.record.findings.filter(verdict="").order_by("seq") if not wanted or finding.seq in wanted]
        self.fields["findings"] = forms.TypedMultipleChoiceField(
            label=_("疑点"), choices=[(one.seq, told(one)) for one in open_ones], coerce=int, widget=forms.CheckboxSelectMultiple,
            error_messages={"invalid_choice": _("所选疑点不在这份审查里，或已有结论，请刷新后再选。")},
        )  # fmt: skip
        self.order_fields(["findings", *(name for name in self.fields if name != "findings")])


class ClearForm(FindingsForm):
    reason = forms.CharField(label=_("说明"), widget=TEXT, max_length=LONGEST, help_text=_("问了谁、看了什么、为什么正常"))


class EscalateForm(FindingsForm):
    description = forms.CharField(label=_("不合格事实"), widget=TEXT, max_length=LONGEST)
    responsible = Staff(label=_("责任人"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["responsible"].offer(self.record.branch)  # type: ignore[attr-defined]


class ConcludeForm(StepForm):
    conclusion = forms.CharField(label=_("审查结论"), widget=TEXT, max_length=LONGEST, help_text=_("没有疑点的月份也要写一句"))


register_forms(
    "quality.Review",
    {
        "assign": ReviewerForm,
        "hand_over": NextReviewerForm,
        "clear": ClearForm,
        "escalate": EscalateForm,
        "conclude": ConcludeForm,
    },
)
register_forms(
    "quality.Nonconformity",
    {"hand_over": ReassignForm, "plan": PlanForm, "correct": ResultForm, "verify": FindingForm, "redo": SendBackForm},
)
