"""A forgotten password: a link by e-mail, ten minutes long, good once, for this purpose only (#16, #18, #19).

The page writes down that someone asked, and no more; the worker finds out whether there is such an account. So the
answer cannot depend on it, not even by its time.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.core.mail import EmailMessage
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from . import credentials, directory
from .models import ResetRequest
from .proof import TooMany, count_attempt
from .refusals import Conflict
from .signin import account_of
from .told import tell

log = logging.getLogger(__name__)
LIFETIME = timedelta(minutes=10)
SALT = "bihuan.access.reset"
NETWORK_LIMIT = 20
ACCOUNT_LIMIT = 3  # mails to one account in a quarter of an hour
TRIES, PAUSE = 3, timedelta(minutes=1)
BATCH = 50
Claim = dict[str, Any]


def ask(name: str, network: str) -> None:
    """Someone at *network* asks for a new password for the account or e-mail *name*. Raises TooMany for a network that asks too often."""
    count_attempt(f"reset-network:{network}", NETWORK_LIMIT)
    try:
        count_attempt(f"reset:{account_of(name)}", ACCOUNT_LIMIT)
    except TooMany:
        return  # enough mails are under way, whether or not there is such an account
    ResetRequest.objects.create(name=name.strip(), asked_at=timezone.now())


def send_resets() -> int:
    """Answer those who asked: a mail where an active account has an address, else nothing. The number answered. For the worker."""
    now = timezone.now()
    ResetRequest.objects.filter(asked_at__lt=now - LIFETIME).delete()
    due = [asked for asked in ResetRequest.objects.order_by("id")[:BATCH] if now >= asked.asked_at + asked.tries * PAUSE]
    return sum(_answer(asked) for asked in due)


def _answer(asked: ResetRequest) -> bool:
    if not ResetRequest.objects.filter(pk=asked.pk).delete()[0]:
        return False  # another worker has it
    try:
        for person in _named(asked.name):
            _mail(person)
    except OSError:
        log.warning("reset mail could not be sent, try %d of %d", asked.tries + 1, TRIES)
        if asked.tries + 1 < TRIES:
            ResetRequest.objects.create(name=asked.name, asked_at=asked.asked_at, tries=asked.tries + 1)
        return False
    return True


def _named(name: str) -> list[Any]:
    people = get_user_model()._default_manager.filter(Q(username=name) | Q(email__iexact=name), is_active=True).exclude(email="")
    return [person for person in people.order_by("pk")[:5] if not directory.linked(person)]  # those have no password here


def _mail(person: Any) -> None:
    """To the address on file, never to what was typed; the link begins with our origin, never with a Host (#18)."""
    link = settings.ORIGIN + reverse("reset_open", args=[token_for(person)])
    with translation.override(person.language):
        text = _(
            "%(name)s，您好：\n\n有人申请重设账号 %(username)s 的密码。请在 10 分钟内打开下面的链接，设置新密码；链接只能用一次。\n\n"
            "%(link)s\n\n如果不是您本人申请，请不要理会，密码不会改变。\n"
        ) % {"name": person.name, "username": person.username, "link": link}
        EmailMessage(_("重设闭环的密码"), text, to=[person.email]).send()
    tell("password.reset-mail", subject=person.username)


def token_for(person: Any) -> str:
    """A signed statement, ten minutes long, that its bearer reads *person*'s mail. Nothing of it is stored."""
    until = timezone.now() + LIFETIME
    return signing.dumps({"person": person.pk, "state": _state(person), "until": until.timestamp()}, salt=SALT)


def open_token(token: str) -> Claim | None:
    """What *token* claims; None for a false one, or one made for another purpose."""
    try:
        return signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None


def person_of(claim: Claim | None) -> Any:
    """The person a claim still holds for; None when it lapsed or was used, or the person signed in or left meanwhile."""
    if not claim or claim["until"] <= timezone.now().timestamp():
        return None
    person = get_user_model()._default_manager.filter(pk=claim["person"], is_active=True).first()
    return person if person and not directory.linked(person) and constant_time_compare(claim["state"], _state(person)) else None


def fulfil(claim: Claim | None, new: str) -> None:
    """Set the password *new*. Raises Conflict when the claim holds no more; of two at once, one wins."""
    person = person_of(claim)
    if person is None:
        raise Conflict(_("链接已经用过或过期，请重新申请。"))
    credentials.set_password(person, new, action="password.reset")


def _state(person: Any) -> str:
    """Changes with the password, the e-mail, every sign-in and every ending of all sessions: then the link is dead."""
    facts = (person.pk, person.password, person.email, person.session_key_version, person.last_login)
    return salted_hmac(SALT, repr(facts), algorithm="sha256").hexdigest()
