"""What administrators are told before it is too late."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel.calendars.models import Calendar
from bihuan.kernel.calendars.warnings import years_to_publish
from bihuan.kernel.notify.models import Notice
from bihuan.kernel.notify.sentences import register

from .models import Branch
from .roles import ADMINISTRATOR

KIND = "calendar_unpublished"


def remind_of_calendars(today: date | None = None) -> int:
    """Tell the administrators of each year that no calendar knows yet, from 60 days ahead, once (#72); how many were told of."""
    home = Branch.objects.filter(is_headquarters=True).first()
    missing = years_to_publish(today or timezone.localdate())
    if home is None or not missing:
        return 0
    calendars = Calendar.objects.in_bulk([code for code, _year in missing], field_name="code")
    notices = [
        Notice(
            key=f"calendar:{code}:{year}", kind=KIND, record_type=Calendar._meta.label, record_id=calendars[code].pk, record_number=code,
            branch_id=home.pk, to_roles=[ADMINISTRATOR.code], facts={"name": calendars[code].name, "year": year},
        )
        for code, year in missing
    ]  # fmt: skip
    told = set(Notice.objects.filter(key__in=[notice.key for notice in notices]).values_list("key", flat=True))
    Notice.objects.bulk_create([notice for notice in notices if notice.key not in told], ignore_conflicts=True)
    return len(notices) - len(told)


register(
    KIND,
    lambda notice: _("“%(name)s”还没有公布 %(year)s 年，请尽快公布；之前按平常周计算工作时限。") % notice.facts,
    lambda notice: reverse("calendar-publish", args=[notice.record_number, notice.facts["year"]]),
)
