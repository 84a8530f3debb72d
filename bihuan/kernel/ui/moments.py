"""Moments and spans of time as people say them; the browser's clocks.js speaks with the same words."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from django.utils import timezone
from django.utils.translation import gettext as _


def clock_words() -> dict[str, str]:
    """The sentences of a running clock in the language of the page, for the server and for clocks.js alike."""
    return {
        "left": _("剩 {span}"),
        "late": _("迟 {span}"),
        "just": _("刚超时"),
        "minutes": _("{m} 分"),
        "hours": _("{h} 小时 {m} 分"),
        "days": _("{d} 天 {h} 小时"),
    }


def span_text(seconds: float, *, ticking: bool = False) -> str:
    """A length of time in the two units that matter; *ticking* shows the last hour as minutes and seconds (52:10)."""
    words, whole = clock_words(), int(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return words["days"].format(d=days, h=hours)
    if hours:
        return words["hours"].format(h=hours, m=minutes)
    return f"{minutes:02}:{whole % 60:02}" if ticking else words["minutes"].format(m=minutes)


def countdown(due: datetime, now: datetime) -> str:
    """What a running clock says at *now*: 剩 52:10, 刚超时, 迟 12 分."""
    words, seconds = clock_words(), (due - now).total_seconds()
    if seconds > 0:
        return words["left"].format(span=span_text(seconds, ticking=True))
    return words["late"].format(span=span_text(-seconds)) if seconds <= -60 else words["just"]


def day_text(day: date, today: date) -> str:
    """今天, 昨天, 明天; 11-20 within the year; else 2025-11-20."""
    near = {0: _("今天"), -1: _("昨天"), 1: _("明天")}.get((day - today).days)
    return near or (f"{day:%m-%d}" if day.year == today.year else f"{day:%Y-%m-%d}")


def when_text(moment: datetime | date, zone: tzinfo | None = None, now: datetime | None = None) -> str:
    """*moment* as people in *zone* would say it at *now*: 今天 14:02, 昨天 09:30, 11-20 14:02, 2025-11-20 14:02.

    A date without a time gives the day alone. Raises ValueError for a datetime without a time zone.
    """
    local_now = timezone.localtime(now, zone or None)
    if not isinstance(moment, datetime):
        return day_text(moment, local_now.date())
    local = timezone.localtime(moment, zone or None)
    return f"{day_text(local.date(), local_now.date())} {local:%H:%M}"


def differ(one: datetime | None, other: datetime | None) -> bool:
    """Whether two clocks tell people different times: a minute or more apart."""
    return one is not None and other is not None and abs(one - other) >= timedelta(minutes=1)
