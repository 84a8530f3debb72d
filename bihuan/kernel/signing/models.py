"""Who stood for what, and exactly for what: signatures, and the word that one of them holds no longer."""

from __future__ import annotations

from functools import cached_property

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..files.once import WrittenOnce, WrittenOnceQuery
from ..journal.models import Word
from ..journal.words import revealed, texts

APPEND_ONLY = ["signing_signature", "signing_signaturevoid"]


class Meaning(models.TextChoices):
    """What the signer says by signing (21 CFR 11.50)."""

    PREPARED = "prepared", _("编制")
    REVIEWED = "reviewed", _("审核")
    APPROVED = "approved", _("批准")
    SERVICE_DONE = "service_done", _("完成服务")
    RECEIVED = "received", _("客户确认")
    RECEIVED_WITH_REMARKS = "received_with_remarks", _("客户确认（有意见）")
    REFUSED = "refused", _("拒签")
    VERIFIED = "verified", _("验证")


class Method(models.TextChoices):
    DRAWN = "drawn", _("手写")
    PASSWORD = "password", _("登录确认")
    PORTAL = "portal", _("门户确认")


class SignatureQuery(WrittenOnceQuery):
    def of(self, record: models.Model) -> SignatureQuery:
        """All of *record*, void ones included, in the order they were given; each with its ``voiding`` at hand."""
        return self.about(record._meta.label, record.pk)

    def about(self, record_type: str, record_id: int) -> SignatureQuery:
        rows = self.filter(record_type=record_type, record_id=record_id)
        return rows.select_related("voiding").order_by("recorded_at", "pk")

    def current(self) -> SignatureQuery:
        return self.filter(voiding__isnull=True)


class Signature(WrittenOnce):
    """One person's word on one state of one record (21 CFR 11.70: it cannot be cut out and moved).

    ``content`` is the canonical text that was signed: the record's own words and a description of every file it had,
    the drawn signature among them. ``seal`` binds all other columns to each other; ``field_hashes`` tells which of
    them changed when the seal breaks. The seal also stands in the journal, so a row made up later is found out.
    Since schema 2 of the content, free texts and what a customer gave of themselves (name, remarks, strokes) stand in it as
    commitments, so that they can be deleted and the seal still holds (#96); ``shown`` has their words.
    """

    record_type = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    record_number = models.CharField(_("记录编号"), max_length=60)
    record_version = models.PositiveIntegerField(_("记录版本"))
    meaning = models.CharField(_("含义"), max_length=24, choices=Meaning.choices)
    signer_name = models.CharField(_("签字人"), max_length=60)
    signer_capacity = models.CharField(_("身份"), max_length=60, blank=True)
    person_id = models.BigIntegerField(_("人员"), null=True, blank=True)
    for_whom = models.CharField(_("代理"), max_length=60, blank=True)
    method = models.CharField(_("方式"), max_length=10, choices=Method.choices)
    remarks = models.TextField(_("意见"), blank=True)
    content = models.TextField(_("签署内容"))
    content_hash = models.CharField(_("内容校验值"), max_length=64)
    strokes = models.TextField(_("笔迹"), blank=True)
    image_sha256 = models.CharField(_("签名图片"), max_length=64, blank=True)
    signed_at = models.DateTimeField(_("签字时间"))
    device_at = models.DateTimeField(_("设备时间"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("录入时间"))
    field_hashes = models.TextField(_("逐项校验值"))
    seal = models.CharField(_("封印"), max_length=64, unique=True)

    objects = SignatureQuery.as_manager()

    class Meta:
        verbose_name = _("签名")
        indexes = [models.Index(fields=["record_type", "record_id"], name="signature_of_record")]

    def __str__(self) -> str:
        return f"{self.record_number} {self.get_meaning_display()}"

    @cached_property
    def words(self) -> dict[str, Word]:
        """What is still there of the texts that stand in it as commitments. One statement, or none."""
        return texts(*self.bound)

    @property
    def bound(self) -> tuple[str, ...]:
        """The columns in which commitments may stand."""
        return self.content, self.signer_name, self.remarks, self.strokes

    def shown(self, name: str) -> str:
        """The column *name* as people read it."""
        return str(revealed(getattr(self, name), self.words))

    @property
    def signer(self) -> str:
        """Who signed, as people read it."""
        return self.shown("signer_name")

    @property
    def is_void(self) -> bool:
        return hasattr(self, "voiding")


class SignatureVoid(WrittenOnce):
    """The word that a signature holds no longer: what was signed has changed, or it was given in error."""

    signature = models.OneToOneField(Signature, models.PROTECT, related_name="voiding", verbose_name=_("签名"))
    reason = models.CharField(_("作废原因"), max_length=300)
    by_name = models.CharField(_("作废人"), max_length=120)
    at = models.DateTimeField(_("作废时间"))

    objects = WrittenOnceQuery.as_manager()

    class Meta:
        verbose_name = _("签名作废")

    @property
    def shown_reason(self) -> str:
        """The reason as people read it."""
        return str(revealed(self.reason, texts(self.reason)))
