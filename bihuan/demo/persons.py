"""Two people asked about their own data: one has the copy, the other waits for the deletion."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.utils import timezone

from bihuan.customers.models import Contact
from bihuan.kernel.access.actors import Actor, actor_for
from bihuan.organisation.models import Person
from bihuan.privacy.domain import request as requests
from bihuan.privacy.domain.handing import hand_copy
from bihuan.privacy.models import PersonRequest


def answered(now: dt.datetime) -> Iterator[tuple[dt.datetime, str]]:
    """A copy: asked for three weeks ago, granted the next day, handed over by mail."""
    at = now - dt.timedelta(days=21)
    yield at, "receive"
    record = _received("copy")
    yield at + dt.timedelta(days=1), "grant_copy"
    requests.grant_copy(record, by=_by("shaoyj").proved(timezone.now()), at=timezone.now())
    yield at + dt.timedelta(days=1, minutes=5), "hand_copy"
    hand_copy(record, by=_by("shaoyj"), at=timezone.now())
    yield at + dt.timedelta(days=1, hours=2), "answer"
    requests.answer(record, by=_by("zhoumin"), at=timezone.now(), answered_how="mail")


def waiting(now: dt.datetime) -> Iterator[tuple[dt.datetime, str]]:
    """A deletion: received two days ago; quality has to decide."""
    yield now - dt.timedelta(days=2), "receive"
    _received("deletion")


def _received(wish: str) -> PersonRequest:
    """About one who is still a contact, and about nobody twice."""
    taken = PersonRequest.objects.values("contact")
    contact = Contact.objects.filter(phones__isnull=False, site__branch__isnull=False).exclude(pk__in=taken).order_by("pk")[0]
    record = PersonRequest(branch=contact.site.branch, contact=contact, wish=wish, identity="callback")
    return requests.receive(record, by=_by("zhoumin"), at=timezone.now())


def _by(username: str) -> Actor:
    return actor_for(Person.objects.get(username=username))
