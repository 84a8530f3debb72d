"""A record as it stood at a moment, rebuilt from the journal alone: values, state, clocks, signatures, files (#47).

"Stood" means what the system knew then: entries count by when they were *recorded*, not by when they say it happened.
The journal keeps personal values as commitments only. One that has not changed since is shown from the row; of one that
has, or whose key was deleted, only the fact that there was one can be said.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from ..access.refusals import Invalid
from ..calendars.models import calendar_in_force
from ..deadlines.compute import verdict
from ..deadlines.models import State, Verdict
from ..files.models import Attachment
from ..journal import words
from ..journal.models import Entry
from ..journal.write import commitment
from ..signing.models import Signature

LIVE = (State.RUNNING, State.PAUSED)


@dataclass(frozen=True)
class ClockThen:
    """A deadline as it stood: ``stopped_at`` as said, ``stop_recorded_at`` when that was entered."""

    clock: str
    state: str
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None = None
    stop_recorded_at: datetime | None = None
    calendar: str = ""
    calendar_revision: int = 0

    def verdict(self, now: datetime) -> Verdict:
        """How it stood at *now*; past its due time it was missed, whether anybody had noticed or not."""
        late = (self.stop_recorded_at or now) > self.due_at
        if self.state == State.ENDED:
            return Verdict.MISSED if late else Verdict.VOID
        return verdict(self.due_at, self.stopped_at, self.stop_recorded_at, breached=late and self.state != State.PAUSED)


@dataclass
class Past:
    """A record as it stood at ``at``. ``record`` is not saved and never may be; ``withheld``: fields kept as commitments only."""

    record: Any
    at: datetime
    entries: list[Entry]  # oldest first
    clocks: list[ClockThen] = field(default_factory=list)
    withheld: set[str] = field(default_factory=set)
    clocks_told: bool = True  # False: entries from before the journal kept what steps did to the clocks

    @property
    def signatures(self) -> list[Signature]:
        """Those that held then, in the order they were given."""
        rows = Signature.objects.of(self.record).filter(recorded_at__lte=self.at)
        voided = {entry.said["data"]["seal"] for entry in self.entries if entry.action == "void_signature"}
        return [row for row in rows if row.seal not in voided]

    @property
    def attachments(self) -> list[Attachment]:
        """The files that were attached then."""
        return list(Attachment.objects.of(self.record).filter(created_at__lte=self.at))


def moment_of(text: str, zone: Any = None) -> datetime:
    """The moment that somebody asks about: ISO, in *zone* when it names none. Raises Invalid for no moment and for one to come."""
    try:
        at = parse_datetime(text.strip().replace(" ", "T"))
    except ValueError:
        at = None
    if at is None:
        raise Invalid(_("请写明日期和时间，例如 2026-10-03T17:00。"), field="as_of")
    at = at if at.tzinfo else at.replace(tzinfo=zone or timezone.get_current_timezone())
    if at > timezone.now():
        raise Invalid(_("这个时间还没有到，请选过去的时间。"), field="as_of")
    return at


def rebuilt(record: Any, at: datetime) -> Past:
    """*record* as it stood at *at*. Raises Invalid when it was not yet entered then.

    Three statements; words that were deleted since show as deleted.
    """
    rows = Entry.objects.filter(Q(record_type=record._meta.label), Q(record_id=record.pk), recorded_at__lte=at)
    entries = list(rows.order_by("id"))
    if not any("from" in entry.said.get("data", {}) for entry in entries):
        raise Invalid(_("%(number)s 当时还没有录入，请选之后的时间。") % {"number": record.number}, field="as_of")
    words.show(entries)
    past = Past(_blank(record), at, entries)
    for entry in entries:
        _values(past, record, entry.shown)
        _turn(past, entry)
    _derive(past)
    return past


def calendar_revision(past: Past) -> int:
    """The revision of the branch's calendar that was in force on that day."""
    branch = past.record.branch
    return calendar_in_force(branch.calendar, timezone.localdate(past.at, branch.zone))[1]


def _blank(record: Any) -> Any:
    """A record of that type in which nothing has been filled in yet."""
    fields = [one for one in record._meta.concrete_fields if not one.primary_key]
    empty = {
        one.attname: None if one.null else "" if one.get_internal_type() in {"CharField", "TextField"} else one.get_default()
        for one in fields
    }
    return type(record)(pk=record.pk, **empty | {"privacy_key": record.privacy_key, "created_at": record.created_at})


def _values(past: Past, record: Any, said: dict[str, Any]) -> None:
    fields = {one.attname: one for one in record._meta.concrete_fields}
    for name, word in (said.get("after") or {}).items():
        if name not in fields:
            continue
        past.withheld.discard(name)
        if isinstance(word, str) and word.startswith("hmac:") and name in record.personal_fields:
            value = getattr(record, name)
            if word != commitment(record.privacy_key, value):
                past.withheld.add(name)
                value = ""
        else:
            value = fields[name].to_python(word)
        setattr(past.record, name, value)
    if "from" in said.get("data", {}):  # a step: only those carry state, version and revision
        past.record.status, past.record.version = said["data"]["to"], said["record"]["version"]
        past.record.procedure_revision = said["procedure_revision"]


def _turn(past: Past, entry: Entry) -> None:
    """What the entry says of the record's clocks: of one name at most one is live, so a word about it is about that one."""
    step = "from" in entry.said.get("data", {})
    if step and entry.said.get("schema", 1) < 2:
        past.clocks_told = False
    for word in entry.said.get("clocks", ()):
        ended = word["state"] not in LIVE
        now = ClockThen(
            word["clock"], word["state"], datetime.fromisoformat(word["started_at"]), datetime.fromisoformat(word["due_at"]),
            calendar=word.get("calendar", ""), calendar_revision=word.get("calendar_revision", 0),
        )  # fmt: skip
        if ended:
            now = replace(now, stopped_at=entry.happened_at if step else entry.recorded_at, stop_recorded_at=entry.recorded_at)
        live = next((place for place, one in enumerate(past.clocks) if one.clock == now.clock and one.state in LIVE), None)
        if live is None:
            past.clocks.append(now)
        else:
            past.clocks[live] = now
    if step or entry.said.get("clocks"):
        running = [one for one in past.clocks if one.state == State.RUNNING]
        first = min(running, key=lambda one: one.due_at, default=None)
        past.record.next_due_at, past.record.next_clock = (first.due_at, first.clock) if first else (None, "")


def _derive(past: Past) -> None:
    past.record.is_open = past.record.status not in past.record.procedure.final
