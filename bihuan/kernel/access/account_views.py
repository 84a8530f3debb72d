"""One's own account: where one is signed in, password, second factor, API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from ..ui import notices
from . import credentials, directory, passkeys, recovery, second_factor, sessions, tokens
from .forms import PasswordForm, ProofForm, TokenForm
from .models import Token
from .proof import fresh, prove
from .refusals import Conflict, NotFound, Refusal
from .told import tell
from .views import ENROLLING, REPLACING, _codes, form_page, shown

PROOF_LASTS = timedelta(minutes=5)


def _me(request: HttpRequest) -> Any:
    return request.user  # a person: login_required


@login_required
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """What belongs to one's account, and what one can end."""
    person = request.user
    context = {
        "person": person,
        "sign_ins": sessions.own(person),
        "here": request.session.session_key,
        "tokens": _live_tokens(person),
        "codes_left": recovery.left(person),
        "passkeys": person.passkeys.order_by("pk"),  # type: ignore[union-attr]
        "passkeys_offered": passkeys.offered(),
        "linked": directory.linked(person),
        "second_demanded": second_factor.demanded(person, request.actor.grants),  # type: ignore[attr-defined]
    }
    return shown(request, "account", None, **context)


def _live_tokens(person: Any) -> Any:
    live = Token.objects.filter(person=person, revoked_at__isnull=True, expires_at__gt=timezone.now())
    return live.filter(session_key_version=person.session_key_version).order_by("-created_at")


@login_required
@sensitive_post_parameters()
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """One of one's devices is out, after a fresh proof. Foreign and absent ones are answered alike."""
    row = sessions.one(request.user, pk)
    if page := _not_proved(request, _("退出设备 %(device)s") % {"device": row.device or _("未知设备")}):
        return page
    sessions.end_one(request.user, pk)
    notices.done(request, _("那台设备已退出。"))
    return redirect("account")


@login_required
@sensitive_post_parameters()
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Everything but this session ends, API tokens too, after a fresh proof."""
    if page := _not_proved(request, _("退出其他所有设备")):
        return page
    with transaction.atomic():
        tell("session.end-others", request.user)
        sessions.end_all(request.user, keep=request)
    notices.done(request, _("其他设备已全部退出，接口令牌已全部作废。"))
    return redirect("account")


def _not_proved(request: HttpRequest, heading: str) -> HttpResponse | None:
    """The page that asks who is at the keyboard, which sends what it gets here again; None once that is proved (ASVS 7.5.2)."""
    answered = "password" in request.POST or fresh(request.actor)  # type: ignore[attr-defined]
    form = ProofForm(request.POST if answered else None, actor=request.actor)  # type: ignore[attr-defined]
    return None if _is_proved(request, form) else shown(request, "end_sessions", form, heading=heading)


@login_required
@sensitive_post_parameters()
@form_page
def password(request: HttpRequest) -> HttpResponse:
    """A new password for oneself."""
    if directory.linked(request.user):
        raise Conflict(_("您用企业账号登录，闭环里没有密码。请在公司的账号系统里修改。"))
    form = PasswordForm(request.POST or None, person=_me(request))
    if form.is_valid():
        try:
            credentials.change_password(request, request.user, form.cleaned_data["current"], form.cleaned_data["new"])
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            notices.done(request, _("密码已改。其他设备已退出，接口令牌已作废。"))
            return redirect("account")
    return shown(request, "password", form)


@login_required
@sensitive_post_parameters()
@form_page
def second_factor_settings(request: HttpRequest) -> HttpResponse:
    """Set up or replace the authenticator, or get new recovery codes: after a fresh proof of who asks."""
    form = ProofForm(request.POST or None, actor=request.actor)  # type: ignore[attr-defined]
    if _is_proved(request, form):
        if "codes" in request.POST and _me(request).totp_secret:
            return _codes(request, credentials.renew_codes(request.user), "account")
        request.session.pop(ENROLLING, None)
        request.session[REPLACING] = (timezone.now() + PROOF_LASTS).timestamp()
        return redirect("enrol")
    return shown(request, "second_settings", form, person=request.user, codes_left=recovery.left(_me(request)))


@login_required
@sensitive_post_parameters()
@form_page
def new_token(request: HttpRequest) -> HttpResponse:
    """A token for a program; its clear text is in this answer and nowhere else."""
    form = TokenForm(request.POST or None, actor=request.actor)  # type: ignore[attr-defined]
    if _is_proved(request, form):
        with transaction.atomic():
            tell("token.issue", request.user, purpose=form.cleaned_data["name"], days=form.cleaned_data["days"])
            clear = tokens.issue(request.user, form.cleaned_data["name"], timedelta(days=form.cleaned_data["days"]))
        return shown(request, "token_shown", None, clear=clear)
    return shown(request, "token", form)


def _is_proved(request: HttpRequest, form: ProofForm) -> bool:
    if not form.is_valid():
        return False
    try:
        prove(request.actor, form.proof)  # type: ignore[attr-defined]
    except Refusal as refusal:
        form.refuse(refusal)
    return not form.errors


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own tokens. Foreign and absent ones are answered alike."""
    token = Token.objects.filter(person=_me(request), pk=pk).first()
    if token is None:
        raise NotFound
    with transaction.atomic():
        tell("token.revoke", request.user, purpose=token.name)
        tokens.revoke(token)
    notices.done(request, _("令牌已吊销，用它的程序从现在起连不上了。"))
    return redirect("account")
