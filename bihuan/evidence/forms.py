"""What is typed on the evidence pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.procedures.registry import all_procedures

from .dispose import LONGEST
from .sample import MOST


class DrawForm(forms.Form):
    """A form, how many, and a seed."""

    form = forms.ChoiceField(label=_("表单"))
    size = forms.IntegerField(label=_("抽几份"), min_value=1, max_value=MOST, initial=5)
    seed = forms.CharField(label=_("种子"), max_length=60, help_text=_("由审核员当场给出，例如日期或掷出的数字；同一种子抽出同样的记录"))

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["form"].choices = [(procedure.form, f"{procedure.form} {procedure.title}") for procedure in all_procedures()]  # type: ignore[attr-defined]


class AcceptForm(forms.Form):
    """Why a deviation is accepted."""

    reason = forms.CharField(
        label=_("处理意见"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("为什么可以接受，或已怎样纠正")
    )
