"""Sessions: two hours idle, twelve hours in all, ended everywhere at once when their person leaves or changes a secret (#12, #17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from . import second_factor
from .actors import Grant
from .devices import device_of
from .models import Attempt, Challenge, SignIn
from .origin import address_of
from .refusals import NotFound
from .told import tell

LONGEST = timedelta(hours=12)
IDLE = timedelta(hours=2)
GRAIN = timedelta(minutes=5)  # use is noted no finer than this, to spare the database
STARTED, SEEN, SECOND, PROVED = "access_started", "access_seen", "access_second", "access_proved"


def start(request: HttpRequest, person: Any, *, second: bool, way: str = "") -> None:
    """Sign *person* in, in a session with a new key. ``second``: they showed a second factor; ``way``: the directory, if it was asked."""
    request.session.flush()
    auth.login(request, person)
    request.session[SECOND] = second
    told: dict[str, Any] = {"second": second} | ({"way": way} if way else {})
    tell("signin", person, **told)


def begun(*, request: HttpRequest, user: Any, **_signal: Any) -> None:
    """Django says that a session begins, by whatever way: stamp it and list it."""
    now = timezone.now()
    if not request.session.session_key:  # after somebody else in the same browser, Django begins with no key yet
        request.session.create()
    request.session[STARTED] = request.session[SEEN] = int(now.timestamp())
    SignIn.objects.filter(person=user, seen_at__lt=now - IDLE).delete()
    key, device, address = str(request.session.session_key), device_of(request), address_of(request)
    SignIn.objects.create(person=user, session_key=key, device=device, address=address, started_at=now, seen_at=now)


def holds(request: HttpRequest, grants: Sequence[Grant]) -> bool:
    """Whether the session may go on; one that may not is ended.

    It may not after 12 hours, after 2 idle ones, or without the second factor its person needs today.
    """
    session, now = request.session, timezone.now()
    started, seen = session.get(STARTED, 0), session.get(SEEN, 0)
    late = now.timestamp() - started >= LONGEST.total_seconds() or now.timestamp() - seen >= IDLE.total_seconds()
    if late or (not session.get(SECOND) and second_factor.demanded(request.user, grants)):
        end(request)
        return False
    if now.timestamp() - seen >= GRAIN.total_seconds():
        session[SEEN] = int(now.timestamp())
        SignIn.objects.filter(session_key=session.session_key).update(seen_at=now)
    return True


def proved(request: HttpRequest, at: datetime) -> None:
    """The person of this session proved anew, *at* that time, who they are; the session goes on under a new key (ASVS 7.2.4)."""
    before = request.session.session_key
    request.session.cycle_key()
    SignIn.objects.filter(session_key=before).update(session_key=request.session.session_key)
    request.session[PROVED] = at.timestamp()
    tell("signin.proved", request.user)


def proved_at(request: HttpRequest) -> datetime | None:
    """When the person of this session last proved anew who they are; how long that counts is the asker's to say."""
    at = request.session.get(PROVED)
    return datetime.fromtimestamp(at, UTC) if at else None


def end(request: HttpRequest) -> None:
    """End the session of this request."""
    SignIn.objects.filter(session_key=request.session.session_key).delete()
    auth.logout(request)


def own(person: Any) -> QuerySet[SignIn]:
    """Where *person* is signed in, latest used first."""
    now = timezone.now()
    return SignIn.objects.filter(person=person, seen_at__gt=now - IDLE, started_at__gt=now - LONGEST).order_by("-seen_at")


def one(person: Any, pk: int) -> SignIn:
    """One of *person*'s sessions. Raises NotFound, alike for absent and foreign ones."""
    row = SignIn.objects.filter(person=person, pk=pk).first()
    if row is None:
        raise NotFound
    return row


def end_one(person: Any, pk: int) -> None:
    """End one of *person*'s sessions. Raises NotFound as above."""
    _forget([one(person, pk)])
    tell("session.end", person)


def end_all(person: Any, *, keep: HttpRequest | None = None) -> None:
    """End every session and every token of *person*; the session of *keep* lives on under a new key.

    Call it in the transaction of the change that asks for it.
    """
    kept = keep.session.session_key if keep else None
    with transaction.atomic():
        auth.get_user_model()._default_manager.filter(pk=person.pk).update(session_key_version=F("session_key_version") + 1)
        _forget(list(SignIn.objects.filter(person=person).exclude(session_key=kept or "")))
    person.refresh_from_db()
    if keep:
        auth.update_session_auth_hash(keep, person)
        SignIn.objects.filter(session_key=kept).update(session_key=keep.session.session_key)


def tidy() -> int:
    """Delete what lapsed: sessions, their list, counted attempts. For the worker, once an hour; the number of rows."""
    now = timezone.now()
    _store().clear_expired()
    lapsed = SignIn.objects.filter(seen_at__lt=now - IDLE) | SignIn.objects.filter(started_at__lt=now - LONGEST)
    return sum(rows.delete()[0] for rows in (lapsed, Attempt.objects.filter(until__lt=now), Challenge.objects.filter(until__lt=now)))


def _store() -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore()


def _forget(rows: Sequence[SignIn]) -> None:
    store = _store()
    for row in rows:
        store.delete(row.session_key)
    SignIn.objects.filter(pk__in=[row.pk for row in rows]).delete()
