"""Pages of technical bulletins (AS-4.5)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bihuan.kernel.lists.declare import list_url
from bihuan.kernel.ui.notices import done
from bihuan.kernel.ui.pieces import Badge
from bihuan.organisation.form_page import form_page
from bihuan.organisation.history import past

from ..access import access_bulletins
from ..domain import bulletins as verbs
from ..forms import BulletinForm
from ..models import Bulletin
from ..rules import issues_bulletins, require_technical, sees_readers


def _page_of(bulletin: Bulletin) -> str:
    return reverse("bulletin", args=[bulletin.number])


@login_required
@require_safe
def bulletin(request: HttpRequest, number: str) -> HttpResponse:
    """What it says, for which models, and whether one has read it; who has, for technical and auditors."""
    actor = request.actor
    found = access_bulletins.one(actor, number=number)
    context = {
        "found": found,
        "models": list(found.models_concerned.select_related("line")),
        "read_at": found.acknowledgements.filter(person_id=actor.person_id).values_list("at", flat=True).first(),
        "readers": list(found.acknowledgements.select_related("person__home_branch").order_by("-at")[:300])
        if sees_readers(actor)
        else None,
        "badge": Badge(_("现行"), "green") if found.withdrawn_on is None else Badge(_("已撤回"), "neutral", "ban"),
        "may_withdraw": issues_bulletins(actor) and found.withdrawn_on is None,
        "entries": [entry for entry in past(found, 30) if entry.act != _("确认已读")] if sees_readers(actor) else [],
        "crumbs": [(_("技术通报"), list_url("bulletins"))],
    }
    return render(request, "equipment/bulletin.html", context)


@login_required
@require_POST
def acknowledge(request: HttpRequest, number: str) -> HttpResponse:
    """I have read it."""
    found = access_bulletins.one(request.actor, number=number)
    verbs.acknowledge(found, by=request.actor, at=timezone.now())
    done(request, _("已记下：您读过 %(number)s。") % {"number": found.number})
    return redirect(_page_of(found))


@login_required
@require_http_methods(["GET", "POST"])
def new_bulletin(request: HttpRequest) -> HttpResponse:
    """Issue a bulletin."""
    require_technical(request.actor)

    def act(form: BulletinForm) -> str:
        data = form.cleaned_data
        made = verbs.issue(data["number"], data["title"], data["body"], data["models_concerned"], by=request.actor, at=timezone.now())
        done(request, _("通报 %(number)s 已发布。开单、上门时会提示未读的人。") % {"number": made.number}, draft=request.path)
        return _page_of(made)

    crumbs = [(_("技术通报"), list_url("bulletins"))]
    return form_page(
        request, lambda data: BulletinForm(data, actor=request.actor), act, title=_("发布技术通报"), crumbs=crumbs, button=_("发布")
    )


@login_required
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Take a bulletin out of force."""
    require_technical(request.actor)
    found = access_bulletins.one(request.actor, number=number)
    verbs.withdraw(found, by=request.actor, at=timezone.now(), reason=request.POST.get("reason", "")[:200])
    done(request, _("通报 %(number)s 已撤回。") % {"number": found.number})
    return redirect(_page_of(found))
