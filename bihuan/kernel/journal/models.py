"""The journal: one append-only chain of entries per branch (chain 0: the organisation as a whole)."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Chain(models.Model):
    """The end of a chain. Locked while entries are added, so that numbers have no gap and no double."""

    branch_id = models.BigIntegerField(primary_key=True)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        db_table = "journal_chain"


class Entry(models.Model):
    """One thing that happened. ``body`` is what is hashed; the other columns repeat parts of it for finding."""

    told: dict[str, Any]  # what the body will say, while the entry waits for its number
    words: list[Word]  # what of it is kept apart

    chain = models.BigIntegerField()
    seq = models.BigIntegerField()
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    alg = models.CharField(max_length=8, default="sha256")
    body = models.TextField()
    action = models.CharField(_("动作"), max_length=60)
    record_type = models.CharField(max_length=60, blank=True)
    record_id = models.BigIntegerField(null=True)
    record_number = models.CharField(_("记录编号"), max_length=60, blank=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(_("谁"), max_length=120)
    happened_at = models.DateTimeField(_("发生时间"))
    recorded_at = models.DateTimeField(_("录入时间"))

    class Meta:
        db_table = "journal_entry"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "seq"], name="journal_no_double"),
            models.CheckConstraint(condition=Q(seq__gt=0), name="journal_seq_from_one"),
        ]
        indexes = [models.Index(fields=["record_type", "record_id", "-id"], name="journal_of_record")]

    def __str__(self) -> str:
        return f"{self.chain}/{self.seq} {self.action}"

    @cached_property
    def said(self) -> dict[str, Any]:
        """The body as data. Free texts stand in it as commitments; ``shown`` has their words."""
        return json.loads(self.body)

    @cached_property
    def shown(self) -> dict[str, Any]:
        """The body as people read it. Many at a time: ``words.show`` asks once for all."""
        from .words import revealed, texts

        return revealed(self.said, texts(self.body))


class Word(models.Model):
    """A text that may tell of a person, kept apart from what binds it, so that it can lawfully be deleted (#96).

    The journal and signatures hold only ``commitment``, an HMAC of ``text`` (canonical JSON) under the row's own ``salt``.
    A row that is gone was forgotten when an entry "forget" of its record says so; else it is missed by ``bihuan verify``.
    """

    commitment = models.CharField(max_length=60, primary_key=True)
    salt = models.CharField(max_length=32)
    text = models.TextField()
    name = models.CharField(max_length=60)
    record_type = models.CharField(max_length=60)
    record_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "journal_word"
        indexes = [models.Index(fields=["record_type", "record_id"], name="word_of_record")]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id} {self.name}"
