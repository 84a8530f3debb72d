"""The only way to a record: together with the right to see it.

Every page, print, label, export, search, feed, file and API endpoint goes through one ``Getter`` per record type.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from ..prepared import Prepared
from ..typed import BIGGEST_ID
from .actors import Actor
from .refusals import NotFound

M = TypeVar("M", bound=Model)
_getters: dict[str, Getter] = {}
MANY = 8  # branches beyond which a query is not worth remembering


class Getter(Generic[M]):
    """Sees through branch isolation for one model.

    ``branch`` is the lookup that leads from the model to the branch's id; several may be given, one suffices, and one of
    *only* counts just where its condition holds. An empty ``branch`` means that everyone who is signed in may read (product
    catalogue, regions); say so deliberately.
    """

    def __init__(
        self, model: type[M], *, branch: str | tuple[str, ...] = "branch", only: dict[str, Q] | None = None, key: str = "number",
        related: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.model, self.key, self.related, self.only = model, key, related, only or {}
        self.branch = (branch,) if isinstance(branch, str) and branch else tuple(branch or ())
        self.first: dict[tuple[Any, ...], Prepared[M]] = {}
        self.through_many = any(_leads_to_many(model, path) for path in self.branch)  # a join would repeat rows
        _getters[model._meta.label] = self

    def all(self, actor: Actor | None) -> QuerySet[M]:
        """What *actor* may see; nobody sees nothing."""
        if actor is None or (not actor.grants and not actor.is_system):
            return self._rows().none()
        branches = self._branches(actor)
        return self._rows() if branches is None else self._within(branches)

    def one(self, actor: Actor | None, **lookup: Any) -> M:
        """The one record that fits *lookup*. Raises NotFound, alike for absent and foreign ones."""
        try:
            row = self._first(actor, lookup)
        except (ValueError, TypeError, OverflowError):
            row = None
        if row is None:
            raise NotFound
        return row

    def _rows(self) -> QuerySet[M]:
        rows = self.model._default_manager.all()
        return rows.select_related(*self.related) if self.related else rows

    def _branches(self, actor: Actor) -> list[int] | None:
        """Those within which *actor* sees; None: everywhere."""
        return None if actor.is_system or actor.sees_everything or not self.branch else sorted(actor.branch_ids)

    def _within(self, branches: list[int]) -> QuerySet[M]:
        mine = Q()
        for path in self.branch:
            mine |= Q(**{f"{path}__in": branches}) & self.only.get(path, Q())
        rows = self._rows()
        return rows.filter(pk__in=self.model._default_manager.filter(mine).values("pk")) if self.through_many else rows.filter(mine)

    def _first(self, actor: Actor | None, lookup: dict[str, Any]) -> M | None:
        """By id or key, the query is one that was compiled before; anything else is asked as it comes."""
        usual = all(
            type(value) is int and 0 < value <= BIGGEST_ID if name == "pk" else type(value) is str and name == self.key
            for name, value in lookup.items()
        )
        if actor is None or not (actor.grants or actor.is_system) or not usual or type(self).all is not Getter.all:
            return self.all(actor).filter(**lookup).first()
        branches = self._branches(actor)
        if branches is not None and not 0 < len(branches) <= MANY:
            return self.all(actor).filter(**lookup).first()
        shape = (None if branches is None else len(branches), *lookup)
        if shape not in self.first:
            self.first[shape] = Prepared(lambda *values: self._shaped(shape, values))
        return next(iter(self.first[shape](*(branches or ()), *lookup.values())), None)

    def _shaped(self, shape: tuple[Any, ...], values: tuple[Any, ...]) -> QuerySet[M]:
        count, *names = shape
        rows = self._rows() if count is None else self._within(list(values[:count]))
        return rows.filter(**dict(zip(names, values[count or 0 :], strict=True))).order_by("pk")[:1]

    def several(self, actor: Actor, ids: list[int]) -> list[M]:
        """The visible ones of *ids*, in that order."""
        found = {row.pk: row for row in self.all(actor).filter(pk__in=ids)}
        return [found[pk] for pk in ids if pk in found]


def _leads_to_many(model: type[Model], path: str) -> bool:
    for name in path.split("__"):
        field = model._meta.get_field(name.removesuffix("_id"))
        if field.one_to_many or field.many_to_many:
            return True
        if field.related_model is None:
            return False
        model = field.related_model  # type: ignore[assignment]
    return False


def getter_for(label: str) -> Getter:
    """The getter of a model by its label. Raises NotFound for a type that has none: no getter, no access."""
    try:
        return _getters[label]
    except KeyError:
        raise NotFound from None


def all_getters() -> dict[str, Getter]:
    return dict(_getters)
