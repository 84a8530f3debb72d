"""The nonconformity BH: what was not as required, what was done about it, and whether that helped (QM-2, QM-3)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.records import Record
from bihuan.organisation.models import Branch

from .procedure import N


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
