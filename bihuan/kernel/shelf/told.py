"""What people read about the shelf: notices, the words of an item by their labels."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from ..access.actors import Actor
from ..notify.models import Notice
from ..notify.sentences import register
from ..procedures.registry import all_procedures
from ..tables.pages import page_of
from ..tables.perform import form_class
from ..tables.show import label
from .models import Shelved


def _address(notice: Notice) -> str:
    return reverse("shelf-item", args=[notice.record_id])


def _facts(notice: Notice) -> dict[str, str]:
    return {"who": notice.facts["who"], "step": _named(notice.facts["action"])}


register("shelved", lambda notice: _("%(who)s 发来的“%(step)s”没能办成，内容待处理") % _facts(notice), _address)
register("shelved_late", lambda notice: _("%(who)s 发来的“%(step)s”已等了一天，还没有人处理") % _facts(notice), _address)


def title(item: Shelved) -> str:
    """The form, and the step that was to be taken on it."""
    return _named(item.action)


def _named(action: str) -> str:
    procedure = next((one for one in all_procedures() if one.form == action.partition(".")[0]), None)
    return _("%(form)s：%(step)s") % {"form": procedure.title, "step": label(action)} if procedure else action


def stood(item: Shelved) -> str:
    """The state of the record when it arrived; empty when nothing may be said of it."""
    procedure = next((one for one in all_procedures() if one.record == item.record_type), None)
    return str(procedure.status(item.stood).label) if procedure and item.stood in procedure.status.values else ""


def initial(item: Shelved, fields: dict[str, forms.Field]) -> dict[str, Any]:
    """Its words as a form of the same step begins with them."""
    return {name: _moment(value) if isinstance(fields.get(name), forms.DateTimeField) else value for name, value in item.words.items()}


def _moment(text: Any) -> datetime | str:
    try:
        moment = parse_datetime(str(text))
    except ValueError:
        moment = None
    if moment is None:
        return str(text)
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def readable(item: Shelved, record: Any, actor: Actor) -> list[tuple[str, Any]]:
    """What was sent, label by label. *record*: the one it is about, where *actor* sees it."""
    procedure = next((one for one in all_procedures() if one.form == item.action.partition(".")[0]), None)
    if procedure is None:
        return list(item.words.items())
    model, step = apps.get_model(procedure.record), procedure.step_named(item.action.partition(".")[2])
    own = record if isinstance(record, model) else None
    made = form_class(own or model(), step)
    fields = made(record=own, actor=actor, step=step).fields if own is not None else made.base_fields
    return [(_label(name, fields, model), _value(name, value, fields, own, actor)) for name, value in item.words.items()]


def _label(name: str, fields: dict[str, Any], model: Any) -> str:
    if name in fields and fields[name].label:
        return str(fields[name].label)
    try:
        return str(model._meta.get_field(name).verbose_name)
    except FieldDoesNotExist:
        return name


def _value(name: str, value: Any, fields: dict[str, Any], record: Any, actor: Actor) -> Any:
    choices = {str(code): str(text) for code, text in getattr(fields.get(name), "choices", ()) or ()}
    if isinstance(value, list):
        if (
            record is not None
            and value
            and isinstance(value[0], dict)
            and isinstance(told := page_of(record).told(name, value, actor), str)
        ):
            return told
        return "；".join(choices.get(str(one), _line(one)) for one in value)
    return choices.get(str(value), _line(value))


def _line(value: Any) -> str:
    if isinstance(value, dict):
        parts = ((name, part) for name, part in value.items() if part not in ("", None) and not isinstance(part, bool))
        return " ".join(f"×{part}" if name == "quantity" else str(part) for name, part in parts)
    return str(value)
