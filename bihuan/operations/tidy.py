"""Files that nobody names go away by night, a few at a time; a crowd of them is told, not removed (#76, #78)."""

from __future__ import annotations

import logging
from datetime import date

from django.utils.translation import gettext as _

from bihuan.kernel.files import orphans

from .models import Run
from .record import recorded

log = logging.getLogger("bihuan.files")


def tidy(*, by: str, night: date | None = None, however_many: bool = False) -> Run:
    """Remove them and say how many, or leave them all when there are too many; recorded and journalled either way.

    *by*: who asked. *however_many*: somebody has looked, and wants them gone. A run that left them is not ``ok``.
    """
    with recorded(Run.Kind.ORPHANS, by=by, night=night) as run:
        orphans.sweep_incoming()
        found = orphans.find()
        run.ok = however_many or not found.too_many
        removed = orphans.remove(found.hashes) if run.ok else []
        for sha256 in removed:
            log.warning("removed a file that nobody names: %s", sha256)
        told = {"count": len(found.hashes), "limit": found.limit, "removed": len(removed)}
        run.said = (
            _("没有记录指向的文件：删除了 {removed} 个。").format(**told)
            if run.ok
            else _("有 {count} 个文件没有记录指向（一次最多自动清理 {limit} 个），一个也没有删。").format(**told)
        )
    return run
