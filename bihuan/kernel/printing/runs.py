"""Printing a record: the paper, its row in the register and its journal entry. Whether a paper in hand is still current."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import journal
from ..access.actors import Actor
from ..journal.read import history
from ..proof.models import Checkpoint
from .forms import Form
from .grids import moment
from .models import PrintRun, new_token
from .render import fingerprint, render


def print_record(form: Form, record: models.Model, *, by: Actor) -> bytes:
    """*form* of *record* as PDF, registered and journalled. The caller has got *record* through its getter (#4).

    The QR code leads to ``/verify/<token>/``, where a stranger reads whether the record is unaltered and a colleague goes on
    to it. The foot carries the hash of the record's last journal entry: whoever holds the paper is a witness of the journal.
    The paper is made before anything is written: a print that fails leaves no trace of having been one. Raises ValueError
    for a time without a zone.
    """
    now, token, version = timezone.now(), new_token(), getattr(record, "version", 0)
    url = settings.ORIGIN + reverse("verify-print", args=[token])
    form = replace(form, record_url=url, printed_by=by.name, printed_at=now, record_version=version, trail=_trail(record, form.zone))
    pdf = render(form)
    with journal.unit():
        run = PrintRun.objects.create(
            token=token,
            record_type=record._meta.label,
            record_id=record.pk,
            record_number=form.number,
            record_version=version,
            form_code=form.code,
            form_revision=form.revision,
            sha256=fingerprint(form),
            printed_by_id=by.person_id,
            printed_by_name=by.name,
            printed_at=now,
        )
        said = {"print": run.pk, "form": form.code, "revision": form.revision, "version": version, "sha256": run.sha256}
        journal.append(by, "print", record, at=now, data=said)
    return pdf


def print_of(token: str, record: models.Model) -> PrintRun | None:
    """The print of *record* that carries *token*; None for a foreign or invented token."""
    if not token or "\0" in token:
        return None
    return prints_of(record).filter(token=token).first()


def is_current(token: str, record: models.Model) -> bool:
    """Whether the paper with *token* says what *record* says now. False for a token that is not of this record."""
    run = print_of(token, record)
    return run is not None and run.record_version == getattr(record, "version", 0)


def prints_of(record: models.Model) -> models.QuerySet[PrintRun]:
    """All prints of *record*, newest first."""
    return PrintRun.objects.filter(record_type=record._meta.label, record_id=record.pk)


def _trail(record: models.Model, zone: tzinfo) -> str:
    """The record's last journal entry with its hash, and the last checkpoint of its chain."""
    last = next(iter(history(record, limit=1)), None)
    if last is None:
        return ""
    digits = last.hash[:16]
    said = _("日志 %(chain)s/%(seq)s：%(digits)s") % {
        "chain": last.chain, "seq": last.seq, "digits": " ".join(digits[at : at + 4] for at in range(0, 16, 4)),
    }  # fmt: skip
    checkpoint = Checkpoint.objects.filter(chain=last.chain).first()
    if checkpoint is None:
        return said
    return said + " · " + _("校验点 %(at)s（%(size)s 条）") % {"at": moment(checkpoint.made_at, zone), "size": checkpoint.size}
