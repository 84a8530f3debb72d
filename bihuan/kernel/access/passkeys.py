"""Passkeys (WebAuthn): in place of the password, as second factor, and as fresh proof. The library does the cryptography,
the database sees to it that a challenge counts once and that a copied key is noticed."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from .models import Challenge, Passkey
from .refusals import Conflict, Invalid, NotFound
from .told import tell

LASTS = timedelta(minutes=5)
MOST = 10  # for one person
LONGEST = 8000  # characters of an answer
SIGN_IN = "signin"  # the purposes; the others name their person


def offered() -> bool:
    """Whether browsers can make passkeys for our origin: it has a name, and speaks HTTPS unless it is this machine itself."""
    here = urlsplit(settings.ORIGIN)
    try:
        ipaddress.ip_address(here.hostname or "")
    except ValueError:
        return here.scheme == "https" or here.hostname == "localhost"
    return False


def purpose_for(kind: str, person: Any) -> str:
    return f"{kind}:{person.pk}"


def usable(person: Any) -> bool:
    """Whether *person* can answer with a passkey here."""
    return offered() and Passkey.objects.filter(person=person).exists()


def registration(person: Any) -> str:
    """What the browser of *person* is to make a new passkey from, as JSON. Raises Conflict when there are enough."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import AuthenticatorSelectionCriteria, ResidentKeyRequirement, UserVerificationRequirement

    if Passkey.objects.filter(person=person).count() >= MOST:
        raise Conflict(_("通行密钥已有 %(most)d 个，请先移除不用的。") % {"most": MOST})
    options = generate_registration_options(
        rp_id=_host(),
        rp_name="Bihuan 闭环",
        user_id=_handle(person),
        user_name=person.username,
        user_display_name=person.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_descriptors(person),
    )
    _remember(options.challenge, purpose_for("register", person))
    return options_to_json(options)


def request(purpose: str, person: Any = None) -> str:
    """What the browser is to have signed for *purpose*, as JSON; for nobody in particular, any passkey of this site will do."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=_host(),
        allow_credentials=_descriptors(person) if person else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    _remember(options.challenge, purpose)
    return options_to_json(options)


def new(person: Any, answer: str) -> Passkey:
    """The passkey, not saved yet, that a device of *person* made. Raises Invalid for an answer that does not hold."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url

    said = _read(answer)
    challenge = _take(said, purpose_for("register", person))
    made = _held(
        lambda: verify_registration_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=_host(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    )
    return Passkey(
        person=person,
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
    )


def use(answer: str, purpose: str, person: Any = None) -> Any:
    """The person whose passkey signed what was asked for *purpose*; it must be one of *person*, when given.

    Challenge and counter are used up by this. Raises Invalid, alike for whatever is wrong.
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes

    said = _read(answer)
    challenge = _take(said, purpose)
    passkey = Passkey.objects.select_related("person").filter(credential_id=str(said.get("id", ""))[:1400]).first()
    if passkey is None or not passkey.person.is_active or (person is not None and passkey.person_id != person.pk):
        raise _not_held()
    handle = said["response"].get("userHandle")
    if handle and base64url_to_bytes(str(handle)) != _handle(passkey.person):
        raise _not_held()
    found = _held(
        lambda: verify_authentication_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=_host(),
            expected_origin=_origin(),
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    )
    same = Passkey.objects.filter(pk=passkey.pk, sign_count=passkey.sign_count)
    if not same.update(sign_count=found.new_sign_count, last_used_at=timezone.now()):
        raise _not_held()
    return passkey.person


def rename(person: Any, pk: int, name: str) -> None:
    """Raises NotFound, alike for absent and foreign ones."""
    passkey = own(person, pk)
    with transaction.atomic():
        Passkey.objects.filter(pk=passkey.pk).update(name=name)
        tell("passkey.rename", person, before=passkey.name, after=name)


def own(person: Any, pk: int) -> Passkey:
    passkey = Passkey.objects.filter(person=person, pk=pk).first()
    if passkey is None:
        raise NotFound
    return passkey


def _host() -> str:
    return urlsplit(settings.ORIGIN).hostname or ""


def _origin() -> str:
    here = urlsplit(settings.ORIGIN)
    return f"{here.scheme}://{here.netloc}"


def _handle(person: Any) -> bytes:
    """What authenticators call the person: it gives away neither name nor number."""
    return salted_hmac("bihuan.access.passkey", str(person.pk), algorithm="sha256").digest()


def _descriptors(person: Any) -> list[Any]:
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    ids = Passkey.objects.filter(person=person).order_by("pk").values_list("credential_id", flat=True)
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in ids]


def _remember(challenge: bytes, purpose: str) -> None:
    Challenge.objects.create(digest=hashlib.sha256(challenge).hexdigest(), purpose=purpose, until=timezone.now() + LASTS)


def _read(answer: str) -> dict[str, Any]:
    """The browser's answer. Raises Invalid for what cannot be one."""
    try:
        said = json.loads(answer) if len(answer) <= LONGEST else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("response"), dict):
        raise _not_held()
    return said


def _take(said: dict[str, Any], purpose: str) -> bytes:
    """The challenge that was signed, if it was one of ours for *purpose*, in time and not used yet. It is used up by this."""
    from webauthn.helpers import base64url_to_bytes, parse_client_data_json

    challenge = _held(lambda: parse_client_data_json(base64url_to_bytes(str(said["response"]["clientDataJSON"]))).challenge)
    ours = Challenge.objects.filter(digest=hashlib.sha256(challenge).hexdigest(), purpose=purpose, until__gt=timezone.now())
    if not ours.delete()[0]:
        raise _not_held()
    return bytes(challenge)


def _held(check: Any) -> Any:
    """What *check* gives. Raises Invalid for anything the library refuses or cannot read."""
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        return check()
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, OverflowError, EOFError) as problem:
        raise _not_held() from problem


def _not_held() -> Invalid:
    return Invalid(_("通行密钥没有通过验证，或等得太久。请再试一次，或用密码。"))
