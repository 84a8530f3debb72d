"""What the API shows of a record type: fields by name, filters and orders by allowlist. Nothing else gets out or in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

from django.db.models import F, Model, Q, QuerySet

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.getters import Getter, getter_for
from bihuan.kernel.access.refusals import NotFound
from bihuan.kernel.lists.paging import Order, order_by
from bihuan.kernel.lists.parameters import BadParameter
from bihuan.kernel.procedures.declare import Procedure
from bihuan.kernel.procedures.registry import all_procedures
from bihuan.kernel.tables.perform import StepForm
from bihuan.kernel.typed import whole

Kind = Literal["text", "words", "phone", "moment", "day", "whole", "amount", "flag", "object", "items", "said"]


@dataclass(frozen=True)
class Field:
    """One value of the answer. *path*: attributes by dots, or a function of the record; by default the name.

    *kind*: ``text`` is a code, number or name, ``words`` is what people wrote (telephone numbers in it are masked for
    those without sight of them), ``phone`` a telephone number, ``items`` a list as it is, ``said`` a list of spoken words.
    """

    name: str
    kind: Kind = "text"
    path: str | Callable[[Any], Any] = ""

    def of(self, record: Any) -> Any:
        if callable(self.path):
            return self.path(record)
        if self.beside in record.__dict__:
            return record.__dict__[self.beside]
        for name in self.names:
            record = getattr(record, name, None)
        return record

    @cached_property
    def names(self) -> list[str]:
        """The attributes that lead to it; none of a function."""
        return [] if callable(self.path) else (self.path or self.name).split(".")

    @cached_property
    def beside(self) -> str:
        """The attribute under which ``Resource.listed`` keeps it."""
        return f"shown_{self.name}"


def fields(*names: str, kind: Kind = "text") -> tuple[Field, ...]:
    """Several fields of one kind, each named like its attribute."""
    return tuple(Field(name, kind) for name in names)


class Filter(Protocol):
    """A condition that may be asked for in the address of a list."""

    name: str
    several: bool

    def condition(self, asked: list[str], actor: Actor) -> Q: ...

    def schema(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Choice:
    """One or several of fixed values."""

    name: str
    path: str
    values: Sequence[str]
    several: bool = True

    def condition(self, asked: list[str], actor: Actor) -> Q:
        if not set(asked) <= set(self.values):
            raise BadParameter(self.name)
        return Q(**{f"{self.path}__in": asked})

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string", "enum": list(self.values)}}


@dataclass(frozen=True)
class Flag:
    """``true`` adds the condition, ``false`` its opposite."""

    name: str
    when: Q | Callable[[], Q]
    several: bool = False

    def condition(self, asked: list[str], actor: Actor) -> Q:
        if asked[0] not in {"true", "false"}:
            raise BadParameter(self.name)
        when = self.when() if callable(self.when) else self.when
        return when if asked[0] == "true" else ~when

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Exactly:
    """The value as written, compared for equality."""

    name: str
    path: str
    several: bool = False

    def condition(self, asked: list[str], actor: Actor) -> Q:
        return Q(**{self.path: asked[0]})

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": 100}


@dataclass(frozen=True)
class Of:
    """Belongs to a record of another type, named by its key and found through its getter: a foreign one is an unknown one."""

    name: str
    path: str
    label: str
    key: str
    several: bool = False

    def condition(self, asked: list[str], actor: Actor) -> Q:
        try:
            return Q(**{self.path: by_key(self.label, self.key, asked[0], actor).pk})
        except NotFound:
            raise BadParameter(self.name) from None

    def schema(self) -> dict[str, Any]:
        return {"type": "integer"} if self.key == "pk" else {"type": "string", "maxLength": 100}


def by_key(label: str, key: str, value: str | int, actor: Actor) -> Any:
    """The record of type *label* whose *key* is *value*, if *actor* may see it. Raises NotFound."""
    if key == "pk":
        if not (pk := whole(str(value))):
            raise NotFound
        return getter_for(label).one(actor, pk=pk)
    return getter_for(label).one(actor, **{key: value})


@dataclass(frozen=True)
class Opening:
    """How a record comes into being: the opening step's form fills *blank*, and the verb of that name takes it.

    *under*: the resource from whose record it starts (``requests/{number}/orders``); *blank* then gets that record.
    ``form`` gives the form class; what it returns beyond the model's fields goes to the verb.
    """

    form: Callable[[Any], type[StepForm]]
    blank: Callable[[type[Model], Any], Any]
    under: str = ""


@dataclass
class Resource:
    """A record type of the API. Rows come from the type's getter and nowhere else.

    ``shown`` stands in lists and records alike, ``more`` in the record only; ``related`` are attributes that lead to
    other records; ``search`` is True for the search index, or the fields of a small table to look inside.
    """

    name: str
    label: str
    title: Any
    shown: Sequence[Field]
    more: Sequence[Field] = ()
    key: str = "number"
    filters: Sequence[Filter] = ()
    sorts: Mapping[str, str] = field(default_factory=dict)
    order: str = "-pk"
    search: bool | tuple[str, ...] = False
    related: tuple[str, ...] = ()
    opening: Opening | None = None
    has_page: bool = True  # whether one record can be asked for by its key
    alone: bool = False  # whether the functions in ``shown`` look at the record alone, not at those around it

    @cached_property
    def getter(self) -> Getter:
        return getter_for(self.label)

    @property
    def model(self) -> type[Model]:
        return self.getter.model

    def listed(self, rows: QuerySet) -> QuerySet:
        """*rows* with the values that a list shows of the records around them, not those records: building them costs most of its time."""
        if not self.alone:
            return rows
        beside = {one.beside: F("__".join(one.names)) for one in self.shown if not callable(one.path) and len(one.names) > 1}
        return rows.select_related(None).annotate(**beside)

    @cached_property
    def procedure(self) -> Procedure | None:
        """The procedure its records live by, if they do."""
        return next((procedure for procedure in all_procedures() if procedure.record == self.label), None)

    @cached_property
    def orders(self) -> dict[str, Order]:
        """The orders one may ask for by ``sort``; each also downwards."""
        found = {"id": order_by(self.model, "pk"), "-id": order_by(self.model, "-pk")}
        for name, path in self.sorts.items():
            found[name], found[f"-{name}"] = order_by(self.model, path), order_by(self.model, f"-{path}")
        return found

    def one(self, actor: Actor, key: str) -> Any:
        """The record of that key. Raises NotFound, alike for absent and foreign ones."""
        return by_key(self.label, self.key, key, actor)


_resources: dict[str, Resource] = {}
_by_label: dict[str, Resource] = {}


def declare(*resources: Resource) -> None:
    """Make record types part of the API."""
    for resource in resources:
        _resources[resource.name], _by_label[resource.label] = resource, resource


def all_resources() -> list[Resource]:
    return list(_resources.values())


def resource_named(name: str) -> Resource:
    """The resource of that name. Raises KeyError."""
    return _resources[name]


def resource_of(record: Any) -> Resource | None:
    """The resource that shows *record*, or None for a type without one."""
    return _by_label.get(record._meta.label)
