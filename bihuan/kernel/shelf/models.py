"""One table: what was sent, by whom, why it was not taken, and what became of it."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """Why it was refused."""

    OTHER_BODY = "other_body", _("同一个键发来了另一份内容")
    MOVED_ON = "moved_on", _("单据已办到别的一步")
    STALE = "stale", _("按旧版本填写")
    NOT_YOURS = "not_yours", _("已不由发送人办理")
    OUT_OF_SIGHT = "out_of_sight", _("没有这张单据，或发送人已看不到")


class Shelved(models.Model):
    """Something refused whose words are kept. The same words of one person wait once (UNIQUE on the open ones).

    ``sent`` is JSON, field by field, without secrets, signatures and files. ``action`` is form and step ("FW.fill_in"),
    ``stood`` the state of the record at that moment. ``branch_id`` is the record's, or the sender's own when it is out of their sight.
    """

    class State(models.TextChoices):
        OPEN = "open", _("待处理")
        TAKEN = "taken", _("已补录")
        DROPPED = "dropped", _("不用了")
        SENT_AGAIN = "sent_again", _("发送人已改好重发")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+", verbose_name=_("发送人"))
    branch_id = models.BigIntegerField()
    record_type = models.CharField(max_length=60, blank=True)
    record_id = models.BigIntegerField(null=True)
    record_number = models.CharField(_("单据"), max_length=60, blank=True)
    stood = models.CharField(max_length=20, blank=True)
    action = models.CharField(max_length=60)
    route = models.CharField(max_length=120)
    key = models.CharField(max_length=120, blank=True)
    channel = models.CharField(max_length=20)
    device_at = models.DateTimeField(_("设备时间"), null=True)
    fingerprint = models.CharField(max_length=64)
    sent = models.TextField(_("发来的内容"))
    kind = models.CharField(_("为什么没办成"), max_length=20, choices=Kind.choices)
    sentence = models.TextField(_("当时的答复"))
    arrived_at = models.DateTimeField(_("收到时间"))
    state = models.CharField(_("状态"), max_length=20, choices=State.choices, default=State.OPEN)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("处理人")
    )
    settled_at = models.DateTimeField(_("处理时间"), null=True)
    into_number = models.CharField(_("补录到"), max_length=60, blank=True)
    reason = models.TextField(_("处理说明"), blank=True)

    class Meta:
        db_table = "shelf_shelved"
        constraints = [models.UniqueConstraint(fields=["fingerprint"], condition=Q(state="open"), name="shelved_once_while_open")]
        indexes = [
            models.Index(fields=["branch_id", "id"], condition=Q(state="open"), name="shelved_waiting"),
            models.Index(fields=["person", "id"], name="shelved_of_person"),
            models.Index(fields=["settled_at"], condition=Q(settled_at__isnull=False), name="shelved_settled"),
        ]

    @cached_property
    def words(self) -> dict[str, Any]:
        """What was sent, by field."""
        return json.loads(self.sent)

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.OPEN

    def holder_id(self) -> int | None:
        """Nobody in particular."""
        return None
