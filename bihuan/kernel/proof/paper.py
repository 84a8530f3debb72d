"""What a stranger with a paper in hand may learn of it: is it still what we keep? No name, place, fault or customer (#6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from ..access.getters import getter_for
from ..access.refusals import NotFound
from ..journal.models import Entry
from ..printing.grids import moment
from ..printing.models import PrintRun
from ..signing.models import Meaning
from ..signing.sign import current_signatures
from ..signing.verify import verify
from .rows import agrees

RECEIVED = (Meaning.RECEIVED, Meaning.RECEIVED_WITH_REMARKS)


@dataclass(frozen=True)
class Said:
    """All that anybody may read. ``state``: unaltered, newer (corrected since, by the rules) or broken (changed behind our back).

    ``at``: since when it is so; ``digits``: the check code at the foot of the paper, to be compared.
    """

    form: str
    revision: int
    number: str
    state: str
    at: str
    signed: bool
    digits: str


def run_of(token: str) -> PrintRun:
    """The print that carries *token*. Raises NotFound, alike for invented and malformed ones."""
    if not 20 <= len(token) <= 24 or not token.isascii() or "\0" in token:
        raise NotFound
    run = PrintRun.objects.filter(token=token).first()
    if run is None:
        raise NotFound
    return run


def record_of(run: PrintRun) -> models.Model:
    """The record that was printed, as it is now. Raises NotFound."""
    record = getter_for(run.record_type).model._default_manager.filter(pk=run.record_id).first()
    if record is None:
        raise NotFound
    return record


def said_of(run: PrintRun, record: Any) -> Said:
    """What the paper of *run* is worth today."""
    signatures = list(current_signatures(record).select_related("voiding"))
    sound = agrees(record) and not any(verify(signature, record, read_files=False) for signature in signatures)
    same = run.record_version == record.version
    return Said(
        form=run.form_code,
        revision=run.form_revision,
        number=run.record_number,
        state="broken" if not sound else "unaltered" if same else "newer",
        at=moment(since, record.branch.zone) if (since := _last_act(run, record)) else "",
        signed=any(signature.meaning in RECEIVED for signature in signatures),
        digits=" ".join(run.sha256[at : at + 4] for at in range(0, 12, 4)),
    )


def _last_act(run: PrintRun, record: models.Model) -> datetime | None:
    """When the record was last acted on: since then it is as it is."""
    acts = Entry.objects.filter(record_type=run.record_type, record_id=record.pk, action__startswith=f"{run.form_code}.")
    return acts.order_by("-id").values_list("recorded_at", flat=True).first()
