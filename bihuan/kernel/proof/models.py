"""Checkpoints that were made, how far each chain's tree has come, and where each checkpoint has been handed to."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Grown(models.Model):
    """The tree of one chain as far as it has been sealed: its peaks, so that the history is never counted again.

    A working row: whoever changes it makes the next checkpoint wrong, which ``bihuan verify`` finds.
    """

    chain = models.BigIntegerField(primary_key=True)
    size = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)  # of the last entry in it
    peaks = models.TextField(blank=True)  # hexadecimal, left to right
    sealed_at = models.DateTimeField()

    class Meta:
        db_table = "proof_grown"


class Checkpoint(models.Model):
    """A signed note over one chain, as it was made. Rows are only ever added."""

    chain = models.BigIntegerField()
    size = models.BigIntegerField(_("条数"))
    first = models.BigIntegerField()  # the first entry that it covers and the one before it does not
    peaks = models.TextField(blank=True, db_default="")  # of the tree before ``first``, hexadecimal; empty in rows older than this column
    note = models.TextField(_("校验点"))
    made_at = models.DateTimeField(_("签发时间"))

    class Meta:
        db_table = "proof_checkpoint"
        verbose_name = _("校验点")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["chain", "size"], name="checkpoint_once")]

    def __str__(self) -> str:
        return f"{self.chain}/{self.size}"


class Place(models.TextChoices):
    FOLDER = "folder", _("目录")
    MAIL = "mail", _("邮件")


class Delivery(models.Model):
    """One checkpoint on its way to one place outside the database."""

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="deliveries")
    place = models.CharField(_("送往"), max_length=10, choices=Place.choices)
    claimed_until = models.DateTimeField(null=True)  # a worker is sending the mail that it leads; after that time it died with it
    delivered_at = models.DateTimeField(_("送达时间"), null=True, blank=True)
    problem = models.CharField(_("问题"), max_length=300, blank=True)

    class Meta:
        db_table = "proof_delivery"
        constraints = [models.UniqueConstraint(fields=["checkpoint", "place"], name="delivered_once")]
        indexes = [models.Index(fields=["place", "id"], condition=models.Q(delivered_at__isnull=True), name="delivery_waiting")]
