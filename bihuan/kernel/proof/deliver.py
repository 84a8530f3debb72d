"""Handing checkpoints to where the owner of the database cannot reach: a folder (of another machine) and mailboxes.

Beside each checkpoint the folder gets the leaves that it added, so that a difference is later named to the very entry.
Neither holds a word of any record.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Min, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from ..journal.models import Entry
from .key import signer
from .models import Checkpoint, Delivery, Place
from .verify_export import leaf_hash

BATCH = 200
LATE = dt.timedelta(hours=3)  # a checkpoint that has not arrived by then is an alarm
LEASE = dt.timedelta(minutes=10)  # longer than a mail server lets one wait
MAIL_EVERY = dt.timedelta(hours=1)  # a mailbox is a second witness, not a log


@dataclass(frozen=True)
class State:
    """How one place stands. ``waiting_since``: when the oldest checkpoint was made that is not there yet."""

    label: str
    where: str
    last: dt.datetime | None
    waiting: int
    waiting_since: dt.datetime | None
    problem: str

    @property
    def is_late(self) -> bool:
        return self.waiting_since is not None and timezone.now() - self.waiting_since > LATE


def deliver() -> int:
    """Hand out what waits; how many arrived. What fails is tried again in the next round and says why."""
    return _to_folder() + _to_mail()


def states() -> list[State]:
    """One for each place, for administrators. A place that was never set up is told, too."""
    where = {Place.FOLDER: str(settings.CHECKPOINT_DIR), Place.MAIL: "、".join(settings.CHECKPOINT_MAIL)}
    found = []
    for place in Place:
        waiting = _waiting(place)
        last = (
            Delivery.objects.filter(place=place, delivered_at__isnull=False).order_by("-id").values_list("delivered_at", flat=True).first()
        )
        first = waiting.select_related("checkpoint").first()
        since = waiting.aggregate(since=Min("checkpoint__made_at"))["since"]
        found.append(State(str(place.label), where[place], last, waiting.count(), since, first.problem if first else ""))
    return found


def _waiting(place: Place) -> QuerySet[Delivery]:
    return Delivery.objects.filter(place=place, delivered_at__isnull=True).order_by("id")


def _to_folder() -> int:
    arrived = 0
    for delivery in _waiting(Place.FOLDER).select_related("checkpoint")[:BATCH]:
        try:
            put(delivery.checkpoint, Path(settings.CHECKPOINT_DIR))
        except OSError as problem:
            Delivery.objects.filter(pk=delivery.pk).update(problem=str(problem)[:300])
            break  # the next ones would fail alike
        arrived += _arrived([delivery])
    return arrived


def put(checkpoint: Checkpoint, folder: Path) -> None:
    """Lay *checkpoint* and its leaves into *folder*. Raises FileExistsError when another checkpoint lies there under its name."""
    base = folder / f"chain-{checkpoint.chain}" / f"{checkpoint.made_at:%Y-%m}" / f"{checkpoint.size:012d}"
    base.parent.mkdir(parents=True, exist_ok=True)
    hashes = Entry.objects.filter(chain=checkpoint.chain, seq__gte=checkpoint.first, seq__lte=checkpoint.size).order_by("seq")
    leaves = "".join(f"{leaf_hash(one).hex()}\n" for one in hashes.values_list("hash", flat=True).iterator(chunk_size=2000))
    _write(base.with_suffix(".leaves"), f"{checkpoint.first}\n{leaves}".encode())
    _write(base.with_suffix(".checkpoint"), checkpoint.note.encode())


def _write(file: Path, content: bytes) -> None:
    if file.exists():
        if file.read_bytes() != content:
            raise FileExistsError(_("%(file)s 已存在，内容不同；请查明原因，不要覆盖。") % {"file": file})
        return
    part = file.with_name(f".{file.name}.{os.getpid()}")
    with part.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    part.rename(file)


def _to_mail() -> int:
    oldest = _waiting(Place.MAIL).aggregate(since=Min("checkpoint__made_at"))["since"]
    if not settings.CHECKPOINT_MAIL or oldest is None or oldest > timezone.now() - MAIL_EVERY:
        return 0
    waiting = list(_waiting(Place.MAIL).select_related("checkpoint")[:BATCH])
    if not waiting or not _claimed(waiting[0]):
        return 0  # another worker is sending it
    newest = {delivery.checkpoint.chain: delivery.checkpoint for delivery in waiting}
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("日志校验点 %(at)s") % {"at": timezone.localtime().strftime("%Y-%m-%d %H:%M")}
        body = _("请原样保存本邮件。附件中的校验点可用来核对日志此后有没有被改写。\n公钥：%(key)s\n") % {"key": signer().key}
    mail = EmailMessage(subject, body, to=settings.CHECKPOINT_MAIL)
    for chain, checkpoint in sorted(newest.items()):
        mail.attach(f"chain-{chain}-{checkpoint.size:012d}.checkpoint", checkpoint.note.encode(), "application/octet-stream")
    try:
        mail.send()
    except OSError as problem:
        Delivery.objects.filter(pk__in=[delivery.pk for delivery in waiting]).update(problem=str(problem)[:300], claimed_until=None)
        return 0
    return _arrived(waiting)


def _claimed(first: Delivery) -> bool:
    """Whether this process is the one to send the mail that begins with *first*."""
    now = timezone.now()
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    return bool(Delivery.objects.filter(free, pk=first.pk, delivered_at__isnull=True).update(claimed_until=now + LEASE))


def _arrived(deliveries: list[Delivery]) -> int:
    rows = Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries], delivered_at__isnull=True)
    return rows.update(delivered_at=timezone.now(), problem="")
