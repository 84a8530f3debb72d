"""All other tables: notices, kept answers, saved views, deviations, uploads. Each text column of each table is looked at.

What may not be changed (append-only tables, entries of before schema 2) is not touched but told: ``remains``.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.journal import protect
from bihuan.kernel.journal.words import FORGET
from bihuan.kernel.lists.models import ImportRun

from .marks import Marks

ELSEWHERE = {"journal.Word", "lists.Document", "service.ServiceRequest", "service.DispatchOrder", "service.ServiceRecord", "customers.Customer",
             "customers.Site", "customers.Contact", "customers.Phone", "privacy.PersonRequest"}  # fmt: skip
EMPLOYEES = {"organisation"}  # their names stand in signed records on another legal basis, see docs/privacy.md


def clean(marks: Marks, records: Iterable[Any], *, by: Actor, at: dt.datetime, reason: str) -> Counter[str]:
    """Take the person out of every other table; names only where the row belongs to one of *records*. How many rows.

    Each row is told of in the journal by the names of its columns.
    """
    count: Counter[str] = Counter()
    for model, row, names in _found(marks, records, changeable=True):
        new = {name: marks.out_of(getattr(row, name)) for name in names}
        QuerySet.update(QuerySet(model).filter(pk=row.pk), **new)  # rows written once refuse it to everybody else
        journal.append(by, FORGET, row, at=at, data={"columns": names}, reason=reason)
        count["others"] += 1
    for run in ImportRun.objects.filter(status=ImportRun.Status.PREVIEW, content__isnull=False):
        if marks.are_in(bytes(run.content).decode("utf-8", "replace")) or marks.are_in(bytes(run.content).decode("gb18030", "replace")):
            count["others"] += ImportRun.objects.filter(pk=run.pk).update(content=None)
    return count


def remains(marks: Marks, records: Iterable[Any]) -> Iterator[str]:
    """A sentence for each place that still tells of the person and may not be changed."""
    where: Counter[str] = Counter()
    for model, _row, _names in _found(marks, records, changeable=False):
        where[model._meta.label] += 1
    for label, count in sorted(where.items()):
        yield _("{table} 有 {count} 行写于旧版本，不可改动，仍含此人的信息。").format(table=label, count=count)


def _found(marks: Marks, records: Iterable[Any], *, changeable: bool) -> Iterator[tuple[type[models.Model], Any, list[str]]]:
    owners = _owners(records)
    fixed = set(protect.tables())
    for model in apps.get_models():
        if (model._meta.db_table not in fixed) != changeable or model._meta.label in ELSEWHERE or model._meta.app_label in EMPLOYEES:
            continue
        texts = [one for one in model._meta.concrete_fields if isinstance(one, models.CharField | models.TextField | models.JSONField)]
        if not texts:
            continue
        belongs = {"record_type", "record_id"} <= {one.name for one in model._meta.concrete_fields}
        for row in holding(model, texts, marks).iterator(chunk_size=500):
            mine = marks if belongs and (row.record_type, row.record_id) in owners else marks.without_names
            if names := [one.attname for one in texts if mine.are_anywhere_in(getattr(row, one.attname)) and not one.primary_key]:
                yield model, row, names


def holding(model: type[models.Model], texts: Iterable[Any], marks: Marks) -> models.QuerySet[Any]:
    """Rows of *model* with one of the needles in one of the columns *texts*. SQLite keeps JSON in ASCII, so both spellings are asked for."""
    rows, asked = model._base_manager.all(), Q()
    for one in texts:
        name = one.attname
        if isinstance(one, models.JSONField):
            name = f"{one.attname}_as_text"
            rows = rows.annotate(**{name: Cast(one.attname, models.TextField())})
        for needle in {*marks.needles, *(json.dumps(needle)[1:-1] for needle in marks.needles)}:
            asked |= Q(**{f"{name}__icontains": needle})
    return rows.filter(asked) if asked else rows.none()


def _owners(records: Iterable[Any]) -> set[tuple[str, int]]:
    return {(record._meta.label, record.pk) for record in records}
