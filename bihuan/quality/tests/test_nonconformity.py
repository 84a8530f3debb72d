"""BH: a deviation that is not accepted becomes a nonconformity, and is corrected and verified by different people (QM-2, QM-3)."""

import datetime as dt
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from bihuan.evidence import conformance, dispose
from bihuan.evidence.models import Deviation
from bihuan.kernel.access.refusals import Conflict, Invalid, NotAllowed
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.printing.runs import print_record
from bihuan.kernel.tables.document import markdown
from bihuan.kernel.testing.contract import RecordContract
from bihuan.quality.domain import nonconformity as verbs
from bihuan.quality.models import Nonconformity
from bihuan.quality.prints import nonconformity_form
from bihuan.quality.procedure import NONCONFORMITY

APPROVED = Path(__file__).parents[3] / "docs" / "procedures" / "QM.md"
WORDS = {"containment": "当日回访致歉", "disposition": "rework", "cause": "值班无人接替", "correction": "排班表增加备岗"}


def later(days=10):
    return timezone.now() + dt.timedelta(days=days)


def declared(company, responsible="lead"):
    found = Nonconformity(
        branch=company.east, source_number="BX-HD-2026-000001", subject="BX.first_contact", clause="AS-5.2.1",
        description="首次联系超时两小时", responsible=company.people[responsible],
    )  # fmt: skip
    return verbs.declare(found, by=company.by("head"), at=timezone.now())


def planned(company, **who):
    record = declared(company, **who)
    verbs.plan(record, by=company.by(who.get("responsible", "lead")), at=timezone.now(), due_at=later(), **WORDS)
    return record


def corrected(company, **who):
    record = planned(company, **who)
    verbs.correct(record, by=company.by(who.get("responsible", "lead")), at=timezone.now(), result="备岗已排入十二月班表")
    return record


def verified(company):
    record = corrected(company)
    verbs.verify(record, by=company.by("head"), at=timezone.now(), finding="抽查两周，无超时")
    return record


class TestNonconformity(RecordContract):
    procedure = NONCONFORMITY
    reach = {"declared": declared, "planned": planned, "corrected": corrected, "verified": verified}

    def arguments(self, name, record, company):
        return {
            "hand_over": {"responsible": company.engineer, "reason": "请假"},
            "plan": WORDS | {"due_at": later()},
            "correct": {"result": "已完成"},
            "verify": {"finding": "有效"},
            "redo": {"reason": "仍有超时", "due_at": later(20)},
        }.get(name, {})


def test_what_the_system_does_is_what_was_approved():
    assert markdown(NONCONFORMITY) in APPROVED.read_text(encoding="utf-8")


def test_whoever_planned_or_corrected_it_does_not_verify_it(company):
    record = declared_at_headquarters(company)
    for taken in (verbs.verify, verbs.redo):
        more = {"finding": "有效"} if taken is verbs.verify else {"reason": "再做", "due_at": later()}
        with pytest.raises(NotAllowed) as refused:
            taken(record, by=company.by("head"), at=timezone.now(), **more)
        assert "另一人" in refused.value.sentence


def declared_at_headquarters(company):
    """Found at headquarters, where the head answers for it: the head may plan and correct, and by role also verify."""
    found = Nonconformity(branch=company.hq, source_number="BX-ZB-2026-000001", description="漏登记", responsible=company.head)
    head = company.by("head")
    verbs.declare(found, by=head, at=timezone.now())
    verbs.plan(found, by=head, at=timezone.now(), due_at=later(), **WORDS)
    verbs.correct(found, by=head, at=timezone.now(), result="已补登")
    return found


def test_one_that_did_not_help_is_corrected_again_by_a_new_date(company):
    record = corrected(company)
    verbs.redo(record, by=company.by("head"), at=timezone.now(), reason="又超时一次", due_at=later(20))
    running = Deadline.objects.get(record_type="quality.Nonconformity", record_id=record.pk, state="running")
    assert (record.status, running.clock, running.due_at) == ("planned", "correction", record.due_at)


def test_a_date_past_and_a_stranger_are_refused(company):
    record = declared(company)
    with pytest.raises(Invalid) as refused:
        verbs.plan(record, by=company.by("lead"), at=timezone.now(), due_at=later(-1), **WORDS)
    assert refused.value.field == "due_at"
    with pytest.raises(Invalid) as refused:
        verbs.hand_over(record, by=company.by("head"), at=timezone.now(), responsible=company.other_lead, reason="忙")
    assert refused.value.field == "responsible"


@pytest.fixture
def deviation(company):
    """A request entered ten hours after the call: late, and found."""
    request = company.registered(at=timezone.now() - dt.timedelta(hours=10))
    conformance.catch_up()
    return Deviation.objects.filter(record_number=request.number, kind="late").first()


@pytest.mark.both
def test_a_deviation_becomes_a_nonconformity_once(company, deviation):
    head = company.by("head")
    given = {"by": head, "at": timezone.now(), "description": "十小时后才登记", "responsible": company.lead}
    made = dispose.make_nonconformity(deviation, **given)
    deviation.refresh_from_db()
    assert (deviation.state, deviation.nonconformity) == (Deviation.RAISED, made.number)
    assert (made.source_number, made.source_key, made.clause) == (deviation.record_number, deviation.key, deviation.clause)
    told = Entry.objects.get(action="deviation.raised")
    assert told.record_number == deviation.record_number and told.said["data"]["nonconformity"] == made.number
    for again in (
        lambda: dispose.make_nonconformity(deviation, **given),
        lambda: dispose.accept(deviation, by=head, at=timezone.now(), reason="算了"),
    ):
        with pytest.raises(Conflict):
            again()
    assert Nonconformity.objects.count() == 1


def test_it_is_declared_on_the_page_of_the_deviation_by_those_who_judge(company, deviation):
    client, address = Client(), f"/evidence/deviations/{deviation.pk}/nonconformity/"
    client.force_login(company.lead)
    assert client.post(address, {"description": "迟", "responsible": company.lead.pk}).status_code == 403
    client.force_login(company.head)
    wrong = client.post(address, {"description": "", "responsible": company.lead.pk})
    assert wrong.status_code == 422 and Deviation.objects.get(pk=deviation.pk).state == "open"
    done = client.post(address, {"description": "迟登记", "responsible": company.lead.pk})
    made = Nonconformity.objects.get()
    assert done["Location"] == f"/r/{made.number}/" and made.number.startswith("BH-HD-")
    page = client.get(done["Location"]).content.decode()
    assert "迟登记" in page and deviation.record_number in page
    assert made.number in client.get(f"/evidence/deviations/{deviation.pk}/").content.decode()
    assert made.number in client.get("/evidence/deviations/?state=raised").content.decode()
    assert made.number in client.get("/lists/nonconformities/").content.decode()


def test_earlier_ones_about_the_same_requirement_stand_on_the_page(company):
    first, second = verified(company), declared(company)
    client = Client()
    client.force_login(company.head)
    assert first.number in client.get(f"/r/{second.number}/").content.decode()


def test_it_is_printed_with_those_who_signed_for_it(company):
    record = verified(company)
    form = nonconformity_form(record, company.by("head"))
    assert [approval.name for approval in form.approvals] == ["陈志强", "李建国", "陈志强"]
    assert print_record(form, record, by=company.by("head")).startswith(b"%PDF")
