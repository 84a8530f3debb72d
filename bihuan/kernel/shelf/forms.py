"""What is typed when an item is settled."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .settle import LONGEST_REASON


class TakeForm(forms.Form):
    number = forms.CharField(label=_("补录到哪张单据"), max_length=32, help_text=_("内容现在所在的单据编号"))


class DropForm(forms.Form):
    reason = forms.CharField(label=_("为什么不用"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2}))
