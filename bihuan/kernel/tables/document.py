"""A declared table as the approved procedure text says it. A test compares the two; nothing regenerates the text by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.apps import apps
from django.utils import translation

from ..deadlines.compute import Span
from ..procedures.declare import Clock, Procedure, Step


def markdown(procedure: Procedure) -> str:
    """The table in Chinese Markdown: steps with who, from where to where, what must be filled in, clause; then the time limits."""
    with translation.override("zh-hans"):
        return "\n".join(_lines(procedure)) + "\n"


def _lines(procedure: Procedure) -> Iterator[str]:
    yield f"## {procedure.form} {procedure.title}（A/{procedure.revision} 版）"
    yield ""
    yield "| 步骤 | 由 | 从 | 到 | 须填写 | 条款 | 说明 |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for step in procedure.steps:
        who, needs, notes = _who(step), _needs(step), _notes(procedure, step)
        way = f"{_from(procedure, step)} | {_to(procedure, step)}"
        yield f"| {step.label} `{step.name}` | {who} | {way} | {needs} | {step.clause} | {notes} |"
    if procedure.clocks:
        yield ""
        yield "| 时限 | 起算 | 完成于 | 长度 | 到期前提醒 | 逐级上报 | 条款 | 说明 |"
        yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
        for clock in procedure.clocks:
            turns = f"{_acts(procedure, clock.starts)} | {_acts(procedure, clock.stops)}"
            told = f"{_warnings(clock)} | {_climbs(clock)}"
            yield f"| {clock.label} `{clock.name}` | {turns} | {_length(procedure, clock)} | {told} | {clock.clause} | {clock.ours} |"


def _who(step: Step) -> str:
    return "、".join(str(party.label) for party in step.by)


def _from(procedure: Procedure, step: Step) -> str:
    return "、".join(str(procedure.status(state).label) for state in step.move.frm) or "—"


def _to(procedure: Procedure, step: Step) -> str:
    return str(procedure.status(step.move.to).label) if step.move.to else "不变"


def _needs(step: Step) -> str:
    return "、".join(f"`{need}`" for need in step.needs)


def _notes(procedure: Procedure, step: Step) -> str:
    notes = []
    if step.unlike:
        notes.append(f"不得由办理“{_acts(procedure, step.unlike)}”者办理")
    if step.reauth:
        notes.append("须重新验证身份")
    if step.follows:
        notes.append(f"随 {step.follows} 办理")
    if step.ours:
        notes.append(f"{step.ours}（自定）")
    return "；".join(notes)


def _acts(procedure: Procedure, names: tuple[str, ...]) -> str:
    return "、".join(str(procedure.step_named(name).label) for name in names)


def _length(procedure: Procedure, clock: Clock) -> str:
    if clock.due_from:
        return f"至{_field(procedure, clock.due_from)}"
    if clock.daily_at:
        return f"每日 {clock.daily_at:%H:%M}"
    return _span(clock.within) + (f"，自{_field(procedure, clock.measured_from)}" if clock.measured_from else "")


def _field(procedure: Procedure, name: str) -> str:
    """What the form calls it."""
    return str(apps.get_model(procedure.record)._meta.get_field(name).verbose_name)


def _span(span: Span) -> str:
    return f"{_time(span.length)}{'（工作时间）' if span.working else ''}"


def _time(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    return f"{minutes // 60} 小时" if minutes % 60 == 0 else f"{minutes} 分钟"


def _warnings(clock: Clock) -> str:
    return "、".join(_time(span.length) for span in clock.warn)


def _climbs(clock: Clock) -> str:
    if not clock.climbs:
        return ""
    every = f"（每 {_time(clock.climb_every)}）" if len(clock.climbs) > 1 else ""
    return " → ".join(str(party.label) for party in clock.climbs) + every
