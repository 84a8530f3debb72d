"""Two people ask about their data: one had a copy and an answer long ago, one wants to be deleted and waits for somebody else's decision."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from bihuan.customers.models import Contact
from bihuan.privacy.domain import request as verbs
from bihuan.privacy.domain.handing import hand_copy
from bihuan.privacy.models import PersonRequest

from .cast import Cast
from .stage import Story

DESK, DECIDER = "zhoumin", "chenzq"


def a_copy(cast: Cast, contact: Contact, now: dt.datetime) -> Story:
    """Received by the desk, granted and handed over by the after-sales head, answered."""
    began = now - dt.timedelta(days=31)
    yield began, "receive"
    record = _received(cast, contact, "copy", "callback")
    yield began + dt.timedelta(days=2), "grant_copy"
    now = timezone.now()
    verbs.grant_copy(record, by=cast.by(DECIDER).proved(now), at=now)
    hand_copy(record, by=cast.by(DECIDER), at=now)
    yield began + dt.timedelta(days=3), "answer"
    verbs.answer(record, by=cast.by(DESK), at=timezone.now(), answered_how="mail")


def a_deletion(cast: Cast, contact: Contact, now: dt.datetime) -> Story:
    """Received yesterday; somebody else has to decide."""
    yield now - dt.timedelta(days=1, hours=3), "receive"
    _received(cast, contact, "deletion", "in_person")


def _received(cast: Cast, contact: Contact, wish: str, identity: str) -> PersonRequest:
    branch = contact.customer.sites.select_related("branch").exclude(branch=None).order_by("pk")[0].branch
    record = PersonRequest(branch=branch, contact=contact, wish=wish, identity=identity)
    return verbs.receive(record, by=cast.by(DESK), at=timezone.now())
