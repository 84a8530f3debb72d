"""How old the last good backup and the last good drill are, and whether that is too old (#80)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Run

LIMITS = {Run.Kind.BACKUP: timedelta(hours=26), Run.Kind.DRILL: timedelta(days=35)}  # a night, a month, and time to do it in


@dataclass(frozen=True)
class Age:
    """``good``: the last that went well; ``last``: the last that ended at all; ``warning``: a sentence, or nothing."""

    kind: str
    label: Any
    good: Run | None
    last: Run | None
    warning: str


def ages() -> list[Age]:
    """Of backups and of drills."""
    return [_age(Run.Kind(kind)) for kind in LIMITS]


def _age(kind: Run.Kind) -> Age:
    ended = Run.objects.filter(kind=kind, ended_at__isnull=False)
    good, last = ended.filter(ok=True).first(), ended.first()
    return Age(kind, kind.label, good, last, _warning(kind, good, last))


def _warning(kind: Run.Kind, good: Run | None, last: Run | None) -> str:
    said = {"kind": kind.label}
    if last is not None and not last.ok:
        return _("最近一次{kind}失败：{said}").format(**said, said=last.said)
    if good is None or good.ended_at is None:
        return _("还没有做过{kind}。").format(**said)
    if timezone.now() - good.ended_at > LIMITS[kind]:
        when = timezone.localtime(good.ended_at)
        return _("最近一次成功的{kind}在 {when}，已经过期。请检查后台任务和备份目录。").format(**said, when=f"{when:%Y-%m-%d %H:%M}")
    return ""
