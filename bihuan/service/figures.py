"""The manager's figures. Each opens its list; each says how it is counted."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.deadlines.models import Deadline, State, Verdict
from bihuan.kernel.ui.pieces import Bar, Dot, DotRow
from bihuan.organisation.models import Branch

from .access import access_requests
from .queries import open_requests

PERIODS = {"week": (7, gettext_lazy("近 7 天")), "month": (30, gettext_lazy("近 30 天")), "quarter": (90, gettext_lazy("近 90 天"))}
AGES = (
    (1, gettext_lazy("1 天内")),
    (3, gettext_lazy("1–3 天")),
    (7, gettext_lazy("3–7 天")),
    (30, gettext_lazy("7–30 天")),
    (None, gettext_lazy("30 天以上")),
)
DOTS = 400  # cases drawn on one plot


def overview(actor: Actor, period: str) -> dict[str, Any]:
    """Everything on the overview page, for what *actor* may see."""
    days, label = PERIODS[period]
    since = timezone.now() - dt.timedelta(days=days)
    contacts = _first_contacts(actor, since)
    kept = sum(1 for deadline in contacts if deadline.verdict == Verdict.KEPT)
    judged = sum(1 for deadline in contacts if deadline.verdict not in (Verdict.OPEN, Verdict.VOID))
    handled, all_called = _handled(actor, since)
    return {
        "period": period,
        "periods": [(code, text) for code, (_days, text) in PERIODS.items()],
        "label": label,
        "handled": round(100 * handled / all_called, 1) if all_called else None,
        "handled_sum": _("%(done)d / %(all)d 单已解决或已关闭") % {"done": handled, "all": all_called},
        "contact_rate": round(100 * kept / judged, 1) if judged else None,
        "contact_sum": _("%(done)d / %(all)d 单在 1 小时内联系并录入") % {"done": kept, "all": judged},
        "branches": _dots(contacts),
        "ages": _ages(actor),
        "overdue": _overdue(actor),
        "repeats": _repeats(actor, since),
    }


def _first_contacts(actor: Actor, since: dt.datetime) -> list[Deadline]:
    rows = Deadline.objects.filter(clock="first_contact", started_at__gte=since)
    if not actor.sees_everything:
        rows = rows.filter(branch_id__in=actor.branch_ids)
    return list(rows.order_by("-started_at")[:5000])


def _handled(actor: Actor, since: dt.datetime) -> tuple[int, int]:
    """Requests called in the period: how many are settled, of how many that were not cancelled."""
    rows = access_requests.all(actor).filter(called_at__gte=since).exclude(status="cancelled").order_by()
    counts = dict(rows.values_list("status").annotate(Count("id")))
    return counts.get("closed", 0) + counts.get("reviewed", 0), sum(counts.values())


def _dots(contacts: list[Deadline]) -> list[DotRow]:
    by_branch: dict[int, list[Dot]] = defaultdict(list)
    now = timezone.now()
    for deadline in contacts[:DOTS]:
        if deadline.state == State.ENDED:
            continue
        ended = deadline.stopped_at or now
        if deadline.stopped_at is None and deadline.due_at > now:
            continue  # neither kept nor missed yet
        minutes = (ended - deadline.started_at).total_seconds() / 60
        missed = deadline.verdict != Verdict.KEPT
        by_branch[deadline.branch_id].append(Dot(round(minutes, 1), deadline.record_number, f"/r/{deadline.record_number}/", missed))
    return [DotRow(branch.name, by_branch[branch.pk]) for branch in Branch.objects.filter(pk__in=by_branch)]


def _ages(actor: Actor) -> list[Bar]:
    now, open_rows = timezone.now(), open_requests(actor).order_by()
    bars, upper = [], now
    for days, label in AGES:
        lower = now - dt.timedelta(days=days) if days else None
        rows = open_rows.filter(called_at__lte=upper)
        bars.append(Bar(str(label), (rows.filter(called_at__gt=lower) if lower else rows).count(), href="/lists/requests/"))
        upper = lower or upper
    return bars


def _overdue(actor: Actor) -> list[Bar]:
    """Deadlines past and still open, by what is late."""
    rows = Deadline.objects.filter(state=State.RUNNING, due_at__lt=timezone.now())
    if not actor.sees_everything:
        rows = rows.filter(branch_id__in=actor.branch_ids)
    from bihuan.kernel.procedures.registry import procedure_for

    found = rows.values_list("record_type", "clock").annotate(count=Count("id")).order_by("-count")
    return [Bar(str(procedure_for(kind).clock(clock).label), count, href="/?tab=overdue", tone="red") for kind, clock, count in found]


def _repeats(actor: Actor, since: dt.datetime) -> list[Bar]:
    """Units that called more than once in the period."""
    rows = access_requests.all(actor).filter(called_at__gte=since, unit__isnull=False).order_by()
    found = rows.values_list("unit__serial", "unit__model__name").annotate(count=Count("id")).filter(count__gt=1).order_by("-count")[:8]
    return [Bar(f"{model} {serial}", count, href=f"/units/{serial}/") for serial, model, count in found]
