"""A copy of what is kept of a person, for that person (PIPL art. 45, #97): theirs alone, complete against docs/privacy.md.

Of a call that somebody else made, or of what an employee wrote, only what tells of the person is given: others have rights too.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import zipfile
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bihuan.customers.models import digits
from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.files import disk
from bihuan.kernel.journal.canonical import canonical
from bihuan.kernel.signing.models import Signature
from bihuan.service.models import ServiceRequest

from .person import Person


def write(out: Path, person: Person, *, by: Actor, at: dt.datetime) -> dict[str, int]:
    """Write the copy to the ZIP *out*, journalled without a personal value; how many records and files went in.

    Raises Invalid when nothing is kept of the person any more.
    """
    if not person.marks:
        raise Invalid(_("此人的信息已经删除，没有可提供的副本。"))
    signatures = _signatures(person)
    said = {
        "about": _("本系统保存的您的个人信息。用途：办理报修与售后服务；保存期限和删除办法见随附说明。"),
        "made_at": at,
        "contact": _contact(person),
        "calls": [_call(request, person) for request in person.requests],
        "signatures": [_signature(signature) for signature in signatures],
        "mentioned_in": _mentions(person),
    }
    pictures = sorted({signature.image_sha256 for signature in signatures} - {""})
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("person.json", json.dumps(json.loads(canonical(said)), ensure_ascii=False, indent=1))
        files = 0
        for sha256 in pictures:
            if (picture := disk.fetched(sha256)).exists():
                archive.writestr(f"signatures/{sha256}.png", picture.read_bytes())
                files += 1
    out.chmod(0o600)
    with transaction.atomic():
        subject = f"contact {person.contact.pk}" if person.contact else f"{len(person.requests)} calls"
        journal.append_plain(by, "person.copy", subject, at=at, data={"records": len(person.requests), "files": files})
    return {"records": len(person.requests), "files": files}


def _contact(person: Person) -> dict[str, Any] | None:
    if person.contact is None:
        return None
    one = person.contact
    return {
        "name": one.name, "title": one.title, "email": one.email, "customer": one.customer.name, "site": str(one.site or ""),
        "phones": list(one.phones.values_list("written", flat=True)), "in_use": one.is_active,
    }  # fmt: skip


def _call(request: ServiceRequest, person: Person) -> dict[str, Any]:
    """What a call keeps of the person; their own words only when it was they who called."""
    called = request.caller_name in person.marks.names or digits(request.caller_phone) in person.marks.phones
    told = {"number": request.number, "called_at": request.called_at, "named_as_contact": request.contact_person_id is not None}
    if called:
        told |= {"caller_name": request.caller_name, "caller_phone": request.caller_phone, "own_words": request.fault}
    return told


def _signatures(person: Person) -> list[Signature]:
    found = []
    for record in person.records():
        found += [one for one in Signature.objects.of(record) if one.person_id is None and one.shown("signer_name") in person.marks.names]
    return found


def _signature(signature: Signature) -> dict[str, Any]:
    return {
        "record": signature.record_number, "name": signature.shown("signer_name"), "capacity": signature.signer_capacity,
        "meaning": signature.get_meaning_display(), "remarks": signature.shown("remarks"), "signed_at": signature.signed_at,
        "strokes": json.loads(signature.shown("strokes") or "[]"),
    }  # fmt: skip


def _clauses(value: Any, person: Person) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " … ".join(part.strip() for part in re.split(r"[。；;\n|]", text) if person.marks.are_in(part))


def _mentions(person: Person) -> list[dict[str, str]]:
    """Where others wrote of them: record and field, and of the text the clauses that name them, for the rest may tell of others."""
    from .forget import CHILDREN, texts_of

    found = []
    for record in person.records():
        rows = [(record, [one.name for one in texts_of(type(record))])]
        for child, owner, names in CHILDREN.get(type(record), ()):
            rows += [(row, list(names)) for row in child._default_manager.filter(**{owner: record})]
        for row, names in rows:
            fields = [
                name for name in names if name not in ("caller_name", "caller_phone") and person.marks.are_anywhere_in(getattr(row, name))
            ]
            found += [
                {
                    "record": record.number,
                    "field": str(row._meta.get_field(name).verbose_name),
                    "text": _clauses(getattr(row, name), person),
                }
                for name in fields
            ]
    return found
