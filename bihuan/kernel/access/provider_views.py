"""Out to the company's sign-in, and back. Links, not forms: the content policy lets forms go nowhere else."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import directory, provider, sessions, signin
from .forms import SignInForm
from .origin import from_elsewhere, network_of, own_path
from .proof import count_attempt, take_back_attempt
from .refusals import NotAllowed, NotFound, Refusal
from .told import tell
from .views import enter, owes_second, sign_in_page


def _network(request: HttpRequest) -> str:
    return f"company:{network_of(request)}"


@require_safe
def leave(request: HttpRequest) -> HttpResponse:
    """Off to the provider to sign in."""
    if not provider.offered():
        raise NotFound
    then = own_path(request.GET.get("next"))
    if request.actor:  # type: ignore[attr-defined]
        return redirect(then or "home")
    if from_elsewhere(request):
        return redirect(f"{resolve_url('login')}?{urlencode({'next': then})}")
    try:
        count_attempt(_network(request), signin.NETWORK_LIMIT)
        return redirect(provider.leave(request, then))
    except Refusal as refusal:
        return sign_in_page(request, SignInForm.telling(refusal))


@login_required
@require_safe
def anew(request: HttpRequest) -> HttpResponse:
    """Off to the provider to prove anew who one is, for what asks for it (#23)."""
    if not provider.again(request.user):
        raise NotFound
    if from_elsewhere(request):
        return redirect("account")
    return redirect(provider.leave(request, own_path(request.GET.get("next")), anew=True))


@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """Back from the provider."""
    if not provider.offered():
        raise NotFound
    try:
        arrival = provider.arrive(request)
        if arrival.proved_at:
            return _proved(request, arrival)
        person = directory.person_of(arrival.name, arrival.mark)
        if person is None:
            raise NotAllowed(_stranger(arrival.name))
    except Refusal as refusal:
        tell("signin.company-failed", subject="company")
        if request.actor:  # type: ignore[attr-defined]
            raise
        return sign_in_page(request, SignInForm.telling(refusal))
    take_back_attempt(_network(request))
    return (None if arrival.second else owes_second(request, person, arrival.then)) or enter(
        request, person, arrival.then, second=arrival.second, way="oidc"
    )


def _proved(request: HttpRequest, arrival: provider.Arrival) -> HttpResponse:
    """The proof counts for whoever is signed in here, if it is theirs."""
    me = request.user if request.actor else None  # type: ignore[attr-defined]
    if me is None or not me.directory_name or me.directory_mark != arrival.mark:  # type: ignore[union-attr]
        raise NotAllowed(_("企业登录里是另一个人，没有确认成功。请在企业登录里换成您自己的账号，再试一次。"))
    assert arrival.proved_at is not None  # noqa: S101  (the caller looked)
    sessions.proved(request, arrival.proved_at)
    return redirect(arrival.then or "account")


def _stranger(name: str) -> str:
    if name:
        return _("您的企业账号“%(name)s”没有关联到在用的闭环账号。请联系系统管理员，在您的人员页登记这个企业账号。") % {"name": name}
    return _("您的企业账号没有关联到在用的闭环账号。请联系系统管理员，在您的人员页登记企业账号。")
