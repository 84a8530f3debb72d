"""Deadlines are records too: when one started, on which calendar, when it falls due, how it ended, who was told."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    RUNNING = "running", _("计时中")
    PAUSED = "paused", _("已暂停")
    MET = "met", _("已完成")
    ENDED = "ended", _("已终止")


class Verdict(models.TextChoices):
    """How a deadline stands. ``LATE_ENTRY``: in time as said, but entered after it was due; counted apart from kept."""

    OPEN = "open", _("未到期")
    KEPT = "kept", _("按时")
    LATE_ENTRY = "late_entry", _("按时（补录）")
    MISSED = "missed", _("超时")
    VOID = "void", _("不再适用")


class Deadline(models.Model):
    record_type = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    record_number = models.CharField(_("记录编号"), max_length=60)
    branch_id = models.BigIntegerField()
    clock = models.CharField(_("时限"), max_length=40)
    procedure_revision = models.PositiveIntegerField()
    started_at = models.DateTimeField(_("起算"))
    due_at = models.DateTimeField(_("到期"))
    calendar = models.CharField(max_length=20, blank=True)
    calendar_revision = models.PositiveIntegerField(default=0)
    provisional = models.BooleanField(default=False)  # falls in a year whose calendar is not published
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    schedule = models.JSONField(default=list)  # moments (ISO) at which somebody is told
    level = models.PositiveSmallIntegerField(default=0)  # how many of them have passed
    next_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=40, blank=True)
    stopped_at = models.DateTimeField(null=True)  # as said
    stop_recorded_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)  # sticky: nothing takes it back
    counted = models.BooleanField(default=False)  # settled, and in the monthly figures (bihuan.evidence.tally)

    class Meta:
        db_table = "deadlines_deadline"
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="running"), name="deadline_next"),
            models.Index(fields=["record_type", "record_id"], name="deadline_of_record"),
            models.Index(fields=["clock", "branch_id", "started_at"], name="deadline_figures"),
            models.Index(fields=["record_type", "clock", "branch_id", "started_at"], condition=Q(counted=False), name="deadline_uncounted"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="deadline_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.record_number} {self.clock}"

    @property
    def verdict(self) -> Verdict:
        """Kept only when done *and* entered in time; see compute.verdict."""
        from .compute import verdict

        if self.state == State.ENDED:
            return Verdict.MISSED if self.breached_at else Verdict.VOID
        return verdict(self.due_at, self.stopped_at, self.stop_recorded_at, breached=self.breached_at is not None)

    @property
    def late_by(self) -> Any:
        """How long after the due time it was done (timedelta), or None."""
        ended = max(filter(None, [self.stopped_at, self.stop_recorded_at]), default=None)
        return ended - self.due_at if ended and ended > self.due_at else None

    def moments(self) -> list[datetime]:
        return [datetime.fromisoformat(text) for text in self.schedule]


class Pause(models.Model):
    """A pause has a typed reason and a person who says so; the time it adds can be recounted from these rows."""

    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="pauses")
    reason = models.CharField(_("原因"), max_length=40)
    by_name = models.CharField(max_length=120)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    remaining = models.DurationField()  # time left on the deadline's own clock when it stopped

    class Meta:
        db_table = "deadlines_pause"
        constraints = [
            models.UniqueConstraint(fields=["deadline"], condition=Q(until_at__isnull=True), name="one_open_pause"),
        ]
