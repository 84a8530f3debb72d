"""Granting as a whole: delete, note, remove files, compact; and doing it again after an older backup was restored (see notes.py)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.config import env
from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor, system
from bihuan.kernel.access.refusals import Invalid
from bihuan.operations.backup import KEEP, MONTHS
from bihuan.service.models import ServiceRequest

from . import forget, notes
from .compact import compact, require_owner
from .models import PersonRequest
from .person import Person, of_calls, of_contact


def grant(person: Person, *, reason: str, photos: Iterable[str] = (), by: Actor | None = None, needed: bool = False) -> forget.Done:
    """Forget *person*, wholly: rows, words, files, bytes, and the note for restored backups. Raises what ``forget`` raises.

    *needed*: it is being repeated, and noted already.
    """
    require_owner()
    photos, key = list(photos), ""
    entry = noted_as(person, reason=reason, photos=photos)
    with journal.unit():
        done = forget.forget(person, by=by or system(_("命令行")), at=timezone.now(), reason=reason, photos=photos, needed=needed)
        if not needed:
            key = notes.begin(entry)
    if key:
        notes.end(key)
    forget.remove_files(done.files)  # this and what follows can be done again by --again
    compact()
    return done


def repeat() -> Iterator[forget.Done]:
    """Forget again everybody in the list whom a restored backup brought back. Open requests do not stop it: it was granted."""
    require_owner()
    settle()
    for entry in notes.noted():
        try:
            yield grant(_whom(entry), reason=entry["reason"], photos=entry["photos"], needed=True)
        except Invalid:
            continue  # not in this backup yet, or forgotten in it already
    pending = list(PersonRequest.objects.filter(bytes_left=True))
    forget.remove_files(forget.files_told())  # also those that a loss of power left, and those of deletions granted on a page
    compact()
    for record in pending:
        _cleaned(record)


def _cleaned(record: PersonRequest) -> None:
    with transaction.atomic():
        PersonRequest.objects.filter(pk=record.pk).update(bytes_left=False)
        journal.append(system(_("命令行")), "person.cleaned", record, at=timezone.now(), after={"bytes_left": False}, clause="PI-4")


def noted_as(person: Person, *, reason: str, photos: Iterable[str]) -> dict[str, Any]:
    """What is noted of *person* when they are forgotten: ids, and a reason that does not tell of them."""
    return {
        "at": timezone.now().isoformat(),
        "contact": person.contact.pk if person.contact else None,
        "calls": [request.pk for request in person.requests],
        "photos": list(photos),
        "reason": person.marks.out_of(reason),
    }


def settle() -> int:
    """Note as done what was begun and is done, because its process died right after the commit; how many.

    Nothing is undone here: in a restored backup somebody who is still there may well have been forgotten later.
    """
    done = [entry for entry in notes.unsettled() if _is_here(entry) is False]
    for entry in done:
        notes.end(entry["id"])
    return len(done)


def interrupted() -> list[str]:
    """A sentence for each deletion that was begun, and whose person is here: only somebody who knows can say whether it is wanted."""
    told = []
    for entry in notes.unsettled():
        calls = ServiceRequest.objects.filter(pk__in=entry["calls"])
        whom = f"--contact {entry['contact']}" if entry["contact"] is not None else "、".join(calls.values_list("number", flat=True))
        if _is_here(entry):
            told.append(
                _(
                    "{at} 开始的删除中断了，不知道是否做成，此人的信息现在还在：{whom}。确要删除的，请用 bihuan forget-person 再删一次。"
                ).format(at=entry["at"][:16], whom=whom)
            )
    return told


def _whom(entry: notes.Note) -> Person:
    return of_contact(entry["contact"]) if entry["contact"] is not None else of_calls(entry["calls"])


def _is_here(entry: notes.Note) -> bool | None:
    """Whether this database tells of the person; False when they were forgotten, None when it does not know them (yet)."""
    try:
        person = _whom(entry)
    except Invalid:
        return None
    known = person.contact is not None or len(person.requests) == len(entry["calls"])
    return bool(person.marks) if known else None


def backups_expire() -> str:
    """When the last backup with the person in it is gone, as a sentence."""
    nights = max(1, env.number("BIHUAN_BACKUP_KEEP", KEEP))
    until = timezone.localdate() + dt.timedelta(days=max(nights, 31 * (MONTHS + 1)))  # the last of each month is kept a year
    return _(
        "旧备份里还有此人：保留最近 {nights} 份和最近 {months} 个月的月末份，最迟 {until} 之后不再有；手工另存的请自行销毁。"
        "在此之前恢复了旧备份，请执行 bihuan forget-person --again。"
    ).format(nights=nights, months=MONTHS, until=until.isoformat())
