"""Handing out the copy that was granted. Not a step: it moves nothing, and gives a file instead of a state."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Conflict, NotAllowed

from ..copy import write
from ..models import COPY_LASTS, PersonRequest, Wish
from ..person import kept


def hand_copy(record: PersonRequest, *, by: Actor, at: datetime) -> bytes:
    """The copy as a ZIP. It is made now and not kept: its SHA-256 and the moment stay (PI-2).

    Raises NotAllowed for everybody but who granted it, Conflict a day after that or when it was answered.
    """
    if by.person_id is None or record.wish != Wish.COPY or record.decided_by_id != by.person_id or record.basis:
        raise NotAllowed(_("副本只能由同意提供的人下载。"))
    if record.is_final or record.decided_at is None or at - record.decided_at > COPY_LASTS:
        raise Conflict(_("副本的下载期限已过。如本人还需要，请先再次“同意提供副本”，已答复的请另行受理。"))
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        out = Path(folder) / "copy.zip"
        write(out, kept(record), by=by, at=at)
        made = out.read_bytes()
        record.copy_sha256, record.copied_at = hashlib.sha256(made).hexdigest(), at
        PersonRequest.objects.filter(pk=record.pk).update(copy_sha256=record.copy_sha256, copied_at=at)
        told = {"copy_sha256": record.copy_sha256, "copied_at": at}
        journal.append(by, "person.copy", record, at=at, after=told, clause="PI-2")
    return made
