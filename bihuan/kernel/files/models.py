"""Attachments of any record: photos, videos, scans of faxes, signature pictures."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import models
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .once import WrittenOnce, WrittenOnceQuery


def new_handle() -> str:
    """192 random bits: an address that nobody guesses. It grants nothing by itself; the right is checked at each download."""
    return secrets.token_urlsafe(24)


class AttachmentQuery(WrittenOnceQuery):
    def of(self, record: models.Model) -> AttachmentQuery:
        """Those of *record*, in the order they came."""
        return self.about(record._meta.label, record.pk)

    def about(self, record_type: str, record_id: int) -> AttachmentQuery:
        return self.filter(record_type=record_type, record_id=record_id).order_by("pk")

    def bytes_kept(self) -> int:
        return self.aggregate(total=Sum("size"))["total"] or 0


class Attachment(WrittenOnce):
    """A file that belongs to a record. The bytes lie under their own hash (see disk.py); ``name`` is for people only.

    ``sha256`` and ``size`` are of the bytes as kept, ``original_sha256`` of what was sent (images are encoded anew).
    ``taken_at`` is what the camera's clock claimed.
    """

    record_type = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    kind = models.SlugField(_("用途"), max_length=30)
    handle = models.CharField(max_length=32, unique=True, default=new_handle, editable=False)
    name = models.CharField(_("文件名"), max_length=200)
    media_type = models.CharField(_("类型"), max_length=40)
    size = models.BigIntegerField(_("大小"))
    sha256 = models.CharField(max_length=64, db_index=True)
    original_sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(_("宽"), null=True, blank=True)
    height = models.PositiveIntegerField(_("高"), null=True, blank=True)
    taken_at = models.DateTimeField(_("拍摄时间"), null=True, blank=True)
    uploaded_by_name = models.CharField(_("上传人"), max_length=120)
    uploaded_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(_("上传时间"))
    client_key = models.CharField(max_length=64, blank=True)

    objects = AttachmentQuery.as_manager()

    class Meta:
        verbose_name = _("附件")
        indexes = [models.Index(fields=["record_type", "record_id"], name="attachment_of_record")]
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "record_id", "client_key"], condition=~Q(client_key=""), name="attachment_sent_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")

    @property
    def opens_inline(self) -> bool:
        """Whether a browser may show it in place: images that we encoded ourselves, and PDF."""
        return self.is_image or self.media_type == "application/pdf"

    def get_absolute_url(self) -> str:
        return reverse("files:download", args=[self.handle])

    def get_thumbnail_url(self) -> str:
        return reverse("files:thumbnail", args=[self.handle])

    def described(self) -> dict[str, Any]:
        """All that is said about the file, as a signature binds it."""
        return {field.attname: getattr(self, field.attname) for field in self._meta.concrete_fields if not field.primary_key}


class AnnouncedQuery(models.QuerySet[Any]):
    def about(self, record_type: str, record_id: int) -> AnnouncedQuery:
        return self.filter(record_type=record_type, record_id=record_id).order_by("pk")

    def of(self, record: models.Model) -> AnnouncedQuery:
        """Those of *record*, in the order they were announced."""
        return self.about(record._meta.label, record.pk)

    def open(self) -> AnnouncedQuery:
        """Those that are still to come."""
        return self.filter(arrived_at__isnull=True, given_up_at__isnull=True)


class Announced(models.Model):
    """A file that a device said it would send, before its first byte: how long it is and what its hash is (#60).

    The row says what is still to come; the bytes that came lie under ``handle`` (partial.py). ``arrived_at`` is written
    with the attachment, which carries the same ``client_key``. ``touched_at``: when bytes last came.
    """

    record_type = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    kind = models.SlugField(_("用途"), max_length=30)
    handle = models.CharField(max_length=32, unique=True, default=new_handle, editable=False)
    client_key = models.CharField(max_length=64)
    size = models.BigIntegerField(_("大小"))
    sha256 = models.CharField(max_length=64)
    announced_by = models.BigIntegerField()
    announced_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    objects = AnnouncedQuery.as_manager()

    class Meta:
        verbose_name = _("待传文件")
        constraints = [models.UniqueConstraint(fields=["record_type", "record_id", "client_key"], name="announced_once")]
        indexes = [
            models.Index(fields=["announced_by"], condition=Q(arrived_at__isnull=True) & Q(given_up_at__isnull=True), name="announced_open")
        ]

    def __str__(self) -> str:
        return self.handle
