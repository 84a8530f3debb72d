"""The forms of the door. What was typed stays, except secrets; a refusal is shown at the field it concerns."""

from __future__ import annotations

from typing import Any, Self

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _

from . import provider
from .actors import Actor
from .proof import fresh
from .refusals import Refusal

PASSWORD_HELP = _("至少 10 个字符，越长越好；可以是一句话，不要求混用大小写和符号。")
CODE_HELP = _("验证器应用里 Bihuan 一项的 6 位数字。手机不在身边时，可填一个 12 位恢复码。")
LONGEST = 200  # of a password: more is no safer and costs time to hash


class SecureForm(forms.Form):
    """A form whose refusals come from the domain. ``status`` is that of the answer."""

    refused_with = 0

    def __init__(self, *args: Any, focus: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if focus:
            self.first_to_fill().widget.attrs["autofocus"] = True

    def first_to_fill(self) -> forms.Field:
        """The first field that comes back empty: nothing was typed yet, or it is a secret."""
        empty = (self.fields[bound.name] for bound in self if not bound.value() or isinstance(bound.field.widget, forms.PasswordInput))
        return next(empty, next(iter(self.fields.values()), forms.Field()))

    def refuse(self, refusal: Refusal) -> None:
        """Show *refusal* at its field, or above the form."""
        self.refused_with = refusal.status
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.sentence)

    @classmethod
    def telling(cls, refusal: Refusal) -> Self:
        """An empty form under *refusal*, which concerns none of its fields."""
        form = cls()
        form.cleaned_data, form._errors = {}, ErrorDict()  # type: ignore[attr-defined]
        form.refuse(refusal)
        return form

    @property
    def status(self) -> int:
        return self.refused_with or (422 if self.is_bound and self.errors else 200)


def _secret(label: Any, missing: Any, autocomplete: str, longest: int = LONGEST, **more: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=longest, strip=False, widget=widget, error_messages={"required": missing}, **more)


def _text(label: Any, missing: Any, most: int, **attrs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, widget=forms.TextInput(attrs=attrs), error_messages={"required": missing})


def _plain_text(label: Any, missing: Any, most: int) -> forms.CharField:
    return _text(label, missing, most, autocomplete="username", autocapitalize="none", spellcheck="false")


class SignInForm(SecureForm):
    username = _plain_text(_("账号"), _("请填写账号。"), 60)
    password = _secret(_("密码"), _("请填写密码。"), "current-password")


class CodeForm(SecureForm):
    code = _text(_("验证码"), _("请填写验证码。"), 20, autocomplete="one-time-code", inputmode="numeric")


class SecondForm(CodeForm):
    """A code, or what a passkey signed."""

    code = _text(_("验证码"), _("请填写验证码。"), 8000, autocomplete="one-time-code", inputmode="numeric")


class ResetForm(SecureForm):
    name = _plain_text(_("账号或邮箱"), _("请填写账号，或登记过的邮箱。"), 254)


class NewPasswordForm(SecureForm):
    new = _secret(_("新密码"), _("请填写新密码。"), "new-password", help_text=PASSWORD_HELP)
    again = _secret(_("再输一次"), _("请再输一次新密码。"), "new-password")

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        self.person = person
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (new := data.get("new")) is None:
            return data
        try:
            validate_password(new, self.person)
        except ValidationError as problem:
            self.add_error("new", problem)
        if data.get("again") is not None and data["again"] != new:
            self.add_error("again", _("两次输入的新密码不一样，请重新输入。"))
        return data


class PasswordForm(NewPasswordForm):
    current = _secret(_("现在的密码"), _("请填写现在的密码。"), "current-password")
    field_order = ("current", "new", "again")


class ProofForm(SecureForm):
    """Who is at the keyboard? The password, the authenticator's code, or what a passkey signed (put in by the browser's module)."""

    password = _secret(_("密码"), _("请填写密码，确认是您本人。"), "current-password", longest=8000)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.anew = provider.again(actor.person)
        if fresh(actor):
            del self.fields["password"]

    @property
    def proof(self) -> str:
        """What was given as proof; nothing when none is needed any more."""
        return str(self.cleaned_data.get("password", ""))


class PasskeyNameForm(SecureForm):
    name = _text(_("名称"), _("请填写名称，例如：我的手机、办公室电脑。"), 60, autocomplete="off")


class PasskeyForm(PasskeyNameForm):
    """What the device made is put in by the browser's module."""

    credential = forms.CharField(
        widget=forms.HiddenInput, max_length=8000, error_messages={"required": _("请按“用这台设备添加”，并在设备上确认。")}
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "credential" in self.errors:  # a hidden field shows nothing itself
            self.add_error(None, self.errors["credential"][0])
        return data


class TokenForm(ProofForm):
    name = _text(_("用途"), _("请填写用途，例如：呼叫中心对接。"), 60, autocomplete="off")
    days = forms.TypedChoiceField(
        label=_("有效期"), coerce=int, initial=90, choices=[(30, _("30 天")), (90, _("90 天")), (365, _("一年"))], widget=forms.RadioSelect
    )
    field_order = ("name", "days", "password")
