"""The evidence pages: overview, a rule or step with its figures and records, deviations, samples (QM-7)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, Q
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bihuan.kernel.access.refusals import NotAllowed, NotFound, Refusal
from bihuan.kernel.lists.parameters import BadParameter, read
from bihuan.kernel.procedures.declare import Clock, Procedure, Step
from bihuan.kernel.procedures.registry import all_procedures
from bihuan.kernel.replica import may_lag
from bihuan.kernel.tables.show import proof_url
from bihuan.kernel.ui.parts import number
from bihuan.kernel.ui.pieces import Tab
from bihuan.organisation.models import Branch
from bihuan.quality.public import DeclareForm

from . import conformance, dispose, figures, pack, rows, told
from . import sample as samples_of
from .access import Scope, may_check, may_pack, scope_of
from .forms import AcceptForm, DrawForm
from .models import Deviation, Kind, Mark, Run
from .period import Period, period_of, presets
from .steps import step_cells
from .tally import Figures, cells
from .thread_views import packed, require_packer
from .wording import words_of

PATIENCE = 20.0  # seconds that somebody waits for a check; the worker reads the rest
ASKED = ("from", "to", "branch", "show", "after", "state", "kind")
SHOWN = ("", "kept", "late_entry", "missed", "open", "void")


def _asked(request: HttpRequest) -> tuple[Scope, Period, dict[str, str]]:
    """The branches and the period that the address asks for. Raises BadParameter for what no page writes."""
    asked = {name: values[0] for name, values in read(request.GET, single=ASKED).items()}
    scope = scope_of(request.actor, asked.get("branch", ""))
    return scope, period_of(asked.get("from", ""), asked.get("to", "")), asked


def _controls(request: HttpRequest, scope: Scope, period: Period) -> dict[str, Any]:
    here = request.path
    tabs = [Tab(label, f"{here}?{one.query}{scope.query}", current=one == period) for label, one in presets()]
    return {"scope": scope, "period": period, "tabs": tabs, "here": here}


@login_required
@require_GET
@may_lag
def overview(request: HttpRequest) -> HttpResponse:
    """Each procedure, clause by clause: population, kept, broken, open, rate, twelve months; and the rules nobody claims."""
    scope, period, _asked_for = _asked(request)
    waiting = Deviation.objects.filter(branch_id__in=scope.ids, state=Deviation.OPEN).count()
    context = _controls(request, scope, period) | {
        "procedures": figures.overview(scope, period),
        "claims": figures.claims(),
        "waiting": waiting,
        "checked_at": Mark.objects.aggregate(at=Max("checked_at"))["at"],
    }
    return render(request, "evidence/overview.html", context)


def _procedure(form: str) -> Procedure:
    procedure = next((found for found in all_procedures() if found.form == form), None)
    if procedure is None:
        raise NotFound
    return procedure


@login_required
@require_GET
@may_lag
def rule(request: HttpRequest, form: str, name: str) -> HttpResponse:
    """A time limit, or a clause with its time limits and steps."""
    scope, period, asked = _asked(request)
    procedure = _procedure(form)
    clock = next((clock for clock in procedure.clocks if clock.name == name), None)
    if clock is not None:
        return _clock_page(request, procedure, clock, scope, period, asked)
    steps = [step for step in procedure.steps if step.clause == name]
    clocks = [clock for clock in procedure.clocks if clock.clause == name]
    if not steps and not clocks:
        raise NotFound
    found, taken = cells(scope.ids, period.trend), step_cells(scope.ids, period.trend, [f"{form}.{step.name}" for step in steps])
    context = _controls(request, scope, period) | {
        "procedure": procedure,
        "title": name,
        "subtitle": words_of(name),
        "facts": told.clause_facts(procedure, name)[1:],
        "clock_lines": [figures.clock_line(procedure, clock.name, scope, period, found) for clock in clocks],
        "step_lines": [figures.step_line(procedure, step.name, scope, period, taken) for step in steps],
    }
    return render(request, "evidence/clause.html", context)


def _clock_page(
    request: HttpRequest, procedure: Procedure, clock: Clock, scope: Scope, period: Period, asked: dict[str, str]
) -> HttpResponse:
    show = asked.get("show", "")
    if show not in SHOWN:
        raise BadParameter("show")
    found = cells(scope.ids, period.trend, record_type=procedure.record, clock=clock.name)
    line = figures.clock_line(procedure, clock.name, scope, period, found)
    context = _measured(request, procedure, scope, period, line, found) | {
        "title": f"{clock.clause} {clock.label}",
        "subtitle": words_of(clock.clause),
        "clause": clock.clause,
        "facts": told.clock_facts(procedure, clock),
        "counts": _counts(line.figures),
        "list": rows.deadlines(procedure.record, clock.name, scope, period, show=show, after=asked.get("after", "")),
        "list_tabs": [
            Tab(label, f"{request.path}?{period.query}{scope.query}{f'&show={code}' if code else ''}#list", count, code == show)
            for code, label, count in _shows(line.figures)
        ],
        "show": show,
    }
    return render(request, "evidence/rule.html", context)


def _shows(found: Figures) -> list[tuple[str, str, int]]:
    return [
        ("", _("全部"), found.population),
        ("kept", _("按时"), found.kept),
        ("late_entry", _("按时（补录）"), found.late_entry),
        ("missed", _("超时"), found.missed),
        ("open", _("未到期"), found.open),
        ("void", _("不再适用"), found.void),
    ]


def _counts(found: Figures) -> list[tuple[str, str, int]]:
    return [(code, label, count) for code, label, count in _shows(found) if count or code in {"", "kept", "missed", "open"}]


def _measured(request: HttpRequest, procedure: Procedure, scope: Scope, period: Period, line: Any, found: Any) -> dict[str, Any]:
    return _controls(request, scope, period) | {
        "procedure": procedure,
        "line": line,
        "months": (months := figures.by_month(found, period, request.path, scope)),
        "bars": figures.bars(months),
        "branches": figures.by_branch([cell for cell in found if period.holds(cell.month)], period, request.path, scope),
    }


@login_required
@require_GET
@may_lag
def step(request: HttpRequest, form: str, name: str) -> HttpResponse:
    """A step: how often it was taken, and which entries do not conform."""
    scope, period, asked = _asked(request)
    procedure = _procedure(form)
    taking: Step | None = next((found for found in procedure.steps if found.name == name), None)
    if taking is None:
        raise NotFound
    action = f"{form}.{name}"
    if (show := asked.get("show", "")) not in ("", "kept", "missed"):
        raise BadParameter("show")
    found = step_cells(scope.ids, period.trend, [action])
    line = figures.step_line(procedure, name, scope, period, found)
    shown = line.figures
    context = _measured(request, procedure, scope, period, line, found) | {
        "title": f"{taking.clause} {taking.label}",
        "subtitle": words_of(taking.clause),
        "clause": taking.clause,
        "facts": told.step_facts(procedure, taking),
        "counts": [("", _("办理次数"), shown.population), ("kept", _("符合"), shown.kept), ("missed", _("有偏差"), shown.missed)],
        "list": rows.steps(action, scope, period, show=show, after=asked.get("after", "")),
        "list_tabs": [
            Tab(label, f"{request.path}?{period.query}{scope.query}{f'&show={code}' if code else ''}#list", count, code == show)
            for code, label, count in [
                ("", _("全部"), shown.population),
                ("kept", _("符合"), shown.kept),
                ("missed", _("有偏差"), shown.missed),
            ]
        ],
        "show": show,
        "is_step": True,
    }
    return render(request, "evidence/rule.html", context)


@login_required
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Run the conformance check now."""
    if not may_check(request.actor):
        raise NotAllowed(_("符合性检查由审核员、品管、售后服务部部长或管理员发起。"))
    made = conformance.run(request.actor, seconds=PATIENCE)
    found = made.found if made else 0
    messages.success(request, _("检查完成，新发现偏差 {n} 条。").format(n=found))
    return redirect("deviations")


@login_required
@require_GET
@may_lag
def deviations(request: HttpRequest) -> HttpResponse:
    """What does not conform, and what was said about it."""
    scope, _period, asked = _asked(request)
    state, kind = asked.get("state", "open"), asked.get("kind", "")
    if state not in {"open", "accepted", "raised", "all"} or kind not in {"", *Kind.values}:
        raise BadParameter("state" if kind in {"", *Kind.values} else "kind")
    where = Q() if state == "all" else Q(state=state)
    mine = Deviation.objects.filter(branch_id__in=scope.ids)
    counts = dict(mine.filter(where).order_by().values_list("kind").annotate(n=Count("pk")))
    found, following = rows.deviations(scope, where=where & (Q(kind=kind) if kind else Q()), after=asked.get("after", ""))
    here = f"{request.path}?state={state}{scope.query}"
    context = {
        "scope": scope,
        "here": request.path,
        "found": [(one, told.sentence(one), proof_url(one.record_number, one.entry), scope.name(one.branch_id)) for one in found],
        "next": f"{here}{f'&kind={kind}' if kind else ''}&after={following}" if following else "",
        "state": state,
        "kind": kind,
        "states": [Tab(label, f"{request.path}?state={code}{scope.query}", current=code == state) for code, label in _states()],
        "kinds": [
            Tab(_("全部"), here, sum(counts.values()), not kind),
            *(Tab(str(label), f"{here}&kind={code}", counts[code], code == kind) for code, label in Kind.choices if code in counts),
        ],
        "runs": list(Run.objects.order_by("-pk")[:5]),
        "may_check": may_check(request.actor),
    }
    return render(request, "evidence/deviations.html", context)


def _states() -> list[tuple[str, str]]:
    return [("open", _("待处理")), ("accepted", _("已接受")), ("raised", _("开具不合格")), ("all", _("全部"))]


@login_required
@require_GET
def deviation(request: HttpRequest, key: int) -> HttpResponse:
    """One deviation: what, where it shows, and what was said about it."""
    return _deviation_page(request, dispose.one(request.actor, key), AcceptForm())


@login_required
@require_POST
def accept(request: HttpRequest, key: int) -> HttpResponse:
    """Accept a deviation with a reason."""
    found = dispose.one(request.actor, key)
    if no := dispose.why_not(found, request.actor):
        raise NotAllowed(no)
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return _deviation_page(request, found, form)
    try:
        dispose.accept(found, by=request.actor, at=timezone.now(), reason=form.cleaned_data["reason"])
    except Refusal as problem:
        return _deviation_page(request, found, form, problem)
    messages.success(request, _("{number} 已接受。").format(number=found.number))
    return redirect("deviations")


@login_required
@require_POST
def nonconformity(request: HttpRequest, key: int) -> HttpResponse:
    """Make a deviation a nonconformity."""
    found = dispose.one(request.actor, key)
    if no := dispose.why_not(found, request.actor):
        raise NotAllowed(no)
    form = DeclareForm(request.POST, branch=Branch(pk=found.branch_id))
    if not form.is_valid():
        return _deviation_page(request, found, AcceptForm(), declaring=form)
    try:
        made = dispose.make_nonconformity(found, by=request.actor, at=timezone.now(), **form.cleaned_data)
    except Refusal as problem:
        return _deviation_page(request, found, AcceptForm(), problem, declaring=form)
    messages.success(request, _("已开具不合格报告 {number}。").format(number=made.number))
    return redirect("record", made.number)


def _deviation_page(
    request: HttpRequest, found: Deviation, form: AcceptForm, refusal: Refusal | None = None, *, declaring: DeclareForm | None = None
) -> HttpResponse:
    wrong = form.errors or (declaring is not None and declaring.errors)
    declaring = declaring or DeclareForm(branch=Branch(pk=found.branch_id), initial={"description": told.sentence(found)})
    context = {
        "forms": {"accept": form, "declare": declaring},
        "declaring": declaring,
        "found": found,
        "sentence": told.sentence(found),
        "found_at": quote(found.found_at.isoformat()),
        "proof": proof_url(found.record_number, found.entry) if found.record_id else "",
        "facts": _facts(found, scope_of(request.actor)),
        "form": form,
        "refusal": refusal,
        "why_not": dispose.why_not(found, request.actor),
    }
    return render(request, "evidence/deviation.html", context, status=refusal.status if refusal else 422 if wrong else 200)


def _facts(found: Deviation, scope: Scope) -> list[tuple[str, Any]]:
    return [
        (_("类别"), str(Kind(found.kind).label)),
        (_("条款"), f"{found.clause} {words_of(found.clause)}"),
        (_("分公司"), scope.name(found.branch_id)),
        (_("日志条目"), number(found.entry, reverse("journal-entry", args=[found.entry])) if found.entry else ""),
        (_("谁"), found.actor_name),
        (_("发生时间"), found.happened_at),
        (_("发现时间"), found.found_at),
    ]


@login_required
@require_http_methods(["GET", "POST"])
def samples(request: HttpRequest) -> HttpResponse:
    """Draw a sample, and the samples drawn before."""
    scope, period, _asked_for = _asked(request)
    refusal: Refusal | None = None
    form = DrawForm(request.POST) if request.method == "POST" else DrawForm()
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = samples_of.draw(
                request.actor, form=given["form"], size=given["size"], seed=given["seed"], scope=scope, period=period, at=timezone.now()
            )
        except Refusal as problem:
            refusal = problem
            if problem.field in form.fields:
                form.add_error(problem.field, problem.sentence)
        else:
            return redirect("sample", made.pk)
    context = _controls(request, scope, period) | {"form": form, "refusal": refusal, "draws": samples_of.all_of(request.actor)}
    return render(request, "evidence/samples.html", context, status=refusal.status if refusal else 422 if form.errors else 200)


@login_required
@require_GET
def sample(request: HttpRequest, key: int) -> HttpResponse:
    """A sample with its records, and whether the same draw gives the same today."""
    made = samples_of.one(request.actor, key)
    context = {
        "made": made,
        "period": Period(made.first_month, made.last_month),
        "again": samples_of.again(request.actor, made),
        "may_pack": may_pack(request.actor),
        "records": samples_of.shown(request.actor, made),
    }
    return render(request, "evidence/sample.html", context)


@login_required
@require_GET
def sample_pack(request: HttpRequest, key: int) -> FileResponse:
    """The records of a sample as an audit pack."""
    made = samples_of.one(request.actor, key)
    require_packer(request.actor)
    records = pack.records_of(request.actor, _procedure(made.form), made.numbers)
    return packed(request.actor, records, {"sample": made.number, "seed": made.seed}, made.number)
