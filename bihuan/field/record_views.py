"""The service record on the phone: its cards, the customer's signature or refusal, and what comes next."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bihuan.kernel.access.refusals import Conflict, NotFound, Refusal
from bihuan.kernel.files.arriving import own_to_come
from bihuan.kernel.signing.show import signature_line
from bihuan.kernel.signing.sign import current_signatures
from bihuan.kernel.ui import notices
from bihuan.service.models import Outcome, ServiceRecord
from bihuan.service.procedure import F

from . import job, saving, summary
from .access import my_records, one
from .cards import CARDS, Typed, fingerprint
from .day import day_of
from .keeping import mine, put_aside
from .pictures import KINDS, by_kind, pictures_of
from .rows import check_lines, part_lines, spans
from .states import all_states, card_states, is_ready
from .steps import blank, onward, page, typed


def _place(record: ServiceRecord) -> dict[str, Any]:
    call = record.order.request
    who, phone = job.caller(call)
    return {
        "record": record,
        "order": record.order,
        "call": call,
        "title": job.title(call),
        "machine": job.machine(call),
        "who": who,
        "phone": phone,
        "spoken": job.spoken(phone),
        "tel": job.dial(phone),
    }


@login_required
@require_GET
def my_record(request: HttpRequest, number: str) -> HttpResponse:
    """The five cards; once signed or refused, what was signed."""
    record = one(my_records(request.actor), number)
    if record.status != F.OPEN:
        return onward(request, reverse("my-done", args=[number]))
    return _cards_page(request, record)


def _cards_page(
    request: HttpRequest, record: ServiceRecord, refusal: Refusal | None = None, code: str = "", sent: Typed | None = None
) -> HttpResponse:
    """All cards in one document, so that going from one to the next needs no signal. *sent*: what was refused on card *code*."""
    flat: dict[str, Any] = {name: card.flat(record) for name, card in CARDS.items()}
    if sent is not None:
        flat[code] = sent
    pictures, coming = pictures_of(record), own_to_come(record, request.actor)  # type: ignore[attr-defined]
    context = _place(record) | {
        "states": all_states(record, len(pictures), len(coming)),
        "cards": [(card, fingerprint(card, record)) for card in CARDS.values()],
        "check": flat["check"],
        "lines": check_lines(record, flat["check"]),
        "work": flat["work"],
        "outcomes": Outcome.choices,
        "spans": spans(record, flat["work"]),
        "parts": part_lines(flat["parts"]),
        "pictures": by_kind(pictures, coming),
        "current": code,
    }
    return page(request, "field/record.html", context, zone=record.branch.zone, refusal=refusal)


@login_required
@require_POST
def save_card(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Keep what was typed on one card: for the page's module as JSON, for a browser without it as the page."""
    record: ServiceRecord | None = None
    try:
        if code not in CARDS:
            raise NotFound
        record = mine(request, my_records, number, "fill_in", CARDS[code])
        kept = saving.save(record, CARDS[code], request.POST, by=request.actor)
    except Refusal as problem:
        if record is not None and not isinstance(problem, saving.Overtaken):  # there the phone holds both and asks
            put_aside(problem, request, record._meta.label, "fill_in", record, card=CARDS[code])
        if _wants_json(request):
            return _refused(problem)
        if problem.status not in {409, 422}:
            raise
        return _cards_page(request, one(my_records(request.actor), number), problem, code, request.POST)
    if _wants_json(request):
        return _kept(kept, code)
    return onward(request, reverse("my-record", args=[number]) + f"#{request.POST.get('onward', code)}")


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _kept(record: ServiceRecord, code: str) -> JsonResponse:
    states = [{"code": state.code, "state": state.state, "note": state.note} for state in card_states(record)]
    answer = {"ok": True, "saved_at": timezone.now().isoformat(), "version": record.version, "base": fingerprint(CARDS[code], record)}
    return JsonResponse(answer | {"cards": states, "ready": is_ready(record)})


def _refused(problem: Refusal) -> JsonResponse:
    answer: dict[str, Any] = {"ok": False, "sentence": problem.sentence, "field": problem.field, "code": problem.code}
    if isinstance(problem, saving.Overtaken):
        answer |= {"theirs": problem.theirs, "base": problem.base}
    return JsonResponse(answer, status=problem.status)


@login_required
@require_GET
def photos(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """The photos of one kind, as the fragment that takes the list's place after an upload."""
    record = one(my_records(request.actor), number)
    if kind not in KINDS:
        raise NotFound
    kinds = by_kind(pictures_of(record), own_to_come(record, request.actor))
    found, coming = next((pictures, coming) for code, _label, pictures, coming in kinds if code == kind)
    context = {"pictures": found, "coming": coming, "label": KINDS[kind], "zone": record.branch.zone}
    return render(request, "field/photo_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, number: str) -> HttpResponse:
    """The customer reads in large type what was found and done, and signs below it."""
    return _closing(request, number, "sign", "field/sign.html")


@login_required
@require_http_methods(["GET", "POST"])
def refuse(request: HttpRequest, number: str) -> HttpResponse:
    """The customer will not sign: why, and who saw it."""
    return _closing(request, number, "refuse", "field/refuse.html")


def _closing(request: HttpRequest, number: str, name: str, template: str) -> HttpResponse:
    record = mine(request, my_records, number, name)
    refusal: Refusal | None = None
    was_open = record.status == F.OPEN
    if record.status == F.OPEN and request.method == "POST":
        refusal = _close(request, record, name)
        record = one(my_records(request.actor), number)
    if record.status != F.OPEN:  # done now, or already before: an answer that was lost on the way is given again
        if request.method == "POST" and (refusal or not was_open):
            _too_late(request, record, name)
        return onward(request, reverse("my-done", args=[number]))
    form = typed(record, name, request) if refusal else blank(record, name, request)
    if refusal and refusal.field in form.fields and not form.errors:
        form.add_error(refusal.field, refusal.sentence)
    context = _place(record) | summary.of(record) | {"form": form, "seen": saving.as_read(record), "lacking": _lacking(record)}
    return page(request, template, context, zone=record.branch.zone, refusal=refusal)


def _too_late(request: HttpRequest, record: ServiceRecord, name: str) -> None:
    """The record was closed before, perhaps with other words than these."""
    problem = Conflict(_("%(number)s 已经办结。") % {"number": record.number})
    put_aside(problem, request, record._meta.label, name, record)
    if problem.more:
        notices.warn(request, problem.sentence)


def _close(request: HttpRequest, record: ServiceRecord, name: str) -> Refusal | None:
    with timezone.override(record.branch.zone):
        try:
            saving.close(record, name, request.POST, by=request.actor)
        except Refusal as problem:
            return problem
    said = _("客户已签字，本次服务完成。") if name == "sign" else _("已登记拒签，分公司负责人会处理。")
    notices.done(request, said, draft=f"field-{name}-{record.number}")
    return None


def _lacking(record: ServiceRecord) -> list[Any]:
    return [state for state in card_states(record) if state.state == "todo"]


@login_required
@require_GET
def done(request: HttpRequest, number: str) -> HttpResponse:
    """What was signed or refused, read only, and the next job."""
    record = one(my_records(request.actor), number)
    if record.status == F.OPEN:
        return onward(request, reverse("my-record", args=[number]))
    lines = [signature_line(signature, record=record, zone=record.branch.zone) for signature in current_signatures(record)]
    context = _place(record) | summary.of(record) | {"signatures": lines, "next": day_of(request.actor).next}
    return page(request, "field/done.html", context, zone=record.branch.zone)
