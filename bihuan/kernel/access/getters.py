"""The only way to a record: together with the right to see it.

Every page, print, label, export, search, feed, file and API endpoint goes through one ``Getter`` per record type.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from .actors import Actor
from .refusals import NotFound

M = TypeVar("M", bound=Model)
_getters: dict[str, Getter] = {}


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
        self.through_many = any(_leads_to_many(model, path) for path in self.branch)  # a join would repeat rows
        _getters[model._meta.label] = self

    def all(self, actor: Actor | None) -> QuerySet[M]:
        """What *actor* may see; nobody sees nothing."""
        rows = self.model._default_manager.all()
        if self.related:
            rows = rows.select_related(*self.related)
        if actor is None or (not actor.grants and not actor.is_system):
            return rows.none()
        if actor.is_system or actor.sees_everything or not self.branch:
            return rows
        mine = Q()
        for path in self.branch:
            mine |= Q(**{f"{path}__in": sorted(actor.branch_ids)}) & self.only.get(path, Q())
        return rows.filter(pk__in=self.model._default_manager.filter(mine).values("pk")) if self.through_many else rows.filter(mine)

    def one(self, actor: Actor | None, **lookup: Any) -> M:
        """The one record that fits *lookup*. Raises NotFound, alike for absent and foreign ones."""
        try:
            row = self.all(actor).filter(**lookup).first()
        except (ValueError, TypeError, OverflowError):
            row = None
        if row is None:
            raise NotFound
        return row

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
