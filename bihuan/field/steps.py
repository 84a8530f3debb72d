"""Steps from the phone's pages: taken, or refused with everything typed kept; the answer as a page or to htmx alike."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel.access.idempotency import Answer, KeyReused, fingerprint, once
from bihuan.kernel.access.refusals import Conflict, Refusal
from bihuan.kernel.tables.perform import InvalidForm, StepForm, form_class, perform, step_of

from .keeping import put_aside


def blank(record: Any, name: str, request: HttpRequest, **initial: Any) -> StepForm:
    """The form of step *name*, not yet filled in."""
    step = step_of(record, name)
    return form_class(record, step)(initial=initial, record=record, actor=request.actor, step=step, auto_id=f"{name}-%s")


def take(record: Any, name: str, request: HttpRequest) -> tuple[Refusal | None, StepForm | None]:
    """Take step *name* with what was posted. (None, None) when done, else the refusal and the form with all that was typed."""
    return _kept(_take(record, name, request), record, name, request)


def _kept(
    outcome: tuple[Refusal | None, StepForm | None], record: Any, name: str, request: HttpRequest
) -> tuple[Refusal | None, StepForm | None]:
    """A refusal that comes from how things stand leaves what was written with the office, after all was undone."""
    if outcome[0] is not None:
        put_aside(outcome[0], request, record._meta.label, name, record)
    return outcome


def _take(record: Any, name: str, request: HttpRequest) -> tuple[Refusal | None, StepForm | None]:
    zone = record.branch.zone  # times are typed as the branch's clocks show them
    with timezone.override(zone):
        try:
            perform(record, name, by=request.actor, data=request.POST, files=request.FILES)
        except InvalidForm as problem:
            return problem, typed(record, name, request)
        except Refusal as problem:
            form = typed(record, name, request)
            if problem.field in form.fields:
                form.add_error(problem.field, problem.sentence)
            return problem, form
    return None, None


def take_once(record: Any, name: str, request: HttpRequest) -> tuple[Refusal | None, StepForm | None]:
    """The same for a step that may be taken again and again: what arrives twice under one ``client_key`` counts once (#58)."""
    refused: list[Any] = []

    def act() -> Answer:
        problem, form = _take(record, name, request)
        if problem is not None:
            refused[:] = [problem, form]
            raise problem
        return Answer(200, "")

    key = f"{record.number}.{name}.{request.POST.get('client_key', '')}"[-80:]
    try:
        once(request.actor.person_id, key, fingerprint("POST", request.path, _said(request)), act)
    except KeyReused as problem:
        problem.sentence = _("刚才那一条已经送达。要补充，请重新打开本页后另写一条。")
        put_aside(problem, request, record._meta.label, name, record)
        return Conflict(problem.sentence), typed(record, name, request)
    except Refusal:
        return _kept((refused[0], refused[1]), record, name, request)
    return None, None


def _said(request: HttpRequest) -> bytes:
    return repr(sorted((name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken")).encode()


def typed(record: Any, name: str, request: HttpRequest) -> StepForm:
    """The form of step *name* with what was posted, its errors told."""
    step = step_of(record, name)
    form = form_class(record, step)(request.POST, request.FILES, record=record, actor=request.actor, step=step, auto_id=f"{name}-%s")
    form.is_valid()
    return form


def page(request: HttpRequest, template: str, context: dict[str, Any], *, zone: Any = None, refusal: Refusal | None = None) -> HttpResponse:
    """*template* by the branch's clock; with a refusal its status, and for htmx the mark that the answer is to be shown."""
    with timezone.override(zone):
        response = render(request, template, {**context, "zone": zone, "refusal": refusal}, status=refusal.status if refusal else 200)
    if refusal and request.headers.get("HX-Request"):
        response["HX-Fragment"] = "page"
    return response


def onward(request: HttpRequest, to: str) -> HttpResponse:
    """After a step: the browser goes on to *to*, sent there by htmx or by itself."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": to})
    return redirect(to)
