"""The answers' shapes: one pydantic model per resource, made from its declaration. What is not declared cannot get out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Any

from django.http import HttpResponse
from pydantic import BaseModel, ConfigDict, create_model

from .declare import Field, Resource

TYPES: dict[str, Any] = {
    "text": str,
    "words": str,
    "phone": str,
    "moment": dt.datetime,
    "day": dt.date,
    "whole": int,
    "amount": Decimal,
    "flag": bool,
    "object": dict[str, Any],
    "items": list[Any],
    "said": list[Any],
}


class Shape(BaseModel):
    """Strict about its fields: an undeclared one is an error here, not a leak."""

    model_config = ConfigDict(extra="forbid")


class Stop(Shape):
    label: str
    state: str


class Choice(Shape):
    value: str | int
    label: str


class AskedField(Shape):
    name: str
    label: str
    type: str
    required: bool
    help: str | None
    max_length: int | None
    choices: list[Choice] | None


class PossibleStep(Shape):
    name: str
    label: str
    clause: str
    href: str
    fields: list[AskedField]


class ImpossibleStep(Shape):
    name: str
    label: str
    clause: str
    why_not: str


class DeadlineRow(Shape):
    id: int
    record: str
    clock: str
    label: str
    clause: str
    started_at: dt.datetime
    due_at: dt.datetime
    state: str
    verdict: str
    stopped_by: str | None
    stopped_at: dt.datetime | None
    stop_recorded_at: dt.datetime | None
    breached_at: dt.datetime | None
    late_by_seconds: int | None
    provisional: bool


class ChangeRow(Shape):
    field: str
    before: Any
    after: Any


class HistoryEntry(Shape):
    id: int
    action: str
    label: str
    clause: str | None
    who: str
    for_whom: str | None
    role: str | None
    channel: str | None
    happened_at: dt.datetime
    device_at: dt.datetime | None
    recorded_at: dt.datetime
    said: str | None
    reason: str | None
    changes: list[ChangeRow]
    hash: str


class HistoryPage(Shape):
    items: list[HistoryEntry]
    next: str | None


class Related(Shape):
    type: str
    number: str
    status: str
    href: str | None


class File(Shape):
    handle: str
    kind: str
    name: str
    media_type: str
    size: int
    sha256: str
    taken_at: dt.datetime | None
    uploaded_by: str
    created_at: dt.datetime
    href: str


class SignatureRow(Shape):
    name: str
    capacity: str | None
    meaning: str
    meaning_label: str
    method: str
    time: str
    signed_at: dt.datetime
    version: int
    content_hash: str
    verdict: str
    state: str
    problems: list[str]


class Done(Shape):
    """What a write answers: where the record stands now, and what came into being with it. No personal values: it is kept for repeats."""

    type: str
    number: str
    href: str
    status: str
    status_label: str
    version: int
    next_due_at: dt.datetime | None
    next_clock: str | None
    created: list[Related]


class Uploads(Shape):
    """Files that devices announced; complete: all are there, each with the hash that was announced."""

    announced: int
    arrived: int
    complete: bool
    said: str | None


class RecordParts(Shape):
    path: list[Stop]
    steps: list[PossibleStep]
    impossible_steps: list[ImpossibleStep]
    deadlines: list[DeadlineRow]
    history: list[HistoryEntry]
    history_goes_on: bool
    related: list[Related]
    attachments: list[File]
    uploads: Uploads
    signatures: list[SignatureRow]


class PastClock(Shape):
    clock: str
    label: str
    state: str
    verdict: str
    started_at: dt.datetime
    due_at: dt.datetime
    stopped_at: dt.datetime | None
    stop_recorded_at: dt.datetime | None
    calendar: str | None
    calendar_revision: int | None


class PastRules(Shape):
    procedure: str
    revision: int
    in_force_from: dt.datetime | None
    sha256: str | None
    text: str | None
    calendar: str
    calendar_revision: int


class PastRecord(Shape):
    """A record as it stood at ``as_of``, rebuilt from the journal; ``withheld``: values kept as commitments only."""

    as_of: dt.datetime
    number: str
    status: str
    status_label: str
    version: int
    values: dict[str, Any]
    withheld: list[str]
    deadlines: list[PastClock]
    signatures: list[str]
    attachments: list[File]
    history: list[HistoryEntry]
    history_goes_on: bool
    rules: PastRules


class Problem(Shape):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[dict[str, str]] | None = None
    version: int | None = None
    changes: list[dict[str, Any]] | None = None


def _model(name: str, declared: Iterable[Field], parts: type[BaseModel] = Shape) -> type[BaseModel]:
    listed = {"items", "said"}
    values: dict[str, Any] = {one.name: (TYPES[one.kind] if one.kind in listed else TYPES[one.kind] | None, ...) for one in declared}
    values |= {part: (field.annotation, ...) for part, field in parts.model_fields.items()}
    return create_model(name, __base__=Shape, **values)


@cache
def _named(name: str) -> str:
    return name.removesuffix("s").title()


def row_model(resource: Resource) -> type[BaseModel]:
    """A line of the resource's list."""
    return DeadlineRow if resource.name == "deadlines" else _kept(resource, "row")


def full_model(resource: Resource) -> type[BaseModel]:
    """One record in full."""
    return _kept(resource, "full")


def page_model(resource: Resource) -> type[BaseModel]:
    """A page of the resource's list."""
    return _kept(resource, "page")


_models: dict[tuple[str, str], type[BaseModel]] = {}


def _kept(resource: Resource, part: str) -> type[BaseModel]:
    if (resource.name, part) not in _models:
        _models[resource.name, part] = _made(resource, part)
    return _models[resource.name, part]


def _made(resource: Resource, part: str) -> type[BaseModel]:
    name = _named(resource.name)
    if part == "row":
        return _model(f"{name}Row", resource.shown)
    if part == "full":
        return _model(name, (*resource.shown, *resource.more), RecordParts if resource.procedure else Shape)
    changes: dict[str, Any] = {"latest_change": (int, ...)} if resource.procedure else {}
    return create_model(f"{name}Page", __base__=Shape, items=(list[row_model(resource)], ...), next=(str | None, ...), **changes)


def reply(model: type[BaseModel], data: dict[str, Any], status: int = 200) -> HttpResponse:
    """*data* as JSON, held against its declared shape."""
    return json_answer(text_of(model, data), status)


def text_of(model: type[BaseModel], data: dict[str, Any]) -> str:
    return model.model_validate(data).model_dump_json()


def json_answer(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="application/json; charset=utf-8")
