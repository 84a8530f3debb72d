"""The procedure as written, and deviations, in words for the pages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from bihuan.kernel.deadlines.compute import Span
from bihuan.kernel.procedures.declare import Clock, Procedure, Step
from bihuan.kernel.procedures.registry import all_procedures
from bihuan.kernel.tables.show import label
from bihuan.kernel.ui.moments import span_text

from .models import Deviation, Kind
from .wording import words_of

Facts = list[tuple[str, Any]]


def clause_facts(procedure: Procedure, clause: str) -> Facts:
    return [
        (_("条款"), f"{clause} {words_of(clause)}"),
        (_("记录"), f"{procedure.form} {procedure.title}（A/{procedure.revision}）"),
    ]


def _filled(facts: Facts) -> Facts:
    return [(name, value) for name, value in facts if value]


def clock_facts(procedure: Procedure, clock: Clock) -> Facts:
    """A time limit as the procedure has it: who, from when to when, how long, who is told."""
    climbs = " → ".join(str(party.label) for party in clock.climbs)
    every = _("（每 {span}）").format(span=_length(clock.climb_every)) if len(clock.climbs) > 1 else ""
    return _filled(
        [
            *clause_facts(procedure, clock.clause),
            (_("时限"), _limit(procedure, clock)),
            (_("起算"), _acts(procedure, clock.starts)),
            (_("完成于"), _acts(procedure, clock.stops)),
            (_("办理"), _who(procedure, clock.stops)),
            (_("逐级上报"), climbs + every),
            (_("自定"), clock.ours),
        ]
    )


def step_facts(procedure: Procedure, step: Step) -> Facts:
    """A step as the procedure has it: who, from where to where, what must be filled in, who may not."""
    states = "、".join(str(procedure.status(state).label) for state in step.move.frm) or "—"
    target = str(procedure.status(step.move.to).label) if step.move.to else _("不变")
    return _filled(
        [
            *clause_facts(procedure, step.clause),
            (_("步骤"), f"{step.label}：{states} → {target}"),
            (_("办理"), "、".join(str(party.label) for party in step.by)),
            (_("须填写"), "、".join(_field(procedure, need) for need in step.needs)),
            (_("两人办理"), _("办理过“{steps}”者不得办理").format(steps=_acts(procedure, step.unlike)) if step.unlike else ""),
            (_("身份"), _("须重新验证身份") if step.reauth else ""),
            (_("同时办理"), "、".join(f"{action.partition('.')[0]} {label(action)}" for action in step.follows.split())),
            (_("自定"), step.ours),
        ]
    )


def _acts(procedure: Procedure, names: tuple[str, ...]) -> str:
    return "、".join(str(procedure.step_named(name).label) for name in names)


def _who(procedure: Procedure, names: tuple[str, ...]) -> str:
    parties = {party.code: str(party.label) for name in names for party in procedure.step_named(name).by}
    return "、".join(parties.values())


def _limit(procedure: Procedure, clock: Clock) -> str:
    if clock.due_from:
        return _("到“{field}”为止").format(field=_field(procedure, clock.due_from))
    if clock.daily_at:
        return _("每日 {time} 前").format(time=f"{clock.daily_at:%H:%M}")
    length = _span(clock.within)
    return (
        _("{length}，自“{field}”起").format(length=length, field=_field(procedure, clock.measured_from)) if clock.measured_from else length
    )


def _span(span: Span) -> str:
    return _("{span}（工作时间）").format(span=_length(span.length)) if span.working else _length(span.length)


def _length(length: dt.timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    return _("{n} 小时").format(n=minutes // 60) if minutes % 60 == 0 else _("{n} 分钟").format(n=minutes)


def _field(procedure: Procedure, name: str) -> str:
    model = apps.get_model(procedure.record)
    if name in getattr(model, "need_labels", {}):
        return str(model.need_labels[name])
    fields = {field.name: field for field in model._meta.concrete_fields}
    return str(fields[name].verbose_name) if name in fields else {"reason": _("原因")}.get(name, name)


def subject_label(subject: str, kind: str) -> str:
    """The name of the step or clock that a deviation is about."""
    form, _dot, name = subject.partition(".")
    procedure = next((found for found in all_procedures() if found.form == form), None)
    if kind == Kind.TIME_LIMIT and procedure is not None:
        return next((str(clock.label) for clock in procedure.clocks if clock.name == name), name)
    return label(subject)


def sentence(deviation: Deviation) -> str:
    """What is not as the procedure says, as one would say it."""
    facts, name = deviation.facts, subject_label(deviation.subject, deviation.kind)
    minutes = facts.get("minutes")
    span = span_text(minutes * 60) if minutes is not None else ""
    match deviation.kind:
        case Kind.TIME_LIMIT if facts.get("verdict") == "late_entry":
            return _("“{name}”按时办理，但到期后才录入").format(name=name)
        case Kind.TIME_LIMIT:
            return _("“{name}”超时 {span}").format(name=name, span=span) if span else _("“{name}”到期没有办理").format(name=name)
        case Kind.ORDER:
            return _("“{name}”与前一步接不上，或不是从规定的状态办理").format(name=name)
        case Kind.FOUR_EYES:
            return _("“{name}”与“{other}”由同一人办理").format(name=name, other=label(facts["also"]))
        case Kind.ROLE:
            return _("“{name}”不是由规定的角色办理").format(name=name)
        case Kind.TOGETHER:
            others = "、".join(f"{action.partition('.')[0]} {label(action)}" for action in facts["with"].split())
            return _("“{name}”单独办理，没有同时的“{others}”").format(name=name, others=others)
        case Kind.BACK_DATED:
            return _("“{name}”所说的时间比前一步“{other}”早 {span}").format(name=name, other=label(facts["before"]), span=span)
        case Kind.LATE:
            return _("“{name}”发生后 {span} 才录入").format(name=name, span=span)
        case _kind:
            return _("编号已发出，但没有这张单据")
