"""The filters that a list may declare. Each turns the values of its own parameters into a condition, or refuses them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from django.conf import settings
from django.db.models import DateTimeField, Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ..access.actors import Actor
from ..access.getters import getter_for
from ..typed import whole
from .parameters import BadParameter

Asked = dict[str, list[str]]
Choices = Iterable[tuple[Any, Any]]


@dataclass(frozen=True)
class Option:
    value: str
    label: Any
    chosen: bool = False


@dataclass(frozen=True)
class Control:
    """What the filter form shows. ``kind``: select, checks, period or flag."""

    kind: str
    name: str
    label: Any
    options: Sequence[Option] = ()
    values: Sequence[str] = ()


class Filter(Protocol):
    """``names`` are its parameters; ``multiple`` says whether they may be repeated."""

    multiple: bool

    @property
    def names(self) -> tuple[str, ...]: ...

    def condition(self, asked: Asked, actor: Actor, model: type[Model]) -> Q: ...

    def control(self, asked: Asked, actor: Actor) -> Control: ...


def _name(path: str) -> str:
    return path.replace("__", "_")


@dataclass(frozen=True)
class ChoiceFilter:
    """One of *choices* (pairs, or a function of the actor that gives them); ``multiple``: any of several."""

    field: str
    label: Any
    choices: Choices | Callable[[Actor], Choices]
    multiple: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (_name(self.field),)

    def _pairs(self, actor: Actor) -> list[tuple[Any, Any]]:
        return list(self.choices(actor) if callable(self.choices) else self.choices)

    def condition(self, asked: Asked, actor: Actor, model: type[Model]) -> Q:
        if not (wanted := asked.get(self.names[0])):
            return Q()
        known = {str(value): value for value, _label in self._pairs(actor)}
        if not set(wanted) <= set(known):
            raise BadParameter(self.names[0])
        return Q(**{f"{self.field}__in": [known[value] for value in wanted]})

    def control(self, asked: Asked, actor: Actor) -> Control:
        wanted = asked.get(self.names[0], [])
        options = [Option(str(value), label, str(value) in wanted) for value, label in self._pairs(actor)]
        return Control("checks" if self.multiple else "select", self.names[0], self.label, options, wanted)


@dataclass(frozen=True)
class PeriodFilter:
    """From one day to another, both included, in the zone of the page."""

    field: str
    label: Any
    multiple: ClassVar[bool] = False

    @property
    def names(self) -> tuple[str, ...]:
        return f"{_name(self.field)}_from", f"{_name(self.field)}_to"

    def condition(self, asked: Asked, actor: Actor, model: type[Model]) -> Q:
        first, last = (_day(asked, name) for name in self.names)
        if first and last and last < first:
            raise BadParameter(self.names[1], _("“%(label)s”的结束日期早于开始日期，请调换。") % {"label": self.label})
        timed = isinstance(_field(model, self.field), DateTimeField)
        condition = Q()
        if first:
            condition &= Q(**{f"{self.field}__gte": _midnight(first) if timed else first})
        if last:
            past = last + dt.timedelta(days=1)
            condition &= Q(**{f"{self.field}__lt": _midnight(past) if timed else past})
        return condition

    def control(self, asked: Asked, actor: Actor) -> Control:
        options = [Option(asked.get(name, [""])[0], name) for name in self.names]
        return Control("period", self.names[0], self.label, options, [option.value for option in options if option.value])


@dataclass(frozen=True)
class PersonFilter:
    """A person, or ``me``. *people* gives (id, name) pairs; by default everyone the actor may see."""

    field: str
    label: Any
    people: Callable[[Actor], Choices] | None = None
    multiple: ClassVar[bool] = False

    @property
    def names(self) -> tuple[str, ...]:
        return (_name(self.field),)

    def condition(self, asked: Asked, actor: Actor, model: type[Model]) -> Q:
        if not (wanted := asked.get(self.names[0])):
            return Q()
        value = str(actor.person_id) if wanted[0] == "me" else wanted[0]
        if not (key := whole(value)):
            raise BadParameter(self.names[0])
        return Q(**{f"{self.field}_id": key})

    def control(self, asked: Asked, actor: Actor) -> Control:
        wanted = asked.get(self.names[0], [])
        pairs = [("me", _("我")), *(self.people or _everyone)(actor)]
        options = [Option(str(value), label, str(value) in wanted) for value, label in pairs]
        return Control("select", self.names[0], self.label, options, wanted)


def _everyone(actor: Actor) -> Choices:
    return getter_for(settings.AUTH_USER_MODEL).all(actor).order_by("name").values_list("pk", "name")[:500]


@dataclass(frozen=True)
class FlagFilter:
    """A box to tick that adds a condition: fixed, or a function of the actor (``lambda actor: Q(due__lt=timezone.now())``)."""

    name: str
    label: Any
    when: Q | Callable[[Actor], Q]
    multiple: ClassVar[bool] = False

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def condition(self, asked: Asked, actor: Actor, model: type[Model]) -> Q:
        if not (wanted := asked.get(self.name)):
            return Q()
        if wanted != ["1"]:
            raise BadParameter(self.name)
        return self.when(actor) if callable(self.when) else self.when

    def control(self, asked: Asked, actor: Actor) -> Control:
        return Control("flag", self.name, self.label, values=asked.get(self.name, []))


def _day(asked: Asked, name: str) -> dt.date | None:
    if not (values := asked.get(name)):
        return None
    try:
        day = dt.date.fromisoformat(values[0])
    except ValueError:
        raise BadParameter(name) from None
    if not 1990 <= day.year <= 2100:
        raise BadParameter(name)
    return day


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def _field(model: type[Model], path: str) -> Any:
    found: Any = None
    for part in path.split("__"):
        found = model._meta.get_field(part)
        model = found.related_model or model
    return found
