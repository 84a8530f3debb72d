"""Files that come in parts: announced, sent from where the line was cut, and made an attachment once they are whole (#60)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import journal
from ..access.actors import Actor
from ..access.refusals import Conflict, Invalid, NotFound
from ..prepared import Prepared
from . import disk, partial
from .media import MB
from .models import Announced, Attachment
from .store import LIMIT_PER_RECORD, attach, largest, queue_up, receive

MOST_ROWS = 400  # of one record that are looked at
MOST_OPEN = 60  # of one person at a time
MOST_BYTES = 500 * MB  # of one person at a time
_KEY = re.compile(r"[!-~]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ToCome:
    """How many files of a record were announced, how many of them are there, and whether all of them are photos."""

    announced: int
    arrived: int
    only_photos: bool = False

    @property
    def sentence(self) -> str:
        """照片未传完 3/5; nothing when all are there."""
        if self.arrived == self.announced:
            return ""
        shown = {"arrived": self.arrived, "announced": self.announced}
        return (_("照片未传完 %(arrived)d/%(announced)d") if self.only_photos else _("附件未传完 %(arrived)d/%(announced)d")) % shown


_rows = Prepared(lambda label, pk: Announced.objects.about(label, pk)[:MOST_ROWS])


def still_to_come(record: models.Model) -> ToCome:
    """What was announced for *record* and what of it is there. One statement."""
    rows = [row for row in _rows(record._meta.label, record.pk) if row.given_up_at is None]
    arrived = sum(row.arrived_at is not None for row in rows)
    return ToCome(len(rows), arrived, all(row.kind.startswith("photo") for row in rows))


def own_to_come(record: models.Model, actor: Actor) -> list[Announced]:
    """What *actor* announced for *record* and has not sent whole. One statement."""
    rows = _rows(record._meta.label, record.pk)
    return [row for row in rows if row.arrived_at is None and row.given_up_at is None and row.announced_by == actor.person_id]


def announce(record: models.Model, *, kind: str, size: int, sha256: str, client_key: str, by: Actor, at: datetime) -> Announced:
    """A file of *size* bytes with that hash is to come. The same *client_key* again gives the same announcement.

    Raises Invalid for what could never be taken in, Conflict when the key was used for another file.
    """
    _refuse_impossible(kind, size, sha256, client_key)
    with journal.unit():
        queue_up(record)
        row = Announced.objects.of(record).filter(client_key=client_key).first()
        if row is not None:
            return _again(row, record, (kind, size, sha256), by, at)
        _refuse_beyond(record, size, by)
        there = Attachment.objects.of(record).filter(client_key=client_key).first()
        if there is not None and (there.original_sha256, there.kind) != (sha256, kind):
            raise _other_file()
        row = Announced.objects.create(
            record_type=record._meta.label, record_id=record.pk, kind=kind, client_key=client_key, size=size, sha256=sha256,
            announced_by=by.person_id or 0, announced_at=at, touched_at=timezone.now(), arrived_at=there and there.created_at,
        )  # fmt: skip
        _write_journal(record, "announce", row, by=by, at=at)
    return row


def _refuse_impossible(kind: str, size: int, sha256: str, client_key: str) -> None:
    if not 0 < size <= largest(kind):
        raise Invalid(_("文件是空的，或超过 %(limit)d MB，请重新选择。") % {"limit": largest(kind) // MB}, field="Upload-Length")
    if not _SHA256.fullmatch(sha256):
        raise Invalid(_("请写明文件的 SHA-256（64 位小写十六进制）。"), field="sha256")
    if not _KEY.fullmatch(client_key):
        raise Invalid(_("上传编号须为 1 到 64 个可见 ASCII 字符，请重新生成。"), field="key")


def _again(row: Announced, record: models.Model, said: tuple[str, int, str], by: Actor, at: datetime) -> Announced:
    if (row.kind, row.size, row.sha256) != said or row.announced_by != (by.person_id or 0):
        raise _other_file()
    if row.given_up_at is not None:
        row.given_up_at = None
        row.save(update_fields=["given_up_at"])
        _write_journal(record, "announce", row, by=by, at=at)
    return row


def _other_file() -> Conflict:
    return Conflict(_("这个上传编号已用于另一个文件，请重新选择文件上传。"), field="key")


def _refuse_beyond(record: models.Model, size: int, by: Actor) -> None:
    coming = Announced.objects.of(record).open().aggregate(total=Sum("size"))["total"] or 0
    if Attachment.objects.of(record).bytes_kept() + coming + size > LIMIT_PER_RECORD:
        raise Invalid(_("一条记录的附件合计不能超过 %(limit)d MB，请只上传必要的文件。") % {"limit": LIMIT_PER_RECORD // MB}, field="file")
    since = timezone.now() - partial.KEPT_FOR
    mine = (
        Announced.objects.open().filter(announced_by=by.person_id or 0, touched_at__gte=since).aggregate(n=Count("pk"), total=Sum("size"))
    )
    if mine["n"] >= MOST_OPEN or (mine["total"] or 0) + size > MOST_BYTES:
        raise Invalid(_("您还有 %(n)d 个文件没有传完，请先传完或放弃一些，再传新的。") % {"n": mine["n"]}, field="file")


def mine(actor: Actor, handle: str) -> Announced:
    """What *actor* announced under *handle* and has not given up. Raises NotFound, alike for absent and foreign ones."""
    row = Announced.objects.filter(handle=handle, given_up_at__isnull=True).first()
    if row is None or not actor.person_id or row.announced_by != actor.person_id:
        raise NotFound
    return row


def length(row: Announced) -> int:
    """How many bytes of it are here."""
    return row.size if row.arrived_at else min(partial.length(row.handle), row.size)


def take(row: Announced, record: models.Model, offset: int, pieces: Iterable[bytes], *, by: Actor, name: str = "") -> int:
    """Add *pieces* from *offset* on; how many bytes are here then. With the last one it becomes an attachment, once.

    *name* is for people, used when it becomes one. Raises Elsewhere for another offset; Conflict for a whole file that has
    not the announced hash, of which nothing is kept; Invalid for what is not taken in, which is then given up.
    """
    if row.arrived_at is not None:
        return row.size
    here = partial.append(row.handle, offset, pieces, row.size)
    Announced.objects.filter(pk=row.pk).update(touched_at=timezone.now())
    if here == row.size:
        _arrive(row, record, by=by, name=name)
    return here


def _arrive(row: Announced, record: models.Model, *, by: Actor, name: str) -> None:
    path, now = partial.path_of(row.handle), timezone.now()
    try:
        if disk.measure(path)[1] != row.sha256:
            partial.remove(row.handle)
            raise Conflict(_("文件在传送中损坏，请从头再传一次。"), field="sha256")
        with path.open("rb") as file:
            received = receive(file, kind=row.kind, name=name or _("附件"))
        with journal.unit():
            attach(record, received, kind=row.kind, by=by, at=now, client_key=row.client_key)
            Announced.objects.filter(pk=row.pk, arrived_at__isnull=True).update(arrived_at=now)
    except FileNotFoundError:
        row.refresh_from_db()
        if row.arrived_at is None:
            raise
        return  # two sent the last byte, and the other one was faster
    except Invalid as refusal:
        give_up(row, record, by=by, at=now, reason=refusal.sentence)
        raise
    row.arrived_at = now
    partial.remove(row.handle)


def give_up(row: Announced, record: models.Model, *, by: Actor, at: datetime, reason: str = "") -> None:
    """It will not come; what came of it is removed. Nothing happens to one that has arrived."""
    with journal.unit():
        if Announced.objects.filter(pk=row.pk, arrived_at__isnull=True, given_up_at__isnull=True).update(given_up_at=at):
            _write_journal(record, "give_up", row, by=by, at=at, reason=reason)
    partial.remove(row.handle)


def _write_journal(record: models.Model, action: str, row: Announced, *, by: Actor, at: datetime, reason: str = "") -> None:
    data = {"kind": row.kind, "size": row.size, "original_sha256": row.sha256}
    journal.append(by, action, record, at=at, data=data, reason=reason)
