"""The page of a month's anomalies in one branch's journal (QM-7, #51)."""

from __future__ import annotations

from collections import Counter

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from bihuan.kernel.access.refusals import NotFound
from bihuan.kernel.lists.parameters import BadParameter, read
from bihuan.kernel.replica import may_lag
from bihuan.kernel.tables.show import label
from bihuan.kernel.ui.pieces import Tab

from . import told
from .access import scope_of
from .anomalies import DEFAULT, Anomaly, Oddity, Thresholds, anomalies
from .period import month_of, period_of, shifted

MOST = 200  # lines shown; the tabs narrow down


@login_required
@require_GET
@may_lag
def month(request: HttpRequest) -> HttpResponse:
    """What is worth a question in a month's journal, last month's unless another is asked for; each line opens its entry."""
    asked = {name: values[0] for name, values in read(request.GET, single=("from", "branch", "kind")).items()}
    scope, kind = scope_of(request.actor, asked.get("branch", "")), asked.get("kind", "")
    if kind not in {"", *Oddity.values}:
        raise BadParameter("kind")
    branch = scope.chosen or next(iter(scope.visible), None)
    if branch is None:
        raise NotFound
    text = asked.get("from") or f"{shifted(month_of(timezone.now()), -1):%Y-%m}"
    period = period_of(text, text)
    found = anomalies(branch, period.first)
    counts = Counter(one.kind for one in found)
    here = f"{request.path}?from={text}&branch={branch.code}"
    shown = [one for one in found if kind in ("", one.kind)]
    context = {
        "scope": scope,
        "branch": branch,
        "period": period,
        "limits": limits_text(DEFAULT),
        "here": request.path,
        "kinds": [
            Tab(_("全部"), here, len(found), not kind),
            *(Tab(str(name), f"{here}&kind={code}", counts[Oddity(code)], code == kind) for code, name in Oddity.choices),
        ],
        "found": [(one, sentence(one), label(one.entry.action), _proof(one)) for one in shown[:MOST]],
        "cut": len(shown) > MOST,
        "most": MOST,
    }
    return render(request, "evidence/anomalies.html", context)


def _proof(one: Anomaly) -> str:
    return told.proof_url(one.entry.record_number, f"{one.entry.chain}-{one.entry.seq}")


def sentence(one: Anomaly) -> str:
    """Why the entry is worth a question."""
    match one.kind:
        case Oddity.NIGHT:
            return _("夜间录入")
        case Oddity.BACK_DATED:
            return _("发生后 {n} 小时才录入").format(n=one.figure)
        case Oddity.CORRECTIONS:
            return _("同一人本月更正 {n} 次").format(n=one.figure)
        case Oddity.EXCEPTION:
            return _("走了例外办理的路径")


def limits_text(limits: Thresholds) -> str:
    """From where on something is listed, for the head of the page."""
    return _("夜间 {begins}–{ends} 时；晚录 {hours} 小时以上；同一人一月更正 {n} 次以上").format(
        begins=limits.night[0],
        ends=limits.night[1],
        hours=int(limits.behind.total_seconds() // 3600),
        n=limits.corrections,
    )
