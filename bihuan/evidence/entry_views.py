"""The page of one entry of the journal: where a figure, a finding or a deviation ends (QM-7)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from bihuan.kernel.journal.models import Entry
from bihuan.kernel.procedures.registry import all_procedures
from bihuan.kernel.tables.show import proof_url
from bihuan.organisation.models import Branch
from bihuan.quality.public import act

from .entries import entry_of, held, shown, told

CHANNELS = {
    "web": gettext_lazy("网页"),
    "api": gettext_lazy("接口"),
    "system": gettext_lazy("系统"),
    "cli": gettext_lazy("命令行"),
}


@login_required
@require_GET
def entry(request: HttpRequest, key: str) -> HttpResponse:
    """What an entry says, what it hangs on, and which checkpoint covers it."""
    found = entry_of(request.actor, key)
    branch = Branch.objects.filter(pk=found.chain).first() if found.chain else None
    later = Entry.objects.filter(chain=found.chain, seq=found.seq + 1).exists()
    zone = branch.zone if branch else None
    lines = told(found, zone)
    context = {
        "found": found,
        "title": act(found.action),
        "scope": branch.name if branch else _("全公司"),
        "zone": zone,
        "facts": [(label, value) for label, value in _facts(found) if value not in ("", None)],
        "told": lines,
        "changed": any(line.before for line in lines),
        "held": held(found),
        "before": f"{found.chain}-{found.seq - 1}" if found.seq > 1 else "",
        "after": f"{found.chain}-{found.seq + 1}" if later else "",
        "body": json.dumps(found.said, ensure_ascii=False, indent=2),
        "history": proof_url(found.record_number, key) if _has_page(found) else "",
    }
    return render(request, "evidence/entry.html", context)


def _facts(found: Entry) -> list[tuple[str, Any]]:
    said = found.said
    device = said.get("device_at")
    return [
        (_("谁"), found.actor_name),
        (_("代"), said.get("for_whom")),
        (_("发生时间"), found.happened_at),
        (_("录入时间"), found.recorded_at),
        (_("设备时间"), datetime.fromisoformat(device) if device else None),
        (_("条款"), said.get("clause")),
        (_("理由"), shown(said["reason"]) if said.get("reason") else ""),
        (_("渠道"), CHANNELS.get(said.get("channel"), said.get("channel"))),
        (_("请求编号"), said.get("request")),
    ]


def _has_page(found: Entry) -> bool:
    return found.record_type in {procedure.record for procedure in all_procedures()}
