"""The administrator's verbs: founding a calendar, and publishing its next revision."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..access.actors import Actor
from ..access.refusals import Conflict, Invalid
from ..journal import append
from .models import Calendar, CalendarRevision
from .written import WrittenExceptions, WrittenWeek


def found_calendar(
    code: str,
    name: str,
    *,
    by: Actor,
    time_zone: str,
    week: WrittenWeek,
    exceptions: WrittenExceptions,
    published: Iterable[int],
    valid_from: date,
    note: str,
) -> Calendar:
    """A new calendar with its first revision, or the one that has this *code* already, its revisions untouched.

    Raises Invalid with a sentence when the windows, dates or zone cannot be read.
    """
    with transaction.atomic():
        calendar, _is_new = Calendar.objects.get_or_create(code=code, defaults={"name": name})
        if not calendar.revisions.exists():
            content = {"time_zone": time_zone, "week": week, "exceptions": dict(exceptions), "published": sorted(published)}
            revision = _written(calendar, 1, valid_from, note, content)
            append(by, "calendar.found", calendar, at=timezone.now(), data=_told(revision), reason=note)
    return calendar


def publish_revision(
    calendar_code: str,
    *,
    by: Actor,
    week: WrittenWeek | None = None,
    exceptions: WrittenExceptions | None = None,
    published: Iterable[int] | None = None,
    note: str,
    based_on: int | None = None,
) -> CalendarRevision:
    """The next revision, valid from today where the calendar is at home; what is None stays as it was.

    *exceptions* and *published* replace the old ones, they do not add to them. *based_on* is the revision that the
    administrator had before them. Whether *by* may do this is for the caller to ask. Raises Invalid for what cannot be
    read, an unknown calendar or a missing *note*; Conflict when someone else has published meanwhile.
    """
    if not note.strip():
        raise Invalid(_("请填写发布说明，例如依据哪份放假通知。"), field="note")
    try:
        with transaction.atomic():
            last = CalendarRevision.objects.select_related("calendar").filter(calendar__code=calendar_code).order_by("number").last()
            if last is None:
                raise Invalid(_("没有工作日历「{code}」，请先建立。").format(code=calendar_code), field="calendar")
            if based_on not in (None, last.number):
                raise Conflict(_stale(calendar_code))
            content = {
                "time_zone": last.time_zone,
                "week": last.week if week is None else week,
                "exceptions": last.exceptions if exceptions is None else dict(exceptions),
                "published": last.published if published is None else sorted(set(published)),
            }
            today = timezone.localdate(timezone=ZoneInfo(last.time_zone))
            revision = _written(last.calendar, last.number + 1, today, note, content)
            before, after = _changes(last, revision)
            append(by, "calendar.publish", last.calendar, at=timezone.now(), data=_told(revision), reason=note, before=before, after=after)
            return revision
    except IntegrityError:  # the same number, taken a moment earlier
        raise Conflict(_stale(calendar_code))


def _written(calendar: Calendar, number: int, valid_from: date, note: str, content: dict[str, Any]) -> CalendarRevision:
    try:
        return CalendarRevision.objects.create(calendar=calendar, number=number, valid_from=valid_from, note=note, **content)
    except ValueError as problem:
        raise Invalid(str(problem), field="calendar")


def _told(revision: CalendarRevision) -> dict[str, Any]:
    return {"revision": revision.number, "valid_from": revision.valid_from, "fingerprint": revision.fingerprint}


def _changes(old: CalendarRevision, new: CalendarRevision) -> tuple[dict[str, Any], dict[str, Any]]:
    """What differs, before and after; of the exceptions only the dates that do."""
    fields = [name for name in ("week", "published") if getattr(old, name) != getattr(new, name)]
    before, after = ({name: getattr(revision, name) for name in fields} for revision in (old, new))
    absent = object()
    days = {day for day in {*old.exceptions, *new.exceptions} if old.exceptions.get(day, absent) != new.exceptions.get(day, absent)}
    if days:
        before["exceptions"], after["exceptions"] = ({day: r.exceptions[day] for day in days if day in r.exceptions} for r in (old, new))
    return before, after


def _stale(code: str) -> str:
    return _("工作日历「{code}」刚刚由别人发布了新版次，请重新打开后再发布。").format(code=code)
