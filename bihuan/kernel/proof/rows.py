"""Do the business rows still say what the journal says was written into them? Each row against the last word on each field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec
from django.apps import apps
from django.db import models
from django.utils.translation import gettext as _

from ..journal.canonical import canonical
from ..journal.models import Entry, Word
from ..journal.words import is_commitment, is_true, texts_of
from ..journal.write import commitment

BATCH = 500


def check_rows() -> Iterator[str]:
    """A sentence for each field that is not what the journal last said of it, the keys of personal values included."""
    for model in apps.get_models():
        if hasattr(model, "personal_fields") and not model._meta.abstract:
            yield from _check(model)


def agrees(record: models.Model) -> bool:
    """Whether *record* is what the journal last said of it."""
    return not _different(type(record), [record.pk])


def _check(model: type[models.Model]) -> Iterator[str]:
    ids = model._base_manager.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=2000)
    while batch := list(islice(ids, BATCH)):
        for pk in _different(model, batch):
            for field, number in _different(model, [pk]).get(pk, ()):  # again: somebody may have been writing
                label = getattr(model._meta.get_field(field), "verbose_name", field)
                yield _("%(number)s 的“%(label)s”（%(field)s）与日志最后一次所记不同") % {"number": number, "label": label, "field": field}


def _different(model: type[models.Model], ids: list[int]) -> dict[int, list[tuple[str, str]]]:
    """By id the fields that differ, with the record's number."""
    found: dict[int, list[tuple[str, str]]] = {}
    said = _last_words(model, ids)
    kept = texts_of(word for words, _number in said.values() for word in words.values() if is_commitment(word))
    for row in model._base_manager.filter(pk__in=said):
        words, number = said[row.pk]
        if wrong := [(name, number) for name, word in words.items() if not _agrees(row, name, word, kept)]:
            found[row.pk] = wrong
    return found


class _Said(msgspec.Struct):
    """Of a body what it says the fields were afterwards."""

    after: dict[str, Any] | None = None


_said = msgspec.json.Decoder(_Said).decode


def _last_words(model: type[models.Model], ids: list[int]) -> dict[int, tuple[dict[str, Any], str]]:
    names = {field.attname for field in model._meta.concrete_fields}
    said: dict[int, tuple[dict[str, Any], str]] = {}
    entries = Entry.objects.filter(record_type=model._meta.label, record_id__in=ids).order_by("id")
    for pk, number, body in entries.values_list("record_id", "record_number", "body"):
        after = _said(body).after or {}
        said.setdefault(pk or 0, ({}, number))[0].update({name: word for name, word in after.items() if name in names})
    return said


def _agrees(row: Any, name: str, word: Any, kept: dict[str, Word]) -> bool:
    value = getattr(row, name)
    if is_commitment(word):
        return word in kept and is_true(kept[word], value)
    if isinstance(word, str) and word.startswith("hmac:"):
        return word == commitment(row.privacy_key, value) or (not row.privacy_key and value == "")
    if isinstance(value, Decimal) and word is not None:
        return value == Decimal(str(word))  # 2 and 2.0: the column's places, not another value
    return value == word if value is None or isinstance(value, _PLAIN) else json.loads(canonical(value)) == word


_PLAIN = (str, int)  # in JSON as they are
