"""Coming in and going out: sign-in, second factor, forgotten password, language, sign-out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ..ui import notices
from . import credentials, devices, passkeys, provider, reset, second_factor, sessions, signin, totp
from .forms import CODE_HELP, CodeForm, NewPasswordForm, ResetForm, SecondForm, SecureForm, SignInForm
from .origin import network_of, own_path
from .refusals import Refusal
from .told import tell

ENROLLING, REPLACING, CLAIM = "access_enrolling", "access_replacing", "access_claim"
form_page = require_http_methods(["GET", "HEAD", "POST"])


def shown(request: HttpRequest, template: str, form: SecureForm | None, **context: Any) -> HttpResponse:
    """The page with its form, under the status of what was refused."""
    return render(request, f"access/{template}.html", context | {"form": form}, status=form.status if form else 200)


@sensitive_post_parameters()
@form_page
def sign_in(request: HttpRequest) -> HttpResponse:
    """Account and password; whoever is signed in already goes on."""
    then = own_path(request.GET.get("next"))
    if request.actor:  # type: ignore[attr-defined]
        return redirect(then or settings.LOGIN_REDIRECT_URL)
    form = SignInForm(request.POST or None)
    if form.is_valid():
        try:
            person = signin.check_password(request, form.cleaned_data["username"], form.cleaned_data["password"])
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return owes_second(request, person, then) or enter(request, person, then, second=False)
    return sign_in_page(request, form)


def sign_in_page(request: HttpRequest, form: SecureForm) -> HttpResponse:
    """The door with every way in that is offered here."""
    return shown(request, "sign_in", form, passkeys=passkeys.offered(), company=provider.offered(), company_name=settings.OIDC_LABEL)


def owes_second(request: HttpRequest, person: Any, then: str) -> HttpResponse | None:
    """To the second factor, when *person* needs one; else None."""
    if not second_factor.demanded(person, list(get_user_model().grants_of(person))):
        return None
    signin.wait(request, person, then)
    return redirect("second" if person.totp_secret else "enrol")


def enter(request: HttpRequest, person: Any, then: str, *, second: bool, codes: list[str] | None = None, way: str = "") -> HttpResponse:
    """In: on to where the person was going, by way of fresh recovery codes if there are any. The device is known from now on."""
    sessions.start(request, person, second=second, way=way)
    response = _codes(request, codes, then) if codes else redirect(then or settings.LOGIN_REDIRECT_URL)
    devices.remember(request, response, signin.account_of(person.username))
    return response


def _codes(request: HttpRequest, codes: list[str], then: str) -> HttpResponse:
    return shown(request, "codes", None, codes=codes, then=resolve_url(then or settings.LOGIN_REDIRECT_URL))


@sensitive_post_parameters()
@form_page
def second(request: HttpRequest) -> HttpResponse:
    """The authenticator's code, or a recovery code, after the password."""
    person = signin.waiting(request)
    if person is None:
        return _too_late(request)
    if not person.totp_secret:
        return redirect("enrol")
    form = SecondForm(request.POST or None)
    if form.is_valid():
        then = request.session[signin.WAITING]["then"]
        try:
            second_factor.check(person, form.cleaned_data["code"])
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return enter(request, person, then, second=True)
    return shown(request, "second", form, code_help=CODE_HELP, passkeys=passkeys.usable(person))


def _too_late(request: HttpRequest) -> HttpResponse:
    if signin.WAITING in request.session:
        del request.session[signin.WAITING]
        notices.warn(request, _("等得太久，请重新登录。"))
    return redirect("login")


@sensitive_post_parameters()
@form_page
def enrol(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator: at the first sign-in, or from one's account after a fresh proof."""
    person, replacing = _enrolling(request)
    if person is None:
        return redirect("account") if request.actor else _too_late(request)  # type: ignore[attr-defined]
    secret = request.session.setdefault(ENROLLING, totp.new_secret())
    form = CodeForm(request.POST or None, focus=False)
    if form.is_valid():
        then = "" if replacing else request.session[signin.WAITING]["then"]
        try:
            codes = credentials.set_second_factor(person, secret, form.cleaned_data["code"], keep=request if replacing else None)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _enrolled(request, codes) if replacing else enter(request, person, then, second=True, codes=codes)
    link = totp.address(person.username, secret)
    return shown(
        request, "enrol", form, link=link, picture=totp.picture(link), secret=secret, grouped=totp.grouped(secret), replacing=replacing
    )


def _enrolling(request: HttpRequest) -> tuple[Any, bool]:
    """Who may set up an authenticator here, and whether from their account."""
    if request.actor:  # type: ignore[attr-defined]
        return (request.user if request.session.get(REPLACING, 0) > timezone.now().timestamp() else None), True
    person = signin.waiting(request)
    return (person if person and not person.totp_secret else None), False


def _enrolled(request: HttpRequest, codes: list[str]) -> HttpResponse:
    del request.session[ENROLLING], request.session[REPLACING]
    request.session[sessions.SECOND] = True
    return _codes(request, codes, "account")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Out: nothing of this person stays in the browser (#20)."""
    if request.actor:  # type: ignore[attr-defined]
        tell("signout", request.user)
    sessions.end(request)
    notices.done(request, _("已退出。"))
    response = redirect("login")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Another language, for this browser, and for the person on all of theirs."""
    code = request.POST.get("language", "")
    response = redirect(own_path(request.POST.get("next")) or settings.LOGIN_REDIRECT_URL)
    if code in dict(settings.LANGUAGES):
        if request.actor:  # type: ignore[attr-defined]
            get_user_model()._default_manager.filter(pk=request.actor.person_id).update(language=code)  # type: ignore[attr-defined]
        year, secure = 365 * 24 * 3600, settings.SESSION_COOKIE_SECURE
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, max_age=year, httponly=True, samesite="Lax", secure=secure)
    return response


@form_page
def forgot(request: HttpRequest) -> HttpResponse:
    """Ask for a link to a new password. The answer is the same for every name (#16)."""
    form = ResetForm(request.POST or None)
    if form.is_valid():
        try:
            reset.ask(form.cleaned_data["name"], network_of(request))
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect("reset_sent")
    return shown(request, "forgot", form, by_mail=not settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend"))


@require_safe
def reset_sent(request: HttpRequest) -> HttpResponse:
    return shown(request, "reset_sent", None)


@require_safe
def reset_open(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the mail: what it claims goes into a new session, the token itself leaves the address (ASVS 14.2.1)."""
    if claim := reset.open_token(token):
        sessions.end(request)  # a session that someone else may have laid here must not get the claim
        request.session[CLAIM] = claim
    else:
        request.session.pop(CLAIM, None)
    return redirect("reset_new")


@sensitive_post_parameters()
@form_page
def reset_new(request: HttpRequest) -> HttpResponse:
    """The new password. It signs nobody in: the second factor is still to come."""
    claim = request.session.get(CLAIM)
    person = reset.person_of(claim)
    if person is None:
        return render(request, "access/reset_old.html", status=410)
    form = NewPasswordForm(request.POST or None, person=person)
    if form.is_valid():
        try:
            reset.fulfil(claim, form.cleaned_data["new"])
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            request.session.flush()
            notices.done(request, _("新密码已设好，请用它登录。"))
            return redirect("login")
    return shown(request, "reset_new", form, person=person)
