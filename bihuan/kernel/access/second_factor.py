"""The second factor of headquarters and managers, asked for at sign-in (#23, ASVS 6.3.3). Setting one up: credentials.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from . import passkeys, recovery, totp
from .actors import Grant
from .proof import count_attempt, forget_attempts
from .refusals import Invalid
from .told import tell


def demanded(person: Any, grants: Iterable[Grant]) -> bool:
    """Whether *person*, who holds *grants*, signs in with a second factor: has set one up, or has to have one."""
    return bool(person.totp_secret) or (settings.SECOND_FACTOR and any(grant.everywhere or grant.manager for grant in grants))


def check(person: Any, typed: str) -> None:
    """Accept the authenticator's current code, or a recovery code. Raises Invalid, or TooMany after ten in a quarter of an hour."""
    count_attempt(f"second:{person.pk}")
    if typed.startswith("{"):
        _check_passkey(person, typed)
        return
    answer = "".join(typed.split()).replace("-", "")
    if not totp.use_code(person, answer):
        if not recovery.use(person, answer):
            tell("signin.second-failed", subject=person.username)
            raise Invalid(_("验证码不对，或者已经用过。请等验证器显示下一个 6 位数字再填；总是不对时，请校准手机时间。"), field="code")
        tell("recovery-code.use", person, left=recovery.left(person))
    forget_attempts(f"second:{person.pk}")


def _check_passkey(person: Any, answer: str) -> None:
    try:
        passkeys.use(answer, passkeys.purpose_for("second", person), person)
    except Invalid:
        tell("signin.second-failed", subject=person.username)
        raise
    forget_attempts(f"second:{person.pk}")
