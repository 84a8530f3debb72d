"""The administrator's page on operations: what is wrong now, how old backup and drill are, and what the last ones said."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bihuan.config import env
from bihuan.organisation.rules import require_administrator

from .ages import ages
from .alarms import sentences
from .models import Run


@login_required
@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """Alarms that stand (#80), backups and drills with their age, the latest runs below."""
    require_administrator(request.actor)
    runs = Run.objects.filter(ended_at__isnull=False)[:30]
    context = {"alarms": sentences(), "ages": ages(), "runs": runs, "is_nightly": bool(env.text("BIHUAN_BACKUP_TO"))}
    return render(request, "operations/operations.html", context)
