"""What the procedures say, told a second time: a small model of requests, orders, service records and their time limits.

Written from the approved text (docs/procedures/AS.md) and from nothing of the program: no table, verb or predicate of
Bihuan is imported, so that a mistake in them is not repeated here. Moments are aware; a status is that of HTTP.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

HERE = ZoneInfo("Asia/Shanghai")
HQ = "ZB"
BEFORE = "registered,forwarded,assigned,contacted"
UNDER_WAY = "drafted,submitted,approved,released,accepted,travelling"

# step, from, to (= stays), who
STEPS = """
BX.forward           registered                                    forwarded   service_desk export_desk
BX.reroute           forwarded,assigned,contacted                  forwarded   service_desk export_desk after_sales_head
BX.assign            forwarded                                     assigned    branch_lead export_desk
BX.reassign          assigned,contacted                            =           branch_lead export_desk
BX.contact           assigned                                      contacted   assignee
BX.solve_by_phone    registered,forwarded,assigned,contacted       closed      service_desk export_desk branch_lead assignee
BX.hold              contacted                                     =           branch_lead assignee
BX.resume            contacted                                     =           branch_lead assignee
BX.visit_again       reviewed                                      contacted   branch_lead export_desk
BX.close             reviewed                                      closed      service_desk export_desk branch_lead
BX.cancel            registered,forwarded,assigned,contacted       cancelled   service_desk export_desk branch_lead
PG.amend             drafted                                       =           branch_lead service_desk export_desk
PG.submit            drafted                                       submitted   branch_lead service_desk export_desk
PG.approve           submitted                                     approved    after_sales_head
PG.reject            submitted                                     drafted     after_sales_head
PG.release_by_phone  drafted,submitted                             released    branch_lead service_desk export_desk
PG.confirm           released,accepted,travelling,on_site,done     =           after_sales_head
PG.accept            approved,released                             accepted    assignee
PG.decline           approved,released                             drafted     assignee
PG.depart            accepted                                      travelling  assignee
PG.arrive            travelling                                    on_site     assignee
PG.report            travelling,on_site                            =           assignee
PG.cancel            drafted,submitted,approved,released,accepted,travelling  cancelled  branch_lead service_desk export_desk
FW.fill_in           open                                          =           assignee
FW.sign              open                                          signed      assignee
FW.refuse            open                                          refused     assignee
FW.send_back         signed,refused                                open        branch_lead export_desk
FW.review            signed,refused                                reviewed    branch_lead export_desk
"""
FOUR_EYES = {
    "PG.approve": ("draft", "submit"), "PG.confirm": ("draft", "release_by_phone"), "FW.review": ("sign", "refuse"), "FW.send_back": ("sign", "refuse"),
}  # fmt: skip

# clock, started by, met by, ended by, length: m minutes and h hours round the clock, w working hours
CLOCKS = """
BX.forwarding      register                      forward,solve_by_phone             cancel                    10m
BX.first_contact   register                      contact,solve_by_phone             cancel                    1h
BX.plan_visit      contact,visit_again,undispatch  dispatch,solve_by_phone          cancel                    8w
BX.review          sign,refuse                   review,correct                     -                         16w
BX.closing         review                        close,visit_again                  -                         16w
PG.approval        submit                        approve,reject                     cancel,release_by_phone   2w
PG.phone_approval  release_by_phone              confirm                            cancel,decline            24h
PG.acceptance      approve,release_by_phone      accept,decline                     cancel                    2h
PG.arrival         approve,release_by_phone      arrive                             cancel,decline            planned
PG.daily_report    depart,report,reopen          report,finish                      cancel                    daily
PG.drafting        draft,reject,decline          submit,release_by_phone            cancel                    4w
"""
OFFICE = ((dt.time(8, 30), dt.time(12)), (dt.time(13, 30), dt.time(17, 30)))
FINISHED = {"repaired", "inspected"}


@dataclass(frozen=True)
class Step:
    frm: frozenset[str]
    to: str
    who: tuple[str, ...]


@dataclass(frozen=True)
class Clock:
    form: str
    name: str
    starts: frozenset[str]
    meets: frozenset[str]
    ends: frozenset[str]
    length: str


def _step(line: str) -> tuple[str, Step]:
    name, frm, to, *who = line.split()
    return name, Step(frozenset(frm.split(",")), to, tuple(who))


def _clock(line: str) -> Clock:
    name, starts, meets, ends, length = line.split()
    form, _dot, clock = name.partition(".")
    return Clock(form, clock, frozenset(starts.split(",")), frozenset(meets.split(",")), frozenset(ends.split(",")), length)


TABLE = dict(_step(line) for line in STEPS.strip().splitlines())
TIMES = [_clock(line) for line in CLOCKS.strip().splitlines()]


def working(start: dt.datetime, length: dt.timedelta) -> dt.datetime:
    """*start* and so much office time: Monday to Friday, no holiday in the weeks that the lives are set in."""
    day, left = start.astimezone(HERE).date(), length
    while True:
        for opens, shuts in OFFICE if day.weekday() < 5 else ():
            begin = max(start, dt.datetime.combine(day, opens, HERE))
            end = dt.datetime.combine(day, shuts, HERE)
            if begin < end:
                if left <= end - begin:
                    return begin + left
                left -= end - begin
        day += dt.timedelta(days=1)


def worked(start: dt.datetime, end: dt.datetime) -> dt.timedelta:
    """Office time between two moments."""
    total, day = dt.timedelta(), start.astimezone(HERE).date()
    while day <= end.astimezone(HERE).date():
        for opens, shuts in OFFICE if day.weekday() < 5 else ():
            spell = min(end, dt.datetime.combine(day, shuts, HERE)) - max(start, dt.datetime.combine(day, opens, HERE))
            total += max(spell, dt.timedelta())
        day += dt.timedelta(days=1)
    return total


def eight_in_the_evening(after: dt.datetime) -> dt.datetime:
    due = dt.datetime.combine(after.astimezone(HERE).date(), dt.time(20), HERE)
    return due if due > after else due + dt.timedelta(days=1)


@dataclass
class Timer:
    """One time limit of one paper."""

    paper: Paper
    clock: Clock
    started: dt.datetime
    due: dt.datetime
    branch: str
    state: str = "running"
    said: dt.datetime | None = None
    entered: dt.datetime | None = None
    late: bool = False
    noticed: bool = False  # by the sweep, while it ran
    left: dt.timedelta = dt.timedelta()

    @property
    def lives(self) -> bool:
        return self.state in {"running", "paused"}

    @property
    def verdict(self) -> str:
        if self.lives or self.said is None or self.entered is None:
            return "missed" if self.late else "open"
        if self.state == "ended":
            return "missed" if self.late else "void"
        if self.said > self.due:
            return "missed"
        return "kept" if self.entered <= self.due else "late_entry"

    def stands(self, now: dt.datetime) -> str:
        """The verdict that the figures give: what is past is missed, whoever has noticed."""
        return "missed" if self.verdict == "open" and self.state == "running" and self.due <= now else self.verdict

    def stop(self, state: str, at: dt.datetime, now: dt.datetime) -> None:
        self.state, self.said, self.entered = state, at, now
        self.late = self.late or now > self.due


@dataclass
class Paper:
    """A request, an order or a service record."""

    form: str
    number: str
    branch: str
    status: str
    engineer: str | None = None
    version: int = 1
    of: Paper | None = None  # the order's request, the record's order
    took: list[tuple[str, str]] = field(default_factory=list)  # (step, person)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class World:
    """All papers and time limits, and who is who. ``people``: name → (role, branch) pairs."""

    people: dict[str, list[tuple[str, str]]]
    now: dt.datetime
    papers: list[Paper] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    journal: list[tuple[str, str]] = field(default_factory=list)  # (number, step), since it was last read
    steps: Counter[tuple[str, str]] = field(default_factory=Counter)  # (step, branch) → how often taken
    counters: Counter[tuple[str, str]] = field(default_factory=Counter)

    # who may

    def sees(self, person: str, branch: str) -> bool:
        return any(home in {HQ, branch} for _role, home in self.people[person])

    def holds(self, person: str, role: str, branch: str) -> bool:
        return any(mine == role and home in {HQ, branch} for mine, home in self.people[person])

    def may(self, person: str, who: tuple[str, ...], paper: Paper) -> bool:
        return any(
            paper.engineer == person and self.sees(person, paper.branch) if party == "assignee" else self.holds(person, party, paper.branch)
            for party in who
        )

    def engineers(self, branch: str) -> list[str]:
        return [name for name, roles in self.people.items() if ("field_engineer", branch) in roles]

    def open_order(self, request: Paper) -> Paper | None:
        return next((paper for paper in self.orders(request) if paper.status not in {"done", "cancelled"}), None)

    def orders(self, request: Paper) -> list[Paper]:
        return [paper for paper in self.papers if paper.form == "PG" and paper.of is request]

    def judge(self, person: str, name: str, paper: Paper, sent: dict[str, Any]) -> int:
        """The answer to a well-formed write: 200, or with what it is refused."""
        if not self.sees(person, paper.branch):
            return 404
        if name == "PG.draft":
            return self._judge_draft(person, paper, sent)
        step = TABLE[name]
        if not self.may(person, step.who, paper):
            return 403
        if "engineer" in sent and sent["engineer"] not in self.engineers(paper.branch):
            return 422
        if paper.status not in step.frm:
            return 409
        if any((taken, person) in paper.took for taken in FOUR_EYES.get(name, ())):
            return 403
        return getattr(self, f"_judge_{name[3:]}", lambda _paper, _sent: 200)(paper, sent)

    def _judge_draft(self, person: str, request: Paper, sent: dict[str, Any]) -> int:
        if not self.may(person, ("branch_lead", "service_desk", "export_desk"), request):
            return 403
        if sent["engineer"] not in self.engineers(request.branch):
            return 422
        if request.status != "contacted" or self.open_order(request):
            return 409
        return self._judge_amend(request, sent)

    def _judge_amend(self, _paper: Paper, sent: dict[str, Any]) -> int:
        return 422 if sent["planned_arrival"] <= self.now else 200

    def _judge_reroute(self, request: Paper, sent: dict[str, Any]) -> int:
        if sent["branch"] == request.branch:
            return 422
        return 409 if self.open_order(request) else 200

    def _judge_reassign(self, request: Paper, sent: dict[str, Any]) -> int:
        if sent["engineer"] == request.engineer:
            return 422
        return 409 if self.open_order(request) else 200

    def _judge_contact(self, request: Paper, sent: dict[str, Any]) -> int:
        return 422 if sent.get("at", self.now) < request.facts["called_at"] else 200

    def _judge_solve_by_phone(self, request: Paper, sent: dict[str, Any]) -> int:
        if sent.get("at", self.now) < request.facts["called_at"]:
            return 422
        return 409 if self.open_order(request) else 200

    def _judge_hold(self, request: Paper, _sent: dict[str, Any]) -> int:
        return 409 if request.facts["hold"] else 200

    def _judge_resume(self, request: Paper, _sent: dict[str, Any]) -> int:
        return 200 if request.facts["hold"] else 409

    def _judge_close(self, request: Paper, _sent: dict[str, Any]) -> int:
        """Not while the head's word is outstanding, nor while the last visit left work to do."""
        visits = [order for order in self.orders(request) if order.status != "cancelled"]
        if any(order.facts["phone_at"] and not order.facts["confirmed"] for order in visits):
            return 409
        last = next(paper for paper in self.papers if paper.form == "FW" and paper.of is visits[-1])
        return 200 if last.facts["outcome"] in FINISHED else 409

    def _judge_release_by_phone(self, _order: Paper, sent: dict[str, Any]) -> int:
        return 422 if sent["phone_approved_at"] > self.now else 200

    def _judge_confirm(self, order: Paper, _sent: dict[str, Any]) -> int:
        return 200 if order.facts["phone_at"] and not order.facts["confirmed"] else 409

    def _judge_sign(self, record: Paper, _sent: dict[str, Any]) -> int:
        return 200 if record.facts["outcome"] else 422

    _judge_refuse = _judge_sign

    # what happens

    def number(self, form: str, branch: str) -> str:
        self.counters[form, branch] += 1
        return f"{form}-{branch}-{self.now.astimezone(HERE).year}-{self.counters[form, branch]:06d}"

    def register(self, person: str, branch: str | None, called_at: dt.datetime) -> Paper:
        """A call: passed on at once where the territory says to whom."""
        home = branch or HQ
        request = Paper("BX", self.number("BX", home), home, "registered", version=0)
        request.facts = {"called_at": called_at, "hold": False, "visits": 0}
        self.papers.append(request)
        self._taken(person, request, "register", self.now)
        if branch:
            request.status = "forwarded"
            self._taken(person, request, "forward", self.now)
        return request

    def take(self, person: str, name: str, paper: Paper, sent: dict[str, Any]) -> Paper:
        """Let an accepted step happen; the paper it is about."""
        at = sent.get("at", self.now)
        if name == "PG.draft":
            order = Paper("PG", self.number("PG", paper.branch), paper.branch, "drafted", sent["engineer"], 0, paper)
            order.facts = {"visit": paper.facts["visits"] + 1, "planned": sent["planned_arrival"], "phone_at": None, "confirmed": False}
            self.papers.append(order)
            self._taken(person, order, "draft", at)
            return order
        step = TABLE[name]
        if step.to != "=":
            paper.status = step.to
        if with_it := getattr(self, f"_take_{name.replace('.', '_')}", None):
            with_it(person, paper, sent, at)
        self._taken(person, paper, name[3:], at)
        return paper

    def _taken(self, person: str, paper: Paper, step: str, at: dt.datetime) -> None:
        paper.took.append((step, person))
        paper.version += 1
        self.journal.append((paper.number, f"{paper.form}.{step}"))
        self.steps[f"{paper.form}.{step}", paper.branch] += 1
        self._turn(paper, step, at)

    def _follow(self, person: str, paper: Paper, step: str, status: str, at: dt.datetime) -> None:
        paper.status = status
        self._taken(person, paper, step, at)

    def _take_BX_reroute(self, _person, request, sent, _at):
        request.branch, request.engineer = sent["branch"], None

    def _take_BX_forward(self, _person, request, sent, _at):
        request.branch = sent["branch"]

    def _take_BX_assign(self, _person, request, sent, _at):
        request.engineer = sent["engineer"]

    _take_BX_reassign = _take_BX_assign

    def _take_BX_hold(self, _person, request, _sent, _at):
        request.facts["hold"] = True

    def _take_BX_resume(self, _person, request, _sent, _at):
        request.facts["hold"] = False

    def _take_BX_cancel(self, person, request, _sent, at):
        if order := self.open_order(request):
            self._follow(person, order, "cancel", "cancelled", at)

    def _take_PG_amend(self, _person, order, sent, _at):
        order.engineer, order.facts["planned"] = sent["engineer"], sent["planned_arrival"]

    def _take_PG_approve(self, person, order, _sent, at):
        self._dispatch(person, order, at)

    def _take_PG_release_by_phone(self, person, order, sent, at):
        order.facts["phone_at"] = sent["phone_approved_at"]
        self._dispatch(person, order, at)

    def _dispatch(self, person, order, at):
        order.of.engineer, order.of.facts["hold"] = order.engineer, False
        self._follow(person, order.of, "dispatch", "dispatched", at)

    def _take_PG_confirm(self, _person, order, _sent, _at):
        order.facts["confirmed"] = True

    def _take_PG_decline(self, person, order, _sent, at):
        """The approval, given or confirmed, is void; a new release needs a confirmation of its own."""
        order.facts["phone_at"], order.facts["confirmed"] = None, False
        self._follow(person, order.of, "undispatch", "contacted", at)

    def _take_PG_cancel(self, person, order, _sent, at):
        if order.of.status == "dispatched":
            self._follow(person, order.of, "undispatch", "contacted", at)

    def _take_PG_arrive(self, person, order, _sent, at):
        order.of.facts["visits"] = order.facts["visit"]
        self._follow(person, order.of, "arrive", "on_site", at)
        record = Paper("FW", self.number("FW", order.branch), order.branch, "open", order.engineer, 0, order)
        record.facts = {"outcome": ""}
        self.papers.append(record)
        self._taken(person, record, "begin", at)

    def _take_FW_fill_in(self, _person, record, sent, _at):
        record.facts["outcome"] = sent.get("outcome", record.facts["outcome"])

    def _take_FW_sign(self, person, record, _sent, at):
        self._follow(person, record.of, "finish", "done", at)
        self._follow(person, record.of.of, "sign", "signed", at)

    def _take_FW_refuse(self, person, record, _sent, at):
        self._follow(person, record.of, "finish", "done", at)
        self._follow(person, record.of.of, "refuse", "refused", at)

    def _take_FW_send_back(self, person, record, _sent, at):
        self._follow(person, record.of, "reopen", "on_site", at)
        self._follow(person, record.of.of, "correct", "on_site", at)

    def _take_FW_review(self, person, record, _sent, at):
        self._follow(person, record.of.of, "review", "reviewed", at)

    # time

    def of(self, paper: Paper) -> list[Timer]:
        return [timer for timer in self.timers if timer.paper is paper]

    def next_due(self, paper: Paper) -> Timer | None:
        running = [timer for timer in self.of(paper) if timer.state == "running"]
        return min(running, key=lambda timer: timer.due, default=None)

    def _turn(self, paper: Paper, step: str, at: dt.datetime) -> None:
        met: dict[str, Timer] = {}
        for timer in self.of(paper):
            if not timer.lives:
                continue
            timer.branch = paper.branch
            if step in timer.clock.meets:
                timer.stop("met", at, self.now)
                met[timer.clock.name] = timer
            elif step in timer.clock.ends:
                timer.stop("ended", at, self.now)
            elif timer.clock.name == "plan_visit" and step == "hold":
                self._pause(timer, at)
            elif timer.clock.name == "plan_visit" and step == "resume" and timer.state == "paused":
                timer.state, timer.due = "running", working(at, timer.left)
        ticking = {timer.clock.name for timer in self.of(paper) if timer.lives}
        for clock in TIMES:
            if clock.form == paper.form and step in clock.starts and clock.name not in ticking:
                self._start(paper, clock, at, met.get(clock.name))

    def _pause(self, timer: Timer, at: dt.datetime) -> None:
        if self.now < timer.due:
            timer.state, timer.left = "paused", worked(at, timer.due)

    def _start(self, paper: Paper, clock: Clock, at: dt.datetime, met: Timer | None) -> None:
        start = {
            "forwarding": self.now, "first_contact": paper.facts.get("called_at"), "phone_approval": paper.facts.get("phone_at"),
        }.get(clock.name, at)  # fmt: skip
        if clock.length == "planned":
            due = paper.facts["planned"]
        elif clock.length == "daily":
            due = eight_in_the_evening(max(start, met.due) if met else start)
        else:
            count = int(clock.length[:-1])
            span = dt.timedelta(minutes=count) if clock.length.endswith("m") else dt.timedelta(hours=count)
            due = working(start, span) if clock.length.endswith("w") else start + span
        self.timers.append(Timer(paper, clock, start, due, paper.branch))

    def watched(self) -> None:
        """Somebody looks at every running time limit: what is past is missed for good; a daily duty begins anew."""
        for timer in list(self.timers):
            if timer.state != "running" or timer.due > self.now:
                continue
            timer.late = timer.noticed = True
            if timer.clock.length == "daily":
                timer.stop("ended", self.now, self.now)
                self.timers.append(Timer(timer.paper, timer.clock, timer.due, self._first_evening_after(timer.due), timer.branch))

    def _first_evening_after(self, due: dt.datetime) -> dt.datetime:
        while due <= self.now:
            due += dt.timedelta(days=1)
        return due

    def figures(self) -> Counter[tuple[str, str, str]]:
        """(clock, branch, verdict) → how many."""
        return Counter((timer.clock.name, timer.branch, timer.stands(self.now)) for timer in self.timers)
