"""The pages every controlled record has: itself, each step's form, its print, its history, its attachments."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ..access.refusals import Conflict, Invalid, NotFound, Refusal
from ..deadlines.models import Deadline
from ..files.arriving import still_to_come
from ..files.models import Attachment
from ..files.store import all_or_none, attach
from ..journal.read import history
from ..journal.write import unit
from ..printing.runs import is_current, print_record
from ..procedures.engine import require_party
from ..procedures.registry import all_procedures
from ..shelf import settle
from ..shelf import told as shelf_words
from ..shelf.models import Shelved
from ..ui.pieces import Action
from . import show
from .diagram import svg
from .matrix import matrix, parties
from .models import RuleRevision
from .pages import page_of, record_by_number, tools_for
from .perform import InvalidForm, StepForm, form_class, perform, step_of
from .uploads import require_attacher

SHOWN = 30  # entries of the history on the record page; the rest on its own page


def _common(record: Any, request: HttpRequest) -> dict[str, Any]:
    page = page_of(record)
    tools = [
        Action(_("打印"), href=reverse("print", args=[record.number]), icon="printer", shortcut="p"),
        Action(_("截至某时"), href=reverse("as-of", args=[record.number]), icon="history"),
        *tools_for(record, request.actor),
    ]
    head = {"title": page.title(record), "number": record.number, "line": page.line(record)}
    return {"record": record, "zone": record.branch.zone, "head_actions": tools, "head": head}


@login_required
@require_GET
def record_page(request: HttpRequest, number: str) -> HttpResponse:
    """What it is, where it stands, what I may do next (and why not), who did what when, what belongs to it."""
    record = record_by_number(request.actor, number)
    page, entries = page_of(record), history(record, SHOWN + 1)
    deadlines = list(Deadline.objects.filter(record_type=record._meta.label, record_id=record.pk).order_by("-id")[:12])
    possible, impossible = show.buttons(record, request.actor)
    context = _common(record, request) | {
        "now": show.now_sentence(record),
        "awaited": show.awaited(record, request.actor),
        "final": record.status in record.procedure.final,
        "now_clock": show.next_clock(record) if record.next_due_at else None,
        "possible": possible,
        "impossible": impossible,
        "path": show.path(record, entries),
        "entries": show.timeline(record, entries[:SHOWN]),
        "more_entries": len(entries) > SHOWN,
        "deadlines": [(deadline, show.clock(deadline)) for deadline in deadlines],
        "attachments": list(Attachment.objects.filter(record_type=record._meta.label, record_id=record.pk).order_by("id")[:60]),
        "attach_kinds": page.attach_kinds,
        "to_come": still_to_come(record) if page.attach_kinds else None,
        "print_is_current": is_current(request.GET["p"], record) if "p" in request.GET else None,
    }
    return render(request, page.template, context | page.context(record, request.actor))


@login_required
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """The form of a step, and the taking of it. What was typed stays when it is refused."""
    record = record_by_number(request.actor, number)
    taking = step_of(record, name)
    require_party(taking, record, request.actor)
    refusal: Refusal | None = None
    made = form_class(record, taking)
    shelved = _shelved(request, record, name)
    initial = _initial(record, request) | (shelf_words.initial(shelved, made.base_fields) if shelved else {})
    form = made(initial=initial, record=record, actor=request.actor, step=taking)
    if request.method == "POST":
        try:
            perform(record, name, by=request.actor, data=request.POST, files=request.FILES)
        except InvalidForm as problem:
            form, refusal = cast(StepForm, problem.form), problem
        except Refusal as problem:
            form, refusal = _with_refusal(record, taking, request, problem), problem
        else:
            _taken_over(request, shelved, record)
            messages.success(request, _("%(number)s：已%(step)s") % {"number": record.number, "step": taking.label})
            return redirect(_next(request, record))
    context = _common(record, request) | {
        "step": taking,
        "form": form,
        "refusal": refusal,
        "next": request.GET.get("next", ""),
        "shelved": shelved,
    }
    context["to_come"] = still_to_come(record)
    return render(request, "tables/step.html", context, status=refusal.status if refusal else 200)


def _shelved(request: HttpRequest, record: Any, name: str) -> Shelved | None:
    """What waits on the shelf and is being entered here; nobody's else, and only for this very step."""
    asked = request.POST.get("shelved") or request.GET.get("shelved") or ""
    return settle.waiting(request.actor, asked, f"{record.procedure.form}.{name}") if asked else None  # type: ignore[attr-defined]


def _taken_over(request: HttpRequest, shelved: Shelved | None, record: Any) -> None:
    """After the step, not with it: a wrong password must be counted whatever becomes of the rest (#15)."""
    if shelved is None:
        return
    try:
        settle.take(shelved, by=request.actor, at=timezone.now(), into=record)  # type: ignore[attr-defined]
    except Conflict as problem:
        messages.warning(request, problem.sentence)


def _initial(record: Any, request: HttpRequest) -> dict[str, Any]:
    initial = {field.attname.removesuffix("_id"): getattr(record, field.attname) for field in record._meta.concrete_fields}
    initial.pop("at", None)
    return initial | {name: request.GET[name] for name in request.GET if name not in {"next", "shelved"}}


def _with_refusal(record: Any, taking: Any, request: HttpRequest, problem: Refusal) -> StepForm:
    form = form_class(record, taking)(request.POST, request.FILES, record=record, actor=request.actor, step=taking)
    form.is_valid()
    if problem.field in form.fields:
        form.add_error(problem.field, problem.sentence)
    return form


def _next(request: HttpRequest, record: Any) -> str:
    """Where to go after a step: back to an own page that was asked for, else to the record."""
    wanted = request.POST.get("next", "")
    return wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) else f"/r/{record.number}/"


@login_required
@require_GET
def record_print(request: HttpRequest, number: str) -> HttpResponse:
    """The controlled form as PDF."""
    record = record_by_number(request.actor, number)
    pdf = print_record(page_of(record).form(record, request.actor), record, by=request.actor)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{record.number}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_GET
def record_history(request: HttpRequest, number: str) -> HttpResponse:
    """The whole history, page by page."""
    record = record_by_number(request.actor, number)
    entries = history(record, 500)
    return render(request, "tables/history.html", _common(record, request) | {"entries": show.timeline(record, entries), "raw": entries})


@login_required
@require_POST
def record_attach(request: HttpRequest, number: str) -> HttpResponse:
    """Add a file to an open record; who may take a step on it may add to it."""
    record = record_by_number(request.actor, number)
    kind, uploads = request.POST.get("kind", ""), request.FILES.getlist("file")
    require_attacher(record, request.actor, kind)
    if not uploads:
        raise Invalid(_("请选择要上传的文件。"), field="file")
    with all_or_none(uploads, kind=kind) as received, unit():
        for one in received:
            attach(record, one, kind=kind, by=request.actor, at=timezone.now(), client_key=request.POST.get("client_key", ""))
    return redirect(_next(request, record))


@login_required
@require_GET
def procedures(request: HttpRequest) -> HttpResponse:
    """All declared procedures."""
    return render(request, "tables/procedures.html", {"procedures": all_procedures()})


@login_required
@require_GET
def procedure_page(request: HttpRequest, form: str) -> HttpResponse:
    """A procedure as it runs: diagram, steps with clause, role × step matrix, clocks."""
    procedure = next((found for found in all_procedures() if found.form == form), None)
    if procedure is None:
        raise NotFound
    kept = RuleRevision.objects.filter(code=form).order_by("-in_force_from")
    context = {"procedure": procedure, "diagram": svg(procedure), "parties": parties(procedure), "matrix": matrix(procedure), "kept": kept}
    return render(request, "tables/procedure.html", context)
