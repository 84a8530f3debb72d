"""A list is declared once; pages, exports, search and saved views all read the declaration.

register(List(
    "requests", _("服务请求"), "service.ServiceRequest",
    columns=[
        Column("number", _("编号"), kind="record", sort="number"),
        Column("customer", _("客户"), value="customer.name", sort="customer__name"),
        Column("next_due_at", _("时限"), kind="deadline", sort="next_due_at"),
    ],
    filters=[ChoiceFilter("status", _("状态"), RequestStatus.choices), PeriodFilter("called_at", _("来电日期"))],
    order="-created_at", select_related=("customer",), row_url=lambda request: request.get_absolute_url(),
))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Literal

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from ..access.actors import Actor
from ..access.getters import Getter, getter_for
from ..access.refusals import NotAllowed, NotFound
from .filters import Filter
from .paging import Order, order_by

Kind = Literal["text", "record", "link", "time", "deadline", "number", "choice", "flag"]


@dataclass(frozen=True)
class Column:
    """One column. *value* is a path of attributes (``customer.name``) or a function of the record; by default the code.

    *kind*: ``record`` (its number, leads to it), ``link`` (any text that leads to it), ``text``, ``time``, ``deadline``
    (a moment or a ``Clock``), ``number``, ``choice`` (the field's label, or a ``Badge``), ``flag``. *sort* is the field
    path that a click on the heading orders by. ``wide`` columns show only in exports.
    """

    code: str
    label: Any
    value: str | Callable[[Any], Any] = ""
    sort: str = ""
    kind: Kind = "text"
    wide: bool = False

    def of(self, record: Any) -> Any:
        """The column's value for *record*: None where a link on the way is empty."""
        if callable(self.value):
            return self.value(record)
        *way, last = (self.value or self.code).split(".")
        for name in way:
            record = getattr(record, name, None)
        value = getattr(record, last, None)
        if self.kind != "choice" or value is None:
            return value
        if not isinstance(record, Model):
            return getattr(record, f"get_{last}_display", lambda: value)()
        labels = _labels(type(record), last)
        return str(labels.get(value, value)) if labels else value


@cache
def _labels(model: type[Model], name: str) -> dict[Any, Any]:
    """The field's choices by value; none for what is no field. Django's ``get_…_display`` makes them anew for each cell."""
    try:
        field: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        return {}
    return dict(getattr(field, "flatchoices", None) or ())


@dataclass(frozen=True)
class Tab:
    """A part of the list with a name of its own. *when* is its condition, or a function of the actor that gives it."""

    code: str
    label: Any
    when: Q | Callable[[Actor], Q] = field(default_factory=Q)
    counted: bool = True

    def condition(self, actor: Actor) -> Q:
        return self.when(actor) if callable(self.when) else self.when


def _signed_in(actor: Actor) -> bool:
    return bool(actor.grants) or actor.is_system


@dataclass
class List:
    """A list of one record type. Rows come from the type's getter and nowhere else, so nobody sees a foreign row.

    *search*: True looks in the search index; a tuple of fields looks inside those (for small tables without documents).
    *prepare* may annotate or narrow the rows. *may*: who may open the list at all; by default whoever holds a role.
    """

    code: str
    title: Any
    getter: str | Getter
    columns: Sequence[Column]
    filters: Sequence[Filter] = ()
    tabs: Sequence[Tab] = ()
    order: str = "-pk"
    search: bool | tuple[str, ...] = True
    select_related: tuple[str, ...] = ()
    prefetch_related: tuple[str, ...] = ()
    prepare: Callable[[QuerySet, Actor], QuerySet] | None = None
    row_url: Callable[[Any], str] | None = None
    may: Callable[[Actor], bool] = _signed_in
    empty: Any = ""
    create: Callable[[Actor], tuple[str, str] | None] | None = None  # (label, url) of the button that makes a new one

    @cached_property
    def source(self) -> Getter:
        return getter_for(self.getter) if isinstance(self.getter, str) else self.getter

    @property
    def model(self) -> type[Model]:
        return self.source.model

    @property
    def url(self) -> str:
        return reverse("lists:list", args=[self.code])

    def rows(self, actor: Actor) -> QuerySet:
        """All rows that *actor* may see, with what the columns need."""
        rows = self.source.all(actor)
        if self.select_related:
            rows = rows.select_related(*self.select_related)
        if self.prefetch_related:
            rows = rows.prefetch_related(*self.prefetch_related)
        return self.prepare(rows, actor) if self.prepare else rows

    @cached_property
    def orders(self) -> dict[str, Order]:
        """The orders one may ask for, by the value of ``sort``; the empty one is the list's own."""
        found = {"": order_by(self.model, self.order)}
        for column in self.columns:
            if column.sort:
                found[column.code] = order_by(self.model, column.sort)
                found[f"-{column.code}"] = order_by(self.model, f"-{column.sort}")
        return found


registry: dict[str, List] = {}


def register(declared: List) -> List:
    """Make a list known under its code. Raises ValueError when the code is taken by another record type or names clash."""
    known = registry.get(declared.code)
    if known is not None and known.getter != declared.getter:
        raise ValueError(f"the list code {declared.code!r} is taken")
    names = [name for one in declared.filters for name in one.names]
    if clash := {name for name in names if names.count(name) > 1} | {"q", "sort", "after", "tab"} & set(names):
        raise ValueError(f"list {declared.code!r}: parameters used twice: {', '.join(sorted(clash))}")
    registry[declared.code] = declared
    return declared


def open_list(code: str, actor: Actor) -> List:
    """The list of that code. Raises NotFound, or NotAllowed for who may not open it."""
    if (declared := registry.get(code)) is None:
        raise NotFound(_("没有这个列表，请从菜单里选择。"))
    if not declared.may(actor):
        raise NotAllowed(_("您的角色不能打开“%(title)s”。如工作需要，请联系系统管理员。") % {"title": declared.title})
    return declared


def list_url(code: str, **asked: Any) -> str:
    """The address of a list with these parameters, for figures and links that open it: ``list_url("requests", status="late")``."""
    query = QueryDict(mutable=True)
    for name, value in asked.items():
        query.setlist(name, [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)])
    return reverse("lists:list", args=[code]) + (f"?{query.urlencode()}" if query else "")
