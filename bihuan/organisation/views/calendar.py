"""The working calendar: a year at a glance, and the administrator's next revision of it."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bihuan.kernel.access.refusals import NotFound
from bihuan.kernel.calendars.access import access_calendars
from bihuan.kernel.calendars.business import BusinessCalendar
from bihuan.kernel.calendars.models import Calendar
from bihuan.kernel.typed import whole
from bihuan.kernel.ui.notices import done

from ..domain.calendar import publish_year, write_days
from ..form_page import form_page
from ..forms import CalendarForm
from ..rules import administers, require_administrator

YEARS = range(2015, 2101)


@login_required
@require_safe
def calendar_page(request: HttpRequest, code: str = "CN") -> HttpResponse:
    """A year with its days off and its days worked in exchange; which years are published; the revisions."""
    found = access_calendars.one(request.actor, code=code)
    revisions = list(found.revisions.all()[:20])
    if not revisions:
        raise NotFound
    year = _year(request.GET.get("year", ""))
    business = revisions[0].business()
    context = {
        "found": found,
        "year": year,
        "months": [_month(business, year, month) for month in range(1, 13)],
        "weekdays": [_("一"), _("二"), _("三"), _("四"), _("五"), _("六"), _("日")],
        "is_published": year in business.published,
        "worked": sum(business.is_workday(day) for day in _days(year)),
        "revisions": revisions,
        "may_change": administers(request.actor),
        "others": list(Calendar.objects.exclude(pk=found.pk)),
    }
    return render(request, "organisation/calendar.html", context)


def _year(text: str) -> int:
    year = whole(text)
    return year if year is not None and year in YEARS else timezone.localdate().year


def _days(year: int) -> list[dt.date]:
    first = dt.date(year, 1, 1)
    return [first + dt.timedelta(days=offset) for offset in range(366 if calendar.isleap(year) else 365)]


def _month(business: BusinessCalendar, year: int, month: int) -> dict[str, Any]:
    weeks = calendar.Calendar().monthdatescalendar(year, month)
    return {"number": month, "weeks": [[_day(business, day) if day.month == month else None for day in week] for week in weeks]}


def _day(business: BusinessCalendar, day: dt.date) -> dict[str, Any]:
    """``kind``: work, rest, off (a day off that the ordinary week would work), swap (worked though the week would rest)."""
    works, ordinary = business.is_workday(day), bool(business.week[day.weekday()])
    kind = ("work" if ordinary else "swap") if works else ("off" if ordinary or day in business.exceptions else "rest")
    return {"day": day, "kind": kind}


@login_required
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """Write a year and publish it as the next revision."""
    require_administrator(request.actor)
    found = access_calendars.one(request.actor, code=code)
    last = found.revisions.first()
    if last is None or year not in YEARS:
        raise NotFound

    def act(form: CalendarForm) -> str:
        data = form.cleaned_data
        made = publish_year(last, year, **data, by=request.actor)
        told = {"name": found.name, "number": made.number}
        done(request, _("%(name)s 第 %(number)s 版已发布。已经在走的时限仍按原来的版次计算。") % told, draft=request.path)
        return f"{reverse('calendar', args=[code])}?year={year}"

    def form_of(data: Any) -> CalendarForm:
        initial = {
            "days": write_days(last.exceptions, year) or _suggested(year),
            "is_published": year in last.published,
            "based_on": last.number,
        }
        return CalendarForm(data, year=year, initial=initial)

    crumbs = [(found.name, f"{reverse('calendar', args=[code])}?year={year}")]
    line = _("发布后成为第 %(next)s 版；以前的版次保留，记录按当时的版次核对。") % {"next": last.number + 1}
    return form_page(request, form_of, act, title=_("%(year)s 年放假与调休") % {"year": year}, crumbs=crumbs, line=line, button=_("发布"))


def _suggested(year: int) -> str:
    """The statutory days of a year nobody has written yet, as a first draft."""
    from bihuan.kernel.calendars.china import chinese_calendar_exceptions

    return write_days(chinese_calendar_exceptions([year]), year)
