"""Handing out notices: to whom, with the right re-checked at that moment (#9), each person once; then the mails."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from ..access.actors import Actor, actor_for
from ..access.getters import getter_for
from ..access.refusals import NotFound
from .models import Message, Notice
from .sentences import address, sentence

BATCH = 200
ATTEMPTS = 5


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
    except NotFound:
        return False
    return True


def send_mails() -> int:
    """Send the mails that are due; the number sent. A mail that fails is tried again, five times in all."""
    sent = 0
    for message in Message.objects.filter(mail_due=True).select_related("notice", "person").order_by("id")[:BATCH]:
        if not Message.objects.filter(pk=message.pk, mail_due=True).update(mail_due=False):
            continue  # another worker has it
        sent += _send(message)
    return sent


def _send(message: Message) -> bool:
    notice = message.notice
    if not _may_see(actor_for(message.person), notice):
        return False
    with translation.override(message.person.language):
        subject = " ".join(f"{notice.record_number} {sentence(notice)}".split())  # a header is one line, whatever was typed
        body = _("%(what)s\n\n打开记录：%(url)s\n") % {"what": sentence(notice), "url": f"{settings.ORIGIN}{address(notice)}"}
    try:
        EmailMessage(subject, body, to=[message.person.email]).send()
    except OSError:
        notice.attempts += 1
        notice.save(update_fields=["attempts"])
        Message.objects.filter(pk=message.pk).update(mail_due=notice.attempts < ATTEMPTS)
        return False
    Message.objects.filter(pk=message.pk).update(mailed_at=timezone.now())
    return True


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
