"""The nonconformity BH: what was not as required, what was done about it, and whether that helped (QM-2, QM-3). The review RZ of a month (QM-7)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.records import Record
from bihuan.organisation.models import Branch

from .procedure import N, Z


class Disposition(models.TextChoices):
    """What is done with what does not conform (QM-2)."""

    REWORK = "rework", _("返工（重做）")
    REPAIR = "repair", _("返修")
    ACCEPT = "accept", _("让步接收")
    SCRAP = "scrap", _("报废")
    RETURN = "return", _("退回")


class Nonconformity(Record):
    """BH 不合格报告: opened from any record, for a deviation that was not accepted.

    ``source_number`` is the record it was found on; ``source_key`` the deviation's own key, so that it is declared once;
    ``subject`` the step or time limit ("BX.first_contact"), by which earlier ones of the same kind are found.
    """

    status = models.CharField(_("状态"), max_length=20, choices=N.choices)
    branch = models.ForeignKey(Branch, models.PROTECT, db_index=False, related_name="nonconformities", verbose_name=_("分公司"))
    source_number = models.CharField(_("来源单据"), max_length=60, db_index=True)
    source_key = models.CharField(max_length=80, blank=True)
    subject = models.CharField(max_length=60, blank=True)
    clause = models.CharField(_("不符合的条款"), max_length=20, blank=True)
    description = models.TextField(_("不合格事实"))
    responsible = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="nonconformities", verbose_name=_("责任人"))
    containment = models.TextField(_("应急处置"), blank=True)
    disposition = models.CharField(_("处置"), max_length=10, choices=Disposition.choices, blank=True)
    cause = models.TextField(_("原因"), blank=True)
    correction = models.TextField(_("纠正措施"), blank=True)
    due_at = models.DateTimeField(_("完成期限"), null=True, blank=True)
    result = models.TextField(_("完成情况"), blank=True)
    finding = models.TextField(_("验证结论"), blank=True)
    verified_at = models.DateTimeField(_("验证时间"), null=True, blank=True)

    free_fields = ("reason", "description", "containment", "cause", "correction", "result", "finding")
    need_labels = {"reason": _("退回或改派的原因")}

    class Meta:
        verbose_name = _("不合格报告")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source_key"], condition=~Q(source_key=""), name="nonconformity_once"),
            models.CheckConstraint(condition=Q(status__in=N.values), name="nonconformity_status_known"),
        ]
        indexes = [
            models.Index(fields=["branch", "next_due_at", "id"], condition=Q(is_open=True), name="nonconformity_open"),
            models.Index(fields=["branch", "-id"], name="nonconformity_of_branch"),
            models.Index(fields=["subject", "branch"], name="nonconformity_of_kind"),
        ]

    def holder_id(self) -> int | None:
        return self.responsible_id


class Review(Record):
    """RZ 日志月度审查: a month of one chain of the journal. ``chain`` is the branch's, or 0 for what belongs to none (kept by headquarters).

    What it counts is fixed when it is opened: ``entries`` read, ``counts`` of anomalies by kind, the ``thresholds`` they were found by, ``signals``.
    """

    status = models.CharField(_("状态"), max_length=20, choices=Z.choices)
    branch = models.ForeignKey(Branch, models.PROTECT, db_index=False, related_name="reviews", verbose_name=_("分公司"))
    chain = models.BigIntegerField()
    month = models.DateField(_("月份"))
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="reviews", verbose_name=_("审查人")
    )
    entries = models.PositiveIntegerField(_("审查的日志条数"), default=0)
    counts = models.JSONField(default=dict)
    thresholds = models.JSONField(default=dict)
    signals = models.JSONField(default=list)
    conclusion = models.TextField(_("审查结论"), blank=True)
    concluded_at = models.DateTimeField(_("结论时间"), null=True, blank=True)

    free_fields = ("reason", "description", "conclusion")
    need_labels = {"reason": _("说明"), "findings": _("疑点"), "description": _("不合格事实"), "responsible": _("责任人")}

    class Meta:
        verbose_name = _("日志月度审查")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "month"], name="review_once"),
            models.CheckConstraint(condition=Q(status__in=Z.values), name="review_status_known"),
        ]
        indexes = [
            models.Index(fields=["branch", "next_due_at", "id"], condition=Q(is_open=True), name="review_open"),
            models.Index(fields=["branch", "-id"], name="review_of_branch"),
        ]

    def holder_id(self) -> int | None:
        return self.reviewer_id

    @property
    def scope(self) -> str:
        """Whose entries: a branch's, or those of the organisation as a whole."""
        return self.branch.name if self.chain else str(_("全公司事项"))


class Finding(models.Model):
    """One entry of the month that is worth a question, why (``reasons``: kind and figure), and what was found about it."""

    IN_ORDER, RAISED = "in_order", "raised"
    VERDICTS = ((IN_ORDER, _("正常")), (RAISED, _("已开不合格报告")))

    review = models.ForeignKey(Review, models.PROTECT, related_name="findings", db_index=False)
    seq = models.BigIntegerField()
    action = models.CharField(_("步骤"), max_length=60)
    record_type = models.CharField(max_length=60, blank=True)
    record_number = models.CharField(_("单据"), max_length=60, blank=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(_("谁"), max_length=120)
    happened_at = models.DateTimeField(_("发生时间"))
    recorded_at = models.DateTimeField(_("录入时间"))
    reasons = models.JSONField(default=list)
    verdict = models.CharField(_("结论"), max_length=10, choices=VERDICTS, blank=True)
    words = models.TextField(_("说明"), blank=True)
    judged_by = models.CharField(_("审查人"), max_length=120, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    nonconformity = models.CharField(_("不合格报告"), max_length=32, blank=True)

    class Meta:
        verbose_name = _("疑点")
        ordering = ["review", "seq"]
        constraints = [models.UniqueConstraint(fields=["review", "seq"], name="finding_once")]

    @property
    def entry(self) -> str:
        """Its place in the journal, ``chain-seq``."""
        return f"{self.review.chain}-{self.seq}"
