"""One-time codes of an authenticator app (RFC 6238): thirty seconds long, each counts once (#23)."""

from __future__ import annotations

from typing import Any

import pyotp
import segno
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from . import seeds

STEP = 30
ISSUER = "Bihuan"


def new_secret() -> str:
    """160 random bits, as authenticators want them."""
    return pyotp.random_base32()


def grouped(secret: str) -> str:
    """*secret* in fours, for people who type it."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def address(username: str, secret: str) -> str:
    """What an authenticator reads: otpauth://totp/…"""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def picture(text: str) -> str:
    """*text* as a QR code, dark on white in any colour scheme, for the ``src`` of an image."""
    return segno.make(text, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff")


def step_of(secret: str, code: str) -> int | None:
    """The step whose code *code* is, now or as far off as is allowed; None when it is of none."""
    if not (code.isascii() and code.isdigit() and len(code) == 6):
        return None
    now, codes = int(timezone.now().timestamp()) // STEP, pyotp.TOTP(secret)
    drift = settings.TOTP_DRIFT  # steps a phone's clock may be off
    steps = (now + off for off in range(-drift, drift + 1))
    return next((step for step in steps if constant_time_compare(codes.generate_otp(step), code)), None)


def use_code(person: Any, code: str) -> bool:
    """Whether *code* is the current one of *person*'s authenticator and was not used yet. It is used up by this."""
    step = step_of(seeds.unseal(person.totp_secret), code) if person.totp_secret else None
    if step is None:
        return False
    mine = get_user_model()._default_manager.filter(pk=person.pk, totp_secret=person.totp_secret, totp_last_step__lt=step)
    return mine.update(totp_last_step=step) == 1
