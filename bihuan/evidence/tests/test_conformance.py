"""The conformance check finds what was done outside the procedure, names rule, record and entry, and finds it once."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from bihuan.evidence import conformance
from bihuan.evidence.models import Deviation, Kind, Mark, Run, StepTally
from bihuan.evidence.told import sentence
from bihuan.kernel import journal
from bihuan.kernel.access.actors import system
from bihuan.kernel.deadlines.sweep import sweep
from bihuan.kernel.journal.models import Chain, Entry
from bihuan.service.domain import order as orders
from bihuan.service.domain import request as requests
from bihuan.service.models import ServiceRequest


def found(kind=None):
    rows = Deviation.objects.order_by("pk")
    return list(rows.filter(kind=kind) if kind else rows)


def forged(company, record, step, who, came, went, *, at=None, role="branch_lead"):
    """An entry as one writes it who goes round the engine."""
    with journal.unit():
        journal.append(
            company.by(who), f"{record.procedure.form}.{step}", record, at=at or timezone.now(), data={"from": came, "to": went}, role=role
        )
    return Entry.objects.latest("pk")


@pytest.mark.both
def test_a_journey_that_keeps_the_procedure_shows_nothing_and_every_step_is_counted(company):
    company.closed()

    conformance.run(company.by("auditor"))

    assert found() == []
    told = {tally.action: tally.taken for tally in StepTally.objects.all()}
    steps = [entry.action for entry in Entry.objects.filter(action__regex="^(BX|PG|FW)[.]")]
    assert told == {action: steps.count(action) for action in steps}
    assert dict(Mark.objects.values_list("chain", "seq")) == {
        chain: seq for chain, seq in Chain.objects.values_list("pk", "seq") if chain
    } | {0: Chain.objects.get(pk=0).seq - 1}, "all is read but the check's own entry"


def test_an_approval_by_who_drew_up_the_order_is_found_with_rule_record_and_entry(company):
    order = company.drafted()
    orders.submit(order, by=company.by("lead"), at=timezone.now())
    entry = forged(company, order, "approve", "lead", "submitted", "approved", role="after_sales_head")

    conformance.catch_up()

    (deviation,) = found(Kind.FOUR_EYES)
    assert (deviation.clause, deviation.record_number, deviation.entry) == ("AS-5.2.3", order.number, f"{entry.chain}-{entry.seq}")
    assert (deviation.actor_name, deviation.branch_id) == ("李建国", company.east.pk)
    assert sentence(deviation) == "“批准”与“提交审批”由同一人办理"


def test_a_step_from_a_state_the_table_does_not_allow_is_found(company):
    request = company.registered()
    forged(company, request, "close", "lead", "forwarded", "closed")

    conformance.catch_up()

    (deviation,) = found(Kind.ORDER)
    assert deviation.facts == {"from": "forwarded", "to": "closed"}


def test_a_step_that_does_not_begin_where_the_last_one_ended_is_found(company):
    request = company.registered()
    forged(company, request, "assign", "lead", "registered", "assigned")

    conformance.catch_up()

    assert [one.facts for one in found(Kind.ORDER)] == [{"from": "registered", "stood": "forwarded"}]


def test_a_step_in_a_role_the_table_does_not_name_is_found(company):
    request = company.registered()
    forged(company, request, "assign", "desk", "forwarded", "assigned", role="service_desk")

    conformance.catch_up()

    assert [one.facts for one in found(Kind.ROLE)] == [{"role": "service_desk"}]


def test_a_step_that_belongs_to_another_records_step_is_found_when_it_stands_alone(company):
    request = company.contacted()
    forged(company, request, "dispatch", "lead", "contacted", "dispatched")

    conformance.catch_up()

    assert [one.facts for one in found(Kind.TOGETHER)] == [{"with": "PG.approve PG.release_by_phone"}]


def test_what_is_entered_a_shift_later_is_late_and_what_is_said_to_lie_before_its_cause_is_back_dated(company, contacted_after):
    contacted_after(30, entered=30 + 9 * 60)
    assert [one.facts for one in (conformance.catch_up(), found(Kind.LATE))[1]] == [{"minutes": 540}]
    request = company.assigned(at=timezone.now())
    forged(company, request, "contact", "engineer", "assigned", "contacted", at=timezone.now() - dt.timedelta(minutes=10), role="assignee")

    conformance.catch_up()

    (deviation,) = found(Kind.BACK_DATED)
    assert deviation.facts["before"] == "BX.assign"
    assert sentence(deviation).startswith("“记录联系客户”所说的时间比前一步“指派工程师”早")


def test_missed_and_late_entered_time_limits_are_deviations_with_the_entry_that_shows_them(company, contacted_after):
    missed = contacted_after(75)
    contacted_after(40, entered=90)

    conformance.catch_up()

    rows = [one for one in found(Kind.TIME_LIMIT) if one.subject == "BX.first_contact"]
    assert [one.facts["verdict"] for one in rows] == ["missed", "late_entry"]
    proof = Entry.objects.get(chain=company.east.pk, seq=int(rows[0].entry.split("-")[1]))
    assert (proof.action, proof.record_id) == ("BX.contact", missed.pk)


def test_a_time_limit_still_open_is_found_once_and_not_again_when_it_is_met(company):
    with time_machine.travel(timezone.now() - dt.timedelta(hours=2), tick=False):
        request = company.assigned()
    sweep()
    conformance.run(system("夜间检查"))
    assert len([one for one in found(Kind.TIME_LIMIT) if one.subject == "BX.first_contact"]) == 1

    requests.contact(request, by=company.by("engineer"), at=timezone.now(), answer="约好了")
    conformance.run(system("夜间检查"))

    assert len([one for one in found(Kind.TIME_LIMIT) if one.subject == "BX.first_contact"]) == 1


def test_a_number_that_no_record_bears_is_missing(company):
    first = company.registered()
    company.registered()
    ServiceRequest.objects.filter(pk=first.pk).update(number="BX-XX-2026-000001")  # as one does who has the database

    conformance.run(company.by("auditor"))

    (deviation,) = found(Kind.MISSING)
    assert (deviation.record_number, deviation.record_id, deviation.clause) == (first.number, None, "AS-5.1.1")


def test_checking_again_from_the_start_finds_nothing_twice_and_leaves_what_was_said_about_it(company):
    request = company.registered()
    forged(company, request, "close", "lead", "forwarded", "closed")
    conformance.run(company.by("auditor"))
    Deviation.objects.update(state="accepted", reason="已纠正")
    taken = list(StepTally.objects.order_by("pk").values_list("action", "taken"))

    again = conformance.run(company.by("auditor"), from_the_start=True)

    assert again.found == 0
    assert again.entries > 0
    assert {(one.state, one.reason) for one in found()} == {("accepted", "已纠正")}
    assert list(StepTally.objects.order_by("pk").values_list("action", "taken")) == taken


def test_the_check_in_small_pieces_finds_what_the_check_in_one_piece_finds(company):
    request = company.registered()
    forged(company, request, "close", "lead", "forwarded", "closed")
    chain = company.east.pk
    while conformance.advance(chain, limit=1).entries:
        pass

    assert [one.kind for one in found()] == [Kind.ORDER]
    assert Mark.objects.get(pk=chain).seq == Chain.objects.get(pk=chain).seq


def test_a_check_without_patience_leaves_the_rest_to_the_worker(company):
    company.closed()
    assert conformance.run(company.by("auditor"), seconds=0).entries == 0
    for _turn in range(10):
        conformance.pulse()
    assert dict(Mark.objects.values_list("chain", "seq")) == dict(Chain.objects.values_list("pk", "seq"))


def test_the_night_has_one_run_after_two_o_clock(company):
    with time_machine.travel(dt.datetime(2026, 11, 23, 1, 30, tzinfo=dt.timezone(dt.timedelta(hours=8))), tick=False):
        assert conformance.nightly() == 0
    with time_machine.travel(dt.datetime(2026, 11, 23, 2, 5, tzinfo=dt.timezone(dt.timedelta(hours=8))), tick=False):
        assert [conformance.nightly(), conformance.nightly()] == [1, 0]
    assert Run.objects.count() == 1
