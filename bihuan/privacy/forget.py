"""Granting a person's request to be deleted (PIPL art. 47, #96).

What tells of them leaves the rows, the texts kept for journal and signatures, the files and the search index. What binds
those texts stays: the journal's chain, seals and checkpoints verify as before, and an entry "forget" on each record says
which commitments and files are gone, so that a lawful deletion is told from a theft.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.customers.models import Contact, Customer, Site, digits
from bihuan.customers.public import index_customer
from bihuan.equipment.models import Unit
from bihuan.equipment.search import index_unit
from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor, system
from bihuan.kernel.access.refusals import Conflict, Invalid
from bihuan.kernel.files import hold
from bihuan.kernel.files.check import may_be_gone
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.journal.models import Entry, Word
from bihuan.kernel.journal.words import FORGET
from bihuan.kernel.records import new_privacy_key
from bihuan.kernel.signing.models import Signature
from bihuan.quality.public import Nonconformity, Review
from bihuan.service.models import CarryItem, ContactLine, DailyReport, DispatchOrder, ServiceRecord, ServiceRequest
from bihuan.service.search import index

from . import sweep
from .marks import GONE, Marks
from .models import PersonRequest
from .person import Person

RECORDS = (ServiceRequest, DispatchOrder, ServiceRecord, Nonconformity, Review, PersonRequest, Customer, Site)
CHILDREN: dict[type[models.Model], tuple[tuple[type[models.Model], str, tuple[str, ...]], ...]] = {
    ServiceRequest: ((ContactLine, "request", ("speaker", "text", "raw")),),
    DispatchOrder: ((DailyReport, "order", ("progress", "plan")), (CarryItem, "order", ("name", "remark"))),
}
FIRM = ("name", "short_name")  # of a customer: a firm's name stays
FIXED = {
    "number",
    "status",
    "privacy_key",
    "next_clock",
    "channel",
    "hold_reason",
    "outcome",
    "source_key",
    "initials",
    "cover",
    "photos",
    "copy_sha256",
}


@dataclass
class Done:
    """What went, counted by kind; ``files`` are hashes whose bytes are to be removed once the transaction stands."""

    went: Counter[str] = field(default_factory=Counter)
    files: set[str] = field(default_factory=set)
    remains: list[str] = field(default_factory=list)
    customers: set[int] = field(default_factory=set)  # to be indexed anew


def refuse_while_needed(person: Person) -> None:
    """Raises Conflict while an open request needs the person (PIPL 47: the purpose is not yet achieved)."""
    if numbers := person.open_numbers:
        raise Conflict(
            _("{numbers} 还在办理，需要与此人联系，暂不能删除。请先办结或取消，再来删除。").format(numbers="、".join(numbers[:10]))
        )


def photos_of(person: Person) -> list[Attachment]:
    """Files on the person's own records that may show them; only an eye can tell. Signature pictures are not among them."""
    about = _about(person.own_records())
    return list(Attachment.objects.filter(about).exclude(kind="signature").order_by("pk")) if about else []


def forget(person: Person, *, by: Actor, at: dt.datetime, reason: str, photos: Iterable[str] = (), needed: bool = False) -> Done:
    """Delete what tells of *person*, in one transaction; call ``remove_files`` and ``compact`` afterwards.

    *photos*: handles of those files that go too. *needed* True: do not ask whether an open request needs them (after a
    restore, when it was granted before). Raises Conflict while one does, Invalid without a reason or with nobody left.
    """
    if not reason.strip():
        raise Invalid(_("请填写删除的原因，例如：本人要求。"), field="reason")
    if not person.marks:
        raise Invalid(_("此人的信息已经删除，没有可删的了。"))
    if not needed:
        refuse_while_needed(person)
    done, handles = Done(), set(photos)
    chosen = [one for one in photos_of(person) if one.handle in handles]
    reason = person.marks.out_of(reason.strip())
    with journal.unit():
        for record, marks in _touched(person, chosen):
            _forget_in(record, marks, chosen, done, by=by, at=at, reason=reason)
        if person.contact is not None:
            _forget_contact(person.contact, done, by=by, at=at, reason=reason)
        done.went.update(sweep.clean(person.marks, person.records(), by=by, at=at, reason=reason))
        for customer in Customer.objects.filter(pk__in=person.customers() | done.customers):
            index_customer(customer)
        for unit in Unit.objects.filter(customer__in=person.customers() | done.customers).select_related("model", "customer", "site"):
            index_unit(unit)  # found by the place where it stands, which is free text
    done.remains = list(sweep.remains(person.marks, person.records()))
    return done


def concerned(person: Person) -> list[str]:
    """The numbers of the records that tell of *person*, found without writing anything: what a page may show before the deed."""
    return [record.number for record, _marks in _touched(person, []) if hasattr(record, "number")]


class _Undone(Exception):
    """Takes a preview back."""


def preview(person: Person) -> Counter[str]:
    """What would go, counted: done and taken back, so that the figures are those of the deed."""
    went: Counter[str] = Counter(fields=0, words=0, lines=0, others=0, records=0)
    try:
        with transaction.atomic():
            done = forget(person, by=system("preview"), at=timezone.now(), reason="preview", needed=True)
            went.update(done.went)
            raise _Undone
    except _Undone:
        return went


def files_told() -> set[str]:
    """The hashes of all files of which an entry says that they were deleted."""
    return {sha256 for entry in Entry.objects.filter(action=FORGET) for sha256 in entry.said["data"].get("files", [])}


def remove_files(hashes: Iterable[str]) -> list[str]:
    """Remove the bytes with these hashes; those that another record has as well stay, and are given back."""
    return [sha256 for sha256 in hashes if not hold.take_away(sha256, may_be_gone, wait=True)]


def _touched(person: Person, chosen: list[Attachment]) -> list[tuple[Any, Marks]]:
    """Records that hold something of the person, each with what is to be looked for in it."""
    scope = [*person.records(), *Customer.objects.filter(pk__in=person.customers())]
    scope += Site.objects.filter(customer__in=person.customers())
    found = {(type(record), record.pk): (record, person.marks) for record in scope}
    for model in RECORDS:
        for record in sweep.holding(model, texts_of(model), person.marks.without_names):
            found.setdefault((model, record.pk), (record, person.marks.without_names))
    for label, pk in _word_owners(person.marks.without_names):
        model = next((one for one in RECORDS if one._meta.label == label), None)
        record = model._default_manager.filter(pk=pk).first() if model else None
        if record is not None:
            found.setdefault((type(record), record.pk), (record, person.marks.without_names))
    with_files = {(one.record_type, one.record_id) for one in chosen}
    return [(record, marks) for record, marks in found.values() if _tells(record, marks) or (record._meta.label, record.pk) in with_files]


def _word_owners(marks: Marks) -> set[tuple[str, int | None]]:
    asked = Q()
    for needle in marks.needles:
        asked |= Q(text__icontains=needle)
    return set(Word.objects.filter(asked).values_list("record_type", "record_id")) if asked else set()


def texts_of(model: type[models.Model]) -> list[Any]:
    """The columns of *model* that people write into."""
    kinds = (models.CharField, models.TextField, models.JSONField)
    fixed = {*FIXED, *FIRM} if model is Customer else FIXED
    return [one for one in model._meta.concrete_fields if isinstance(one, kinds) and not one.choices and one.name not in fixed]


def _tells(record: Any, marks: Marks) -> bool:
    if any(marks.are_anywhere_in(getattr(record, one.name)) for one in texts_of(type(record))):
        return True
    if any(marks.are_in(word.text) for word in _words(record)):
        return True
    return any(
        marks.are_anywhere_in(getattr(row, name))
        for child, owner, names in CHILDREN.get(type(record), ())
        for row in child._default_manager.filter(**{owner: record})
        for name in names
    )


def _words(record: Any) -> list[Word]:
    return list(Word.objects.filter(record_type=record._meta.label, record_id=record.pk))


def _forget_in(record: Any, marks: Marks, chosen: list[Attachment], done: Done, *, by: Actor, at: dt.datetime, reason: str) -> None:
    """Take the person out of one record, and say so in the journal: what stands there now, which words and files are gone."""
    words = [word for word in _words(record) if marks.are_in(word.text)]
    words, pictures = _with_signatures(record, words)
    files = pictures | {one.sha256 for one in chosen if (one.record_type, one.record_id) == (record._meta.label, record.pk)}
    changed = _new_values(record, marks)
    if changed.keys() & set(getattr(record, "personal_fields", ())):
        changed["privacy_key"] = new_privacy_key()
    for name, value in changed.items():
        setattr(record, name, value)
    if changed:
        type(record)._base_manager.filter(pk=record.pk).update(**changed)
    lines = _clean_children(record, marks)
    Word.objects.filter(pk__in=[word.pk for word in words]).delete()
    columns = {one.name for one in record._meta.concrete_fields}
    again = (changed.keys() - {"privacy_key"}) | ({word.name for word in words} & columns)
    if "privacy_key" in changed:
        again |= set(record.personal_fields)
    told = {name: getattr(record, name) for name in sorted(again)}
    data = {"words": sorted(word.pk for word in words), "files": sorted(files), "lines": lines}
    journal.append(by, FORGET, record, at=at, after=told, data=data, reason=reason)
    if isinstance(record, ServiceRequest | DispatchOrder | ServiceRecord):
        index(record)
    elif isinstance(record, Site):
        done.customers.add(record.customer_id)
    done.files |= files
    done.went.update(fields=len(changed.keys() - {"privacy_key"}), words=len(words), lines=lines, records=1, pictures=len(pictures))


def _new_values(record: Any, marks: Marks) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for one in texts_of(type(record)):
        value = getattr(record, one.name)
        if not marks.are_anywhere_in(value):
            continue
        changed[one.name] = "" if one.name in getattr(record, "personal_fields", ()) else _fitting(marks.out_of(value), one)
    phone = getattr(record, "caller_phone", "")
    if phone and digits(phone) in marks.phones:
        changed["caller_phone"] = ""
    return changed


def _fitting(value: Any, column: Any) -> Any:
    longest = getattr(column, "max_length", None)
    return value[:longest] if isinstance(value, str) and longest else value


def _with_signatures(record: Any, words: list[Word]) -> tuple[list[Word], set[str]]:
    """Where a signer's name goes, remarks, strokes and picture of that signature go with it."""
    going, pictures = {word.pk: word for word in words}, set()
    for signature in Signature.objects.of(record):
        if signature.signer_name in going:
            going |= {pk: word for pk, word in signature.words.items() if pk in (signature.remarks, signature.strokes)}
            pictures |= {signature.image_sha256} - {""}
    return list(going.values()), pictures


def _clean_children(record: Any, marks: Marks) -> int:
    count = 0
    for child, owner, names in CHILDREN.get(type(record), ()):
        for row in child._default_manager.filter(**{owner: record}):
            new = {
                name: _fitting(marks.out_of(getattr(row, name)), child._meta.get_field(name))
                for name in names
                if marks.are_anywhere_in(getattr(row, name))
            }
            if new:
                child._default_manager.filter(pk=row.pk).update(**new)
                count += 1
    return count


def _forget_contact(contact: Contact, done: Done, *, by: Actor, at: dt.datetime, reason: str) -> None:
    new = {"name": GONE, "title": "", "email": "", "is_active": False, "privacy_key": new_privacy_key()}
    for name, value in new.items():
        setattr(contact, name, value)
    Contact.objects.filter(pk=contact.pk).update(**new)
    count = contact.phones.all().delete()[0]
    told = {name: new[name] for name in ("name", "title", "email", "is_active")} | {"phones": []}
    journal.append(by, FORGET, contact, at=at, after=told, reason=reason)
    done.went.update(contacts=1, phones=count)


def _about(records: Iterable[Any]) -> Q:
    about = Q()
    for record in records:
        about |= Q(record_type=record._meta.label, record_id=record.pk)
    return about
