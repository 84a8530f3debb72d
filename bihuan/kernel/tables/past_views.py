"""A record as it stood at a moment, with the rules in force then; and the text of a procedure's revision. Nothing can be done here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from ..access.actors import Actor
from ..access.refusals import Invalid, NotFound
from ..procedures.registry import all_procedures
from ..ui.pieces import Action
from . import revisions, show
from .asof import ClockThen, Past, calendar_revision, moment_of, rebuilt
from .models import RuleRevision
from .pages import page_of, record_by_number

LEFT_OUT = {"number", "status", "is_open", "next_due_at", "photos"}  # shown elsewhere on the page


@login_required
@require_GET
def as_of(request: HttpRequest, number: str) -> HttpResponse:
    """The record as it stood at ``?at=`` (branch time where no zone is named); without it the question alone."""
    record = record_by_number(request.actor, number)
    zone, asked, refusal, past = record.branch.zone, request.GET.get("at", ""), None, None
    if asked:
        try:
            past = rebuilt(record, moment_of(asked, zone))
        except Invalid as problem:
            refusal = problem
    shown = past.at if past else timezone.now()
    context = {
        "record": record,
        "head": {"title": _("历史样子"), "number": record.number, "line": [str(record.procedure.title)]},
        "head_actions": [Action(_("看现在"), href=reverse("record", args=[record.number]), icon="back")],
        "zone": zone,
        "past": past,
        "asked": asked if refusal else timezone.localtime(shown, zone).strftime("%Y-%m-%dT%H:%M:%S" if asked else "%Y-%m-%dT%H:%M"),
        "refusal": refusal,
    }
    context |= _shown(past, record, request.actor) if past else {}
    return render(request, "tables/as_of.html", context, status=refusal.status if refusal else 200)


def _shown(past: Past, record: Any, actor: Actor) -> dict[str, Any]:
    newest_first = past.entries[::-1]
    return {
        "path": show.path(past.record, newest_first),
        "stood": list(_stood(past)),
        "facts": list(_facts(past, actor)),
        "clocks": [(clock, show.clock_label(record.procedure, clock.clock), *_standing(clock, past)) for clock in past.clocks[::-1]],
        "signatures": [(row, str(row.get_meaning_display())) for row in past.signatures],
        "files": past.attachments,
        "entries": show.timeline(record, newest_first[:200]),
        "rules": _rules(past),
    }


def _stood(past: Past) -> Iterator[tuple[str, Any]]:
    yield _("状态"), show.procedure_label(past.record.procedure, past.record.status)
    yield _("经办人"), _holder(past) or "—"
    yield _("版本"), past.record.version
    last = past.entries[-1]
    yield _("最后一条日志"), f"{last.chain}/{last.seq} · {show.label(last.action)} · {last.actor_name}"


def _holder(past: Past) -> str:
    """The person whose turn it was by name."""
    holder = past.record.holder_id()
    person = get_user_model().objects.filter(pk=holder).first() if holder else None
    return str(person or "")


def _facts(past: Past, actor: Actor) -> Iterator[tuple[str, Any]]:
    """The form's own fields by their labels; those without a label are the machine's, those kept as commitments say so."""
    told = page_of(past.record).told
    for field in past.record._meta.concrete_fields:
        label = str(field.verbose_name)
        if field.primary_key or field.name in LEFT_OUT or label == field.name.replace("_", " "):
            continue
        if field.attname in past.withheld:
            yield label, _("（只存有加密校验值，原文已改动或删除）")
            continue
        value = getattr(past.record, field.name)
        if value in (None, "", [], {}):
            continue
        if field.choices:
            value = past.record._meta.model._get_FIELD_display(past.record, field)
        value = told(field.name, value, actor)
        yield label, _lines(value) if isinstance(value, list | dict) else value


def _lines(value: Any) -> str:
    """A list of small things in one text: what each says, without keys, hashes and empty places."""
    rows = value if isinstance(value, list) else [value]
    texts = []
    for row in rows:
        parts = row.items() if isinstance(row, dict) else [("", row)]
        said = [
            "✓" if part is True else str(part) for name, part in parts if part not in (None, "", False) and name not in {"sha256", "handle"}
        ]
        texts.append(" ".join(said))
    return "；".join(texts)


def _standing(clock: ClockThen, past: Past) -> tuple[str, str]:
    verdict = clock.verdict(past.at)
    tone = {"kept": "green", "late_entry": "amber", "missed": "red"}.get(verdict.value, "neutral")
    return str(verdict.label), tone


def _rules(past: Past) -> dict[str, Any]:
    """The revision that the record was under, with its time limits, and the calendar in force."""
    procedure, number = past.record.procedure, past.record.procedure_revision
    text = revisions.text_of(procedure.form, number, past.at)
    limits = next((rows for _heading, rows in revisions.tables(text.text) if rows[0][0] == "时限"), []) if text else []
    return {
        "form": procedure.form,
        "title": procedure.title,
        "number": number,
        "text": text,
        "limits": [(row[0].split(" ")[0], row[3], row[-2]) for row in limits[1:]],
        "calendar": past.record.branch.calendar,
        "calendar_revision": calendar_revision(past),
    }


@login_required
@require_GET
def revision(request: HttpRequest, form: str, number: int) -> HttpResponse:
    """The text of a procedure's revision: as it stood at ``?at=``, else as it stands."""
    procedure = next((found for found in all_procedures() if found.form == form), None)
    at = moment_of(request.GET["at"]) if "at" in request.GET else timezone.now()
    found = (revisions.text_of(form, number, at) or revisions.not_yet_kept(procedure, number)) if procedure else None
    if found is None or procedure is None:
        raise NotFound
    others = list(RuleRevision.objects.filter(code=form).exclude(pk=found.pk).order_by("-in_force_from"))
    context = {"procedure": procedure, "found": found, "tables": list(revisions.tables(found.text)), "others": others}
    return render(request, "tables/revision.html", context)
