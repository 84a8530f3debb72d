"""No room left: a full disk or a folder that cannot be written is told as what it is, with what to do (#78)."""

from __future__ import annotations

import errno

from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

from .refusals import Refusal

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
LOCKED = {errno.EROFS, errno.EACCES, errno.EPERM}
SAID_BY_SQLITE = ("database or disk is full", "attempt to write a readonly database", "disk I/O error")
DISK_FULL = "53100"  # PostgreSQL's word for it


class NoRoom(Refusal):
    """The server cannot keep anything at the moment; what was sent is not kept, not even in part."""

    status, code = 507, "no-room"

    def __init__(self) -> None:
        super().__init__(_("服务器的磁盘已满或不可写，这次没有保存任何内容；已有记录仍可查看。请通知系统管理员，腾出空间后再提交一次。"))


def lack_of_room(trouble: BaseException) -> NoRoom | None:
    """*trouble* as a refusal, when a full or locked disk is what caused it."""
    if isinstance(trouble, OSError):
        return NoRoom() if trouble.errno in FULL | LOCKED else None
    if isinstance(trouble, DatabaseError):
        full = getattr(trouble.__cause__, "sqlstate", "") == DISK_FULL or any(words in str(trouble) for words in SAID_BY_SQLITE)
        return NoRoom() if full else None
    return None
