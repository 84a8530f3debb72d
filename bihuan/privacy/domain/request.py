"""GR: what each step of a person's request does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from bihuan.customers.domain import change_contact
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Conflict
from bihuan.kernel.lists import search

from .. import forget as forgetting
from .. import notes
from ..again import noted_as
from ..models import Basis, PersonRequest, Wish
from ..person import kept, of_request
from ..procedure import PERSON_REQUEST
from ..procedure.request import DECIDERS


def receive(record: PersonRequest, *, by: Actor, at: datetime) -> PersonRequest:
    """A person asks, and it was made sure that it is they (PI-1). *record* is filled in and not yet saved."""
    with PERSON_REQUEST.step("receive", record, by=by, at=at) as step:
        step.tell("person_request_received", roles=DECIDERS, wish=record.wish)
    search.index_new(record._meta.label, record.pk, record.branch_id, [record.number])
    return record


def grant_copy(record: PersonRequest, *, by: Actor, at: datetime) -> None:
    """They may have a copy; who grants it can download it for a day (PI-2, PIPL 45). Granted again when that day went by."""
    with PERSON_REQUEST.step("grant_copy", record, by=by, at=at):
        _require(record, Wish.COPY)
        kept(record)
        _decide(record, by, at)


def correct(record: PersonRequest, *, by: Actor, at: datetime, field: str, value: str) -> None:
    """Put right what is wrong about them (PI-3, PIPL 46). Old and new words are in the contact's journal, as commitments.

    Raises Conflict for a caller who is no contact: their words are evidence of the call.
    """
    with PERSON_REQUEST.step("correct", record, by=by, at=at):
        _require(record, Wish.CORRECTION)
        if record.contact is None:
            raise Conflict(_("此人不是登记的联系人，没有可更正的资料。请先在客户页面登记联系人，再按联系人受理。"))
        kept(record)
        phones = list(record.contact.phones.order_by("pk").values_list("written", flat=True))
        if field == "phones":
            change_contact(record.contact, {}, value.splitlines(), by=by, at=at)
        else:
            change_contact(record.contact, {field: value.strip()}, phones, by=by, at=at)
        record.corrected = field
        _decide(record, by, at)


def forget(record: PersonRequest, *, by: Actor, at: datetime, photos: Iterable[str] = ()) -> None:
    """Delete what tells of them (PI-4, PIPL 47). Files and free space are left to ``bihuan forget-person --again``.

    *photos*: handles of those files on their records that go as well. Raises Conflict while an open request needs the person.
    """
    photos = list(photos)
    with PERSON_REQUEST.step("forget", record, by=by, at=at) as step:
        _require(record, Wish.DELETION)
        person, reason = kept(record), _("本人要求（%(number)s）") % {"number": record.number}
        note = noted_as(person, reason=reason, photos=photos)
        done = forgetting.forget(person, by=by, at=at, reason=reason, photos=photos)
        step.note(records=done.went["records"], words=done.went["words"], files=len(done.files), remains=len(done.remains))
        record.bytes_left = True
        _decide(record, by, at)
        transaction.on_commit(partial(notes.end, notes.begin(note)), robust=True)


def refuse(record: PersonRequest, *, by: Actor, at: datetime, basis: str, refusal: str) -> None:
    """It is not granted: on what ground, and why (PI-5). The person's name and number are taken out of the words."""
    with PERSON_REQUEST.step("refuse", record, by=by, at=at):
        record.basis, record.refusal = Basis(basis), of_request(record).marks.out_of(refusal.strip())
        _decide(record, by, at)


def answer(record: PersonRequest, *, by: Actor, at: datetime, answered_how: str) -> None:
    """The person was told what was decided (PI-1). Raises Conflict when a granted copy was not downloaded."""
    with PERSON_REQUEST.step("answer", record, by=by, at=at):
        if record.wish == Wish.COPY and not record.basis and record.copied_at is None:
            raise Conflict(_("副本还没有下载，无从交付。请同意的人先下载副本，交付本人后再答复。"))
        record.answered_how, record.answered_at = answered_how, at


def _decide(record: PersonRequest, by: Actor, at: datetime) -> None:
    record.decided_by_id, record.decided_at = by.person_id, at


def _require(record: PersonRequest, wish: Wish) -> None:
    if record.wish != wish:
        raise Conflict(
            _("本人请求的是“%(asked)s”，不能办理“%(done)s”。本人另有请求的，请另行受理。")
            % {"asked": record.get_wish_display(), "done": wish.label}
        )
    if record.basis:
        raise Conflict(_("本单已决定不予办理，请答复本人；本人再次请求的，请另行受理。"))
