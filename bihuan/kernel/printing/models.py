"""The register of prints: which paper was made of which version of which record, by whom and when. Rows are only ever added."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _


def new_token() -> str:
    return secrets.token_urlsafe(16)


class PrintRun(models.Model):
    """One print. The token stands in its QR code, so that the paper can be told from any other copy."""

    token = models.CharField(max_length=24, unique=True, default=new_token)
    record_type = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    record_number = models.CharField(_("记录编号"), max_length=60)
    record_version = models.BigIntegerField(_("记录版本"))
    form_code = models.CharField(_("表单编号"), max_length=8)
    form_revision = models.PositiveIntegerField(_("版次"))
    sha256 = models.CharField(_("内容校验码"), max_length=64)
    printed_by_id = models.BigIntegerField(null=True)
    printed_by_name = models.CharField(_("打印人"), max_length=120)
    printed_at = models.DateTimeField(_("打印时间"))

    class Meta:
        db_table = "printing_printrun"
        verbose_name = _("打印")
        ordering = ["-id"]
        indexes = [models.Index(fields=["record_type", "record_id", "-id"], name="prints_of_record")]

    def __str__(self) -> str:
        return f"{self.record_number} · {self.record_version}"
