"""Proving who one is: counted attempts, so that guessing stops at the limit even when tried in parallel (#15, #23)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from . import directory, ldap, passkeys, totp
from .actors import Actor
from .models import Attempt
from .refusals import Invalid, NotAllowed

LIMIT = 10
LASTS = timedelta(minutes=5)  # a proof counts (#23)
WINDOW = timedelta(minutes=15)


class TooMany(NotAllowed):
    """The limit is passed. ``first``: by this very attempt, so that the lock is told of once. ``wait``: seconds, for Retry-After."""

    status = 429
    code = "too-many-attempts"
    first = False

    def __init__(self, sentence: object, *, wait: int = WINDOW.seconds) -> None:
        super().__init__(sentence)
        self.wait = wait


def fresh(actor: Actor | None) -> bool:
    """Whether *actor* proved within five minutes, at the company's sign-in, who they are."""
    return actor is not None and actor.proved_at is not None and timezone.now() - actor.proved_at <= LASTS


def prove(actor: Actor, answer: str) -> Actor:
    """*actor* with a fresh proof of identity: the password, the authenticator's current code, or what a passkey of theirs signed.

    Whoever has just proved it at the company's sign-in needs no other. Raises Invalid for a wrong answer, TooMany after
    ten in a quarter of an hour.
    """
    if not answer and fresh(actor):
        return actor
    count_attempt(f"proof:{actor.person_id}")
    if actor.person is None or not (
        _signed(actor.person, answer) or totp.use_code(actor.person, answer) or _knows_password(actor.person, answer)
    ):
        raise Invalid(_("密码不对，请重新输入。"), field="password")
    forget_attempts(f"proof:{actor.person_id}")
    return actor.proved(timezone.now())


def _knows_password(person: Any, answer: str) -> bool:
    if not (ldap.offered() and directory.linked(person)):
        return bool(person.check_password(answer))
    try:
        return ldap.holds(person, answer)
    except ldap.Unreachable:
        raise Invalid(_("公司目录现在连不上，不能核对密码。请稍后再试，或用验证码、通行密钥。"), field="password") from None


def _signed(person: Any, answer: str) -> bool:
    """Whether *answer* is what a passkey of *person* signed for this purpose."""
    if not answer.startswith("{"):
        return False
    try:
        passkeys.use(answer, passkeys.purpose_for("prove", person), person)
    except Invalid:
        return False
    return True


def count_attempt(key: str, limit: int = LIMIT) -> None:
    """Count one attempt under *key* before it is looked at. Raises TooMany once *limit* is passed, until the window ends.

    One conditional statement counts and decides: parallel attempts cannot slip between. The window runs from the first
    attempt and is not prolonged by later ones, so a lock ends after 15 minutes at the latest.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_attempt (key, count, until) VALUES (%s, 1, %s) ON CONFLICT (key) DO UPDATE SET "
            "count = CASE WHEN access_attempt.until <= %s THEN 1 ELSE access_attempt.count + 1 END, "
            "until = CASE WHEN access_attempt.until <= %s THEN excluded.until ELSE access_attempt.until END RETURNING count",
            [key, now + WINDOW, now, now],
        )
        (count,) = cursor.fetchone()
    if count > limit:
        refusal = TooMany(_("尝试次数过多，请 %(minutes)d 分钟后再试。") % {"minutes": WINDOW.seconds // 60})
        refusal.first = count == limit + 1
        raise refusal


def forget_attempts(key: str) -> None:
    """The right person came: earlier misses do not count any more."""
    Attempt.objects.filter(pk=key).delete()


def take_back_attempt(key: str) -> None:
    """This one attempt was no miss; the others under *key*, perhaps somebody else's, go on counting."""
    Attempt.objects.filter(pk=key, count__gt=0).update(count=F("count") - 1)
