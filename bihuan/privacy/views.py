"""Receiving a person's request, and handing out the copy."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bihuan.customers.models import Contact
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Refusal
from bihuan.kernel.lists.declare import list_url
from bihuan.kernel.procedures.engine import require_party
from bihuan.kernel.ui.notices import done
from bihuan.organisation.models import Branch
from bihuan.organisation.public import headquarters
from bihuan.service.models import ServiceRequest

from .access import access_person_requests
from .domain.handing import hand_copy
from .domain.request import receive
from .forms import FindForm, ReceiveForm
from .models import PersonRequest
from .procedure import PERSON_REQUEST, RECEIVERS
from .queries import contact_of, described, people_with


@login_required
@require_http_methods(["GET", "POST"])
def new_request(request: HttpRequest) -> HttpResponse:
    """Who asks is found by number (or comes from their contact), then what they ask for. Nobody found and nobody in sight read alike."""
    actor: Actor = request.actor
    if not any(role.code in actor.roles for role in RECEIVERS):
        require_party(PERSON_REQUEST.opening, PersonRequest(), actor)
    sent = request.POST if request.method == "POST" else None
    chosen = request.GET.get("contact", "")
    find = FindForm(sent)
    people: Sequence[Contact | ServiceRequest] = ()
    if chosen.isdecimal():
        people = contact_of(int(chosen), actor)
    elif find.is_valid():
        people = people_with(find.cleaned_data["phone"], actor)
        if not people:
            find.add_error("phone", _("没有找到这个号码，请核对后再查。"))
    choices = [(_key(one), described(one)) for one in people]
    form = ReceiveForm(sent if (sent and "wish" in sent) or (sent and "identity" in sent) else None, people=choices) if people else None
    refusal = None
    if form is not None and form.is_valid():
        one = next(one for one in people if _key(one) == form.cleaned_data["person"])
        record = PersonRequest(branch=_branch(one, actor), wish=form.cleaned_data["wish"], identity=form.cleaned_data["identity"])
        record.contact, record.call = (one, None) if isinstance(one, Contact) else (None, one)
        try:
            receive(record, by=actor, at=timezone.now())
        except Refusal as problem:
            refusal = problem
        else:
            done(request, _("%(number)s 已受理，请在十五个工作日内办结并答复本人。") % {"number": record.number})
            return redirect("record", record.number)
    wrong = refusal or (form.errors if form is not None else sent is not None)
    context = {
        "find": find, "form": form, "refusal": refusal, "by_contact": chosen.isdecimal(),
        "crumbs": [(_("个人信息请求"), list_url("person-requests"))],
    }  # fmt: skip
    return render(request, "privacy/new.html", context, status=422 if wrong else 200)


def _key(found: Contact | ServiceRequest) -> str:
    return f"{'contact' if isinstance(found, Contact) else 'call'}-{found.pk}"


def _branch(found: Contact | ServiceRequest, actor: Actor) -> Branch:
    """Where it is received: the branch that serves them, as far as *actor* works there."""
    if isinstance(found, ServiceRequest):
        return found.branch
    sites = [found.site] if found.site else list(found.customer.sites.select_related("branch").order_by("pk"))
    served = [site.branch for site in sites if site.branch is not None and actor.may_see(site.branch_id)]
    return served[0] if served else headquarters()


@login_required
@require_POST
def copy(request: HttpRequest, number: str) -> HttpResponse:
    """The person's copy, for who granted it. It is made now and kept nowhere."""
    record = access_person_requests.one(request.actor, number=number)
    answer = HttpResponse(hand_copy(record, by=request.actor, at=timezone.now()), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{record.number}.zip"'
    answer["Cache-Control"] = "no-store"
    return answer
