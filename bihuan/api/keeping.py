"""What the API had to refuse because things stand otherwise is kept for the office (#59, #65)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.apps import apps
from django.db import IntegrityError
from django.http import HttpRequest

from bihuan.kernel.access.idempotency import KeyReused
from bihuan.kernel.access.refusals import NotFound, Refusal
from bihuan.kernel.procedures.declare import Procedure, Step
from bihuan.kernel.shelf.keep import Came, keep, kind_of
from bihuan.kernel.tables.pages import record_by_number
from bihuan.kernel.tables.perform import form_class

from . import body
from .problems import is_double, twice
from .shapes import Done


@dataclass
class Keeping:
    """What is known of a write so far; the view fills it in as it goes."""

    record: Any = None
    sent: body.Sent | None = None
    fields: Mapping[str, forms.Field] = field(default_factory=dict)


@contextmanager
def keeping(request: HttpRequest, procedure: Procedure, step: Step, number: str = "") -> Iterator[Keeping]:
    """Within this a refusal that comes from how things stand leaves what was written on the shelf, and says so."""
    kept = Keeping()
    try:
        yield kept
    except IntegrityError as trouble:
        if not is_double(trouble):
            raise
        problem = twice()
        _keep(request, problem, procedure, step, number, kept)
        raise problem from trouble
    except Refusal as problem:
        _keep(request, problem, procedure, step, number, kept)
        raise


def _keep(request: HttpRequest, problem: Refusal, procedure: Procedure, step: Step, number: str, kept: Keeping) -> None:
    if kind_of(problem, step) is None:
        return
    try:
        sent = kept.sent or body.read(request)
    except Refusal:
        return  # nothing that could be read
    actor: Any = request.actor  # type: ignore[attr-defined]
    if isinstance(problem, KeyReused) and kept.record is None:
        kept.record = _first(problem, actor)
    match: Any = request.resolver_match
    came = Came(
        actor=actor, procedure=procedure, step=step, route=match.view_name, number=number, record=kept.record,
        fields=kept.fields or _fields(procedure, step, kept.record, actor), data=sent.data, has_files=bool(sent.files),
        key=request.headers.get("Idempotency-Key", ""), device_at=sent.device_at,
    )  # fmt: skip
    keep(problem, came)


def _first(problem: KeyReused, actor: Any) -> Any:
    """The record that the key's first sending has opened: the one to compare with."""
    try:
        return record_by_number(actor, Done.model_validate_json(problem.first_answer).number)
    except NotFound:
        return None


def _fields(procedure: Procedure, step: Step, record: Any, actor: Any) -> Mapping[str, forms.Field]:
    """Those of the step's form; with the record's own where the sender sees it."""
    model = apps.get_model(procedure.record)
    if isinstance(record, model):
        return form_class(record, step)(record=record, actor=actor, step=step).fields
    return form_class(model(), step).base_fields
