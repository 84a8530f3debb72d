"""What people are told. A notice is a row written in the transaction of its cause; the worker hands it out afterwards."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from ..prepared import insert


class Notice(models.Model):
    """Something to tell: to the record's holder, to roles that reach its branch, to named people. Handed out once (``key``)."""

    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=40)
    record_type = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    record_number = models.CharField(max_length=60)
    branch_id = models.BigIntegerField()
    to_holder = models.BooleanField(default=False)
    to_roles = models.JSONField(default=list)
    to_people = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    handed_out_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "notify_notice"
        indexes = [models.Index(fields=["id"], condition=Q(handed_out_at__isnull=True), name="notice_waiting")]

    def __str__(self) -> str:
        return self.key


class Message(models.Model):
    """One person's copy: a line in their inbox, and an e-mail where they have an address."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="messages")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="inbox")
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    mail_due = models.BooleanField(default=False)
    mail_claimed_until = models.DateTimeField(null=True)  # a worker is sending it; after that time it died with it
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notify_message"
        constraints = [models.UniqueConstraint(fields=["notice", "person"], name="told_once")]
        indexes = [
            models.Index(fields=["person", "-id"], name="inbox_newest"),
            models.Index(fields=["person"], condition=Q(read_at__isnull=True), name="inbox_unread"),
            models.Index(fields=["id"], condition=Q(mail_due=True), name="mail_waiting"),
        ]


def leave_word(record: Any, notices: list[Notice]) -> None:
    """Write the notices that a step of *record* leaves, in its transaction. One statement."""
    for index, notice in enumerate(notices):
        notice.key = f"step:{record._meta.label}:{record.pk}:{record.version}:{index}"
        notice.record_type, notice.record_id, notice.record_number = record._meta.label, record.pk, record.number
        notice.branch_id = record.branch_id
    if notices:
        insert(notices)
