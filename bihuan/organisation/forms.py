"""The forms of master data. They check and carry; the verbs in domain/ write."""

from __future__ import annotations

from copy import copy
from typing import Any

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.forms import ProofForm
from bihuan.kernel.access.refusals import Invalid

from .access import access_branches, access_people
from .domain.calendar import read_days
from .keeping import seen, spoken
from .models import Branch, Department, Person

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def unchosen(form: forms.BaseForm) -> None:
    """Say in words that nothing is chosen yet, where the choice is a record."""
    for field in form.fields.values():
        if isinstance(field, forms.ModelChoiceField) and field.empty_label == "---------":
            field.empty_label = _("未选择")


class NounForm(forms.ModelForm):
    """A form over some fields of a record. It never saves: ``values`` goes to a verb.

    It carries a mark of what was on the screen. When somebody else changed the record meanwhile, it says what stands there
    now and asks once more instead of overwriting.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    groups: tuple[tuple[Any, tuple[str, ...]], ...] = ()
    kept: tuple[str, ...] = ()  # further fields of the record that the mark covers

    def __init__(self, *args: Any, actor: Actor, instance: Any = None, **more: Any) -> None:
        self.actor, self.record = actor, instance if instance is not None and instance.pk else None
        super().__init__(*args, instance=copy(instance) if instance is not None else None, **more)  # validation writes into its copy
        self.initial["seen"] = self._mark()
        unchosen(self)

    def _mark(self) -> str:
        return seen(self.record, [*self._meta.fields, *self.kept]) if self.record is not None else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._validate_unique = True
        if self.record is not None and data.pop("seen", "") not in ("", self._mark()):
            self.data = {**self.data.dict(), self.add_prefix("seen"): self._mark()}  # type: ignore[attr-defined]
            self.add_error(
                None, _("您填写期间，别人改过这份资料。您填的内容还在。%(now)s请核对后再次保存。") % {"now": self._standing(data)}
            )
        return data

    def _standing(self, data: dict[str, Any]) -> str:
        """What stands in the record now where it differs from what was typed."""
        now = []
        for name in self._meta.fields:
            if name in data and getattr(self.record, name) != data[name]:
                value = getattr(self.record, name)
                now.append(
                    _("%(field)s现为“%(value)s”") % {"field": self.fields[name].label, "value": "" if value is None else spoken(value)}
                )
        return _("；").join(now) + _("。") if now else ""

    @property
    def values(self) -> dict[str, Any]:
        """The record's fields as typed."""
        return {name: self.cleaned_data[name] for name in self._meta.fields if name in self.cleaned_data}


class PersonForm(NounForm):
    class Meta:
        model = Person
        fields = ("username", "name", "home_branch", "department", "phone", "email", "language")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["home_branch"].queryset = access_branches.all(self.actor).filter(is_active=True)
        self.fields["department"].queryset = Department.objects.select_related("branch").order_by("branch__code", "name")
        self.fields["department"].label_from_instance = lambda one: f"{one.branch.name} · {one.name}"
        self.fields["username"].validators.append(UnicodeUsernameValidator(message=_("账号只能用字母、数字和 @ . + - _，请更正。")))
        self.fields["username"].help_text = _("登录用，例如姓名拼音。") if self.record is None else _("改账号后，本人下次用新账号登录。")
        self.fields["email"].help_text = _("有邮箱才能自己重设密码。")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        department, branch = data.get("department"), data.get("home_branch")
        if department and branch and department.branch_id != branch.pk:
            self.add_error("department", _("这个部门不在%(branch)s，请另选部门或改所属分公司。") % {"branch": branch})
        return data


class DirectoryForm(ProofForm):
    """Who someone is in the company's directory."""

    directory_name = forms.CharField(label=gettext_lazy("企业账号"), max_length=150, required=False)
    field_order = ("directory_name", "password")


class AppointmentForm(forms.Form):
    """A role for a person at a branch, from a day on."""

    role = forms.ChoiceField(label=gettext_lazy("角色"))
    branch = forms.ModelChoiceField(Branch.objects.none(), label=gettext_lazy("在哪里任职"))
    starts_at = forms.DateTimeField(label=gettext_lazy("开始"), widget=MOMENT)
    ends_at = forms.DateTimeField(label=gettext_lazy("结束"), widget=MOMENT, required=False, help_text=gettext_lazy("不填为长期。"))

    def __init__(self, *args: Any, actor: Actor, roles: list[tuple[str, Any]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["role"].choices = roles
        unchosen(self)
        self.fields["branch"].queryset = access_branches.all(actor).filter(is_active=True)
        self.initial.setdefault("starts_at", timezone.localtime().replace(second=0, microsecond=0))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("starts_at") and data.get("ends_at") and data["ends_at"] <= data["starts_at"]:
            self.add_error("ends_at", _("结束时间不晚于开始时间，请更正。"))
        return data


class DeputyForm(AppointmentForm):
    """Who stands in for whom, from when to when, and why."""

    absent = forms.ModelChoiceField(Person.objects.none(), label=gettext_lazy("谁不在"))
    deputy = forms.ModelChoiceField(Person.objects.none(), label=gettext_lazy("由谁代理"))
    reason = forms.CharField(label=gettext_lazy("事由"), max_length=200)
    field_order = ("absent", "deputy", "starts_at", "ends_at", "reason")

    def __init__(self, *args: Any, actor: Actor, anyone: bool, **more: Any) -> None:
        super().__init__(*args, actor=actor, roles=[], **more)
        del self.fields["role"], self.fields["branch"]
        self.fields["ends_at"].required, self.fields["ends_at"].help_text = True, ""
        unchosen(self)
        people = access_people.all(actor).filter(is_active=True).order_by("name")
        self.fields["deputy"].queryset = people
        self.fields["absent"].queryset = people if anyone else people.filter(pk=actor.person_id)
        self.initial.setdefault("absent", actor.person_id)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("absent") and data.get("absent") == data.get("deputy"):
            self.add_error("deputy", _("代理人不能是本人，请另选一位。"))
        if data.get("ends_at") and data["ends_at"] <= timezone.now():
            self.add_error("ends_at", _("结束时间已过，请更正。"))
        return data


class BranchForm(NounForm):
    class Meta:
        model = Branch
        fields = ("code", "name", "city", "address", "phone", "time_zone", "calendar", "handles_overseas", "is_active")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["code"].help_text = _("记录编号的一部分，例如 HD。登记后不能改。")
        self.fields["time_zone"].help_text = _("例如 Asia/Shanghai。时限和打印都用它。")
        self.fields["calendar"] = forms.ChoiceField(label=_("工作日历"), choices=_calendars(), initial="CN")
        if self.record is not None:
            self.fields["code"].disabled = True

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() | {"handles_overseas"}  # the verb refuses a second one, and names the first

    def clean_time_zone(self) -> str:
        import zoneinfo

        name = self.cleaned_data["time_zone"]
        if name not in zoneinfo.available_timezones():
            raise ValidationError(_("没有这个时区，请写成 Asia/Shanghai 的样子。"))
        return name


def _calendars() -> list[tuple[str, str]]:
    from bihuan.kernel.calendars.models import Calendar

    return [(one.code, one.name) for one in Calendar.objects.all()] or [("CN", "CN")]


class DepartmentForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("部门名称"), max_length=60)


class TerritoryForm(forms.Form):
    """Which branch serves a region, and what becomes of the sites there."""

    branch = forms.ModelChoiceField(Branch.objects.none(), label=gettext_lazy("服务分公司"), required=False)
    sites = forms.ChoiceField(
        label=gettext_lazy("已登记的现场"),
        choices=[("move", gettext_lazy("一起转给新分公司")), ("stay", gettext_lazy("留在原分公司"))],
        widget=forms.RadioSelect,
        required=False,
    )
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=200)

    def __init__(self, *args: Any, actor: Actor, above: str, count: int, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["branch"].queryset = access_branches.all(actor).filter(is_active=True, is_headquarters=False)
        self.fields["branch"].empty_label = _("随上级：%(above)s") % {"above": above} if above else _("没有服务分公司")
        if count:
            self.fields["sites"].required = True
            self.fields["sites"].help_text = _("现有 %(count)s 个现场按本地区归属；手工指定分公司的现场不受影响。") % {"count": count}
        else:
            del self.fields["sites"]


class CalendarForm(forms.Form):
    """A year of a calendar as text, and on whose word it is changed."""

    days = forms.CharField(
        label=gettext_lazy("放假与调休"), widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false"}), required=False, strip=False,
        help_text=gettext_lazy("一行一天或一段：2027-01-01 休；2027-02-05 至 2027-02-11 休；2027-02-14 班。"),
    )  # fmt: skip
    is_published = forms.BooleanField(label=gettext_lazy("该年的放假安排已经公布"), required=False)
    note = forms.CharField(label=gettext_lazy("依据"), max_length=200, help_text=gettext_lazy("例如：国办发明电〔2026〕7 号。"))
    based_on = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, year: int, **more: Any) -> None:
        self.year = year
        super().__init__(*args, **more)

    def clean_days(self) -> dict[Any, bool]:
        try:
            return read_days(self.cleaned_data["days"], self.year)
        except Invalid as problem:
            raise ValidationError(problem.sentence)
