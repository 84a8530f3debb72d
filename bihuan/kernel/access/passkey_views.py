"""Passkeys on the pages: what to sign, signing in, and one's own passkeys."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from ..ui import notices
from . import credentials, passkeys, signin
from .account_views import PROOF_LASTS, _is_proved, _me
from .forms import PasskeyForm, PasskeyNameForm, ProofForm, SignInForm
from .origin import network_of, own_path
from .proof import count_attempt, take_back_attempt
from .refusals import Conflict, Invalid, NotAllowed, Refusal
from .told import tell
from .views import enter, form_page, shown, sign_in_page

ADDING = "access_adding_passkey"


@require_POST
def options(request: HttpRequest) -> HttpResponse:
    """What the browser is to have signed, for a purpose that this very person may have."""
    purpose = request.POST.get("purpose", "")
    if purpose not in {"signin", "second", "prove", "register"}:
        raise Invalid(_("没有这种用途。"), field="purpose")
    if not passkeys.offered():
        raise Conflict(_("本系统的网址不支持通行密钥，请用密码。"))
    count_attempt(f"passkey:{network_of(request)}", signin.NETWORK_LIMIT)
    return HttpResponse(_options(request, purpose), content_type="application/json")


def _options(request: HttpRequest, purpose: str) -> str:
    if purpose == "signin":
        return passkeys.request(passkeys.SIGN_IN)
    person = signin.waiting(request) if purpose == "second" else (request.user if request.actor else None)  # type: ignore[attr-defined]
    if person is None:
        raise NotAllowed(_("请先登录。"))
    if purpose != "register":
        return passkeys.request(passkeys.purpose_for(purpose, person), person)
    if not _may_add(request):
        raise NotAllowed(_("请先确认是您本人。"))
    return passkeys.registration(person)


@sensitive_post_parameters()
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """In with a passkey alone: the device holds the key and has asked for finger, face or PIN, so this is two factors at once."""
    then = own_path(request.GET.get("next"))
    if request.actor:  # type: ignore[attr-defined]
        return redirect(then or "home")
    network = f"network:{network_of(request)}"
    try:
        count_attempt(network, signin.NETWORK_LIMIT)
        person = passkeys.use(request.POST.get("credential", ""), passkeys.SIGN_IN)
    except Refusal as refusal:
        if isinstance(refusal, Invalid):
            tell("signin.passkey-failed", subject="passkey")
        return sign_in_page(request, SignInForm.telling(refusal))
    take_back_attempt(network)
    return enter(request, person, then, second=True)


@login_required
@sensitive_post_parameters()
@form_page
def add(request: HttpRequest) -> HttpResponse:
    """Another passkey: first the proof of who asks, then the name and what the device made."""
    if not _may_add(request):
        form = ProofForm(request.POST or None, actor=request.actor)  # type: ignore[attr-defined]
        if _is_proved(request, form):
            request.session[ADDING] = (timezone.now() + PROOF_LASTS).timestamp()
            return redirect("new_passkey")
        return shown(request, "passkey_proof", form)
    made = PasskeyForm(request.POST or None)
    if made.is_valid():
        try:
            credentials.add_passkey(_me(request), made.cleaned_data["name"], made.cleaned_data["credential"], keep=request)
        except Refusal as refusal:
            made.refuse(refusal)
        else:
            request.session.pop(ADDING, None)
            notices.done(request, _("通行密钥已添加。其他设备已退出，接口令牌已作废。"))
            return redirect("account")
    return shown(request, "passkey_new", made)


def _may_add(request: HttpRequest) -> bool:
    return float(request.session.get(ADDING, 0)) > timezone.now().timestamp()


@login_required
@sensitive_post_parameters()
@form_page
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One of one's own: its name; its removal, after a proof. Foreign and absent ones are answered alike."""
    passkey = passkeys.own(_me(request), pk)
    removing = "remove" in request.POST
    named = PasskeyNameForm(None if removing else request.POST or None, initial={"name": passkey.name}, focus=False)
    proof = ProofForm(request.POST if removing else None, actor=request.actor, focus=False)  # type: ignore[attr-defined]
    if removing and _is_proved(request, proof):
        credentials.remove_passkey(_me(request), pk, keep=request)
        notices.done(request, _("通行密钥已移除。其他设备已退出，接口令牌已作废。"))
        return redirect("account")
    if not removing and named.is_valid():
        passkeys.rename(_me(request), pk, named.cleaned_data["name"])
        notices.done(request, _("名称已改。"))
        return redirect("account")
    status: dict[str, Any] = {"passkey": passkey, "named": named}
    answer = shown(request, "passkey", proof, **status)
    answer.status_code = max(named.status, proof.status)
    return answer
