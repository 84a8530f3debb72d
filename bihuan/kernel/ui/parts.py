"""The small parts of a page, each a function from plain values to HTML. Unknown arguments raise TypeError, unknown names ValueError."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .icons import icon
from .moments import countdown, differ, span_text, when_text
from .pieces import Clock

TONES = {"neutral": "", "accent": "", "red": "alert-triangle", "amber": "alert-circle", "green": "circle-check"}
KINDS = {"primary", "plain", "danger", "quiet"}
SCHEMES = {"", "http", "https", "tel", "sms", "mailto", "geo"}


def safe_href(href: str) -> str:
    """*href* if a browser may follow it, else "#": a link typed by someone must not run as a script."""
    return href if urlsplit(href.strip()).scheme.lower() in SCHEMES else "#"


def choose(value: str, allowed: Iterable[str], what: str) -> str:
    """*value* if it is one of *allowed*; raises ValueError that lists them."""
    if value not in allowed:
        raise ValueError(f"{what} is {value!r}, not one of {', '.join(sorted(allowed))}")
    return value


def attributes(**pairs: str) -> SafeString:
    """HTML attributes for the non-empty values; an underscore in a name stands for a hyphen."""
    return format_html_join("", ' {}="{}"', ((name.strip("_").replace("_", "-"), value) for name, value in pairs.items() if value != ""))


def button(
    label: str,
    href: str = "",
    kind: str = "plain",
    disabled_reason: str = "",
    icon: str = "",
    shortcut: str = "",
    post: str = "",
    dialog: str = "",
    form: str = "",
    name: str = "",
    value: str = "",
    type: str = "submit",
    big: bool = False,
    only_icon: bool = False,
    csrf_token: str = "",
) -> SafeString:
    """A button, or a link that looks like one. A disabled one stays reachable and says why."""
    css = f"button {choose(kind, KINDS, 'kind')}{' big' if big else ''}{' only-icon' if only_icon else ''}"
    inside = _inside(label, icon, shortcut, only_icon)
    if disabled_reason:
        mark = f"why-{get_random_string(6)}"
        return format_html(
            '<span class="blocked"><button type="button" class="{}" aria-disabled="true" aria-describedby="{}">{}</button>'
            '<span class="reason" id="{}">{}</span></span>',
            css, mark, inside, mark, disabled_reason,
        )  # fmt: skip
    more = attributes(data_shortcut=shortcut, aria_label=label if only_icon else "", title=label if only_icon else "")
    if href:
        return format_html('<a class="{}" href="{}"{}>{}</a>', css, safe_href(href), more, inside)
    if post:
        return format_html(
            '<form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}"><button class="{}"{}>{}</button></form>',
            safe_href(post), csrf_token, css, more + attributes(name=name, value=value), inside,
        )  # fmt: skip
    kind_of = "button" if dialog else type
    return format_html(
        '<button type="{}" class="{}"{}{}>{}</button>',
        kind_of,
        css,
        more,
        attributes(data_dialog=dialog, form=form, name=name, value=value),
        inside,
    )


def _inside(label: str, name: str, shortcut: str, only_icon: bool) -> SafeString:
    drawing = icon(name) if name else ""
    key = format_html("<kbd>{}</kbd>", shortcut) if shortcut and not only_icon else ""
    return format_html("{}{}{}", drawing, "" if only_icon else label, key)


def badge(text: str, tone: str = "neutral", icon: str = "") -> SafeString:
    """A word with a tone; red, amber and green never come without an icon."""
    name = icon or TONES[choose(tone, TONES, "tone")]
    return format_html('<span class="badge" data-tone="{}">{}{}</span>', tone, _drawing(name), text)


def _drawing(name: str) -> SafeString | str:
    return icon(name) if name else ""


def verdict(kind: str, text: str = "", detail: str = "") -> SafeString:
    """Whether something was kept: kept, broken, open, warned or none; *text* replaces the usual word."""
    kinds = {
        "kept": ("green", "circle-check", _("做到")),
        "broken": ("red", "circle-x", _("未做到")),
        "warned": ("amber", "alert-circle", _("有风险")),
        "open": ("neutral", "hourglass", _("未完")),
        "none": ("neutral", "ban", _("无记录")),
    }
    tone, name, word = kinds[choose(kind, kinds, "verdict")]
    more = format_html(" <small><bdi>{}</bdi></small>", detail) if detail else ""
    return format_html('<span class="verdict" data-tone="{}">{}<span><bdi>{}</bdi>{}</span></span>', tone, icon(name), text or word, more)


def clock(
    due: datetime | Clock | None,
    state: str = "running",
    label: str = "",
    soon_at: datetime | None = None,
    ended_at: datetime | None = None,
    note: str = "",
    big: bool = False,
    now: datetime | None = None,
    zone: zoneinfo.ZoneInfo | None = None,
) -> SafeString:
    """A deadline with its countdown, kept running by clocks.js. *due* may be a :class:`Clock` that holds the rest."""
    if not isinstance(due, Clock):
        due = Clock(due, state, label, soon_at, ended_at, note)
    choose(due.state, {"running", "met", "missed", "paused", "none"}, "state")
    tone, drawing, text = _reading(due, now or timezone.now(), zone)
    live = due.state == "running" or (due.state == "missed" and not due.ended_at)
    moment = ""
    if due.due:
        title = _("时限 {moment}").format(moment=timezone.localtime(due.due, zone or None).strftime("%Y-%m-%d %H:%M"))
        moment = attributes(
            datetime=due.due.isoformat(),
            title=title,
            data_due=due.due.isoformat() if live else "",
            data_soon=due.soon_at.isoformat() if due.soon_at else "",
        )
    before = format_html('<span class="clock-label">{}</span>', due.label) if due.label else ""
    after = format_html('<span class="clock-note">{}</span>', due.note) if due.note else ""
    return format_html(
        '<span class="clock{}" data-state="{}" data-tone="{}">{}{}<time{}>{}</time>{}</span>',
        " big" if big else "", due.state, tone, icon(drawing), before, moment, text, after,
    )  # fmt: skip


def _reading(clock: Clock, now: datetime, zone: zoneinfo.ZoneInfo | None) -> tuple[str, str, str]:
    """Tone, icon and words of a clock at *now*."""
    if clock.state == "none" or not clock.due:
        return "neutral", "clock", _("无时限")
    if clock.state == "paused":
        return "neutral", "clock-pause", _("已暂停")
    if clock.state == "met":
        return "green", "circle-check", _("按时")
    if clock.ended_at:
        return "red", "clock-exclamation", _("迟 {span}").format(span=span_text((clock.ended_at - clock.due).total_seconds()))
    if now >= clock.due:
        return "red", "clock-exclamation", countdown(clock.due, now)
    soon = clock.soon_at is not None and now >= clock.soon_at
    return ("amber" if soon else "neutral"), ("hourglass" if soon else "clock"), countdown(clock.due, now)


def when(moment: datetime | date | None, zone: zoneinfo.ZoneInfo | None = None, now: datetime | None = None) -> SafeString:
    """A moment as people say it, with the full one in the title; nothing gives a dash."""
    if moment is None:
        return nothing()
    full = timezone.localtime(moment, zone or None).isoformat(" ", "seconds") if isinstance(moment, datetime) else moment.isoformat()
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), full, when_text(moment, zone, now))


def nothing() -> SafeString:
    """An empty value: a dash for the eye, a word for the ear."""
    return format_html('<span class="nothing"><span aria-hidden="true">—</span><span class="unseen">{}</span></span>', _("无"))


def shown(value: Any, zone: zoneinfo.ZoneInfo | None = None) -> SafeString:
    """Any value the way a page shows it: moments spoken, yes and no as words, emptiness as a dash."""
    if value is None or value == "":
        return nothing()
    if isinstance(value, bool):
        return SafeString(_("是") if value else _("否"))
    if isinstance(value, date):
        return when(value, zone)
    return conditional_escape(value)


def person(name: str, for_whom: str = "", role: str = "") -> SafeString:
    """Someone's name as it stood then; a deputy shows for whom."""
    if not name:
        return nothing()
    deputy = format_html('<bdi class="soft">{}</bdi>', _("（代 {name}）").format(name=for_whom)) if for_whom else ""
    post = format_html(' <bdi class="muted">{}</bdi>', role) if role else ""
    return format_html('<span class="person"><bdi>{}</bdi>{}{}</span>', name, deputy, post)


def phone_link(number: str, name: str = "") -> SafeString:
    """A number one can call by touching it; a masked one (138****5678) is only shown."""
    if not number:
        return nothing()
    grouped = f"{number[:3]} {number[3:7]} {number[7:]}" if len(number) == 11 and number.isascii() and number[0] == "1" else number
    who = format_html(" <bdi>{}</bdi>", name) if name else ""
    if "*" in number:
        return format_html('<span class="phone-link">{}{}{}</span>', icon("phone"), grouped, who)
    return format_html('<a class="phone-link" href="tel:{}">{}{}{}</a>', quote(number, safe="+-#"), icon("phone"), grouped, who)


def number(text: str, href: str = "") -> SafeString:
    """A record number with the part that tells it from others made plain."""
    head, dash, tail = text.rpartition("-")
    inside = format_html("{}{}<b>{}</b>", head, dash, tail)
    return (
        format_html('<a class="number" href="{}">{}</a>', safe_href(href), inside)
        if href
        else format_html('<span class="number">{}</span>', inside)
    )


def copyable(text: str, label: str = "") -> SafeString:
    """A value with a button that copies it."""
    say = _("复制{what}").format(what=label)
    return format_html(
        '<span class="copyable"><span>{}</span>'
        '<button type="button" class="button quiet only-icon" data-copy="{}" aria-label="{}" title="{}">{}</button></span>',
        text, text, say, say, icon("copy"),
    )  # fmt: skip


def progress(value: int, total: int, label: str) -> SafeString:
    """How much of a whole is done: 3 / 5."""
    return format_html(
        '<span class="progress"><progress max="{}" value="{}" aria-label="{}"></progress><span class="keep">{} / {}</span></span>',
        max(total, 1), value, label, value, total,
    )  # fmt: skip


def late_entry(at: datetime, device_at: datetime | None, recorded_at: datetime | None, zone: zoneinfo.ZoneInfo | None) -> SafeString:
    """The three clocks of an entry where they differ: 说 14:05 · 记 14:06 · 录 14:21 · 迟录 16 分. Empty where they agree."""
    if not differ(at, recorded_at) and not differ(at, device_at):
        return SafeString("")
    local_day = timezone.localtime(at, zone or None).date()

    def told(moment: datetime) -> str:
        local = timezone.localtime(moment, zone or None)
        return f"{local:%H:%M}" if local.date() == local_day else f"{local:%m-%d %H:%M}"

    said = [_("说 {moment}").format(moment=told(at))]
    if device_at and differ(at, device_at):
        said.append(_("记 {moment}").format(moment=told(device_at)))
    if recorded_at and differ(at, recorded_at):
        said.append(_("录 {moment}").format(moment=told(recorded_at)))
    behind = (recorded_at - at).total_seconds() if recorded_at else 0
    late = format_html(' · <span class="late">{}</span>', _("迟录 {span}").format(span=span_text(behind))) if behind >= 60 else ""
    return format_html("{}{}", " · ".join(said), late)
