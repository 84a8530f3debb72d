"""Signing a record, and saying that a signature holds no longer.

All functions run inside the caller's transaction and write the journal. A record that is signed has a ``number`` and
``signed_content() -> dict``: its own words as the signer reads them (no status, no clocks, no signatures), with numbers
in the form the database gives back.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from .. import journal
from ..access.actors import Actor
from ..access.parties import Party
from ..access.refusals import Conflict, Invalid, NotAllowed
from ..files.store import attach, attachments_of
from ..journal.canonical import canonical
from ..journal.models import Word
from ..journal.words import NOTHING, commit
from .drawing import refuse_blank, strokes_as_text
from .models import Meaning, Method, Signature, SignatureQuery, SignatureVoid
from .seal import seal

SCHEMA = 2  # of the signed content; 2: free texts and what a customer gave of themselves are bound as commitments (journal/words.py)
OF_THE_SIGNER = ("signer_name", "remarks", "strokes")
CUSTOMER = "客户"  # whom the journal names where someone without an account acted
SAYS_WHY = {Meaning.RECEIVED_WITH_REMARKS, Meaning.REFUSED}

Signable = Any  # a saved model with ``number`` and ``signed_content``; there is no type for "a Model that also has"


def content_of(record: Signable) -> dict[str, Any]:
    """What a signature on *record* binds at this moment: which record, its words, and every file it has."""
    return {
        "record": {"type": record._meta.label, "id": record.pk, "number": record.number, "version": getattr(record, "version", 0)},
        "content": dict(record.signed_content()),
        "files": [attachment.described() for attachment in attachments_of(record)],
    }


def sign_drawn(
    record: Signable,
    *,
    by: Actor,
    meaning: str,
    signer_name: str,
    signer_capacity: str,
    image: bytes,
    strokes: list,
    at: datetime,
    remarks: str = "",
) -> Signature:
    """Someone without an account signs by hand on the screen that *by* holds out (AS-5.3.1, #41).

    *image* is a PNG, *strokes* as ``drawing.strokes_as_text`` takes them. Attach photos first: what is attached
    afterwards is not signed for. Raises Invalid with the field at fault.
    """
    _refuse_unsaid(meaning, remarks, signer_name)
    text = strokes_as_text(strokes)
    refuse_blank(image)
    picture = attach(record, image, kind="signature", by=by, at=at, name="signature.png")
    signature = Signature(
        meaning=meaning,
        signer_name=signer_name.strip(),
        signer_capacity=signer_capacity,
        method=Method.DRAWN,
        remarks=remarks,
        strokes=text,
        image_sha256=picture.sha256,
    )
    return _keep(signature, record, by=by, at=at)


def sign_as_person(
    record: Signable, *, by: Actor, meaning: str, at: datetime, remarks: str = "", parties: tuple[Party, ...] = ()
) -> Signature:
    """The signed-in person signs. Re-authentication is the step's matter.

    *parties* are those who may (``step.by``): the first that includes the person is the capacity they sign in, and as a
    deputy both names are kept. Raises NotAllowed when none does, Invalid with the field at fault.
    """
    if by.is_system:
        raise NotAllowed(_("签名须由本人登录后办理，请登录后再签。"))
    _refuse_unsaid(meaning, remarks, by.name)
    signature = Signature(
        meaning=meaning,
        signer_name=by.name,
        person_id=by.person_id,
        method=Method.PASSWORD,
        remarks=remarks,
    )
    if parties:
        _take_capacity(signature, record, by, parties)
    return _keep(signature, record, by=by, at=at)


def sign_on_portal(
    record: Signable, *, by: Actor, meaning: str, signer_name: str, signer_capacity: str, at: datetime, remarks: str = ""
) -> Signature:
    """A customer confirms on the portal; that they are who they say is the portal's matter. Raises Invalid.

    The journal calls them a customer: their name stands in the signature, from which it can be deleted (#95, #96).
    """
    _refuse_unsaid(meaning, remarks, signer_name)
    signature = Signature(
        meaning=meaning, signer_name=signer_name.strip(), signer_capacity=signer_capacity, method=Method.PORTAL, remarks=remarks
    )
    return _keep(signature, record, by=replace(by, name=CUSTOMER), at=at)


def void(signature: Signature, *, by: Actor, reason: str, at: datetime, record: models.Model | None = None) -> SignatureVoid:
    """Say that *signature* holds no longer, and why (#46). Raises Invalid without a reason, Conflict when it is void already."""
    if not reason.strip():
        raise Invalid(_("请填写签名作废的原因。"), field="reason")
    record = record or signed_record(signature)
    if record is None:
        raise Conflict(_("签名所属的记录 %(number)s 已不存在，请通知系统管理员。") % {"number": signature.record_number})
    veil = journal.Veil(record)
    told = veil.over({"reason": reason.strip()})["reason"]
    word = SignatureVoid(signature=signature, reason=told, by_name=by.name, at=at)
    try:
        with transaction.atomic():
            word.save()
    except IntegrityError:
        raise Conflict(_("%(number)s 的这个签名已经作废，请刷新查看。") % {"number": signature.record_number}) from None
    journal.append(
        by, "void_signature", record, at=at, reason=told, data={"seal": signature.seal, "meaning": signature.meaning}, words=veil.words
    )
    return word


def current_signatures(record: models.Model) -> SignatureQuery:
    """The signatures on *record* that hold, in the order they were given. One statement."""
    return Signature.objects.of(record).current()


def signed_record(signature: Signature) -> models.Model | None:
    """The record it stands on, as it is now; None when there is none."""
    try:
        return apps.get_model(signature.record_type)._base_manager.filter(pk=signature.record_id).first()
    except (LookupError, ValueError):
        return None


def _refuse_unsaid(meaning: str, remarks: str, signer_name: str) -> None:
    if meaning not in Meaning.values:
        raise Invalid(_("请选择签名的含义。"), field="meaning")
    if meaning in SAYS_WHY and not remarks.strip():
        raise Invalid(_("请填写客户的意见或拒签的原因。"), field="remarks")
    if not signer_name.strip():
        raise Invalid(_("请填写签字人姓名。"), field="signer_name")
    if len(signer_name.strip()) > 60:
        raise Invalid(_("签字人姓名过长，请只填姓名。"), field="signer_name")


def _take_capacity(signature: Signature, record: Signable, by: Actor, parties: tuple[Party, ...]) -> None:
    party = next((party for party in parties if party.includes(by, record)), None)
    if party is None:
        who = "、".join(str(party.label) for party in parties)
        raise NotAllowed(_("须由%(who)s签名，请转给他们办理。") % {"who": who})
    with translation.override(settings.LANGUAGE_CODE):  # the form's language, whatever the signer's
        signature.signer_capacity = str(party.label)
    grant = by.grant_for(party.code, record.branch_id)
    signature.for_whom = grant.for_whom if grant else ""


def _keep(signature: Signature, record: Signable, *, by: Actor, at: datetime) -> Signature:
    if record.pk is None or not record.number:
        raise ValueError("Register the record before signing it.")
    content = content_of(record)
    words = _set_apart(signature, content, record)
    signature.content = canonical(content)
    signature.content_hash = hashlib.sha256(signature.content.encode()).hexdigest()
    said = content["record"]
    signature.record_type, signature.record_id = said["type"], said["id"]
    signature.record_number, signature.record_version = said["number"], said["version"]
    signature.signed_at, signature.device_at, signature.recorded_at = at, by.device_at, timezone.now()
    seal(signature)
    signature.save()
    data = {name: getattr(signature, name) for name in ("meaning", "method", "content_hash", "seal")}
    journal.append(by, "sign", record, at=at, data=data, for_whom=signature.for_whom, words=words)
    return signature


def _set_apart(signature: Signature, content: dict[str, Any], record: Signable) -> list[Word]:
    """Put commitments in the place of free texts, and of what someone without an account gave of themselves; the words taken out."""
    words = []
    free = getattr(record, "free_fields", ())
    for name, value in content["content"].items():
        if name in free and value not in NOTHING:
            words.append(commit(record, name, value))
            content["content"][name] = words[-1].commitment
    for file in content["files"]:
        words.append(commit(record, "file_name", file["name"]))
        file["name"] = words[-1].commitment
    for name in OF_THE_SIGNER if signature.person_id is None else ("remarks",):
        if value := getattr(signature, name):
            words.append(commit(record, name, value))
            setattr(signature, name, words[-1].commitment)
    content["schema"] = SCHEMA
    return words
