"""Rows as moulds: what changes from copy to copy becomes a slot, all else stays as the verbs wrote it.

A mould is filled by ``itemgetter`` and ``%``, both in C, so that a copy of a request with its forty rows costs a
fraction of a millisecond. What has to be true of every copy is: ids, numbers and names agree everywhere, and the journal's
bodies are canonical and say the same as the rows.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, JSONField, Model

from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.journal.canonical import canonical
from bihuan.kernel.journal.models import Entry
from bihuan.service.models import CarryItem, ContactLine, DailyReport, DispatchOrder, ServiceRecord, ServiceRequest

from .lives import FAULT, FINDINGS

MAIN = (ServiceRequest, DispatchOrder, ServiceRecord)
PARTS: tuple[tuple[type[Model], str], ...] = ((CarryItem, "order"), (DailyReport, "order"), (ContactLine, "request"))
LEFT_OUT = ("sign", "attach")  # signatures and their pictures are not copied; what the journal says of them neither
SEQ = "\ue004"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00")
_NUMBER = re.compile('"\ue002(\\d+)\ue003"')
_TEXT = re.compile("\ue000(\\d+)\ue001")


class Slots:
    """The values that differ from copy to copy, by key; ``moments`` are kept apart, they are shifted together."""

    def __init__(self) -> None:
        self.keys: dict[Any, int] = {}
        self.moments: dict[dt.datetime, int] = {}

    def of(self, key: Any) -> int:
        return self.keys.setdefault(key, len(self.keys))

    def moment(self, at: dt.datetime, form: str) -> int:
        """The slot of a moment as *form* "db" or "iso"."""
        number = self.moments.setdefault(at.astimezone(dt.UTC), len(self.moments))
        return self.of((form, number))

    def constant(self, value: Any) -> int:
        return self.of(("constant", type(value), repr(value), _Held(value)))


class _Held:
    """A constant as part of a key; equal by what it looks like."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and repr(other.value) == repr(self.value)

    def __hash__(self) -> int:
        return hash(repr(self.value))


class Mould:
    """One row: ``table``, ``columns``, and the slots that fill them; ``texts`` are columns that are formatted first."""

    def __init__(self, slots: Slots, row: Model, names: dict[str, Any], ids: dict[tuple[str, int], Any]) -> None:
        self.slots, self.names, self.ids = slots, names, ids
        self.model = type(row)
        self.fields = [field for field in row._meta.concrete_fields if not (field.primary_key and self.model not in MAIN)]
        self.pick = [self._slot(row, field) for field in self.fields]
        self.get = itemgetter(*self.pick)
        self.table, self.columns = row._meta.db_table, tuple(field.column for field in self.fields)

    def _slot(self, row: Model, field: Any) -> int:
        value = getattr(row, field.attname)
        if isinstance(value, dt.datetime) and isinstance(field, DateTimeField):
            return self.slots.moment(value, "db")
        if isinstance(field, JSONField):
            return self._json(value) if field.attname == "schedule" else self.slots.constant(json.dumps(value))
        if field.primary_key:
            return self.slots.of(self.ids[row._meta.label, value])
        if field.attname == "record_id":
            return self.slots.of(self.ids[row.record_type, value])  # type: ignore[attr-defined]
        if field.is_relation and value is not None:
            label = field.related_model._meta.label
            return self.slots.of(self.ids.get((label, value), field.attname))
        if field.attname == "branch_id":
            return self.slots.of("branch_id")
        if isinstance(value, str) and value in self.names:
            return self.slots.of(self.names[value])
        if connection.vendor == "sqlite" and not isinstance(value, str | int | type(None)):
            value = field.get_db_prep_save(value, connection)
        return self.slots.constant(value)

    def _json(self, moments: list[str]) -> int:
        slots = [self.slots.moment(dt.datetime.fromisoformat(text), "iso") for text in moments]
        return self.slots.of(("list", tuple(slots)))


class Body:
    """A journal entry's body as a format and the slots that go into it; the number in the chain stays open (``SEQ``)."""

    def __init__(self, slots: Slots, entry: Entry, names: dict[str, Any], ids: dict[tuple[str, int], Any], people: dict[int, str]) -> None:
        self.slots, self.names, self.ids, self.people = slots, names, ids, people
        self.record = self.ids[entry.record_type, entry.record_id]
        said = dict(entry.shown) | {"schema": 1}  # copies have their texts in the body itself, as entries had before schema 2
        said["chain"], said["seq"] = self._number("branch_id"), SEQ
        text = canonical(self._walk(said, ()))
        order: list[int] = []
        text = text.replace(f'"{SEQ}"', SEQ).replace("%", "%%")
        pattern = re.compile(f"{_NUMBER.pattern}|{_TEXT.pattern}")
        text = pattern.sub(lambda found: order.append(int(found.group(1) or found.group(2))) or "%s", text)
        self.format, self.get = text, itemgetter(*order)
        self.at = slots.moment(entry.recorded_at, "iso")
        self.columns = itemgetter(
            *(slots.constant(value) for value in (entry.action, entry.record_type)),
            slots.of(self.record),
            slots.of(names[entry.record_number]),
            slots.of(people.get(entry.actor_id or 0, "nobody")),
            slots.of(names.get(entry.actor_name, ("constant", str, repr(entry.actor_name), _Held(entry.actor_name)))),
            slots.moment(entry.happened_at, "db"),
            slots.moment(entry.recorded_at, "db"),
        )

    def _number(self, key: Any) -> str:
        return f"\ue002{self.slots.of(key)}\ue003"

    def _walk(self, value: Any, path: tuple[str, ...]) -> Any:
        if isinstance(value, dict):
            return {name: self._walk(inner, (*path, name)) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._walk(inner, path) for inner in value]
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return self._known_number(value, path)
        return value

    def _text(self, text: str) -> str:
        if _MOMENT.fullmatch(text):
            return f"\ue000{self.slots.moment(dt.datetime.fromisoformat(text), 'iso')}\ue001"
        for name, key in self.names.items():
            if name in text:
                text = text.replace(name, f"\ue000{self.slots.of(('json', key))}\ue001")
        return text

    def _known_number(self, value: int, path: tuple[str, ...]) -> Any:
        name = path[-1]
        if path == ("record", "id"):
            return self._number(self.record)
        if path == ("actor", "id"):
            return self._number(self.people[value])
        if name in {"request_id", "order_id"}:
            label = "service.ServiceRequest" if name == "request_id" else "service.DispatchOrder"
            return self._number(self.ids[label, value])
        if name.endswith("_id") and path[0] in {"before", "after"}:
            return self._number(name)
        return value


class Cast:
    """All moulds of one life, with the slots they share and what to put there (``fill``)."""

    def __init__(self, request: ServiceRequest, names: dict[str, Any], people: dict[int, str]) -> None:
        self.slots, self.kind = Slots(), request.status
        orders = list(DispatchOrder.objects.filter(request=request).order_by("id"))
        reports = list(ServiceRecord.objects.filter(order__in=orders).order_by("id"))
        self.main = [ServiceRequest.objects.get(pk=request.pk), *orders, *reports]
        self.names = {
            FAULT: "fault",
            FINDINGS: "findings",
            **names,
            **{row.number: ("number", place) for place, row in enumerate(self.main)},
        }
        ids: dict[tuple[str, int], Any] = {(row._meta.label, row.pk): ("id", place) for place, row in enumerate(self.main)}
        rows = [*self.main, *self._parts(orders, request), *self._deadlines()]
        self.moulds = [Mould(self.slots, row, self.names, ids) for row in rows]
        entries = Entry.objects.filter(record_number__in=[row.number for row in self.main]).exclude(action__in=LEFT_OUT).order_by("id")
        self.bodies = [Body(self.slots, entry, self.names, ids, people) for entry in entries]
        self.called_at, self.labels = self.main[0].called_at, [row._meta.label for row in self.main]
        self.bases_done = max(entry.recorded_at for entry in Entry.objects.filter(record_number__in=self.names))  # the last step's moment
        self._plan()

    def _parts(self, orders: list[DispatchOrder], request: ServiceRequest) -> list[Model]:
        rows: list[Model] = []
        for model, owner in PARTS:
            rows += model._default_manager.filter(**{f"{owner}__in": orders if owner == "order" else [request]}).order_by("id")
        return rows

    def _deadlines(self) -> list[Model]:
        return list(Deadline.objects.filter(record_number__in=[row.number for row in self.main]).order_by("id"))

    def _plan(self) -> None:
        """Which slot is filled from where, decided once."""
        self.bases = list(self.slots.moments)
        self.fixed: list[Any] = [None] * len(self.slots.keys)
        self.by_name: list[tuple[int, Any]] = []
        self.dated: list[tuple[int, str, int]] = []
        self.lists: list[tuple[int, tuple[int, ...]]] = []
        for key, slot in self.slots.keys.items():
            if isinstance(key, tuple) and key[0] == "constant":
                self.fixed[slot] = key[3].value
            elif isinstance(key, tuple) and key[0] in {"db", "iso"}:
                self.dated.append((slot, key[0], key[1]))
            elif isinstance(key, tuple) and key[0] == "list":
                self.lists.append((slot, key[1]))
            else:
                self.by_name.append((slot, key))

    def fill(self, called_at: dt.datetime, values: Callable[[Any], Any]) -> list[Any]:
        """The slots' values for one copy whose call came at *called_at*; *values* gives those that have a name."""
        shift = called_at - self.called_at
        isos = [(base + shift).isoformat(timespec="microseconds") for base in self.bases]
        filled = self.fixed.copy()
        sqlite = connection.vendor == "sqlite"
        for slot, form, number in self.dated:
            iso = isos[number]
            filled[slot] = f"{iso[:10]} {iso[11:26]}" if sqlite and form == "db" else iso
        for slot, parts in self.lists:
            filled[slot] = "[" + ", ".join(f'"{filled[part]}"' for part in parts) + "]"
        for slot, key in self.by_name:
            filled[slot] = values(key)
        return filled
