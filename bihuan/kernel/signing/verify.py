"""Does a signature still stand for what is there? Names the record and the first thing that does not fit (#41, #42)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.translation import gettext as _

from ..files.check import check_file
from ..files.models import Attachment
from ..journal import words
from ..journal.models import Entry
from .models import Signature
from .seal import broken_fields, differences
from .sign import OF_THE_SIGNER


def verify(signature: Signature, record: models.Model | None = None, *, read_files: bool = True) -> list[str]:
    """A sentence for each thing that is not as it was signed; empty when the signature is intact.

    Compares the row with its seal, the seal with the journal, the signed words with the record as it stands (not for a
    void signature, whose record was changed on purpose), the files with their rows and their bytes. *record* is the
    record beside which the signature is shown (default: the one it names). *read_files* False: files are measured, not
    read, which is enough for a page.
    """
    around = Around([signature], beside=record)
    return list(_told(signature, record, read_files, around))


def check_signatures(*, read_files: bool = True, since: datetime | None = None) -> Iterator[tuple[Signature, str]]:
    """Each signature (kept *since* then) with each thing that does not fit it, for ``bihuan verify``."""
    signatures = Signature.objects.select_related("voiding").order_by("pk")
    if since is not None:
        signatures = signatures.filter(recorded_at__gte=since)
    stream = signatures.iterator(chunk_size=500)
    while batch := list(islice(stream, 500)):
        around = Around(batch)
        for signature in batch:
            for problem in _told(signature, None, read_files, around):
                yield signature, problem


class Around:
    """What signatures are held against, asked once for all of them: records, what the journal tells of signing, files, texts."""

    def __init__(self, signatures: list[Signature], beside: models.Model | None = None) -> None:
        if beside is not None:
            self.records = {(beside._meta.label, beside.pk): beside}
        else:
            self.records = _records((signature.record_type, signature.record_id) for signature in signatures)
        ids: dict[str, list[int]] = {}
        for record_type, record_id in self.records:
            ids.setdefault(record_type, []).append(record_id)
        self.seals: dict[tuple[str, int], set[str]] = {}
        self.files: dict[tuple[str, int], dict[str, Attachment]] = {}
        for record_type, some in ids.items():
            for entry in Entry.objects.filter(record_type=record_type, record_id__in=some, action="sign").only("record_id", "body"):
                self.seals.setdefault((record_type, entry.record_id or 0), set()).add(entry.said["data"].get("seal"))
            for file in Attachment.objects.filter(record_type=record_type, record_id__in=some).order_by("pk"):
                self.files.setdefault((record_type, file.record_id), {})[file.handle] = file
        kept = words.texts(*(text for signature in signatures for text in signature.bound))
        for signature in signatures:
            signature.words = kept

    def own(self, signature: Signature) -> models.Model | None:
        return self.records.get((signature.record_type, signature.record_id))

    def seals_of(self, record: models.Model) -> set[str]:
        return self.seals.get((record._meta.label, record.pk), set())

    def files_of(self, record: models.Model) -> dict[str, Attachment]:
        """By handle, in the order they came."""
        return self.files.get((record._meta.label, record.pk), {})


def _records(names: Iterable[tuple[str, int]]) -> dict[tuple[str, int], models.Model]:
    """The records of these types and ids that are there, with what they say of themselves at hand."""
    asked: dict[str, set[int]] = {}
    for record_type, record_id in names:
        asked.setdefault(record_type, set()).add(record_id)
    found: dict[tuple[str, int], models.Model] = {}
    for record_type, ids in asked.items():
        try:
            model: Any = apps.get_model(record_type)
        except (LookupError, ValueError):
            continue  # a signature of what is no record: named by whoever asks for it
        rows = model._base_manager.filter(pk__in=ids).prefetch_related(*getattr(model, "signed_with_many", ()))
        if with_it := getattr(model, "signed_with", ()):
            rows = rows.select_related(*with_it)
        found |= {(record_type, row.pk): row for row in rows}
    return found


def _told(signature: Signature, record: models.Model | None, read_files: bool, around: Around) -> Iterator[str]:
    record = record or around.own(signature)
    number = getattr(record, "number", "") or signature.record_number
    for problem in _problems(signature, record, read_files, around):
        yield _("%(number)s 的签名（%(meaning)s · %(name)s）：%(problem)s") % {
            "number": number, "meaning": signature.get_meaning_display(), "name": signature.shown("signer_name"), "problem": problem,
        }  # fmt: skip


def _problems(signature: Signature, record: models.Model | None, read_files: bool, around: Around) -> Iterator[str]:
    for name in broken_fields(signature):
        label = getattr(signature._meta.get_field(name), "verbose_name", name)
        yield _("“%(label)s”（%(name)s）在签署后被改动") % {"label": label, "name": name}
    if hashlib.sha256(signature.content.encode()).hexdigest() != signature.content_hash:
        yield _("签署内容（content）与其校验值不符")
    yield from _changed_texts(signature)
    if record is None:
        yield _("所签的记录（record_id）已不存在")
        return
    yield from _wrong_place(signature, record)
    if signature.seal not in around.seals_of(record):
        yield _("日志中没有这个签名（seal），它不是在系统内签署的")
    signed = _signed(signature)
    if not signature.is_void:
        yield from _changed_words(signature, signed, record)
    yield from _changed_files(signature, signed, around.files_of(record), read_files)


def _signed(signature: Signature) -> dict[str, Any]:
    try:
        signed = json.loads(signature.content)
        return signed if isinstance(signed, dict) else {}
    except ValueError:
        return {}  # already named: the content does not fit its hash


def _wrong_place(signature: Signature, record: models.Model) -> Iterator[str]:
    """The signed words themselves say on which record and version they stand."""
    if (signature.record_type, signature.record_id) != (record._meta.label, record.pk):
        yield _("签名属于另一条记录 %(number)s（record_id）") % {"number": signature.record_number}
    said = _signed(signature).get("record")
    here = {"type": record._meta.label, "id": record.pk, "number": getattr(record, "number", ""), "version": signature.record_version}
    for path in differences(said, here):
        yield _("签署内容写明的记录与所在的记录不同（record.%(path)s）") % {"path": path}


def _changed_texts(signature: Signature) -> Iterator[str]:
    """The texts that stand in it as commitments: each must be what was committed to, or have been deleted on request."""
    asked = _texts_by_place(signature)
    missing = {commitment for commitment in asked.values() if commitment not in signature.words}
    forgotten = words.forgotten(signature.record_type, signature.record_id, missing)
    for place, commitment in asked.items():
        word = signature.words.get(commitment)
        if word is not None and not words.is_true(word):
            yield _("“%(place)s”的原文在签署后被改动") % {"place": place}
        elif word is None and commitment not in forgotten:
            yield _("“%(place)s”的原文已不在，日志也没有记载删除") % {"place": place}


def _texts_by_place(signature: Signature) -> dict[str, str]:
    content = _signed(signature).get("content")
    told = {f"content.{name}": value for name, value in content.items()} if isinstance(content, dict) else {}
    told |= {f"files[{index}].name": file.get("name") for index, file in enumerate(_signed(signature).get("files") or [])}
    told |= {name: getattr(signature, name) for name in OF_THE_SIGNER}
    return {place: value for place, value in told.items() if words.is_commitment(value)}


def _changed_words(signature: Signature, signed: dict[str, Any], record: Any) -> Iterator[str]:
    """What was deleted on request is not compared here; the journal says what stands there now, and rows are held against it."""
    content, now = signed.get("content"), record.signed_content()
    if isinstance(content, dict):
        deleted = {name for name, value in content.items() if words.is_commitment(value) and value not in signature.words}
        content = words.revealed({name: value for name, value in content.items() if name not in deleted}, signature.words)
        now = {name: value for name, value in now.items() if name not in deleted}
    for path in differences(content, now):
        yield _("记录内容在签署后被改动：%(path)s") % {"path": path}


def _deleted(signature: Signature, description: dict[str, Any]) -> set[Any]:
    return {value for value in description.values() if words.is_commitment(value) and value not in signature.words}


def _changed_files(signature: Signature, signed: dict[str, Any], kept: dict[str, Attachment], read_files: bool) -> Iterator[str]:
    """What was attached later was not signed for, and is no difference; what was signed for must be there unchanged."""
    for index, description in enumerate(signed.get("files") or []):
        attachment, deleted = kept.get(description.get("handle")), description.get("name") in _deleted(signature, description)
        description = words.revealed(description, signature.words)
        name = description.get("name")
        if attachment is None:
            yield _("附件“%(name)s”的登记缺失（files[%(index)s].handle）") % {"name": name, "index": index}
            continue
        now = attachment.described() | ({"name": name} if deleted else {})
        for path in differences(description, now):
            yield _("附件“%(name)s”的登记被改动（files[%(index)s].%(path)s）") % {"name": name, "index": index, "path": path}
        if problem := check_file(attachment, read=read_files):
            yield _("附件“%(name)s”：%(problem)s（files[%(index)s]）") % {"name": name, "problem": problem, "index": index}
    if signature.image_sha256 and signature.image_sha256 not in {attachment.sha256 for attachment in kept.values()}:
        yield _("签名图片缺失（image_sha256）")
