"""Taking a step from outside: the same form checks what a page and what the API sends, then the verb of the step's name runs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..access import passkeys, provider
from ..access.actors import Actor
from ..access.proof import fresh, prove
from ..access.refusals import Invalid, NotFound
from ..procedures.declare import Step


def _passkey(actor: Actor) -> dict[str, str]:
    """Beside the password field, for those who have a passkey: the browser's module puts a button there."""
    return {"data-passkey": "prove"} if actor.person is not None and passkeys.usable(actor.person) else {}


class StepForm(forms.Form):
    """What a step asks for. Subclasses add fields named like the verb's arguments; ``at`` is when it happened (empty: now)."""

    at = forms.DateTimeField(
        label=_("发生时间"),
        required=False,
        help_text=_("不填就是现在；补录时填实际发生的时间。"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    def __init__(self, *args: Any, record: Any, actor: Actor, step: Step, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record, self.actor, self.step = record, actor, step
        if step.reauth and not fresh(actor):
            self.fields["password"] = forms.CharField(
                label=_("您的密码"),
                widget=forms.PasswordInput(attrs={"autocomplete": "current-password"} | _passkey(actor)),
                help_text=provider.anew_link(actor.person, reverse_lazy("record", args=[record.number])) if record.number else "",
            )
        self.order_fields([name for name in self.fields if name not in {"at", "password"}] + ["at", "password"])

    def arguments(self) -> dict[str, Any]:
        """The verb's keyword arguments beyond ``by`` and ``at``."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"at", "password"}}


class ReasonForm(StepForm):
    """Steps that ask for nothing but the reason."""

    reason = forms.CharField(label=_("原因"), widget=forms.Textarea(attrs={"rows": 2}), max_length=500)


class InvalidForm(Invalid):
    """Several things wrong at once: ``fields`` maps each field to its sentences; ``form`` still holds all that was typed."""

    def __init__(self, form: forms.Form) -> None:
        self.form = form
        self.fields = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
        first = next(iter(self.fields))
        label = form.fields[first].label if first in form.fields else ""
        super().__init__(f"{label}：{self.fields[first][0]}" if label else self.fields[first][0], field=first if first != "__all__" else "")


_forms: dict[tuple[str, str], type[StepForm]] = {}


def register_forms(record_label: str, forms_by_step: Mapping[str, type[StepForm]]) -> None:
    """Give each step of a record its form; steps without one ask for nothing, or for the reason when they need it."""
    _forms.update({(record_label, step): form for step, form in forms_by_step.items()})


def form_class(record: Any, step: Step) -> type[StepForm]:
    return _forms.get((record._meta.label, step.name), ReasonForm if "reason" in step.needs else StepForm)


def step_of(record: Any, name: str) -> Step:
    """The step *name* that can be taken on *record* by hand. Raises NotFound for unknown ones and those that only follow another."""
    try:
        step = record.procedure.step_named(name)
    except KeyError:
        raise NotFound(_("没有这个步骤，请核对名称。")) from None
    if step.follows or not step.move.frm:
        raise NotFound(_("这一步随另一张单据一起办理，不能单独办理。"))
    return step


def perform(record: Any, name: str, *, by: Actor, data: Any, files: Any = None) -> Any:
    """Take step *name* on *record* with what was sent. Raises InvalidForm, or any refusal of the verb."""
    step = step_of(record, name)
    form = form_class(record, step)(data, files, record=record, actor=by, step=step)
    if not form.is_valid():
        raise InvalidForm(form)
    if step.reauth:
        by = prove(by, form.cleaned_data.get("password", ""))
    verb = getattr(import_module(record.procedure.verbs), name)
    return verb(record, by=by, at=form.cleaned_data.get("at") or timezone.now(), **form.arguments())
