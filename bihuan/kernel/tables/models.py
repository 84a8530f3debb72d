"""Which revision of a procedure was in force from when, with its text: what a visit long past was done by (#84)."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _


class RuleRevision(models.Model):
    """One text in force from a moment on. Written once, when the program that runs it first started here; never changed.

    ``code`` is a form ("BX": its procedure and its printed form have one revision) or an approved document ("AS").
    """

    code = models.CharField(_("代码"), max_length=20)
    number = models.PositiveIntegerField(_("版次"))
    in_force_from = models.DateTimeField(_("生效时间"))
    text = models.TextField(_("内容"))
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("程序版次")
        ordering = ["code", "in_force_from", "id"]
        constraints = [models.UniqueConstraint(fields=["code", "number", "sha256"], name="rule_revision_once")]

    def __str__(self) -> str:
        return f"{self.code} A/{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new revision. Raises RuntimeError for an existing one."""
        if not self._state.adding:
            raise RuntimeError("A revision is never changed; records were made under it.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: records name the revision they were made under."""
        raise RuntimeError("A revision is never deleted; records were made under it.")
