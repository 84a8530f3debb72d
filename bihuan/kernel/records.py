"""What every controlled record has."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from .deadlines.models import Deadline
from .prepared import insert
from .procedures.declare import Procedure
from .procedures.registry import procedure_for


def new_privacy_key() -> str:
    return secrets.token_hex(16)


class Record(models.Model):
    """A record that lives by a procedure. Concrete classes add ``branch`` and ``status``.

    ``privacy_key`` keys the journal's commitments to ``personal_fields``; deleting it forgets them. ``next_due_at`` is
    the earliest of its running deadlines, kept so that worklists sort by it without a join. ``is_open``: not in a final
    status; kept because SQLite walks a partial index only for a condition without values.
    """

    personal_fields: tuple[str, ...] = ()
    need_labels: dict[str, Any] = {}

    number = models.CharField(_("编号"), max_length=32, unique=True)
    version = models.PositiveIntegerField(default=0)
    procedure_revision = models.PositiveIntegerField(default=1)
    privacy_key = models.CharField(max_length=32, default=new_privacy_key, editable=False)
    created_at = models.DateTimeField(_("录入时间"))
    next_due_at = models.DateTimeField(_("下一时限"), null=True, blank=True)
    next_clock = models.CharField(max_length=40, blank=True)
    is_open = models.BooleanField(_("未完"), default=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number

    @property
    def procedure(self) -> Procedure:
        return procedure_for(self._meta.label)

    @property
    def is_final(self) -> bool:
        return self.status in self.procedure.final  # type: ignore[attr-defined]

    def offers(self, step: str) -> bool:
        """Whether *step* is worth showing on this very record. It permits nothing: what is left out here, the verb refuses by itself."""
        return True

    def holder_id(self) -> int | None:
        """The person whose turn it is by name (an assigned engineer), told first when a deadline comes near."""
        return None


@contextmanager
def written_once(record: Any) -> Iterator[None]:
    """Within this a *record* that is opened and moved on at once is written once, as it stands at the end; so are its clocks.

    It has its number and its id from the first step on. Other rows may name it only by that id, and nothing may ask the
    database for it before the end. Needs a unit of work around it.
    """
    held: list[Deadline] = []
    record._held, nameless = held, record.pk is None
    try:
        yield
        insert([record])
        for deadline in held:
            deadline.record_id = record.pk
        if held:
            insert(held)
    except BaseException:
        if nameless:
            record.pk = None  # it did not come into being
        raise
    finally:
        del record._held
