"""The parts of a page as template tags. Their arguments are Python signatures: an unknown one is refused when the template is compiled."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, ChoiceField, RadioSelect
from django.template.context import RequestContext
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .. import figures, parts
from ..icons import icon
from ..moments import day_text
from ..pieces import Action, Badge, Bar, DayRow, DotRow, Entry, Fact, PathStep, Tab

register = template.Library()
Zone = zoneinfo.ZoneInfo

for part in (
    parts.badge, parts.clock, parts.copyable, parts.number, parts.person, parts.phone_link, parts.progress, parts.verdict, parts.when, icon,
):  # fmt: skip
    register.simple_tag(part)


@register.simple_tag(takes_context=True)
def button(context: RequestContext, label: str, **props: Any) -> SafeString:
    """See :func:`parts.button`; ``post`` sends the form token of the page with it."""
    return parts.button(label, **props, csrf_token=str(context.get("csrf_token", "")))


@register.simple_tag(takes_context=True)
def action(context: RequestContext, action: Action | None, *, kind: str = "", big: bool = False) -> SafeString:
    """The button of an :class:`Action`; nothing for None."""
    if action is None:
        return SafeString("")
    return parts.button(
        action.label, action.href, kind or action.kind, action.disabled_reason, action.icon, action.shortcut, action.post, action.dialog,
        big=big, csrf_token=str(context.get("csrf_token", "")),
    )  # fmt: skip


@register.simple_tag
def badge_of(badge: Badge | None) -> SafeString:
    """The badge of a :class:`Badge`; nothing for None."""
    return parts.badge(badge.text, badge.tone, badge.icon) if badge else SafeString("")


register.filter("safe_href", parts.safe_href)


@register.filter
def notice_tone(level: str) -> str:
    """The tone of a message by its level."""
    return {"success": "green", "warning": "amber", "error": "red"}.get(level, "neutral")


@register.filter
def notice_icon(tone: str) -> str:
    """The icon of a message by its tone."""
    return parts.TONES[tone] or "info-circle"


@register.simple_block_tag
def panel(content: str, title: str, *, id: str = "", count: int | None = None, fold: bool = False, open: bool = False) -> SafeString:
    """A titled part of a page; ``fold`` makes it one that opens at a touch."""
    tally = format_html('<span class="tally">{}</span>', count) if count is not None else ""
    mark = parts.attributes(id=id)
    if fold:
        state = SafeString(" open") if open else ""
        return format_html('<details class="panel"{}{}><summary>{}{}</summary>{}</details>', mark, state, title, tally, content)
    return format_html('<section class="panel"{}><header><h2>{}</h2>{}</header>{}</section>', mark, title, tally, content)


@register.inclusion_tag("ui/path.html")
def path(steps: Iterable[PathStep], zone: Zone | None = None) -> dict[str, Any]:
    """A procedure's path: what was taken, where it stands, what is to come."""
    return {"steps": steps, "zone": zone}


@register.inclusion_tag("ui/facts.html")
def facts(pairs: Iterable[Fact], *, two: bool = False, zone: Zone | None = None) -> dict[str, Any]:
    """Labels and values; empty ones show as a dash, moments as people say them."""
    return {"pairs": [(label, parts.shown(value, zone)) for label, value in pairs], "two": two}


def _day(line: dict[str, Any]) -> date:
    day: date = line["at"].date()
    return day


@register.inclusion_tag("ui/timeline.html")
def timeline(entries: Sequence[Entry], zone: Zone | None = None) -> dict[str, Any]:
    """Who did what when, under the days it happened on, in the order given."""
    today = timezone.localdate(timezone=zone or None)
    told = [
        {
            "entry": entry,
            "at": timezone.localtime(entry.at, zone or None),
            "clocks": parts.late_entry(entry.at, entry.device_at, entry.recorded_at, zone),
        }
        for entry in entries
    ]
    days = [{"label": day_text(day, today), "lines": list(lines)} for day, lines in groupby(told, _day)]
    return {"days": days}


@register.inclusion_tag("ui/empty.html")
def empty(sentence: str, *, then: str = "", icon: str = "checklist", action: Action | None = None) -> dict[str, Any]:
    """Nothing here, said in a way that helps: what that means and what comes next."""
    return {"sentence": sentence, "then": then, "icon": icon, "action": action}


@register.inclusion_tag("ui/field.html")
def field(bound_field: BoundField, *, hint: str = "", label: str = "", suffix: str = "", wide: bool = False) -> dict[str, Any]:
    """A form field with its label, help, and what is wrong with it; what was typed stays."""
    widget, mark = bound_field.field.widget, bound_field.auto_id
    help_text = hint or bound_field.help_text
    told = " ".join(f"{mark}_{part}" for part, there in (("help", help_text), ("error", bound_field.errors)) if there)
    return {
        "field": bound_field,
        "widget": bound_field.as_widget(attrs={"aria-describedby": told} if told else {}),
        "label": label or bound_field.label,
        "help": help_text,
        "errors": list(_sentences(bound_field, str(label or bound_field.label))),
        "suffix": suffix,
        "wide": wide,
        "shape": _shape(widget),
        "mark": mark,
    }


def _sentences(bound_field: BoundField, label: str) -> Iterable[str]:
    """What is wrong, each a sentence with its remedy; a missing value names the field it is missing from."""
    for error in bound_field.errors.as_data():
        if error.code == "required":
            ask = _("请选择{field}。") if isinstance(bound_field.field, ChoiceField) else _("请填写{field}。")
            yield ask.format(field=label)
        else:
            yield from error.messages


def _shape(widget: Any) -> str:
    """How a field is laid out: one box to tick, several, a row of choices, or a control under its label."""
    if isinstance(widget, CheckboxInput):
        return "check"
    if isinstance(widget, RadioSelect) and not isinstance(widget, CheckboxSelectMultiple):
        return "segments" if len(list(widget.choices)) <= 6 else "checks"
    return "checks" if isinstance(widget, CheckboxSelectMultiple) else "control"


@register.inclusion_tag("ui/refusal.html")
def refusal(sentence: str, remedies: Iterable[str | Action] = ()) -> dict[str, Any]:
    """Why not, and what to do instead."""
    split = [{"action": r} if isinstance(r, Action) else {"text": r} for r in remedies]
    return {"sentence": sentence, "remedies": split}


@register.inclusion_tag("ui/tabs.html")
def tabs(tabs: Iterable[Tab], label: str) -> dict[str, Any]:
    """The lists of a page with how many each holds."""
    return {"tabs": tabs, "label": label}


@register.inclusion_tag("ui/signature.html")
def signature(*, label: str, image: str = "image", strokes: str = "strokes") -> dict[str, Any]:
    """A pad to sign on; the picture (PNG data URL) and the strokes (JSON) go into the two named fields."""
    return {"label": label, "image": image, "strokes": strokes}


@register.inclusion_tag("ui/photos.html")
def photos(*, name: str, label: str, max_px: int = 2560) -> dict[str, Any]:
    """Pick or take photos, seen at once and made smaller (longest side *max_px*) before they travel."""
    return {"name": name, "label": label, "max_px": max_px}


@register.inclusion_tag("ui/dotplot.html")
def dotplot(rows: Sequence[DotRow], *, title: str, limit: float, cap: float = 0, unit: str = "", note: str = "") -> dict[str, Any]:
    """See :func:`figures.dotplot`."""
    return figures.dotplot(rows, limit=limit, cap=cap, unit=unit) | {"title": title, "note": note}


@register.inclusion_tag("ui/bars.html")
def bars(rows: Sequence[Bar], *, title: str, unit: str = "", note: str = "") -> dict[str, Any]:
    """See :func:`figures.bars`."""
    return figures.bars(rows, unit=unit) | {"title": title, "note": note}


@register.inclusion_tag("ui/bars.html")
def agebars(rows: Sequence[Bar], *, title: str, unit: str = "", note: str = "") -> dict[str, Any]:
    """What is open by its age, youngest first: the older half is drawn stronger."""
    half = len(rows) // 2
    toned = [Bar(r.label, r.value, r.href, r.note, r.tone or ("quiet" if i < half else "")) for i, r in enumerate(rows)]
    return figures.bars(toned, unit=unit) | {"title": title, "note": note}


@register.inclusion_tag("ui/sparkline.html")
def sparkline(values: Sequence[float | None], *, label: str, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    """See :func:`figures.sparkline`."""
    return figures.sparkline(values, low=low, high=high) | {"label": label}


@register.inclusion_tag("ui/rate.html")
def rate(value: float | None, target: float, *, label: str, unit: str = "%", sum: str = "", href: str = "") -> dict[str, Any]:
    """See :func:`figures.rate`; ``sum`` says from what it was computed."""
    return figures.rate(value, target, unit=unit) | {"label": label, "sum": sum, "href": parts.safe_href(href)}


@register.inclusion_tag("ui/dayline.html")
def dayline(
    rows: Sequence[DayRow], day: datetime, *, title: str, first: int = 7, last: int = 20, zone: Zone | None = None
) -> dict[str, Any]:
    """See :func:`figures.dayline`."""
    return figures.dayline(rows, day, first=first, last=last, zone=zone) | {"title": title}
