"""Random lives of service requests through the API, each step foretold by an independent model (#62).

People of every role and branch do what they may and what they may not, in any order, while time passes: after each act the
program holds what the model holds: state, engineer, version, number, time limits and their verdicts, one journal entry for
each accepted step and none for a refused one, a whole chain, figures that equal a recount. ``LIVES=200x50`` is the nightly run.
"""

import datetime as dt
import os
import random
import uuid
from collections import Counter

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bihuan.evidence import tally
from bihuan.evidence.conformance import catch_up
from bihuan.evidence.models import StepTally
from bihuan.evidence.period import Period
from bihuan.kernel.access.models import Idempotency
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.deadlines.sweep import sweep
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences
from bihuan.kernel.signing.models import Signature
from bihuan.kernel.signing.verify import check_signatures
from bihuan.service.models import DispatchOrder, ServiceRecord, ServiceRequest

from .model import FOUR_EYES, TABLE, World
from .world import SIGNATURE, START, UNITS, Place

pytestmark = [pytest.mark.both, pytest.mark.django_db]
EXAMPLES, STEPS = map(int, os.environ.get("LIVES", "30x30").split("x"))
PHASES = [
    Phase.explicit,
    Phase.generate,
    *([Phase.shrink] if os.environ.get("SHRINK") else []),
]  # a failing life is long; to shorten it takes minutes
LEAST = 20 if EXAMPLES * STEPS >= 9000 else 2  # times that each act must have been tried, or the run has proved too little
AUTUMN = Period(dt.date(2026, 10, 1), dt.date(2027, 12, 1))
MODELS = {"BX": ServiceRequest, "PG": DispatchOrder, "FW": ServiceRecord}
PATHS = {"BX": "requests", "PG": "orders", "FW": "records"}
MOST = 4  # lives in one example

# How often a step is chosen where several may be taken: lives are to get far, and their detours to be many.
ENDS = {"BX.cancel": 0.3, "BX.solve_by_phone": 0.8, "PG.cancel": 0.6, "BX.reroute": 0.7}
ERRANDS = (  # so that the steps that few lives come to are taken often enough
    "BX.assign BX.reassign BX.contact BX.hold BX.resume PG.draft PG.amend PG.submit PG.reject PG.submit PG.approve PG.decline PG.submit",
    "BX.assign BX.contact PG.draft PG.release_by_phone PG.accept PG.depart PG.arrive FW.fill_in FW.refuse FW.send_back FW.sign FW.review PG.confirm "
    "BX.visit_again",
    "BX.assign BX.contact PG.draft PG.submit PG.approve PG.accept PG.depart PG.report PG.arrive FW.fill_in FW.sign FW.send_back FW.refuse FW.review BX.close",
    "BX.assign BX.contact BX.reroute BX.assign BX.solve_by_phone",
)
RARE = {  # few papers get so far
    "BX.resume", "BX.close", "BX.visit_again", "PG.approve", "PG.decline", "PG.reject", "PG.confirm", "FW.sign", "FW.refuse", "FW.review", "FW.send_back",
}  # fmt: skip
ONWARD = {
    "BX.assign": 9, "BX.contact": 9, "PG.draft": 9, "PG.submit": 5, "PG.approve": 5, "PG.accept": 6, "PG.depart": 9, "PG.arrive": 9, "FW.fill_in": 5,
    "FW.sign": 4, "FW.review": 5,
}  # fmt: skip
NAMES = [*TABLE, "PG.draft"]
SEED = st.integers(
    0, 2**32
)  # of the choices: evenly spread; those that Hypothesis draws by itself keep to few corners and repeat themselves
MISTAKES = ["unknown field", "future", "empty", "wrong type"]
ASKS = {
    "BX.contact": "answer",
    "BX.cancel": "reason",
    "PG.reject": "reason",
    "PG.report": "progress",
    "FW.review": "review_note",
    "PG.draft": "task",
}


ACTS = {
    "a_step_by_who_may": 24, "any_step_by_anybody": 4, "a_body_with_a_mistake": 4, "sent_again": 3, "who_prepared_it": 3,
    "time_passes": 2, "one_of_another_branch": 1,
    "nobody_or_nothing": 2, "somebody_registers": 2, "another_life": 2, "the_evidence_is_counted": 1,
}  # fmt: skip


class Lives(RuleBasedStateMachine):
    """One example: a few requests, at most *MOST*, and everybody who has to do with them."""

    place: Place
    tried: Counter

    def __init__(self) -> None:
        super().__init__()
        self.traveller = time_machine.travel(START, tick=False)
        self.clock = self.traveller.start()
        self.unit = transaction.atomic()
        self.unit.__enter__()
        self.world = World(self.place.people, START)
        self.entries = self._last_entry()
        self.sent, self.touched, self.turn = [], [], 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.unit.__exit__(None, None, None)
        self.traveller.stop()

    @staticmethod
    def _last_entry() -> int:
        return Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    # what everybody does

    def wait(self, span=dt.timedelta(seconds=1)):
        self.world.now += span
        self.clock.move_to(self.world.now)

    def call(self, who, serial, minutes, key=""):
        """A customer rang *minutes* ago; *who* enters it."""
        self.wait()
        called_at, home = self.world.now - dt.timedelta(minutes=minutes), UNITS[serial]
        body = {"unit": serial, "called_at": called_at.isoformat(), "fault": "早上开机就报高压", "caller_phone": "13800005678"}
        may = any(self.world.holds(who, role, branch) for role in ("service_desk", "export_desk") for _r, branch in self.world.people[who])
        sees = self.world.sees(who, home or "ZB")
        key = key or uuid.uuid4().hex
        answer = self.place.post(who, "requests", body, key)
        expected = 403 if not may else 422 if not sees or minutes < 0 else 201
        assert answer.status_code == expected, (who, serial, answer.content.decode())
        self.tried["register" if expected == 201 else "register refused"] += 1
        if expected != 201:
            self.nothing_happened(answer)
            return None
        request = self.world.register(who, home, called_at)
        assert answer.json()["number"] == request.number
        self.sent.append((who, "requests", body, key, answer, request))
        self.happened(request)
        return request

    def act(self, who, name, paper, sent):
        """*who* tries step *name*; the answer must be the model's. The paper that came of it, or None."""
        self.wait()
        expected = self.world.judge(who, name, paper, sent)
        path = f"requests/{paper.number}/orders" if name == "PG.draft" else f"{PATHS[paper.form]}/{paper.number}/steps/{name[3:]}"
        body, key = self.body(name, paper, sent), uuid.uuid4().hex
        answer = self.place.post(who, path, body, key)
        accepted = 201 if name == "PG.draft" else 200
        assert answer.status_code == (accepted if expected == 200 else expected), (who, name, paper, sent, answer.content.decode())
        self.tried[name if expected == 200 else str(expected)] += 1
        if expected != 200:
            self.nothing_happened(answer)
            return None
        found = self.world.take(who, name, paper, sent)
        assert answer.json()["number"] == found.number
        assert (answer.json()["status"], answer.json()["version"]) == (found.status, found.version)
        self.sent.append((who, path, body, key, answer, paper))
        self.happened(paper, found)
        return found

    def body(self, name, paper, sent):
        if name == "PG.depart":
            items = self.place.get("auditor", f"orders/{paper.number}").json()["carry"]
            return {"carried": [item["id"] for item in items]}
        return self.place.written(sent)

    def happened(self, *papers):
        """One entry for each step, in whatever order, and none besides; the papers are looked at."""
        rows = list(Entry.objects.filter(pk__gt=self.entries).values_list("pk", "record_number", "action"))
        said = Counter((number, action) for _pk, number, action in rows if "." in action and not action.startswith("deadline."))
        assert said == Counter(self.world.journal), (said, self.world.journal)
        self.entries, self.world.journal = max([self.entries, *(pk for pk, *_rest in rows)]), []
        self.touched += papers

    def nothing_happened(self, answer):
        assert not Entry.objects.filter(pk__gt=self.entries).exists()
        assert len(answer.json()["detail"]) > 5
        assert answer["Content-Type"] == "application/problem+json"

    # what a step needs

    def fitting(self, name, paper):
        """Everything that step *name* asks for, as somebody who knows the matter would write it."""
        world, soon = self.world, self.world.now + dt.timedelta(hours=3)
        engineers = world.engineers(paper.branch) or ["engineer"]
        other = next((one for one in engineers if one != paper.engineer), engineers[0])
        carry = [{"kind": "tool", "name": "压力表"}, {"kind": "form", "name": "售后服务记录单", "quantity": 2}]
        order = {"engineer": engineers[0], "task": "检查高压报警", "planned_arrival": soon, "carry": carry}
        reason = {"reason": "客户改期"}
        work = {"findings": "压力开关失灵", "work_done": "更换压力开关", "outcome": "repaired", "labour_minutes": 90}
        lines = [{"ok": True, "value": ""}, {"ok": True, "value": "0.75"}]
        return {
            "BX.forward": {"branch": "HD"},
            "BX.reroute": {"branch": "HB" if paper.branch == "HD" else "HD"} | reason,
            "BX.assign": {"engineer": engineers[0]},
            "BX.reassign": {"engineer": other} | reason,
            "BX.contact": {"answer": "请先断电，明早上门"},
            "BX.solve_by_phone": {"answer": "复位后正常"},
            "BX.hold": {"hold_reason": "parts"},
            "BX.visit_again": reason,
            "BX.cancel": reason,
            "PG.draft": order,
            "PG.amend": order | {"task": "检查高压报警并带备件"},
            "PG.approve": {"sure": True},
            "PG.confirm": {"sure": True},
            "PG.reject": reason,
            "PG.release_by_phone": {"phone_approver": "陈志强", "phone_approved_at": self.world.now - dt.timedelta(minutes=5)} | reason,
            "PG.decline": reason,
            "PG.arrive": {"arrival_place": "二号厂房"},
            "PG.report": {"progress": "已查明原因"},
            "PG.cancel": reason,
            "FW.fill_in": work | {"checklist": lines},
            "FW.sign": SIGNATURE,
            "FW.refuse": {"refusal_reason": "客户不在", "refusal_witness": "门卫老李"},
            "FW.send_back": reason,
            "FW.review": {"review_note": "记录完整"},
        }.get(name, {})

    def doable(self):
        """(step, paper) for all that somebody may do now."""
        found = [
            (name, paper) for paper in self.world.papers for name in TABLE if name[:2] == paper.form and paper.status in TABLE[name].frm
        ]
        return found + [
            ("PG.draft", paper) for paper in self.world.papers if paper.status == "contacted" and not self.world.open_order(paper)
        ]

    def able(self, name, paper, sent):
        """Who would be let do it."""
        return [who for who in self.world.people if self.world.judge(who, name, paper, sent) == 200]

    def paper_for(self, name, request):
        """The paper of this life that the step is about."""
        if name[:2] == "BX" or name == "PG.draft":
            return request
        orders = [paper for paper in self.world.orders(request) if paper.status != "cancelled"]
        return orders[-1] if name[:2] == "PG" else next(paper for paper in self.world.papers if paper.of is orders[-1])

    # the acts

    @initialize(seed=SEED)
    def a_first_life(self, seed):
        self.seed = seed
        self.lead(random.Random(seed))  # noqa: S311  (choices, not secrets)

    @rule(seed=SEED)
    def the_next_act(self, seed):
        chance = random.Random(f"{self.seed} {len(self.sent)} {self.world.now} {seed}")  # noqa: S311
        for act in chance.choices(list(ACTS), list(ACTS.values()), k=2):
            getattr(self, act)(chance)

    def another_life(self, chance):
        if self.lives() < MOST:
            self.lead(chance)

    def lives(self):
        return sum(paper.form == "BX" for paper in self.world.papers)

    def lead(self, chance):
        """A request that has gone some way already, on an errand or at random; each step is looked at like any other."""
        serial = chance.choice(["22A0457", "21B0033", "EX-1", "NOWHERE", "NOWHERE"])
        request = self.call("export" if serial == "EX-1" else "desk", serial, 2)
        if serial == "EX-1" or chance.random() < 0.3:
            self.wander(chance, request, chance.randrange(24))
            return
        for name in ("BX.forward " * (request.status == "registered") + chance.choices(ERRANDS, (3, 3, 3, 2))[0]).split():
            self.one_step(chance, name, next(paper for one, paper in self.doable() if one == name and self.root(paper) is request))
        self.wander(chance, request, chance.randrange(5))

    def wander(self, chance, request, steps):
        for _step in range(steps):
            if found := [(name, paper) for name, paper in self.doable() if self.root(paper) is request]:
                self.one_step(chance, *self.chosen(chance, found))

    def one_step(self, chance, name, paper):
        self.wait()
        sent = self.fitting(name, paper)
        if able := self.able(name, paper, sent):
            self.act(chance.choice(able), name, paper, sent)

    @staticmethod
    def root(paper):
        while paper.of is not None:
            paper = paper.of
        return paper

    @staticmethod
    def chosen(chance, steps):
        return chance.choices(steps, [ENDS.get(name) or ONWARD.get(name, 2) for name, _paper in steps])[0]

    def somebody_registers(self, chance):
        who = chance.choice(["desk", "chief", "export", "lead", "auditor"])
        if self.lives() < MOST:
            self.call(who, chance.choice(sorted(UNITS)), chance.choice([-5, 0, 20, 70]))

    def a_step_by_who_may(self, chance):
        if not self.doable():
            return
        names = sorted({name for name, _paper in self.doable()})
        name = chance.choices(names, [1 if name in ENDS else 8 if name in RARE else 2 for name in names])[0]
        paper = chance.choice([paper for one, paper in self.doable() if one == name])
        sent = self.varied(chance, name, self.fitting(name, paper))
        known = {who: self.world.judge(who, name, paper, sent) for who in self.world.people}
        best = min(known.values(), key=[200, 422, 409, 403, 404].index)
        self.act(chance.choice([who for who, verdict in known.items() if verdict == best]), name, paper, sent)

    def varied(self, chance, name, sent):
        """The same with other choices, sensible or not."""
        if "engineer" in sent:
            sent = sent | {"engineer": chance.choice([sent["engineer"]] * 3 + ["colleague", "other_engineer", "desk"])}
        if "branch" in sent:
            sent = sent | {"branch": chance.choice([sent["branch"]] * 2 + ["HB", "JC"])}
        if name in {"BX.contact", "BX.solve_by_phone"}:
            earlier = chance.choice([None, None, 0, 1, 30, 300])
            sent = sent | ({} if earlier is None else {"at": self.world.now - dt.timedelta(minutes=earlier)})
        if "planned_arrival" in sent:
            sent = sent | {"planned_arrival": self.world.now + dt.timedelta(minutes=chance.choice([-10, 30, 180]))}
        if "phone_approved_at" in sent:
            sent = sent | {"phone_approved_at": self.world.now + dt.timedelta(minutes=chance.choice([30, 0, -5, -600]))}
        if "outcome" in sent:
            sent = sent | {"outcome": chance.choice(["repaired", "repaired", "inspected", "return_visit", "waiting_parts"])}
        return sent

    def any_step_by_anybody(self, chance):
        paper = chance.choice(self.world.papers)
        names = [name for name in NAMES if name[:2] == paper.form or (name == "PG.draft" and paper.form == "BX")]
        name = chance.choice([name for name in names if name != "PG.draft" or paper.form == "BX"])
        who = chance.choice(sorted(self.world.people))
        self.act(who, name, paper, self.varied(chance, name, self.fitting(name, paper)))

    def who_prepared_it(self, chance):
        """Four eyes: whoever drafted, submitted or signed tries to approve or review it."""
        tries = [
            (who, name, paper) for name, paper in self.doable() for step, who in paper.took if step in FOUR_EYES.get(name, ())
        ]  # fmt: skip
        if tries:
            who, name, paper = chance.choice([one for one in tries if self.world.may(one[0], TABLE[one[1]].who, one[2])] or tries)
            self.act(who, name, paper, self.fitting(name, paper))

    def one_of_another_branch(self, chance):
        paper = chance.choice(self.world.papers)
        name = chance.choice([name for name in TABLE if name[:2] == paper.form])
        strangers = [who for who in self.world.people if not self.world.sees(who, paper.branch)]
        who = chance.choice(sorted(strangers))
        self.act(who, name, paper, self.fitting(name, paper))
        assert self.place.get(who, f"{PATHS[paper.form]}/{paper.number}").status_code == 404

    def a_body_with_a_mistake(self, chance):
        mistake, asking = chance.choice(MISTAKES), [pair for pair in self.doable() if pair[0] in ASKS]
        if not asking:
            return
        name, paper = chance.choice(asking)
        self.wait()
        sent = self.fitting(name, paper)
        able = self.able(name, paper, sent)
        if not able:
            return
        body = self.place.written(sent)
        if mistake == "future" and name != "PG.draft":
            body |= {"at": (self.world.now + dt.timedelta(hours=1)).isoformat()}
        else:
            body |= {"empty": {ASKS[name]: ""}, "wrong type": {ASKS[name]: 7}}.get(mistake, {"colour": "blue"})
        path = f"requests/{paper.number}/orders" if name == "PG.draft" else f"{PATHS[paper.form]}/{paper.number}/steps/{name[3:]}"
        answer = self.place.post(able[0], path, body)
        assert answer.status_code == 422, answer.content.decode()
        assert answer.json()["errors"]
        self.nothing_happened(answer)
        self.tried["mistake"] += 1

    def sent_again(self, chance):
        """The same key: the first answer again, whatever has happened since. With another body: refused."""
        same = chance.random() < 0.5
        who, path, body, key, first, paper = chance.choice(self.sent)
        self.wait()
        answer = self.place.post(who, path, body if same else body | {"device_at": self.world.now.isoformat()}, key)
        step = path.rpartition("/")[2]
        name = "PG.draft" if step == "orders" else f"{paper.form}.{step}"
        party = ("branch_lead", "service_desk", "export_desk") if name == "PG.draft" else TABLE[name].who if name in TABLE else ()
        if path != "requests" and not self.world.sees(who, paper.branch):
            expected = 404
        elif path != "requests" and not self.world.may(who, party, paper):
            expected = 403
        else:
            expected = first.status_code if same else 422
        assert answer.status_code == expected, answer.content.decode()
        if expected == first.status_code:
            assert answer.content == first.content
            assert answer["Idempotent-Replayed"] == "true"
        assert not Entry.objects.filter(pk__gt=self.entries).exists()
        self.tried["sent again" if same else "key with another body"] += 1

    def nobody_or_nothing(self, chance):
        """A number that is not there, or no token."""
        who = chance.choice(["desk", "lead", "engineer", None, None])
        paper = chance.choice(self.world.papers)
        name = chance.choice([name for name in TABLE if name[:2] == paper.form])
        number = paper.number if who is None else paper.number[:-6] + "909090"
        answer = self.place.post(who, f"{PATHS[paper.form]}/{number}/steps/{name[3:]}", self.fitting(name, paper) and {"reason": "x"})
        assert answer.status_code == (401 if who is None else 404)
        self.nothing_happened(answer)
        self.tried["no token" if who is None else "absent"] += 1

    def time_passes(self, chance):
        self.wait(dt.timedelta(minutes=chance.choice([7, 40, 150, 60 * 9, 60 * 30])))
        sweep()
        self.world.watched()
        self.entries = max(self.entries, self._last_entry())  # each miss has its entry; they are counted below
        missed = Entry.objects.filter(action="deadline.missed").count()
        assert missed == sum(timer.noticed for timer in self.world.timers)
        self.tried["time passes"] += 1

    def the_evidence_is_counted(self, _chance):
        """The monthly figures, counted now or live, are the model's; and so are the steps of each chain."""
        catch_up()
        self.same_figures()
        taken = Counter()
        for row in StepTally.objects.all():
            taken[row.action, self.place.branch_codes[row.branch_id]] += row.taken
        assert taken == self.world.steps
        self.tried["evidence counted"] += 1

    # what holds after each act

    @invariant()
    def the_touched_papers_read_as_foretold(self):
        for paper in {paper.number: paper for paper in self.touched}.values():
            said = self.place.get("auditor", f"{PATHS[paper.form]}/{paper.number}").json()
            due = self.world.next_due(paper)
            assert (said["status"], said["branch"], said["engineer"], said["version"]) == (
                paper.status, paper.branch, paper.engineer, paper.version,
            )  # fmt: skip
            assert (said["next_clock"] or None, said["next_due_at"] and dt.datetime.fromisoformat(said["next_due_at"])) == (
                (due.clock.name, due.due) if due else (None, None)
            ), said
            clocks = Counter(
                (row["clock"], row["state"], row["verdict"], dt.datetime.fromisoformat(row["due_at"])) for row in said["deadlines"]
            )
            assert clocks == Counter((timer.clock.name, timer.state, timer.verdict, timer.due) for timer in self.world.of(paper))
        self.touched = []

    @invariant()
    def every_record_and_time_limit_is_the_models(self):
        for form, model in MODELS.items():
            stored = set(model.objects.values_list("number", "status", "branch__code", "engineer__username", "version", "is_open"))
            final = {"closed", "cancelled", "done", "reviewed"} if form != "BX" else {"closed", "cancelled"}
            papers = [paper for paper in self.world.papers if paper.form == form]
            assert stored == {(p.number, p.status, p.branch, p.engineer, p.version, p.status not in final) for p in papers}
        stored = Counter(Deadline.objects.values_list("record_number", "clock", "state", "started_at", "due_at"))
        assert stored == Counter(
            (timer.paper.number, timer.clock.name, timer.state, timer.started, timer.due) for timer in self.world.timers
        )

    @invariant()
    def the_journal_is_whole(self):
        assert list(differences()) == []

    @invariant()
    def nothing_is_orphaned_and_every_signature_holds(self):
        """Looked at now and then, since it costs much."""
        self.turn += 1
        if self.turn % 5:
            return
        assert [problem for _signature, problem in check_signatures(read_files=False)] == []
        for kind, rows in (("deadlines", Deadline.objects.all()), ("signatures", Signature.objects.all())):
            for form, model in MODELS.items():
                lone = rows.filter(record_type=model._meta.label).exclude(record_id__in=model.objects.values("pk"))
                assert not lone.exists(), (kind, form)
        assert not Idempotency.objects.filter(status=0).exists()
        assert Idempotency.objects.count() == len(self.sent)

    @invariant()
    def same_figures(self):
        found = Counter()
        for cell in tally.cells(self.place.branch_ids.values(), AUTUMN):
            for verdict in ("kept", "late_entry", "missed", "void", "open"):
                found[cell.clock, self.place.branch_codes[cell.branch_id], verdict] += getattr(cell.figures, verdict)
        assert +found == self.world.figures()


TO_BE_TRIED = [
    "register", "register refused", *NAMES, "403", "404", "409", "422", "mistake", "sent again", "key with another body", "no token", "absent",
    "time passes", "evidence counted",
]  # fmt: skip


def test_random_lives_go_as_the_model_says(db, capsys):
    with time_machine.travel(START - dt.timedelta(days=1), tick=False):
        machine = type("Lives", (Lives,), {"place": Place(), "tried": Counter(), "TestCase": None})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=EXAMPLES * STEPS <= 900,  # the ordinary run is the same each time; the long one goes where none has been
            phases=PHASES,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    rare = {act: machine.tried[act] for act in TO_BE_TRIED if machine.tried[act] < LEAST}
    with capsys.disabled():
        print(f"\n{EXAMPLES} × {STEPS}: {sum(machine.tried.values())} acts; {dict(machine.tried)}")
    assert rare == {} or EXAMPLES * STEPS < 900, "acts that were tried too seldom to prove anything"
