"""Do the files that are kept, on disk or in the object storage, agree with their rows? Read by ``bihuan verify`` and by the checks of signatures (#41)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.utils.translation import gettext as _

from ..journal.words import forgotten
from . import disk
from .models import Attachment


def check_file(attachment: Attachment, *, read: bool = True) -> str:
    """What is wrong with its file: missing, of another size, of another hash; "" when nothing is, or when the journal
    says that it was deleted on a person's request (#96).

    Without *read* the bytes are not hashed, only found and measured.
    """
    try:
        if disk.size_kept(attachment.sha256) != attachment.size:
            return _("文件大小与登记不符")
        if read and disk.hash_kept(attachment.sha256) != attachment.sha256:
            return _("文件内容与登记的校验值不符")
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return "" if is_forgotten(attachment) else _("文件缺失")
    return ""


def is_forgotten(attachment: Attachment) -> bool:
    """Whether an entry says that its bytes were deleted on a person's request."""
    return bool(forgotten(attachment.record_type, attachment.record_id, [attachment.sha256]))


def may_be_gone(sha256: str) -> bool:
    """Whether the bytes with this hash were deleted on request from every record that had them."""
    rows = Attachment.objects.filter(sha256=sha256)
    return bool(rows) and all(is_forgotten(row) for row in rows)


def check_files(since: dt.datetime | None = None) -> Iterator[tuple[Attachment, str]]:
    """Each attachment (made *since* then) whose file is not what its row says, with the problem."""
    attachments = Attachment.objects.order_by("pk")
    if since is not None:
        attachments = attachments.filter(created_at__gte=since)
    for attachment in attachments.iterator(chunk_size=2000):
        if problem := check_file(attachment):
            yield attachment, problem
