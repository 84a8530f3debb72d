"""Bearer tokens: shown once, kept as a hash, dead at once when their holder leaves or is signed out everywhere (#12, #17, #19)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone

from ..prepared import Prepared
from .actors import Actor, actor_for
from .models import Token

LIFETIME = timedelta(days=365)
_valid = Prepared(
    lambda digest, now: Token.objects.filter(digest=digest, revoked_at__isnull=True, expires_at__gt=now).select_related("person")[:1]
)


def issue(person: Any, name: str, lifetime: timedelta = LIFETIME) -> str:
    """A new token for *person*; the clear text is returned here and kept nowhere."""
    clear = "bh_" + secrets.token_urlsafe(32)
    Token.objects.create(
        person=person,
        name=name,
        digest=_digest(clear),
        session_key_version=person.session_key_version,
        expires_at=timezone.now() + lifetime,
    )
    return clear


def revoke(token: Token) -> None:
    Token.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())


def holder(clear: str, *, request_id: str = "") -> Actor | None:
    """The actor whose token this is, with today's rights; None when it is unknown, expired, revoked or its person has left."""
    now = timezone.now()
    token = next(iter(_valid(_digest(clear), now)), None)
    if token is None or not token.person.is_active or token.session_key_version != token.person.session_key_version:
        return None
    if token.last_used_on != now.date():
        Token.objects.filter(pk=token.pk).update(last_used_on=now.date())
    return actor_for(token.person, channel="api", request_id=request_id)


def _digest(clear: str) -> str:
    return hashlib.sha256(clear.encode()).hexdigest()
