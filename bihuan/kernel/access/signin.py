"""Signing in: counted before it is checked, the same answer whatever was wrong, then the second factor (#15, #16, #23)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import authenticate, get_user_model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from . import ldap
from .devices import known_as
from .origin import network_of
from .proof import TooMany, count_attempt, forget_attempts, take_back_attempt
from .refusals import Invalid
from .told import tell

NETWORK_LIMIT = 100
WAIT = timedelta(minutes=10)
WAITING = "access_waiting"


def account_of(username: str) -> str:
    """A name for the account that does not give it away: keyed, for people also type passwords here."""
    return salted_hmac("bihuan.access.account", _plain(username), algorithm="sha256").hexdigest()[:32]


def _plain(username: str) -> str:
    return get_user_model().normalize_username(username.strip())


def check_password(request: HttpRequest, username: str, password: str) -> Any:
    """The person whom *username* and *password* belong to.

    Raises TooMany at the limit of the account or of the network, else Invalid: alike, and after equal work, for unknown
    names, leavers and wrong passwords. Someone's own device has an account limit of its own.
    """
    username = ldap.account_meant(_plain(username)) if ldap.offered() else username
    account, network = account_of(username), f"network:{network_of(request)}"
    attempts = f"signin:{account}:{known_as(request, account)}"
    try:
        count_attempt(network, NETWORK_LIMIT)
        count_attempt(attempts)
    except TooMany as refusal:
        if refusal.first:
            tell("signin.locked", subject=f"account:{account}")
        raise
    person, problem = _checked(request, username, password)
    if person is None:
        tell("signin.failed", subject=_known_name(username) or f"account:{account}")
        raise Invalid(problem)
    forget_attempts(attempts)
    take_back_attempt(network)
    return person


def _checked(request: HttpRequest, username: str, password: str) -> tuple[Any, str]:
    """Whom the password belongs to, here or else in the directory, and what to say when it is nobody."""
    wrong = _("账号或密码不对。请核对后重新输入；想不起来时可以重设密码。")
    person = authenticate(request, username=_plain(username), password=password)
    if person is not None or not ldap.offered():
        return person, wrong
    try:
        return ldap.person_with(_plain(username), password), wrong
    except ldap.Unreachable:
        return None, _("账号或密码不对，或者公司目录现在连不上。用企业账号的，请稍后再试，并告诉系统管理员。")


def _known_name(username: str) -> str:
    return get_user_model()._default_manager.filter(username=_plain(username)).values_list("username", flat=True).first() or ""


def wait(request: HttpRequest, person: Any, then: str) -> None:
    """Remember, in a session with a new key, that *person* gave the password and owes the second factor; *then*: where to go next."""
    request.session.flush()
    until = timezone.now() + WAIT
    request.session[WAITING] = {"person": person.pk, "hash": person.get_session_auth_hash(), "until": until.timestamp(), "then": then}


def waiting(request: HttpRequest) -> Any:
    """Who gave the password here within ten minutes and owes the second factor; None when nobody does any more."""
    kept = request.session.get(WAITING)
    if not kept or kept["until"] <= timezone.now().timestamp():
        return None
    person = get_user_model()._default_manager.filter(pk=kept["person"], is_active=True).first()
    return person if person and constant_time_compare(kept["hash"], person.get_session_auth_hash()) else None
