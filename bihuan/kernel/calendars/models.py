"""Calendars are data with validity dates and revisions (design §3.4). A revision is never changed: records keep its number."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _

from ..access.refusals import Invalid
from .business import BusinessCalendar
from .written import fingerprint, read


class Calendar(models.Model):
    """A working calendar that branches name by its code."""

    code = models.CharField(_("代码"), max_length=20, unique=True)
    name = models.CharField(_("名称"), max_length=60)

    class Meta:
        verbose_name = _("工作日历")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def number(self) -> str:
        """What the journal calls it."""
        return self.code


class Revisions(models.QuerySet["CalendarRevision"]):
    def update(self, **_fields: Any) -> NoReturn:
        """Refused, see CalendarRevision.save."""
        raise RuntimeError("A calendar's revision is never changed; publish the next one.")

    def delete(self) -> NoReturn:
        """Refused: deadlines name the revision they were counted on."""
        raise RuntimeError("A calendar's revision is never deleted; publish the next one.")


class CalendarRevision(models.Model):
    """A calendar as it stood from a date on: the whole of it, so that one row answers every question."""

    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="revisions", verbose_name=_("工作日历"))
    number = models.PositiveIntegerField(_("版次"))
    valid_from = models.DateField(_("生效日期"))
    time_zone = models.CharField(_("时区"), max_length=40)
    week = models.JSONField(_("每周工作时段"))
    exceptions = models.JSONField(_("例外日期"), default=dict)
    published = models.JSONField(_("已公布年份"), default=list)
    note = models.TextField(_("说明"), blank=True)
    fingerprint = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = Revisions.as_manager()

    class Meta:
        verbose_name = _("工作日历版次")
        ordering = ["calendar", "-number"]
        constraints = [models.UniqueConstraint(fields=["calendar", "number"], name="calendar_revision_once")]

    def __str__(self) -> str:
        return f"{self.calendar.code} r{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new revision. Raises ValueError with a sentence for one that cannot be read, RuntimeError for an existing one."""
        if not self._state.adding:
            raise RuntimeError("A calendar's revision is never changed; publish the next one.")
        self.business()
        self.fingerprint = fingerprint(self.time_zone, self.week, self.exceptions, self.published)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: deadlines name the revision they were counted on."""
        raise RuntimeError("A calendar's revision is never deleted; publish the next one.")

    def business(self) -> BusinessCalendar:
        """The calendar to count with."""
        return read(self.time_zone, self.week, self.exceptions, self.published)


def calendar_in_force(code: str, on: date | None = None) -> tuple[BusinessCalendar, int]:
    """The calendar *code* as it stands *on* a date (None: today where the calendar is at home), and its revision's number.

    That is the newest revision valid by then; before the first one's date, the first, so that a back-dated record finds a
    calendar. One statement: which revision is in force is asked every time, so a new one counts at once in every process;
    its content is read once per process. Raises Invalid when there is no such calendar.
    """
    found = None
    rows = CalendarRevision.objects.filter(calendar__code=code).order_by("-number")
    for pk, content, number, valid_from, zone in rows.values_list("pk", "fingerprint", "number", "valid_from", "time_zone"):
        found = pk, content, number
        if valid_from <= (on or timezone.localdate(timezone=ZoneInfo(zone))):
            break
    if found is None:
        raise Invalid(_unknown(code), field="calendar")
    return _read_once(*found[:2]), found[2]


def calendar_of_revision(code: str, number: int) -> BusinessCalendar:
    """The calendar *code* as revision *number* wrote it, to count again what was counted on it. Raises Invalid if unknown."""
    row = CalendarRevision.objects.filter(calendar__code=code, number=number).values_list("pk", "fingerprint").first()
    if row is None:
        raise Invalid(_unknown(f"{code} r{number}"), field="calendar")
    return _read_once(*row)


@lru_cache(maxsize=128)
def _read_once(pk: int, _fingerprint: str) -> BusinessCalendar:
    """Keyed by content too: SQLite gives the id of a row that was rolled back to the next one."""
    return CalendarRevision.objects.get(pk=pk).business()


def _unknown(code: str) -> str:
    return translated("没有工作日历「{code}」，请管理员先建立，或更正分公司资料中的日历代码。").format(code=code)
