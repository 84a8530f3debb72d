"""What operations leave behind: each backup, drill, verification of the journal and tidying of files, good or not; the worker's pulse."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Run(models.Model):
    """A backup, a drill that restored one, a verification of the journal, a removal of files nobody names. ``ok`` None: still at work, or broken off."""

    class Kind(models.TextChoices):
        BACKUP = "backup", _("备份")
        DRILL = "drill", _("恢复演练")
        VERIFY = "verify", _("日志核对")
        ORPHANS = "orphans", _("无主文件清理")

    kind = models.CharField(max_length=8, choices=Kind)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ok = models.BooleanField(null=True)
    archive = models.CharField(_("备份文件"), max_length=200, blank=True)
    size = models.BigIntegerField(default=0)  # bytes
    said = models.TextField(_("结果"), blank=True)
    night = models.DateField(null=True)  # set for the worker's nightly one: each night once, however many workers

    class Meta:
        db_table = "operations_run"
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind", "-id"], name="operations_last_of_kind")]
        constraints = [models.UniqueConstraint(fields=["kind", "night"], name="night_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"


class Beat(models.Model):
    """When a kind of process last said that it is alive."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "operations_beat"
