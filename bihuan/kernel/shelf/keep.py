"""Putting something on the shelf, in a transaction of its own after the refused one was undone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..access.actors import Actor
from ..access.idempotency import KeyReused
from ..access.parties import Relation
from ..access.refusals import Conflict, NotAllowed, NotFound, Refusal
from ..journal.canonical import canonical
from ..notify.models import Notice
from ..prepared import insert
from ..procedures.declare import Procedure, Step
from ..procedures.registry import all_procedures
from .access import told_first
from .models import Kind, Shelved

LONGEST = 60_000  # characters of JSON; the longest forms have some 12,000
MOST = 200  # that wait of one person: whoever sends more is no person
NUMBER = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,8}-\d{4}-\d{6}")
NO_WORDS = (forms.ModelChoiceField, forms.MultipleChoiceField, forms.DateTimeField, forms.BooleanField)  # picked, not written
NEVER = (forms.HiddenInput, forms.PasswordInput, forms.FileInput)  # signatures, positions, secrets, files


@dataclass
class Came:
    """What was sent: to take *step*, on the record *number* (``record`` where the sender sees it), through the fields of its form."""

    actor: Actor
    procedure: Procedure
    step: Step
    route: str
    number: str = ""
    record: Any = None
    fields: Mapping[str, forms.Field] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    has_files: bool = False
    key: str = ""
    device_at: datetime | None = None

    @property
    def action(self) -> str:
        return f"{self.procedure.form}.{self.step.name}"


def keep(problem: Refusal, came: Came) -> None:
    """Keep what was written, when *problem* comes from how things stand; the sentence of *problem* then says so.

    Not kept: what is only wrong (the sender has it in front of them), what holds no words, what a customer signs (a
    signature is given anew or not at all), and what the record holds already word for word.
    """
    kind = kind_of(problem, came.step)
    words = _words(came)
    if kind is None or "signature" in came.step.needs or not _says_anything(words, came) or _there_already(words, came.record):
        return
    text = canonical(words)
    if len(text) > LONGEST or Shelved.objects.filter(person_id=came.actor.person_id or 0, state=Shelved.State.OPEN).count() >= MOST:
        problem.sentence += _("（内容太多，没有留存，请自行保存。）")
        return
    _put(came, kind, text, problem.sentence)
    problem.sentence += _("您写的内容已留在“待处理来件”，由办公室处理。")
    if came.has_files:
        problem.sentence += _("附带的文件没有留存，请保存好原件。")
    problem.more = {**problem.more, "kept": True}


def kind_of(problem: Refusal, step: Step) -> Kind | None:
    """Whether a refusal comes from how things stand, and from what; None for one that the sender can mend in front of them."""
    match problem:
        case KeyReused():
            return Kind.OTHER_BODY
        case Conflict():
            return Kind.STALE if problem.code == "stale" else Kind.MOVED_ON
        case NotFound():
            return Kind.OUT_OF_SIGHT
        case NotAllowed() if any(isinstance(party, Relation) for party in step.by):
            return Kind.NOT_YOURS
    return None


def _words(came: Came) -> dict[str, Any]:
    """The fields that a person fills in; what the form does not know is no part of it, so no secret slips in under another name."""
    shown = {name: one for name, one in came.fields.items() if not isinstance(one.widget, NEVER)}
    return {name: _plain(value) for name, value in came.data.items() if name in shown and value not in (None, "", [], {})}


def _plain(value: Any) -> Any:
    """Without floats, which have no canonical form."""
    if isinstance(value, float):
        return str(value)
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _says_anything(words: dict[str, Any], came: Came) -> bool:
    return any(not isinstance(came.fields[name], NO_WORDS) for name in words)


def _there_already(words: dict[str, Any], record: Any) -> bool:
    """Whether the record holds them: an answer was lost on its way, and the same comes again."""
    return record is not None and all(
        hasattr(record, name) and _same(getattr(record, name), value) for name, value in words.items() if name != "at"
    )


def _same(held: Any, sent: Any) -> bool:
    return held == sent or str(held).strip() == str(sent).replace("\r\n", "\n").strip()


def _put(came: Came, kind: Kind, text: str, sentence: str) -> None:
    person_id = came.actor.person_id or 0
    item = Shelved(
        person_id=person_id, branch_id=_branch(came), action=came.action, route=came.route, key=came.key[:120], channel=came.actor.channel,
        device_at=came.device_at or came.actor.device_at, sent=text, kind=kind, sentence=sentence, arrived_at=timezone.now(),
        fingerprint=hashlib.sha256(f"{person_id}\n{came.action}\n{came.number}\n{text}".encode()).hexdigest(), **_record(came),
    )  # fmt: skip
    try:
        with transaction.atomic():
            insert([item])
            insert([_notice(item, came.actor)])
    except IntegrityError:  # the same words of the same person wait already
        pass


def _branch(came: Came) -> int:
    if came.record is not None:
        return came.record.branch_id
    return came.actor.person.home_branch_id


def _record(came: Came) -> dict[str, Any]:
    """The record it is about. One that the sender does not see is found all the same, but nothing is said of how it stands."""
    if came.record is not None:
        one = came.record
        return {"record_type": one._meta.label, "record_id": one.pk, "record_number": one.number, "stood": one.status}
    if not NUMBER.fullmatch(came.number):
        return {"record_number": ""}
    model = next((apps.get_model(one.record) for one in all_procedures() if one.form == came.number[:2]), None)
    pk = model._base_manager.filter(number=came.number).values_list("pk", flat=True).first() if model else None
    return {"record_type": model._meta.label if model and pk else "", "record_id": pk, "record_number": came.number}


def _notice(item: Shelved, actor: Actor) -> Notice:
    return Notice(
        key=f"shelved:{item.pk}", kind="shelved", record_type=Shelved._meta.label, record_id=item.pk,
        record_number=item.record_number or str(item.pk), branch_id=item.branch_id, to_roles=told_first(),
        facts={"who": actor.name, "action": item.action},
    )  # fmt: skip
