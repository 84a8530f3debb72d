"""Who sees what lies on the shelf: the sender their own, and those who look after a branch what belongs to it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from ..access.actors import Actor, Grant
from ..access.getters import Getter
from ..access.parties import Role
from ..access.refusals import NotAllowed
from .models import Shelved

_keepers: dict[str, Role] = {}
_first: list[str] = []
_late: list[str] = []


def register_keepers(first: Iterable[Role], late: Iterable[Role]) -> None:
    """Name the roles that decide: *first* are told when something arrives, *late* when it has waited too long."""
    for roles, codes in ((first, _first), (late, _late)):
        for role in roles:
            _keepers[role.code] = role
            codes.append(role.code)


def told_first() -> list[str]:
    return list(_first)


def told_late() -> list[str]:
    return list(_late)


def _grants(actor: Actor) -> list[Grant]:
    return [grant for grant in actor.grants if grant.role in _keepers]


def require_keeper(actor: Actor) -> None:
    """Raises NotAllowed for who decides about nothing on any shelf."""
    if not _grants(actor):
        raise NotAllowed(_("来件由%(who)s处理。") % {"who": "、".join(str(role) for role in _keepers.values())})


def is_keeper(actor: Actor, item: Shelved) -> bool:
    return any(grant.everywhere or grant.branch_id == item.branch_id for grant in _grants(actor))


class _Shelf(Getter[Shelved]):
    """Narrower than a branch: colleagues do not read each other's words."""

    def all(self, actor: Actor | None) -> QuerySet[Shelved]:
        rows = self._rows()
        if actor is None or (not actor.grants and not actor.is_system):
            return rows.none()
        mine = _grants(actor)
        if actor.is_system or any(grant.everywhere for grant in mine):
            return rows
        return rows.filter(Q(person_id=actor.person_id) | Q(branch_id__in={grant.branch_id for grant in mine}))


access_shelf = _Shelf(Shelved, branch="", key="pk", related=("person", "settled_by"))


def waiting_for(actor: Actor, most: int = 100) -> int:
    """How many items wait for *actor* to decide, *most* at most. No statement for who decides about nothing."""
    mine = _grants(actor)
    if not mine:
        return 0
    rows = access_shelf.all(actor).filter(state=Shelved.State.OPEN).order_by()
    if not any(grant.everywhere for grant in mine):
        rows = rows.filter(branch_id__in={grant.branch_id for grant in mine})
    return rows[:most].count()
