"""A record's place in its procedure as the parts of a page: path, deadlines, actions, history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.urls import reverse
from django.utils.translation import gettext as _

from ..access.actors import Actor
from ..deadlines.models import Deadline, State, Verdict
from ..journal import words
from ..journal.models import Entry as JournalEntry
from ..procedures.declare import Procedure, Step
from ..procedures.engine import who_may
from ..procedures.registry import all_procedures, procedure_for
from ..ui.pieces import Action, Change, Clock, Entry, PathStep
from . import actions as table

NEAR = timedelta(minutes=15)  # how long before it is due a clock without warnings turns amber
SAME = timedelta(minutes=2)  # clocks that differ by less are shown as one
_words: dict[str, Callable[[JournalEntry], str]] = {}


def describe(action: str, words: Callable[[JournalEntry], str]) -> None:
    """Give journal entries of *action* a sentence; steps have their label without it."""
    _words[action] = words


def clock(deadline: Deadline | None) -> Clock:
    """A deadline as a clock for the page; one without state when there is none."""
    if deadline is None:
        return Clock(None, "none")
    rule = procedure_for(deadline.record_type).clock(deadline.clock)
    ahead = max((span.length for span in rule.warn), default=NEAR)
    verdict = deadline.verdict
    state = {State.RUNNING: "running", State.PAUSED: "paused"}.get(State(deadline.state)) or (
        "met" if verdict == Verdict.KEPT else "none" if verdict == Verdict.VOID else "missed"
    )
    return Clock(
        deadline.due_at,
        state,
        str(rule.label),
        soon_at=deadline.due_at - ahead,
        ended_at=deadline.stop_recorded_at,
        note=str(verdict.label) if verdict == Verdict.LATE_ENTRY else "",
    )


def next_clock(record: Any) -> Clock:
    """The record's next deadline, from the record itself: no query."""
    if record.next_due_at is None:
        return Clock(None, "none")
    rule = record.procedure.clock(record.next_clock)
    return Clock(
        record.next_due_at, "running", str(rule.label), soon_at=record.next_due_at - max((s.length for s in rule.warn), default=NEAR)
    )


def path(record: Any, entries: list[JournalEntry] = ()) -> list[PathStep]:  # type: ignore[assignment]
    """The procedure's path with the record's place on it, and when and by whom each state was reached (latest)."""
    reached: dict[str, JournalEntry] = {}
    for entry in entries:
        state = entry.said["data"].get("to")
        if state and state != entry.said["data"].get("from"):
            reached.setdefault(str(record.procedure.status(state).label), entry)
    steps = []
    for stop in table.path(record):
        by = reached.get(stop.label) if stop.state != "ahead" else None
        steps.append(PathStep(stop.label, stop.state, by.happened_at if by else None, by.actor_name if by else ""))
    return steps


def proof_url(number: str, entry: str) -> str:
    """Where the journal entry ``chain-seq`` stands in the history of the record."""
    return f"{reverse('history', args=[number])}#j{entry}" if entry else reverse("record", args=[number])


def step_url(record: Any, step: Step) -> str:
    return reverse("step", args=[record.number, step.name])


def buttons(record: Any, actor: Actor, *, primary: str = "") -> tuple[list[Action], list[Action]]:
    """The actions that *actor* may take now, the ordinary one first and prominent; and those that may not be, with why."""
    possible: list[Action] = []
    impossible: list[Action] = []
    for action in table.actions(record, actor):
        if action.possible:
            ordinary = not action.step.detour and not any(button.kind == "primary" for button in possible)
            kind = "primary" if ordinary or action.step.name == primary else "danger" if action.step.name == "cancel" else "plain"
            possible.append(Action(str(action.step.label), href=step_url(record, action.step), kind=kind))
        elif not action.step.detour:
            impossible.append(Action(str(action.step.label), disabled_reason=action.why_not))
    return sorted(possible, key=lambda button: button.kind != "primary"), impossible


def timeline(record: Any, entries: list[JournalEntry]) -> list[Entry]:
    """The history as people read it: who did what when, the three clocks where they differ, the clause, the reason."""
    words.show(entries)
    return [line(entry, record) for entry in entries]


def line(entry: JournalEntry, record: Any = None) -> Entry:
    said = entry.shown
    device = datetime.fromisoformat(said["device_at"]) if said.get("device_at") else None
    late = entry.recorded_at - entry.happened_at > SAME
    return Entry(
        at=entry.happened_at,
        act=label(entry.action),
        who=entry.actor_name,
        for_whom=said.get("for_whom", ""),
        recorded_at=entry.recorded_at if late else None,
        device_at=device if device and abs(device - entry.happened_at) > SAME else None,
        clause=said.get("clause", ""),
        said=_words[entry.action](entry) if entry.action in _words else "",
        reason=said.get("reason", ""),
        changes=_changes(said, record),
        tone="red" if entry.action == "deadline.missed" else "",
        anchor=f"j{entry.chain}-{entry.seq}",
    )


def label(action: str) -> str:
    """What an action is called: the step's label, or the name of a kernel act."""
    form, _dot, name = action.partition(".")
    for procedure in all_procedures():
        if procedure.form == form:
            return str(next((step.label for step in procedure.steps if step.name == name), name))
    return {
        "print": _("打印"),
        "attach": _("上传附件"),
        "announce": _("开始传送附件"),
        "give_up": _("附件不再传送"),
        "export": _("导出"),
        "deadline.missed": _("时限超时"),
        "sign": _("签名"),
        "void_signature": _("签字作废"),
        "forget": _("删除个人信息"),
        "shelf.taken": _("来件已补录"),
        "shelf.dropped": _("来件不用了"),
        "shelf.sent_again": _("来件已改好重发"),
        "person.copy": _("下载副本"),
        "person.cleaned": _("已清理文件和空间"),
        "deviation.accepted": _("偏差已接受"),
        "deviation.raised": _("开具不合格报告"),
    }.get(action, action)


QUIET = {"status", "branch_id", "engineer_id", "cover", "created_at", "number", "photos", "checklist", "parts"}


def _changes(said: dict[str, Any], record: Any) -> list[Change]:
    """The fields that an amendment changed, by their labels; what a step set for the first time goes without saying."""
    if record is None:
        return []
    changes = []
    for name, before in said.get("before", {}).items():
        after = said["after"].get(name)
        if name not in QUIET and before not in (None, "", [], {}) and not str(before).startswith("hmac:"):
            changes.append(Change(_field_label(record, name), before, after))
    return changes


def _field_label(record: Any, name: str) -> str:
    try:
        return str(record._meta.get_field(name.removesuffix("_id")).verbose_name)
    except FieldDoesNotExist:
        return name


def now_sentence(record: Any) -> str:
    """Where the record stands, in words."""
    return str(procedure_label(record.procedure, record.status))


def awaited(record: Any, actor: Actor) -> str:
    """Who must do what next, when it is not this person: the ordinary step from here, also one taken on another record."""
    step = next((step for step in record.procedure.from_state(record.status) if not step.detour), None)
    if step is None or (not step.follows and who_may(step, record, actor)):
        return ""
    return _("等待%(who)s：%(step)s") % {"who": "、".join(str(party.label) for party in step.by[:2]), "step": step.label}


def clock_label(procedure: Procedure, name: str) -> str:
    """What the clock is called; its name when the procedure has it no longer."""
    return next((str(clock.label) for clock in procedure.clocks if clock.name == name), name)


def procedure_label(procedure: Procedure, state: str) -> str:
    return str(procedure.status(state).label)
