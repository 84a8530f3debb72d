"""Pages by keyset: the next page begins after the last row seen, so nothing is shown twice or skipped while rows come in."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Field, Model, Q, QuerySet

from ..typed import BIGGEST_ID
from . import search
from .parameters import BadParameter, is_plain

PAGE = 50
FINDS = 4  # as many as this times what a page holds are looked at, before everything is
CHUNK = 1000


@dataclass(frozen=True)
class Order:
    """Sorted by one field and, where that is equal, by id. Empty values come last either way."""

    path: str
    down: bool
    field: Field
    nullable: bool

    def apply(self, rows: QuerySet) -> QuerySet:
        if self.path == "pk":
            return rows.order_by("-pk" if self.down else "pk")
        by: Any = F(self.path)
        if not self.nullable:  # without "nulls last" an index on the field can be walked
            by = by.desc() if self.down else by.asc()
        else:
            by = by.desc(nulls_last=True) if self.down else by.asc(nulls_last=True)
        return rows.order_by(by, "-pk" if self.down else "pk")

    def after(self, place: tuple[Any, int]) -> Q:
        """What comes after the row with this value and id."""
        value, pk = place
        beyond = Q(pk__lt=pk) if self.down else Q(pk__gt=pk)
        if self.path == "pk":
            return beyond
        if value is None:
            return Q(**{f"{self.path}__isnull": True}) & beyond
        within, past = ("lte", "lt") if self.down else ("gte", "gt")
        # "at or past, and (past, or a later id)" rather than a plain OR: the first half bounds the walk along the index.
        rest = Q(**{f"{self.path}__{within}": value}) & (Q(**{f"{self.path}__{past}": value}) | beyond)
        return rest | Q(**{f"{self.path}__isnull": True}) if self.nullable else rest

    def place(self, row: Model) -> tuple[Any, int]:
        """Where *row* stands in this order."""
        value: Any = row
        for name in self.path.split("__"):
            value = getattr(value, name, None)
        return value, row.pk


def lean(rows: QuerySet) -> QuerySet:
    """The same rows as ids, to be sorted and cut before anything is joined to them.

    In one statement with its joins PostgreSQL at a million rows joined whatever it guessed to be little, all of a branch's, before it cut.
    """
    return rows.select_related(None).prefetch_related(None).only("pk")


def filled(rows: QuerySet, ids: Sequence[Model]) -> list[Any]:
    """Those of *rows* that *ids* (see ``lean``) names, in its order. One statement, none for none."""
    found = {row.pk: row for row in rows.order_by().filter(pk__in=[row.pk for row in ids])} if ids else {}
    return [found[row.pk] for row in ids if row.pk in found]


def newest_found(rows: QuerySet, actor: Any, words: str, order: Order, place: tuple[Any, int] | None, size: int) -> list[Any] | None:
    """The first *size* of *rows* in which *words* are found, newest first, looked for among the newest finds only.

    None when that cannot tell: another order is asked for, or too many of those finds are not among *rows*.
    """
    if order.path != "pk" or not order.down:
        return None
    most = FINDS * size
    ids = search.newest(actor, rows.model._meta.label, words, most, place and place[1])
    found = list(order.apply(rows.filter(pk__in=ids))[:size]) if ids else []
    return found if len(found) == size or len(ids) < most else None


def order_by(model: type[Model], name: str) -> Order:
    """The order that ``field`` or ``-field`` (paths with ``__`` allowed) stands for. Raises FieldDoesNotExist."""
    down, path = name.startswith("-"), name.removeprefix("-")
    if path in {"pk", "id"}:
        return Order("pk", down, model._meta.pk, nullable=False)
    fields = list(_way(model, path))
    return Order(path, down, fields[-1], nullable=any(field.null for field in fields))


def _way(model: type[Model], path: str) -> Iterator[Field]:
    for part in path.split("__"):
        field = model._meta.get_field(part)
        if not isinstance(field, Field):
            raise FieldDoesNotExist(f"{part} in {path} is not one value of each row; it cannot give an order")
        yield field
        model = field.related_model or model  # type: ignore[assignment]


def encode(place: tuple[Any, int]) -> str:
    """A place in an order as a parameter of the next page's address."""
    value, pk = place
    if isinstance(value, datetime | date):
        value = value.isoformat()
    elif isinstance(value, Decimal):
        value = str(value)
    packed = json.dumps([value, pk], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def decode(cursor: str, order: Order) -> tuple[Any, int]:
    """The place that *cursor* stands for. Raises BadParameter for anything that this order did not write (#26)."""
    try:
        packed = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        value, pk = json.loads(packed)
        if isinstance(pk, bool) or not isinstance(pk, int) or not 0 < pk <= BIGGEST_ID:
            raise ValueError
        return _value(value, order), pk
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error, ValidationError):
        raise BadParameter("after") from None


def _value(value: Any, order: Order) -> Any:
    if order.path == "pk" or (value is None and order.nullable):
        return value
    if isinstance(value, str) and not is_plain(value, breaks=True):
        raise ValueError
    if not isinstance(value, str | int | float) or value != value:
        raise ValueError
    value = order.field.to_python(value)
    if isinstance(value, date) and not 1900 <= value.year <= 2200:
        raise ValueError
    if isinstance(value, int) and abs(value) > BIGGEST_ID:
        raise ValueError
    return value


def chunks(rows: QuerySet, whole: QuerySet, order: Order, size: int = CHUNK) -> Iterator[list[Any]]:
    """All *rows* in *order*, so many at a time, with what *whole*, the same without conditions, brings along; memory and locks stay small."""
    ordered, place = order.apply(lean(rows)), None
    while True:
        part = filled(whole, list((ordered if place is None else ordered.filter(order.after(place)))[:size]))
        if part:
            yield part
        if len(part) < size:
            return
        place = order.place(part[-1])


def capped_count(rows: QuerySet, cap: int = 99) -> str:
    """How many, counted no further than *cap*: "17" or "99+"."""
    count = rows.order_by().values("pk")[: cap + 1].count()
    return f"{cap}+" if count > cap else str(count)
