"""The search index, the views that people keep of lists, and the imports that were made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .encoder import MARK


class WordsField(models.Field):
    """Search tokens in order: a tsvector on PostgreSQL, text with spaces on SQLite, where an FTS5 table follows it by triggers."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "tsvector" if connection.vendor == "postgresql" else "text"

    def get_db_prep_value(self, value: Sequence[str], connection: BaseDatabaseWrapper, prepared: bool = False) -> str:
        if connection.vendor != "postgresql":
            return " ".join(value)
        places: dict[str, list[str]] = {}
        for place, token in enumerate(value, start=1):
            if token != MARK:  # a gap between two texts
                places.setdefault(token, []).append(str(place))
        return " ".join(f"'{token}':{','.join(at)}" for token, at in places.items())

    def get_placeholder(self, value: Any, compiler: Any, connection: BaseDatabaseWrapper) -> str:
        return "%s::tsvector" if connection.vendor == "postgresql" else "%s"


class Document(models.Model):
    """What one record can be found by. The newest document has the highest id; re-indexing keeps the id."""

    record_type = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    words = WordsField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record_type", "record_id"], name="document_once_per_record")]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id}"


class SavedView(models.Model):
    """A list with filters and order as one person keeps it under a name."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    list = models.CharField(max_length=60)
    name = models.CharField(_("名称"), max_length=40)
    query = models.CharField(max_length=2000, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["person", "list", "name"], name="saved_view_name_once")]

    def __str__(self) -> str:
        return self.name


class ImportRun(models.Model):
    """An uploaded file: previewed, then written as a whole or not at all. The content is dropped once it is written."""

    class Status(models.TextChoices):
        PREVIEW = "preview", _("待确认")
        DONE = "done", _("已导入")

    kind = models.CharField(max_length=60)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="imports", verbose_name=_("谁"))
    status = models.CharField(max_length=10, choices=Status, default=Status.PREVIEW)
    file_name = models.CharField(_("文件"), max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField(null=True)
    created_at = models.DateTimeField(_("上传时间"))
    done_at = models.DateTimeField(_("导入时间"), null=True)
    rows = models.PositiveIntegerField(_("行数"), default=0)
    written = models.PositiveIntegerField(_("写入"), default=0)
    skipped = models.PositiveIntegerField(_("跳过"), default=0)
    forced = models.BooleanField(default=False)  # the same file knowingly a second time

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "sha256"], condition=Q(status="done", forced=False), name="same_file_imported_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name}"
