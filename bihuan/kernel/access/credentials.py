"""Passwords and second factors: whoever changes one ends every session and every token of that person at once (#17)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from . import passkeys, recovery, seeds, sessions, totp
from .actors import Actor
from .proof import count_attempt, forget_attempts
from .refusals import Conflict, Invalid
from .told import tell


def change_password(request: HttpRequest, person: Any, current: str, new: str) -> None:
    """*person* knows the *current* password and takes a *new* one; only this session goes on. Raises Invalid, TooMany, Conflict."""
    count_attempt(f"proof:{person.pk}")
    if not person.check_password(current):
        raise Invalid(_("现在的密码不对，请重新输入。"), field="current")
    forget_attempts(f"proof:{person.pk}")
    set_password(person, new, action="password.change", keep=request)


def set_password(person: Any, new: str, *, action: str, by: Actor | None = None, keep: HttpRequest | None = None) -> None:
    """Give *person* the password *new*, as the journal's *action*. Raises Conflict when it was changed since *person* was read."""
    before = person.password
    person.set_password(new)
    with transaction.atomic():
        if not _rows(person, password=before).update(password=person.password):
            raise Conflict(_("密码刚刚在别处改过。请用新密码登录；不是您改的，请马上联系系统管理员。"))
        tell(action, person, by=by)
        sessions.end_all(person, keep=keep)


def set_second_factor(person: Any, secret: str, code: str, *, keep: HttpRequest | None = None) -> list[str]:
    """Make *secret* the second factor of *person*, once *code* shows that their authenticator has it; gives the recovery codes.

    Raises Invalid for a wrong code, TooMany after ten, Conflict when another one was set meanwhile.
    """
    count_attempt(f"second:{person.pk}")
    step = totp.step_of(secret, code)
    if step is None:
        raise Invalid(_("验证码不对。请填验证器里 Bihuan 一项现在显示的 6 位数字。"), field="code")
    with transaction.atomic():
        if not _rows(person, totp_secret=person.totp_secret).update(totp_secret=seeds.seal(secret), totp_last_step=step):
            raise Conflict(_("另一个页面刚刚设好了验证器，请重新登录并使用那一个。"))
        tell("second-factor.replace" if person.totp_secret else "second-factor.set", person)
        codes = recovery.new_codes(person)
        sessions.end_all(person, keep=keep)
    forget_attempts(f"second:{person.pk}")
    return codes


def renew_codes(person: Any) -> list[str]:
    """Ten new recovery codes; earlier ones end."""
    with transaction.atomic():
        tell("recovery-codes.renew", person)
        return recovery.new_codes(person)


def add_passkey(person: Any, name: str, answer: str, *, keep: HttpRequest) -> None:
    """What a device of *person* made opens from now on. Raises Invalid for an answer that does not hold, Conflict for one twice."""
    passkey = passkeys.new(person, answer)
    passkey.name = name
    with transaction.atomic():
        try:
            with transaction.atomic():
                passkey.save()
        except IntegrityError:
            raise Conflict(_("这个通行密钥已经登记过。")) from None
        tell("passkey.add", person, name=name)
        sessions.end_all(person, keep=keep)


def remove_passkey(person: Any, pk: int, *, keep: HttpRequest) -> None:
    """It opens nothing any more. Raises NotFound, alike for absent and foreign ones."""
    passkey = passkeys.own(person, pk)
    with transaction.atomic():
        passkey.delete()
        tell("passkey.remove", person, name=passkey.name)
        sessions.end_all(person, keep=keep)


def remove_second_factor(person: Any, by: Actor) -> None:
    """*by* helps someone who lost authenticator, codes and passkeys: none opens any more, the next sign-in sets up a new one."""
    with transaction.atomic():
        _rows(person).update(totp_secret="")
        recovery.drop(person)
        person.passkeys.all().delete()
        tell("second-factor.remove", person, by=by)
        sessions.end_all(person)


def _rows(person: Any, **as_read: str) -> Any:
    return get_user_model()._default_manager.filter(pk=person.pk, **as_read)
