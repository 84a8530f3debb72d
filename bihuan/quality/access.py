"""The one way to a nonconformity, and to a review of the journal."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.getters import Getter
from bihuan.kernel.access.refusals import NotAllowed, NotFound

from .models import Nonconformity, Review
from .rules import READERS

access_nonconformities = Getter(Nonconformity, branch="branch_id", related=("branch", "responsible"))
READER_CODES = frozenset(role.code for role in READERS)


def may_read_reviews(actor: Actor) -> bool:
    return actor.is_system or bool(actor.roles & READER_CODES)


class Reviews(Getter[Review]):
    """A review says who did what at night: besides its branch one needs a role that reads evidence, or to be its reviewer."""

    def all(self, actor: Actor | None) -> QuerySet[Review]:
        rows = super().all(actor)
        if actor is None or may_read_reviews(actor):
            return rows
        return rows.filter(reviewer_id=actor.person_id, reviewer_id__isnull=False)

    def one(self, actor: Actor | None, **lookup: Any) -> Review:
        """As Getter's. Raises NotAllowed for one of the own branch that the role does not open."""
        try:
            found = super().all(actor).filter(**lookup).first()
        except (ValueError, TypeError, OverflowError):
            found = None
        if found is None or actor is None:
            raise NotFound
        if not (may_read_reviews(actor) or found.reviewer_id == actor.person_id):
            raise NotAllowed(_("日志月度审查供审核员、管理者和分公司负责人查看。需要时请管理员任命。"))
        return found


access_reviews = Reviews(Review, branch="branch_id", related=("branch", "reviewer"))
