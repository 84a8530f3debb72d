"""Keeping what was typed on a card: only its own fields, only when something changed, never over somebody else's words."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Conflict
from bihuan.kernel.tables.perform import perform
from bihuan.service.models import ServiceRecord
from bihuan.service.procedure import F

from .cards import Card, Typed, fingerprint
from .pictures import pictures_of


class Overtaken(Conflict):
    """The card holds other words than those the phone began from; ``theirs`` are they."""

    code = "overtaken"

    def __init__(self, card: Card, record: ServiceRecord) -> None:
        super().__init__(_("“%(card)s”在另一处改过，请选择保留哪一份。您写的内容还在。") % {"card": card.label})
        self.theirs, self.base = card.flat(record), fingerprint(card, record)


def save(record: ServiceRecord, card: Card, typed: Typed, *, by: Actor) -> ServiceRecord:
    """Take ``fill_in`` with what was typed on *card*; the record as it stands afterwards (AS-5.3.2).

    ``typed["base"]``, when given, is the print of the card as the phone knew it: raises Overtaken when the record holds
    something else by now. Sending the same again changes nothing and leaves no journal entry. Raises Invalid for what
    cannot be read, Conflict when the record is not open any more.
    """
    with journal.unit():
        held = locked(record)
        data = card.parse(typed, held)
        before = fingerprint(card, held)
        if held.status == F.OPEN and _applied(card, held, data) == before:
            return held
        if (base := typed.get("base")) and base != before and held.status == F.OPEN:
            raise Overtaken(card, held)
        perform(held, "fill_in", by=by, data=data)
    return held


def locked(record: ServiceRecord) -> ServiceRecord:
    """*record* as it is in the database, held until the end of the unit of work."""
    lock: dict[str, Any] = {"of": ("self",)} if connection.features.has_select_for_update_of else {}
    record.refresh_from_db(from_queryset=type(record)._base_manager.select_for_update(**lock))
    return record


def _applied(card: Card, record: ServiceRecord, data: dict[str, Any]) -> str:
    """The print the card would have with *data* in it."""
    would_be = ServiceRecord(**{"checklist": record.checklist, **data})
    return fingerprint(card, would_be)


def close(record: ServiceRecord, name: str, typed: Typed, *, by: Actor) -> None:
    """Take ``sign`` or ``refuse``, provided the record is still what the customer has read (AS-5.3.2, #41). Raises Conflict."""
    with journal.unit():
        held = locked(record)
        if held.status == F.OPEN and typed.get("seen") != as_read(held):
            raise Conflict(_("客户看过之后，记录又有改动。请客户再看一遍，然后签字。"))
        perform(held, name, by=by, data=typed)


def as_read(record: ServiceRecord) -> str:
    """A mark of exactly what is shown for signing: the version of the words, and how many pictures."""
    return f"{record.version}:{len(pictures_of(record))}"
