"""Handing out notices: to whom, with the right re-checked at that moment (#9), each person once; then the mails."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from ..access.actors import Actor, actor_for
from ..access.getters import getter_for
from ..access.refusals import NotAllowed, NotFound
from .models import Message, Notice
from .sentences import address, sentence

BATCH = 200
ATTEMPTS = 5
LEASE = dt.timedelta(minutes=10)  # longer than a mail server lets one wait


def hand_out() -> int:
    """Turn waiting notices into messages; the number of notices handled. Safe to run twice and in parallel."""
    with transaction.atomic():
        waiting = Notice.objects.filter(handed_out_at__isnull=True).order_by("id")
        rows = list(waiting.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)[:BATCH])
        messages = [message for notice in rows for message in _messages(notice)]
        Message.objects.bulk_create(messages, ignore_conflicts=True)
        Notice.objects.filter(pk__in=[notice.pk for notice in rows]).update(handed_out_at=timezone.now())
    return len(rows)


def _messages(notice: Notice) -> list[Message]:
    people = apps.get_model(settings.AUTH_USER_MODEL)
    getter = getter_for(notice.record_type)
    record = getter.model._default_manager.filter(pk=notice.record_id).first()
    ids = set(notice.to_people)
    if notice.to_holder and record is not None and record.holder_id():
        ids.add(record.holder_id())
    branch_id = getattr(record, "branch_id", notice.branch_id)
    for role in notice.to_roles:
        ids |= set(people.holding(role, branch_id))
    return [
        Message(notice=notice, person=person, mail_due=bool(person.email))
        for person in people.objects.filter(pk__in=ids, is_active=True)
        if _may_see(actor_for(person), notice)
    ]


def _may_see(actor: Actor, notice: Notice) -> bool:
    try:
        getter_for(notice.record_type).one(actor, pk=notice.record_id)
    except (NotFound, NotAllowed):
        return False
    return True


def send_mails() -> int:
    """Send the mails that are due; the number sent. A mail that fails is tried again, five times in all.

    One that a worker took and died with is taken up again after LEASE: it goes out at least once, and if twice, under
    the same Message-ID, by which mail programs know it again (#67).
    """
    sent = 0
    for message in _unclaimed().select_related("notice", "person").order_by("id")[:BATCH]:
        if not _unclaimed().filter(pk=message.pk).update(mail_claimed_until=timezone.now() + LEASE):
            continue  # another worker has it
        sent += _send(message)
    return sent


def _unclaimed() -> QuerySet[Message]:
    return Message.objects.filter(Q(mail_claimed_until=None) | Q(mail_claimed_until__lt=timezone.now()), mail_due=True)


def _send(message: Message) -> bool:
    notice = message.notice
    row = Message.objects.filter(pk=message.pk)
    if not _may_see(actor_for(message.person), notice):
        row.update(mail_due=False)
        return False
    with translation.override(message.person.language):
        subject = " ".join(f"{notice.record_number} {sentence(notice)}".split())  # a header is one line, whatever was typed
        body = _("%(what)s\n\n打开记录：%(url)s\n") % {"what": sentence(notice), "url": f"{settings.ORIGIN}{address(notice)}"}
    try:
        EmailMessage(subject, body, to=[message.person.email], headers={"Message-ID": _message_id(message)}).send()
    except OSError:
        notice.attempts += 1
        notice.save(update_fields=["attempts"])
        row.update(mail_due=notice.attempts < ATTEMPTS, mail_claimed_until=None)
        return False
    row.update(mail_due=False, mailed_at=timezone.now())
    return True


def _message_id(message: Message) -> str:
    """The same for every attempt to send *message*."""
    return f"<notice-{message.notice_id}-{message.person_id}@{urlsplit(settings.ORIGIN).hostname or 'bihuan.invalid'}>"


def unread_count(actor: Actor | None) -> int:
    """How many messages wait for *actor*, counted to 100 at most."""
    if actor is None or actor.person_id is None:
        return 0
    return _mine(actor).filter(read_at__isnull=True)[:100].count()


def _mine(actor: Actor) -> QuerySet[Message]:
    return Message.objects.filter(person_id=actor.person_id or 0)


def inbox(actor: Actor, limit: int = 50) -> list[Any]:
    """The latest messages of *actor*, newest first."""
    return list(_mine(actor).select_related("notice").order_by("-id")[:limit])


def mark_read(actor: Actor, ids: list[int] | None = None) -> int:
    """Mark own messages read: those of *ids*, or all."""
    rows = _mine(actor).filter(read_at__isnull=True)
    return (rows.filter(pk__in=ids) if ids is not None else rows).update(read_at=timezone.now())
