"""Deadlines of the records in sight."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.getters import Getter, getter_for
from bihuan.kernel.deadlines.models import Deadline, State
from bihuan.kernel.procedures.registry import all_procedures

from ..declare import Choice, Exactly, Flag, Of, Resource, declare


class OfVisibleRecords(Getter[Any]):
    """Deadlines are seen with their record: a former branch sees none of a record that was handed to another."""

    def all(self, actor: Actor | None) -> QuerySet[Any]:
        rows = super().all(actor)
        if actor is None or actor.is_system or actor.sees_everything:
            return rows
        seen = Q(pk__in=[])
        for procedure in all_procedures():
            visible = getter_for(procedure.record).all(actor).order_by().values("pk")
            seen |= Q(record_type=procedure.record, record_id__in=visible)
        return rows.filter(seen)


access_deadlines = OfVisibleRecords(Deadline, branch="", key="pk")

declare(
    Resource(
        "deadlines",
        "deadlines.Deadline",
        _("时限"),
        shown=(),  # the list shows what a record shows of its deadlines
        key="pk",
        filters=(
            Choice("state", "state", State.values),
            Exactly("clock", "clock"),
            Exactly("record", "record_number"),
            Of("branch", "branch_id", "organisation.Branch", "code"),
            Flag("overdue", lambda: Q(state=State.RUNNING, due_at__lt=timezone.now())),
            Flag("breached", Q(breached_at__isnull=False)),
        ),
        sorts={"due_at": "due_at"},
        has_page=False,
    )
)
