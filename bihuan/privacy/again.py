"""Granting as a whole: delete, remove files, compact; and doing it again after an older backup was restored.

``BIHUAN_HOME/forgotten.jsonl`` holds ids only, no personal value. It is part of later backups; keep a copy apart from them,
for a backup of before the deletion brings the person back until ``bihuan forget-person --again`` has run.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.config import env
from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor, system
from bihuan.kernel.access.refusals import Invalid
from bihuan.operations.backup import KEEP, MONTHS

from . import forget
from .compact import compact, require_owner
from .models import PersonRequest
from .person import Person, of_calls, of_contact


def ledger() -> Path:
    """The list of those who were forgotten."""
    return Path(settings.HOME) / "forgotten.jsonl"


def grant(person: Person, *, reason: str, photos: Iterable[str] = (), by: Actor | None = None, needed: bool = False) -> forget.Done:
    """Forget *person*, wholly: rows, words, files, bytes, and the note for restored backups. Raises what ``forget`` raises."""
    require_owner()
    photos = list(photos)
    entry = noted_as(person, reason=reason, photos=photos)
    done = forget.forget(person, by=by or system(_("命令行")), at=timezone.now(), reason=reason, photos=photos, needed=needed)
    if not needed:  # noted first: what follows can be done again by --again
        note(entry)
    forget.remove_files(done.files)
    compact()
    return done


def repeat() -> Iterator[forget.Done]:
    """Forget again everybody in the list whom a restored backup brought back. Open requests do not stop it: it was granted."""
    require_owner()
    for entry in noted():
        try:
            person = of_contact(entry["contact"]) if entry["contact"] is not None else of_calls(entry["calls"])
            yield grant(person, reason=entry["reason"], photos=entry["photos"], needed=True)
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


def noted() -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in ledger().read_text(encoding="utf-8").splitlines() if line.strip()]
    except FileNotFoundError:
        return []


def backups_expire() -> str:
    """When the last backup with the person in it is gone, as a sentence."""
    nights = max(1, env.number("BIHUAN_BACKUP_KEEP", KEEP))
    until = timezone.localdate() + dt.timedelta(days=max(nights, 31 * (MONTHS + 1)))  # the last of each month is kept a year
    return _(
        "旧备份里还有此人：保留最近 {nights} 份和最近 {months} 个月的月末份，最迟 {until} 之后不再有；手工另存的请自行销毁。"
        "在此之前恢复了旧备份，请执行 bihuan forget-person --again。"
    ).format(nights=nights, months=MONTHS, until=until.isoformat())


def note(entry: dict[str, Any]) -> None:
    """Add to the list of those who were forgotten, so that a restored backup does not bring them back for good."""
    handle = os.open(ledger(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())
