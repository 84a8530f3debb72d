"""What the phone sent and the server had to refuse because things stand otherwise is kept for the office (#59, #65)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.getters import Getter
from bihuan.kernel.access.refusals import Invalid, NotFound, Refusal
from bihuan.kernel.procedures.registry import procedure_for
from bihuan.kernel.shelf.keep import Came, keep, kind_of
from bihuan.kernel.tables.perform import form_class
from bihuan.service.access import access_orders, access_records, access_requests
from bihuan.service.models import ServiceRecord

from . import access
from .cards import Card, Typed

SIGHT: dict[Callable[[Actor], QuerySet[Any]], Getter] = {
    access.my_requests: access_requests,
    access.my_orders: access_orders,
    access.my_records: access_records,
}


def mine(request: HttpRequest, rows: Callable[[Actor], QuerySet[Any]], number: str, name: str = "", card: Card | None = None) -> Any:
    """The one of one's own *rows* with that number. Raises NotFound; what was posted to step *name* of it is then kept."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    try:
        return access.one(rows(actor), number)
    except NotFound as problem:
        if request.method == "POST" and name:
            getter = SIGHT[rows]
            seen = getter.all(actor).filter(number=number).first()  # given to a colleague: no longer one's own, but in sight
            put_aside(problem, request, getter.model._meta.label, name, seen, number=number, card=card)
        raise


def put_aside(
    problem: Refusal, request: HttpRequest, label: str, name: str, record: Any, *, number: str = "", card: Card | None = None
) -> None:
    """Keep what *request* posted to step *name* of *record* (None: not in sight) when *problem* comes from how things stand."""
    procedure = procedure_for(label)
    step, actor = procedure.step_named(name), request.actor  # type: ignore[attr-defined]
    if kind_of(problem, step) is None:
        return
    model = SIGHT_MODELS[label]
    made = form_class(record or model(), step)
    fields = made.base_fields if record is None else made(record=record, actor=actor, step=step).fields
    match: Any = request.resolver_match
    came = Came(
        actor=actor, procedure=procedure, step=step, route=match.view_name, number=record.number if record is not None else number, record=record,
        fields=fields, data=_of_card(card, request.POST, record) if card else _posted(request), has_files=bool(request.FILES),
        key=request.POST.get("client_key", ""),
    )  # fmt: skip
    keep(problem, came)


SIGHT_MODELS = {getter.model._meta.label: getter.model for getter in SIGHT.values()}


def _posted(request: HttpRequest) -> dict[str, Any]:
    return {name: values if len(values) > 1 else values[0] for name, values in request.POST.lists()}


def _of_card(card: Card, typed: Typed, record: ServiceRecord | None) -> dict[str, Any]:
    """A card's flat fields as the step takes them: only those that differ from what the record holds."""
    try:
        taken = card.parse(typed, record or ServiceRecord())
    except Invalid:
        taken = {name: value for name, value in typed.items() if value}
    return {name: value for name, value in taken.items() if record is None or getattr(record, name) != value}
