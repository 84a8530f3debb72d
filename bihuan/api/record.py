"""One record in full: values, place in its procedure, steps open to this person and why others are not, deadlines, history,
relatives, files, signatures. The number of statements does not depend on how long its history is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from django.urls import reverse

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.files.arriving import still_to_come
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.journal import words
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.prepared import Prepared
from bihuan.kernel.procedures.registry import procedure_for
from bihuan.kernel.signing.models import Signature
from bihuan.kernel.signing.show import signature_line
from bihuan.kernel.tables import actions, show
from bihuan.kernel.tables.perform import form_class

from .asking import described
from .declare import Resource, resource_of
from .shown import masked_deep, masked_words, shown

HISTORY = 50
MOST_DEADLINES, MOST_FILES, MOST_SIGNATURES, MOST_RELATED = 60, 200, 20, 50
_entries = Prepared(lambda label, pk: Entry.objects.filter(record_type=label, record_id=pk).order_by("-pk")[: HISTORY + 1])
_files = Prepared(lambda label, pk: Attachment.objects.about(label, pk)[:MOST_FILES])
_latest_signatures = Prepared(lambda label, pk: Signature.objects.about(label, pk).order_by("-recorded_at", "-pk")[:MOST_SIGNATURES])
_clocks = Prepared(lambda label, pk: Deadline.objects.filter(record_type=label, record_id=pk).order_by("-pk")[:MOST_DEADLINES])


def record_page(resource: Resource, record: Any, actor: Actor) -> dict[str, Any]:
    """All that *actor* may know about a record that lives by a procedure."""
    entries = _entries(record._meta.label, record.pk)
    words.show(entries[:HISTORY])
    possible, impossible = _steps(resource, record, actor)
    return shown((*resource.shown, *resource.more), record, actor) | {
        "path": [{"label": stop.label, "state": stop.state} for stop in actions.path(record)],
        "steps": possible,
        "impossible_steps": impossible,
        "deadlines": [deadline_row(deadline) for deadline in _clocks(record._meta.label, record.pk)],
        "history": [entry_row(entry, record, actor) for entry in entries[:HISTORY]],
        "history_goes_on": len(entries) > HISTORY,
        "related": [reference(relative) for relative in _relatives(resource, record)],
        "attachments": [file_row(attachment) for attachment in _files(record._meta.label, record.pk)],
        "uploads": _uploads(record),
        "signatures": [_signature(signature, record) for signature in _signatures(record)],
    }


def history(record: Any, size: int, before: int | None = None) -> list[Entry]:
    """Journal entries about *record*, newest first, older than the one of id *before*. One statement."""
    rows = Entry.objects.filter(record_type=record._meta.label, record_id=record.pk)
    return list((rows if before is None else rows.filter(pk__lt=before)).order_by("-pk")[:size])


def href(record: Any) -> str | None:
    """The address of a record in the API; None for a type that is not in it."""
    resource = resource_of(record)
    if resource is None or not resource.has_page:
        return None
    return f"{reverse('api:api-root')}{resource.name}/{quote(str(getattr(record, resource.key)), safe='')}"


def reference(record: Any) -> dict[str, Any]:
    """Another record, named."""
    resource = resource_of(record)
    return {
        "type": resource.name if resource else record._meta.label,
        "number": str(record.number),
        "status": record.status,
        "href": href(record),
    }


def _steps(resource: Resource, record: Any, actor: Actor) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    possible, impossible = [], []
    for action in actions.actions(record, actor):
        step = action.step
        said = {"name": step.name, "label": str(step.label), "clause": step.clause}
        if action.possible:
            form = form_class(record, step)(record=record, actor=actor, step=step)
            possible.append(said | {"href": f"{href(record)}/steps/{step.name}", "fields": [described(form[name]) for name in form.fields]})
        else:
            impossible.append(said | {"why_not": action.why_not})
    return possible, impossible


def deadline_row(deadline: Deadline) -> dict[str, Any]:
    """A deadline with its verdict."""
    clock, late = procedure_for(deadline.record_type).clock(deadline.clock), deadline.late_by
    return {
        "id": deadline.pk,
        "record": deadline.record_number,
        "clock": deadline.clock,
        "label": str(clock.label),
        "clause": clock.clause,
        "started_at": deadline.started_at,
        "due_at": deadline.due_at,
        "state": deadline.state,
        "verdict": deadline.verdict.value,
        "stopped_by": deadline.stopped_by or None,
        "stopped_at": deadline.stopped_at,
        "stop_recorded_at": deadline.stop_recorded_at,
        "breached_at": deadline.breached_at,
        "late_by_seconds": int(late.total_seconds()) if late else None,
        "provisional": deadline.provisional,
    }


def entry_row(entry: Entry, record: Any, actor: Actor) -> dict[str, Any]:
    """A line of the history with its three clocks: when it happened (said), what the device's clock said, when it was received."""
    said, line = entry.shown, show.line(entry, record)
    return {
        "id": entry.pk,
        "action": entry.action,
        "label": line.act,
        "clause": said.get("clause") or None,
        "who": entry.actor_name,
        "for_whom": said.get("for_whom") or None,
        "role": said.get("role") or None,
        "channel": said.get("channel") or None,
        "happened_at": entry.happened_at,
        "device_at": _parsed(said.get("device_at")),
        "recorded_at": entry.recorded_at,
        "said": masked_words(actor, line.said) or None,
        "reason": masked_words(actor, said.get("reason")) or None,
        "changes": [
            {"field": change.label, "before": masked_deep(actor, change.before), "after": masked_deep(actor, change.after)}
            for change in line.changes
        ],
        "hash": entry.hash,
    }


def _parsed(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _relatives(resource: Resource, record: Any) -> Iterator[Any]:
    for name in resource.related:
        found = record
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is None:
            continue
        if hasattr(found, "all"):
            yield from _those(found.model, found.field.attname)(found.instance.pk)
        else:
            yield found


@cache
def _those(model: Any, column: str) -> Prepared[Any]:
    """The rows of *model* whose *column* names a record, by that record's id."""
    return Prepared(lambda pk: model._default_manager.filter(**{column: pk}).order_by("pk")[:MOST_RELATED])


def file_row(attachment: Attachment) -> dict[str, Any]:
    return {
        "handle": attachment.handle,
        "kind": attachment.kind,
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "taken_at": attachment.taken_at,
        "uploaded_by": attachment.uploaded_by_name,
        "created_at": attachment.created_at,
        "href": reverse("api:file", args=[attachment.handle]),
    }


def _uploads(record: Any) -> dict[str, Any]:
    come = still_to_come(record)
    return {"announced": come.announced, "arrived": come.arrived, "complete": not come.sentence, "said": come.sentence or None}


def _signatures(record: Any) -> list[Signature]:
    """Those that hold, and the latest that no longer do; so many at most that a page is always read in one go."""
    return _latest_signatures(record._meta.label, record.pk)[::-1]


def _signature(signature: Signature, record: Any) -> dict[str, Any]:
    """Name, meaning, time with zone, version, and whether it still holds. A void one stands for nothing, so nothing is compared."""
    line = signature_line(signature, record=record, zone=record.branch.zone, problems=[] if signature.is_void else None)
    return {
        "name": line.name,
        "capacity": line.capacity or None,
        "meaning": signature.meaning,
        "meaning_label": line.meaning,
        "method": signature.method,
        "time": line.time,
        "signed_at": signature.signed_at,
        "version": line.version,
        "content_hash": signature.content_hash,
        "verdict": line.verdict,
        "state": line.state,
        "problems": list(line.problems),
    }
