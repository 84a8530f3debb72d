"""What the evidence pages keep: monthly tallies, how far the journal was checked, deviations found, samples drawn (QM-7)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Tally(models.Model):
    """Settled deadlines of one clock, branch and month (of their start). With the rows not yet counted it gives the whole."""

    record_type = models.CharField(max_length=60)
    clock = models.CharField(max_length=40)
    branch_id = models.BigIntegerField()
    month = models.DateField()
    kept = models.PositiveIntegerField(default=0)
    late_entry = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)
    void = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "evidence_tally"
        constraints = [models.UniqueConstraint(fields=["record_type", "clock", "branch_id", "month"], name="tally_once")]

    def __str__(self) -> str:
        return f"{self.clock} {self.branch_id} {self.month:%Y-%m}"


class StepTally(models.Model):
    """How often a step was taken in a branch and month, and between which entries of the branch's chain it stands."""

    action = models.CharField(max_length=60)
    branch_id = models.BigIntegerField()
    month = models.DateField()
    taken = models.PositiveIntegerField(default=0)
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()

    class Meta:
        db_table = "evidence_steptally"
        constraints = [models.UniqueConstraint(fields=["action", "branch_id", "month"], name="step_tally_once")]

    def __str__(self) -> str:
        return f"{self.action} {self.branch_id} {self.month:%Y-%m}"


class Mark(models.Model):
    """How far a chain of the journal has been counted and checked: all entries up to ``seq``, none after it."""

    chain = models.BigIntegerField(primary_key=True)
    seq = models.BigIntegerField(default=0)
    checked_at = models.DateTimeField()

    class Meta:
        db_table = "evidence_mark"

    def __str__(self) -> str:
        return f"{self.chain}/{self.seq}"


class Kind(models.TextChoices):
    """What a deviation is about."""

    TIME_LIMIT = "time_limit", _("时限")
    ORDER = "order", _("步骤顺序")
    FOUR_EYES = "four_eyes", _("两人办理")
    ROLE = "role", _("办理人")
    TOGETHER = "together", _("应同时办理")
    BACK_DATED = "back_dated", _("倒填时间")
    LATE = "late", _("迟录")
    MISSING = "missing", _("缺号")


class Deviation(models.Model):
    """Something that was not done as the procedure says. Found once (``key``), never deleted; it waits for somebody's word."""

    OPEN, ACCEPTED, RAISED = "open", "accepted", "raised"  # raised: made a nonconformity

    key = models.CharField(max_length=80, unique=True)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind.choices)
    clause = models.CharField(_("条款"), max_length=20)
    subject = models.CharField(max_length=60)  # "BX.first_contact": the clock or the step
    record_type = models.CharField(max_length=60)
    record_id = models.BigIntegerField(null=True)
    record_number = models.CharField(_("记录编号"), max_length=60)
    branch_id = models.BigIntegerField()
    entry = models.CharField(max_length=40, blank=True, db_index=True)  # "chain-seq" of the journal entry that shows it
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=120, blank=True)
    happened_at = models.DateTimeField(_("发生时间"))
    month = models.DateField()
    found_at = models.DateTimeField(_("发现时间"))
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default=OPEN)
    reason = models.CharField(_("处理意见"), max_length=500, blank=True)
    disposed_by = models.CharField(_("处理人"), max_length=120, blank=True)
    disposed_at = models.DateTimeField(null=True)
    nonconformity = models.CharField(_("不合格报告"), max_length=32, blank=True)

    class Meta:
        db_table = "evidence_deviation"
        indexes = [
            models.Index(fields=["month", "subject", "branch_id"], name="deviation_figures"),
            models.Index(fields=["branch_id", "-id"], condition=Q(state="open"), name="deviation_waiting"),
        ]
        constraints = [models.CheckConstraint(condition=Q(state__in=["open", "accepted", "raised"]), name="deviation_state_known")]

    def __str__(self) -> str:
        return self.key

    @property
    def number(self) -> str:
        """What the journal calls it."""
        return f"PC-{self.pk:06d}"


class Run(models.Model):
    """One conformance check, asked for or nightly, with what it looked at and what was new."""

    at = models.DateTimeField(_("时间"))
    by_name = models.CharField(_("发起人"), max_length=120)
    nightly_on = models.DateField(null=True, unique=True)  # one a night, however many workers run
    entries = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "evidence_run"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.by_name}"


class Draw(models.Model):
    """An honest sample: who drew how many of what with which seed, from which population, and what came out."""

    form = models.CharField(_("表单"), max_length=4)
    first_month = models.DateField()
    last_month = models.DateField()
    branches = models.JSONField(default=list)  # ids that the population was taken from
    branch_name = models.CharField(_("分公司"), max_length=60, blank=True)  # empty: all
    size = models.PositiveIntegerField(_("数量"))
    seed = models.CharField(_("种子"), max_length=60)
    population = models.PositiveIntegerField(_("总体"))
    population_sha256 = models.CharField(max_length=64)
    numbers: Any = models.JSONField(default=list)
    drawn_by_id = models.BigIntegerField(null=True)
    drawn_by = models.CharField(_("抽取人"), max_length=120)
    drawn_at = models.DateTimeField(_("抽取时间"))

    class Meta:
        db_table = "evidence_draw"

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What the journal calls it."""
        return f"CY-{self.pk:06d}"
