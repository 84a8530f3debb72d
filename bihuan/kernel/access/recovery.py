"""Recovery codes: ten spares for the day the authenticator is lost. Shown once, kept as salted hashes, each opens once."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.utils import timezone

from .models import RecoveryCode

COUNT = 10
DIGITS = 12  # digits, so that a phone's number pad is enough


def new_codes(person: Any) -> list[str]:
    """Ten new codes for *person*, in groups of four digits; earlier ones end. Call inside a transaction."""
    clear = [f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}" for _ in range(COUNT)]
    RecoveryCode.objects.filter(person=person).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(person=person, digest=make_password(code)) for code in clear)
    return [" ".join(code[at : at + 4] for at in range(0, DIGITS, 4)) for code in clear]


def use(person: Any, typed: str) -> bool:
    """Whether *typed* is one of *person*'s unused codes. It is used up by this."""
    digits = "".join(character for character in typed if character.isdigit())
    if len(digits) != DIGITS:
        return False
    unused = RecoveryCode.objects.filter(person=person, used_at__isnull=True)
    fitting = next((code for code in unused if check_password(digits, code.digest)), None)
    return fitting is not None and unused.filter(pk=fitting.pk).update(used_at=timezone.now()) == 1


def left(person: Any) -> int:
    """How many codes *person* can still use."""
    return RecoveryCode.objects.filter(person=person, used_at__isnull=True).count()


def drop(person: Any) -> None:
    """No code of *person* opens any more."""
    RecoveryCode.objects.filter(person=person).delete()
