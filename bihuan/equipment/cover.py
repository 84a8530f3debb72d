"""A machine's cover as a page says it: by parts, labour and travel, until when, how many days are left (AS-5.2.4)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.kernel.ui.pieces import Badge

from .models import Unit

KINDS: dict[str, Any] = {"parts": gettext_lazy("零件"), "labour": gettext_lazy("人工"), "travel": gettext_lazy("差旅")}
SOON = 60  # days before the end from which it shows


@dataclass(frozen=True)
class Cover:
    """One kind of cover: its name, its end, the days left on a day (negative: days past)."""

    label: str
    until: dt.date | None
    left: int | None

    @property
    def is_in(self) -> bool:
        return self.left is not None and self.left >= 0

    @property
    def badge(self) -> Badge:
        """In, soon out, out, or unknown; a word and an icon beside the colour."""
        if self.left is None:
            return Badge(_("未登记"), "neutral", "shield-off")
        if self.left < 0:
            return Badge(_("已过 %(n)s 天") % {"n": -self.left}, "red", "shield-off")
        return Badge(_("剩 %(n)s 天") % {"n": self.left}, "amber" if self.left <= SOON else "green", "shield-check")


def covers(unit: Unit, today: dt.date) -> list[Cover]:
    """The three kinds as of *today*."""
    ends = [(label, getattr(unit, f"{kind}_until")) for kind, label in KINDS.items()]
    return [Cover(str(label), end, (end - today).days if end else None) for label, end in ends]


def summary(unit: Unit, today: dt.date) -> Badge:
    """All in one badge: 保修中, 部分在保, 保修期外, 保修未登记."""
    known = covers(unit, today)
    inside = [cover for cover in known if cover.is_in]
    if len(inside) == len(known):
        return Badge(_("保修中"), "green", "shield-check")
    if inside:
        return Badge(_("部分在保：%(what)s") % {"what": _("、").join(cover.label for cover in inside)}, "amber", "shield-check")
    if any(cover.until for cover in known):
        return Badge(_("保修期外"), "red", "shield-off")
    return Badge(_("保修未登记"), "neutral", "shield-off")
