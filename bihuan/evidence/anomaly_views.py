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
from bihuan.kernel.tables.show import label, proof_url
from bihuan.kernel.ui.pieces import Tab
from bihuan.quality.public import DEFAULT, OF_A_BRANCH, Anomaly, anomalies, limits_text, sentence

from .access import scope_of
from .period import month_of, period_of, shifted

MOST = 200  # lines shown; the tabs narrow down


@login_required
@require_GET
@may_lag
def month(request: HttpRequest) -> HttpResponse:
    """What is worth a question in a month's journal, last month's unless another is asked for; each line opens its entry."""
    asked = {name: values[0] for name, values in read(request.GET, single=("from", "branch", "kind")).items()}
    scope, kind = scope_of(request.actor, asked.get("branch", "")), asked.get("kind", "")
    if kind not in {"", *OF_A_BRANCH}:
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
        "limits": limits_text(DEFAULT.kept()),
        "here": request.path,
        "kinds": [
            Tab(_("全部"), here, len(found), not kind),
            *(Tab(str(one.label), f"{here}&kind={one.value}", counts[one], one == kind) for one in OF_A_BRANCH),
        ],
        "found": [(one, sentence(one.kind, one.figure), label(one.entry.action), _proof(one)) for one in shown[:MOST]],
        "cut": len(shown) > MOST,
        "most": MOST,
    }
    return render(request, "evidence/anomalies.html", context)


def _proof(one: Anomaly) -> str:
    return proof_url(one.entry.record_number, f"{one.entry.chain}-{one.entry.seq}")
