"""Taking a step: the one way a record's state changes.

``with`` opens the unit of work, takes the row, and refuses with a sentence; at its end it checks what had to be filled
in, sets the state, starts and stops the clocks, writes the journal entry and leaves word for those concerned.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import journal
from ..access.actors import Actor, Grant
from ..access.refusals import Conflict, Invalid, NotAllowed
from ..deadlines import run
from ..deadlines.models import Deadline
from ..journal.read import history, taken
from ..notify.models import Notice, leave_word
from ..numbering.draw import draw, draw_with_id
from ..prepared import insert, update
from .declare import Procedure, Step

UNTOLD = {"version", "next_due_at", "next_clock", "privacy_key", "procedure_revision", "is_open"}
PROOF_LASTS = timedelta(minutes=5)
AHEAD = timedelta(minutes=2)  # how far a stated time may lie ahead of the server's clock


def who_may(step: Step, record: Any, actor: Actor) -> str | None:
    """The code of the party as which *actor* may take *step* on *record*; None when there is none."""
    return next((party.code for party in step.by if party.includes(actor, record)), None)


def require_party(step: Step, record: Any, actor: Actor) -> str:
    """As :func:`who_may`; raises NotAllowed that names who may."""
    party = who_may(step, record, actor)
    if party is None:
        who = "、".join(str(party.label) for party in step.by)
        raise NotAllowed(_("“%(step)s”须由%(who)s办理。") % {"step": step.label, "who": who})
    return party


class Taking:
    """One step being taken. ``note(**facts)`` adds to the journal entry, ``tell(...)`` leaves word, ``reason`` is kept."""

    def __init__(self, procedure: Procedure, step: Step, record: Any, *, by: Actor, at: datetime, reason: str = "") -> None:
        self.procedure, self.step, self.record, self.by, self.at, self.reason = procedure, step, record, by, at, reason
        self.facts: dict[str, Any] = {"reason": reason} if reason else {}
        self.notices: list[Notice] = []
        self.pause_reason = ""

    def note(self, **facts: Any) -> None:
        """Facts that belong to the step: they satisfy ``needs`` and stand in the journal entry."""
        self.facts.update(facts)

    def tell(self, kind: str, *, roles: tuple[Any, ...] = (), people: tuple[int | None, ...] = (), **facts: Any) -> None:
        """Tell people once the transaction is done."""
        self.notices.append(
            Notice(kind=kind, to_roles=[role.code for role in roles], to_people=[person for person in people if person], facts=facts)
        )

    def __enter__(self) -> Taking:
        self.now = timezone.now()
        self.stack = ExitStack()
        self.stack.enter_context(journal.unit())
        try:
            self._prepare()
        except BaseException as problem:
            if not self.stack.__exit__(type(problem), problem, problem.__traceback__):
                raise
        return self

    def _prepare(self) -> None:
        record = self.record
        self.opened = record.pk is None
        if self.opened:
            record.status, record.created_at, record.procedure_revision = "", self.now, self.procedure.revision
        elif not self._opened_just_now():
            lock = {"of": ("self",)} if connection.features.has_select_for_update_of else {}
            branch = type(record).branch.is_cached(record) and record.branch
            record.refresh_from_db(from_queryset=type(record)._base_manager.select_for_update(**lock))
            if branch and branch.pk == record.branch_id:
                record.branch = branch  # the same one need not be asked for again
        self.before = {} if self.opened else _values(record)
        self.party = self._refuse_unless_possible()

    def _opened_just_now(self) -> bool:
        """Whether the record came into being in this very unit of work: nobody else can know it yet."""
        return getattr(self.record, "_opened_in", None) is journal.current()

    def _refuse_unless_possible(self) -> str:
        if not self.opened and self.record.status not in self.step.move.frm:
            raise Conflict(self._moved_on())
        if self.at > self.now + AHEAD:
            raise Invalid(_("发生时间晚于现在，请改成实际发生的时间。"), field="at")
        party = "system" if self.by.is_system else require_party(self.step, self.record, self.by)
        if self.step.unlike and not self.by.is_system:
            self._refuse_same_person()
        if self.step.reauth and (self.by.proved_at is None or self.now - self.by.proved_at > PROOF_LASTS):
            raise NotAllowed(_("“%(step)s”须重新验证身份，请输入您的密码。") % {"step": self.step.label}, field="password")
        return party

    def _refuse_same_person(self) -> None:
        actions = tuple(f"{self.procedure.form}.{name}" for name in self.step.unlike)
        if any(entry.actor_id == self.by.person_id for entry in taken(self.record, actions)):
            labels = "、".join(str(self.procedure.step_named(name).label) for name in self.step.unlike)
            raise NotAllowed(_("您已办理过“%(before)s”，“%(step)s”须由另一人办理。") % {"before": labels, "step": self.step.label})

    def _moved_on(self) -> str:
        status = self.procedure.status(self.record.status).label
        last = next(iter(history(self.record, limit=1)), None)
        sentence = _("%(number)s 现为“%(status)s”，不能再“%(step)s”。") % {
            "number": self.record.number,
            "status": status,
            "step": self.step.label,
        }
        if last is not None:
            sentence += _("（%(who)s 刚于 %(when)s 办理，请刷新查看。）") % {
                "who": last.actor_name,
                "when": timezone.localtime(last.recorded_at).strftime("%H:%M:%S"),
            }
        return sentence

    def __exit__(self, kind: Any, problem: Any, trace: Any) -> bool | None:
        if problem is None:
            try:
                self._finish()
            except BaseException as late:
                self.stack.__exit__(type(late), late, late.__traceback__)
                raise
        return self.stack.__exit__(kind, problem, trace)

    def _finish(self) -> None:
        record = self.record
        for need in self.step.needs:
            if self.facts.get(need, getattr(record, need, None)) in (None, "", [], ()):
                raise Invalid(_("请填写“%(field)s”。") % {"field": _label(record, need)}, field=need)
        came_from, record.status = record.status, self.step.move.target(record.status)
        record.is_open = record.status not in self.procedure.final
        held: list[Deadline] | None = getattr(record, "_held", None)
        if self.opened and not record.number:
            place = (self.procedure.form, record.branch.code, record.branch.zone, self.at)
            if held is None:
                record.number = draw(*place)
            else:
                record.number, record.pk = draw_with_id(*place, type(record))
        times = run.Times(self.at, self.now)
        live = record._clocks if self._opened_just_now() else [] if self.opened else run.running(record)
        turned = run.turn(self.procedure, self.step.name, record, times, live, by=self.by, pause_reason=self.pause_reason)
        record.version += 1
        changed = {name: value for name, value in _values(record).items() if value != self.before.get(name)}
        if held is None:
            self._save(changed)
            run.save(record, turned)
        else:
            held += turned.fresh
        record._opened_in, record._clocks = (journal.current(), turned.live) if self.opened or self._opened_just_now() else (None, [])
        self._write_journal(came_from, changed, run.told(*turned.changed, *turned.fresh))
        leave_word(record, self.notices)

    def _save(self, changed: dict[str, Any]) -> None:
        """Write what changed, unless someone else was faster (a second line behind the row lock)."""
        record = self.record
        if self.opened:
            insert([record])
        elif not update(record, tuple(changed), version=record.version - 1):
            raise Conflict(_("%(number)s 刚被别人改动，请刷新后再办理。") % {"number": record.number})

    def _write_journal(self, came_from: str, changed: dict[str, Any], clocks: list[dict[str, Any]]) -> None:
        record = self.record
        grant: Grant | None = self.by.grant_for(self.party, record.branch_id)
        shown = {name: value for name, value in changed.items() if name not in UNTOLD and not (self.opened and value in (None, ""))}
        journal.append(
            self.by,
            f"{self.procedure.form}.{self.step.name}",
            record,
            at=self.at,
            before={name: self.before.get(name) for name in shown},
            after=shown,
            data={"from": came_from, "to": record.status, **self.facts},
            reason=self.reason,
            clause=self.step.clause,
            role=self.party,
            for_whom=grant.for_whom if grant else "",
            clocks=clocks,
        )


def _values(record: Any) -> dict[str, Any]:
    return {field.attname: getattr(record, field.attname) for field in record._meta.concrete_fields if not field.primary_key}


def _label(record: Any, name: str) -> str:
    labels = getattr(record, "need_labels", {})
    if name in labels:
        return str(labels[name])
    try:
        return str(record._meta.get_field(name).verbose_name)
    except FieldDoesNotExist:
        return _("原因") if name == "reason" else name
