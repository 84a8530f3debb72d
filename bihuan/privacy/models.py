"""The request GR: a person asks for a copy, a correction or the deletion of what is kept of them (PIPL arts. 45 – 47).

Whom it is about is an id. Nothing here may tell of a person who was forgotten on this very request.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bihuan.customers.models import Contact
from bihuan.kernel.records import Record
from bihuan.organisation.models import Branch
from bihuan.service.models import ServiceRequest

from .procedure import P

COPY_LASTS = timedelta(hours=24)  # how long who granted a copy can download it


class Wish(models.TextChoices):
    COPY = "copy", _("查阅、复制（第四十五条）")
    CORRECTION = "correction", _("更正、补充（第四十六条）")
    DELETION = "deletion", _("删除（第四十七条）")


class Identity(models.TextChoices):
    """How it was made sure that it is they who ask. Nothing of it is copied."""

    CALLBACK = "callback", _("回拨系统里登记的电话")
    IN_PERSON = "in_person", _("当面出示证件（不留复印件）")
    MAIL = "mail", _("由登记的邮箱来信")


class Basis(models.TextChoices):
    """On what ground a request is refused."""

    IDENTITY = "identity", _("身份无法核实（第五十条）")
    KEPT_BY_LAW = "kept_by_law", _("法定保存期限未满（第四十七条第二款）")
    SECRECY = "secrecy", _("依法保密或不需告知（第四十五条、第十八条）")
    WITHDRAWN = "withdrawn", _("本人撤回请求")


class Way(models.TextChoices):
    PHONE = "phone", _("电话")
    IN_PERSON = "in_person", _("当面")
    MAIL = "mail", _("本人邮箱")
    LETTER = "letter", _("挂号信")


class Field(models.TextChoices):
    """What of a contact can be corrected."""

    NAME = "name", _("姓名")
    TITLE = "title", _("部门/职务")
    EMAIL = "email", _("邮箱")
    PHONES = "phones", _("电话")


class PersonRequest(Record):
    """GR 个人信息请求单. It is about ``contact``, or about who made ``call`` and never became a contact.

    ``bytes_left``: forgotten in the rows, but ``bihuan forget-person --again`` has not yet removed files and free space.
    """

    status = models.CharField(_("状态"), max_length=20, choices=P.choices)
    branch = models.ForeignKey(Branch, models.PROTECT, db_index=False, related_name="person_requests", verbose_name=_("分公司"))
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("联系人"))
    call = models.ForeignKey(ServiceRequest, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("来电"))
    wish = models.CharField(_("请求"), max_length=12, choices=Wish.choices)
    identity = models.CharField(_("身份核实"), max_length=12, choices=Identity.choices)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("处理人")
    )
    decided_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    corrected = models.CharField(_("更正的项目"), max_length=10, choices=Field.choices, blank=True)
    basis = models.CharField(_("不予办理的依据"), max_length=12, choices=Basis.choices, blank=True)
    refusal = models.TextField(_("不予办理的理由"), blank=True)
    copy_sha256 = models.CharField(_("副本的校验值"), max_length=64, blank=True)
    copied_at = models.DateTimeField(_("副本下载时间"), null=True, blank=True)
    bytes_left = models.BooleanField(_("文件待清理"), default=False)
    answered_how = models.CharField(_("答复方式"), max_length=12, choices=Way.choices, blank=True)
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)

    free_fields = ("refusal",)

    class Meta:
        verbose_name = _("个人信息请求单")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=P.values), name="person_request_status_known"),
            models.CheckConstraint(condition=Q(contact=None) ^ Q(call=None), name="person_request_about_one"),
        ]
        indexes = [
            models.Index(fields=["branch", "next_due_at", "id"], condition=Q(is_open=True), name="person_request_open"),
            models.Index(fields=["branch", "-id"], name="person_request_of_branch"),
        ]

    def offers(self, step: str) -> bool:
        """Only what was asked for; a copy once more when the time to download it is over."""
        if step == "grant_copy" and self.decided_at is not None:
            return self.wish == Wish.COPY and not self.basis and timezone.now() - self.decided_at > COPY_LASTS
        return self.wish == {"grant_copy": Wish.COPY, "correct": Wish.CORRECTION, "forget": Wish.DELETION}.get(step, self.wish)
