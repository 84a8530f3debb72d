"""What each step of a person's request asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import validate_email
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.tables.perform import StepForm, register_forms

from .forget import concerned, photos_of
from .models import Basis, Field, Identity, Way, Wish
from .person import of_request

TEXT = forms.Textarea(attrs={"rows": 3})
KEEP, DELETE = "keep", "delete"
SHOWN = 10


class FindForm(forms.Form):
    """Whom it is about. The number is posted, so that it stands in no address and no log."""

    phone = forms.CharField(label=_("本人的电话"), max_length=40, widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}))


class ReceiveForm(forms.Form):
    """Which of those found it is, what they ask for, and how it was made sure that it is they."""

    person = forms.ChoiceField(label=_("是哪一位"), widget=forms.RadioSelect)
    wish = forms.ChoiceField(label=_("请求"), choices=Wish.choices, widget=forms.RadioSelect)
    identity = forms.ChoiceField(
        label=_("身份核实"), choices=Identity.choices, widget=forms.RadioSelect, help_text=_("核实不了的不要受理；不收身份证复印件。")
    )

    def __init__(self, *given: Any, people: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["person"].choices = people  # type: ignore[attr-defined]
        if len(people) == 1:
            self.fields["person"].initial = people[0][0]


class CorrectForm(StepForm):
    field = forms.ChoiceField(label=_("更正的项目"), choices=Field.choices)
    value = forms.CharField(
        label=_("更正为"), widget=forms.Textarea(attrs={"rows": 2}), max_length=500, help_text=_("电话一行一个，写全所有在用的号码。")
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        field, value = given.get("field"), given.get("value", "").strip()
        if field == Field.EMAIL and value:
            try:
                validate_email(value)
            except forms.ValidationError:
                self.add_error("value", gettext("“更正为”不像邮箱地址，请核对。"))
        if field in (Field.NAME, Field.TITLE) and len(value) > 60:
            self.add_error("value", gettext("姓名和职务最多 60 个字，请缩短。"))
        return given


class ForgetForm(StepForm):
    """What goes and what stays is told; each photo that may show them is kept or deleted by an explicit choice."""

    confirm = forms.BooleanField(label=_("已向本人说明会删除什么、会留下什么"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        person = of_request(self.record)
        self.photos = {f"photo_{photo.handle}": photo for photo in photos_of(person)} if person.marks else {}
        for name, photo in self.photos.items():
            self.fields[name] = forms.ChoiceField(
                label=photo.name or photo.handle,
                choices=[(KEEP, _("留下：看不出本人")), (DELETE, _("删除：拍到本人"))],
                widget=forms.RadioSelect,
                help_text=format_html('<a href="{}">{}</a>', photo.get_absolute_url(), gettext("先看这张")),
            )
        if not self.is_bound and person.marks:
            self.fields["confirm"].help_text = told(person)
        self.order_fields([*self.photos, "confirm", "at", "password"])

    def arguments(self) -> dict[str, Any]:
        return {"photos": [photo.handle for name, photo in self.photos.items() if self.cleaned_data[name] == DELETE]}


def told(person: Any) -> str:
    """What deleting *person* would take and leave, and what stands in its way now."""
    numbers = concerned(person)
    said = gettext("会删除：姓名、电话、邮箱、签名笔迹和图像，以及单据里提到本人的文字。")
    if numbers:
        shown = "、".join(numbers[:SHOWN]) + ("…" if len(numbers) > SHOWN else "")
        said += gettext("涉及 {count} 份单据：{numbers}。").format(count=len(numbers), numbers=shown)
    said += gettext("会留下：单据编号、时间、设备、处理结果、日志链和封印；旧备份到期前仍有。")
    if person.open_numbers:
        said += gettext("现在还不能删：{numbers} 还在办理。").format(numbers="、".join(person.open_numbers))
    return said


class RefuseForm(StepForm):
    basis = forms.ChoiceField(label=_("不予办理的依据"), choices=Basis.choices)
    refusal = forms.CharField(label=_("不予办理的理由"), widget=TEXT, max_length=500, help_text=_("会告知本人；不要写姓名和电话。"))


class AnswerForm(StepForm):
    answered_how = forms.ChoiceField(label=_("答复方式"), choices=Way.choices)


register_forms("privacy.PersonRequest", {"correct": CorrectForm, "forget": ForgetForm, "refuse": RefuseForm, "answer": AnswerForm})
