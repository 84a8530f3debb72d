"""Keeping master data: a change says before and after, never overwrites what someone else changed meanwhile, and deletes nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Conflict


def spoken(value: Any) -> Any:
    """A value as the journal keeps it: what a person would read, not an id."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, models.Model | Decimal):
        return str(value)
    return value


def seen(record: models.Model, names: Iterable[str]) -> str:
    """A mark of the fields *names* as they are now; a form carries it, so that it can tell whether they have changed since."""
    values = [f"{name}={spoken(getattr(record, name, None))!r}" for name in sorted(names)]
    return hashlib.sha256("\n".join(values).encode()).hexdigest()[:24]


def differing(record: models.Model, new: Mapping[str, Any]) -> dict[str, Any]:
    """Those of *new* that *record* does not have yet."""
    return {name: value for name, value in new.items() if getattr(record, name) != value}


def change(
    record: models.Model, new: Mapping[str, Any], *, by: Actor, at: dt.datetime, action: str, reason: str = "", clause: str = "",
    first: Callable[[], None] | None = None,
) -> list[str]:  # fmt: skip
    """Give *record* the values *new*; the names of those that differ. Journalled with before and after; nothing new says nothing.

    Raises Conflict when the record is not any more as it was read, or when a new value is taken by another one.
    """
    changed = differing(record, new)
    if not changed:
        return []
    before = {name: getattr(record, name) for name in changed}
    with journal.unit():
        if not _update(record, before, changed):
            raise Conflict(_("“%(name)s”刚刚被别人改过，没有保存。请刷新后核对，再改一次。") % {"name": record})
        for name, value in changed.items():
            setattr(record, name, value)
        told = {name: spoken(value) for name, value in before.items()}, {name: spoken(value) for name, value in changed.items()}
        journal.append(by, action, _indexed(record), at=at, before=told[0], after=told[1], reason=reason, clause=clause)
    return list(changed)


def _indexed(record: models.Model) -> models.Model:
    """*record* under a number: the journal's index knows no other keys, and regions are keyed by their code's digits."""
    if isinstance(record.pk, str):
        record = copy(record)
        record.pk = int(record.pk)
    return record


def _update(record: models.Model, before: Mapping[str, Any], changed: Mapping[str, Any]) -> int:
    rows = type(record)._default_manager.filter(pk=record.pk, **before)
    try:
        with transaction.atomic():
            return rows.update(**changed)
    except IntegrityError:
        raise Conflict(_("“%(name)s”没有保存：改成的内容与另一条资料重复，请换一个。") % {"name": record}) from None


def make(
    record: models.Model, names: Iterable[str], *, by: Actor, at: dt.datetime, action: str, reason: str = "", clause: str = ""
) -> None:
    """Write a new *record*, journalled with its fields *names*. Raises Conflict when its key is taken."""
    with journal.unit():
        try:
            with transaction.atomic():
                record.save(force_insert=True)
        except IntegrityError:
            raise Conflict(_("“%(name)s”已经登记过，没有重复登记。请从列表里打开已有的那一条。") % {"name": record}) from None
        told = {name: spoken(getattr(record, name)) for name in names if getattr(record, name) not in ("", None)}
        journal.append(by, action, record, at=at, after=told, reason=reason, clause=clause)
