"""Taking a file in: judged by its bytes, cleaned, hashed, kept once, written to the journal (#30, #36, #37)."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, connection, models
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import journal
from ..access.actors import Actor
from ..access.refusals import Conflict, Invalid
from . import clamd, disk, hold, images, names
from .media import JPEG, LARGEST, MB, MP4, PDF, PNG, WEBP, Media, recognise, refuse_broken_mp4, refuse_broken_pdf, refuse_large
from .models import Attachment

log = logging.getLogger("bihuan.files")
LIMIT_PER_RECORD = 300 * MB
_PICTURES = (JPEG, PNG, WEBP)
_FITTING: dict[str, tuple[tuple[Media, ...], str]] = {  # by the first word of the kind; other kinds take all
    "photo": (_PICTURES, "image"),
    "signature": ((PNG,), "png"),
    "video": ((MP4,), "video"),
}


@dataclass(frozen=True)
class Received:
    """A file that has passed every check and waits in ``incoming`` for ``attach`` (or ``discard``)."""

    kind: str
    name: str
    sent_name: str
    media: Media
    spooled: disk.Spooled
    original_sha256: str
    width: int | None = None
    height: int | None = None
    taken_at: datetime | None = None

    def discard(self) -> None:
        self.spooled.discard()


Upload = UploadedFile | BinaryIO | bytes


def receive(upload: Upload, *, kind: str, name: str | None = None) -> Received:
    """Check *upload* and make it ready. The slow part: call it before the transaction, so that no lock waits for it.

    Raises Invalid(field="file") with what is wrong and what to do, clamd.Unscanned when the virus scanner that is set up
    gives no verdict; nothing is left on disk then.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,29}", kind):
        raise ValueError(f"{kind!r} is not a kind of attachment.")
    raw = disk.spool(_pieces(upload), LARGEST)
    try:
        media = _judge(raw, kind)
        clamd.refuse_infected(raw.path)
        sent_name = name or getattr(upload, "name", "") or ""
        shown = names.display_name(sent_name, media)
        if not media.is_image:
            return Received(kind, shown, sent_name, media, raw, raw.sha256)
        picture = images.reencode(raw.path, media)
        raw.discard()
        shown = names.display_name(shown, picture.media)
        return Received(kind, shown, sent_name, picture.media, picture.spooled, raw.sha256, picture.width, picture.height, picture.taken_at)
    except BaseException as trouble:
        raw.discard()
        if isinstance(trouble, Invalid):  # a security event (ASVS 16.3.3); the sentence says what was wrong, the name is not told
            log.warning("refused a file sent as %s, %d bytes: %s", kind, raw.size, trouble.sentence)
        raise


def attach(
    record: models.Model,
    upload: Upload | Received,
    *,
    kind: str,
    by: Actor,
    at: datetime | None = None,
    name: str | None = None,
    client_key: str = "",
) -> Attachment:
    """Keep *upload* (or what ``receive`` made of it) as an attachment of *record*, inside the caller's transaction.

    *client_key* makes repeating harmless: the same key on the same record gives the attachment it made the first time.
    Raises Invalid(field="file") for what is not taken in, Conflict when the key came with other content before.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An attachment needs the transaction of its journal entry.")
    if record.pk is None:
        raise ValueError("Save the record before attaching to it.")
    received = upload if isinstance(upload, Received) else receive(upload, kind=kind, name=name)
    try:
        if received.kind != kind:
            raise ValueError(f"Checked as {received.kind!r}, not as {kind!r}.")
        queue_up(record)
        if client_key and (earlier := Attachment.objects.of(record).filter(client_key=client_key).first()):
            return _same(earlier, received)
        _refuse_beyond_total(record, received)
        hold.hold(received.spooled.sha256)
        disk.publish(received.spooled)
        attachment = _row(record, received, by=by, client_key=client_key)
        attachment.save()
    finally:
        received.discard()
    _write_journal(record, attachment, received, by=by, at=at or attachment.created_at)
    return attachment


@contextmanager
def all_or_none(uploads: Iterable[Upload], *, kind: str) -> Iterator[list[Received]]:
    """Check and spool several files before the first is kept; when the block fails, none of them is left behind (#78)."""
    received: list[Received] = []
    try:
        for upload in uploads:
            received.append(receive(upload, kind=kind))
        yield received
    except BaseException:
        for one in received:
            one.discard()
        _take_away([one.spooled.sha256 for one in received])
        raise


def _take_away(hashes: list[str]) -> None:
    """Remove what was published for rows that did not come to be; what cannot be removed now is found by ``orphans``."""
    if connection.in_atomic_block:
        return
    with suppress(OSError, DatabaseError):
        for sha256 in set(hashes):
            hold.take_away(sha256, unnamed)


def unnamed(sha256: str) -> bool:
    """Whether no attachment has these bytes."""
    return not Attachment.objects.filter(sha256=sha256).exists()


def attachments_of(record: models.Model, *kinds: str) -> models.QuerySet[Attachment]:
    """The attachments of *record*, in the order they came; only those of *kinds* when some are named."""
    rows = Attachment.objects.of(record)
    return rows.filter(kind__in=kinds) if kinds else rows


def attachments_by_record(records: Iterable[models.Model]) -> dict[int, list[Attachment]]:
    """Those of several records of one type, by record id. One statement."""
    found: dict[int, list[Attachment]] = {record.pk: [] for record in records}
    label = next((record._meta.label for record in records), "")
    for attachment in Attachment.objects.filter(record_type=label, record_id__in=found).order_by("pk"):
        found[attachment.record_id].append(attachment)
    return found


def _pieces(upload: Upload) -> Iterator[bytes]:
    if isinstance(upload, bytes):
        yield upload
    elif isinstance(upload, UploadedFile):
        yield from upload.chunks(disk.PIECE)
    else:
        if upload.seekable():
            upload.seek(0)
        while piece := upload.read(disk.PIECE):
            yield piece


def _judge(raw: disk.Spooled, kind: str) -> Media:
    with raw.path.open("rb") as file:
        media = recognise(file.read(4096))
        refuse_large(media, raw.size)
        _refuse_misfit(kind, media)
        if media is PDF:
            refuse_broken_pdf(file, raw.size)
        elif media is MP4:
            refuse_broken_mp4(file, raw.size)
    return media


def largest(kind: str) -> int:
    """How many bytes a file of *kind* may have at most."""
    fitting, _what = _FITTING.get(re.split("[_-]", kind)[0], ((), ""))
    return max((media.limit for media in fitting), default=LARGEST)


def _refuse_misfit(kind: str, media: Media) -> None:
    fitting, what = _FITTING.get(re.split("[_-]", kind)[0], ((), ""))
    if not fitting or media in fitting:
        return
    sentences = {
        "image": _("这里只收照片，请上传 JPG、PNG 或 WEBP。"),
        "png": _("签名须为 PNG 图片，请在签名框内重新签名。"),
        "video": _("这里只收视频，请上传 MP4。"),
    }
    raise Invalid(sentences[what], field="file")


def queue_up(record: models.Model) -> None:
    """Two uploads to one record go one after the other (PostgreSQL: its row; SQLite: one writer anyway)."""
    rows = type(record)._base_manager.select_for_update(no_key=True).filter(pk=record.pk)
    list(rows.values_list("pk"))


def _same(earlier: Attachment, received: Received) -> Attachment:
    if (earlier.original_sha256, earlier.kind) != (received.original_sha256, received.kind):
        raise Conflict(_("这个上传编号已用于另一个文件，请重新选择文件上传。"), field="file")
    return earlier


def _refuse_beyond_total(record: models.Model, received: Received) -> None:
    if Attachment.objects.of(record).bytes_kept() + received.spooled.size > LIMIT_PER_RECORD:
        raise Invalid(_("一条记录的附件合计不能超过 %(limit)d MB，请只上传必要的文件。") % {"limit": LIMIT_PER_RECORD // MB}, field="file")


def _row(record: models.Model, received: Received, *, by: Actor, client_key: str) -> Attachment:
    return Attachment(
        record_type=record._meta.label,
        record_id=record.pk,
        kind=received.kind,
        name=received.name,
        media_type=received.media.type,
        size=received.spooled.size,
        sha256=received.spooled.sha256,
        original_sha256=received.original_sha256,
        width=received.width,
        height=received.height,
        taken_at=received.taken_at,
        uploaded_by_name=by.name,
        uploaded_by=by.person_id,
        created_at=timezone.now(),
        client_key=client_key,
    )


def _write_journal(record: models.Model, attachment: Attachment, received: Received, *, by: Actor, at: datetime) -> None:
    """The name may tell of a person, so the journal, which is never erased, keeps only its hash."""
    data = {
        "kind": attachment.kind,
        "media_type": attachment.media_type,
        "name_sha256": hashlib.sha256(received.sent_name.encode(errors="surrogatepass")).hexdigest(),
        "sha256": attachment.sha256,
        "original_sha256": attachment.original_sha256,
        "size": attachment.size,
        "taken_at": attachment.taken_at,
    }
    journal.append(by, "attach", record, at=at, data=data)
