"""Taking steps and opening records from outside, through the same forms and verbs as the pages (#2, #28), once per key (#58)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.idempotency import Answer, BadKey, fingerprint, key_of, once
from bihuan.kernel.access.proof import prove
from bihuan.kernel.access.refusals import NotAllowed
from bihuan.kernel.procedures.declare import Step
from bihuan.kernel.procedures.engine import who_may
from bihuan.kernel.shelf.settle import sent_again
from bihuan.kernel.tables.perform import InvalidForm, form_class, perform, step_of

from . import body
from .declare import Resource, resource_named, resource_of
from .keeping import Keeping, keeping
from .record import href, reference
from .reference import SeeingForm
from .shapes import Done, json_answer, text_of
from .stale import refuse_stale, version_of


def take_step(request: HttpRequest, resource: Resource, number: str, name: str) -> HttpResponse:
    """Take step *name* on a record. Refused like on the page: out of sight, not one's step, wrong input, wrong state."""
    actor: Actor = request.actor
    assert resource.procedure is not None  # noqa: S101
    with keeping(request, resource.procedure, resource.procedure.step_named(name), number) as kept:
        record = kept.record = resource.one(actor, number)
        step = step_of(record, name)
        _refuse_others(step, record, actor)
        sent = kept.sent = body.read(request)
        body.refuse_misfits(sent, _fields(record, step, sent, actor))
        _prove_first(step, sent, actor)

        expected = version_of(request.headers.get("If-Match"))

        def act() -> Answer:
            if expected is not None:
                refuse_stale(record, expected, sent.data, actor)
            made = perform(record, name, by=sent.heard_by(actor), data=sent.data, files=sent.files)
            if expected is not None:
                sent_again(record, f"{record.procedure.form}.{name}", sent.data, by=actor, at=timezone.now())
            return Answer(200, _done(record, made))

        return _once(request, sent, act)


def _refuse_others(step: Step, record: Any, actor: Actor) -> None:
    if who_may(step, record, actor) is None:
        raise NotAllowed(_refusal(step))


def _refusal(step: Step) -> str:
    return _("“%(step)s”须由%(who)s办理。") % {"step": step.label, "who": "、".join(str(party.label) for party in step.by)}


def _fields(record: Any, step: Step, sent: body.Sent, actor: Actor) -> dict[str, forms.Field]:
    """The fields of a step's form: the declared ones, or where something else was sent those that the record adds."""
    made = form_class(record, step)
    declared = dict(made.base_fields) | ({"password": forms.CharField()} if step.reauth else {})
    if set(sent.data) <= set(declared) and not sent.files:
        return declared
    return dict(made(record=record, actor=actor, step=step).fields)


def _prove_first(step: Step, sent: body.Sent, actor: Actor) -> None:
    """A wrong password is counted outside the transaction, which takes the count back with everything else (#15)."""
    if step.reauth and sent.data.get("password"):
        prove(actor, str(sent.data["password"]))


@dataclass(frozen=True)
class _Start:
    """Where a record is about to come into being."""

    resource: Resource
    model: type[Model]
    parent: Any
    step: Step

    def blank(self) -> Any:
        opening = self.resource.opening
        assert opening is not None  # noqa: S101  (only resources with an opening have the operation)
        return opening.blank(self.model, self.parent)

    def form(self, **more: Any) -> forms.Form:
        opening = self.resource.opening
        assert opening is not None  # noqa: S101
        return opening.form(self.blank())(record=self.blank(), step=self.step, **more)


def open_record(request: HttpRequest, resource: Resource, under: str = "") -> HttpResponse:
    """Open a record with its procedure's first step. Needs an Idempotency-Key: two calls would be two records.

    *under*: the number of the record from which it starts.
    """
    assert resource.procedure is not None and resource.opening is not None  # noqa: S101
    with keeping(request, resource.procedure, resource.procedure.opening, under) as kept:
        if under:
            kept.record = resource_named(resource.opening.under).one(request.actor, under)
        return _open(request, resource, kept)


def _open(request: HttpRequest, resource: Resource, kept: Keeping) -> HttpResponse:
    actor: Actor = request.actor
    assert resource.procedure is not None  # noqa: S101
    parent = kept.record
    start = _Start(resource, resource.model, parent, resource.procedure.opening)
    if parent is not None:
        _refuse_others(start.step, parent, actor)
    elif not any(actor.holds(party.code, branch) for party in start.step.by for branch in actor.branch_ids):
        raise NotAllowed(_refusal(start.step))
    key = key_of(request.headers.get("Idempotency-Key"))
    if not key:
        raise BadKey(_("请附上 Idempotency-Key 头（例如一个 UUID），以便重复发送时只登记一次。"), field="Idempotency-Key")
    sent = kept.sent = body.read(request)
    form = start.form(data=sent.data, files=sent.files, actor=actor)
    # a record is opened when it arrives here; what was earlier has a field of its own
    body.refuse_misfits(sent, {name: field for name, field in form.fields.items() if name != "at"})
    kept.fields = form.fields
    return _once(request, sent, lambda: _opened(start, form, sent, actor))


def _opened(start: _Start, form: Any, sent: body.Sent, actor: Actor) -> Answer:
    if isinstance(form, SeeingForm):
        form.lend_sight(actor)
    if not form.is_valid():
        raise InvalidForm(form)
    record, extra = start.blank(), {}
    known = {field.name for field in start.model._meta.get_fields()}
    for name, value in form.arguments().items():
        if name in known:
            setattr(record, name, value)
        else:
            extra[name] = value
    assert start.resource.procedure is not None  # noqa: S101
    verb = getattr(import_module(start.resource.procedure.verbs), start.step.name)
    verb(record, by=sent.heard_by(actor), at=timezone.now(), **extra)
    return Answer(201, _done(record, None))


def _once(request: HttpRequest, sent: body.Sent, act: Callable[[], Answer]) -> HttpResponse:
    actor: Actor = request.actor
    key = key_of(request.headers.get("Idempotency-Key"))
    if key:
        answer = once(actor.person_id or 0, key, fingerprint(request.method or "", request.path, sent.canonical()), act)
    else:
        with journal.unit():
            answer = act()
    response = json_answer(answer.text, answer.status)
    if answer.repeated:
        response["Idempotent-Replayed"] = "true"
    if answer.status == 201:
        response["Location"] = Done.model_validate_json(answer.text).href
    return response


def _done(record: Any, made: Any) -> str:
    resource = resource_of(record)
    assert resource is not None  # noqa: S101
    new = [made] if isinstance(made, Model) and hasattr(made, "procedure") else []
    return text_of(
        Done,
        {
            "type": resource.name,
            "number": record.number,
            "href": href(record),
            "status": record.status,
            "status_label": str(record.procedure.status(record.status).label),
            "version": record.version,
            "next_due_at": record.next_due_at,
            "next_clock": record.next_clock or None,
            "created": [reference(one) for one in new],
        },
    )
