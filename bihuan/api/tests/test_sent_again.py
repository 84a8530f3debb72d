"""A write that is sent again, late, twice at once, with another body or by someone else (#58, #59, #106)."""

import datetime as dt
import json

import pytest
from django.utils import timezone

from bihuan.kernel.access.idempotency import fingerprint, forget_old_keys, key_of
from bihuan.kernel.access.models import Idempotency
from bihuan.kernel.access.refusals import Refusal
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.notify.models import Notice
from bihuan.kernel.testing.overlap import together
from bihuan.service.models import DispatchOrder, ServiceRequest
from bihuan.service.tests.company import Company

from .callers import Caller, registration

KEY = "6f1c0c5e-order-of-the-phone"


def test_the_second_sending_gets_the_first_answer_and_registers_nothing(api, company):
    desk, body = api("desk"), registration(company)

    first, second = desk.post("requests", body, key=KEY), desk.post("requests", body, key=KEY)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert first["Location"] == second["Location"] == json.loads(first.content)["href"]
    assert ServiceRequest.objects.count() == 1
    assert Notice.objects.count() == 1


def test_order_and_spacing_of_the_body_make_no_difference(api, company):
    desk, body = api("desk"), registration(company)
    desk.post("requests", body, key=KEY)

    again = desk.post("requests", json.dumps(dict(reversed(body.items())), indent=4), key=f'"{KEY}"')

    assert again["Idempotent-Replayed"] == "true"


def test_a_key_with_another_body_is_refused_and_keeps_its_first_answer(api, company):
    desk, body = api("desk"), registration(company)
    first = desk.post("requests", body, key=KEY)

    other = desk.post("requests", body | {"fault": "换了内容"}, key=KEY)

    assert other.status_code == 422
    assert other.json()["type"].endswith("#idempotency-key-reused")
    assert "Idempotency-Key" in other.json()["detail"]
    assert desk.post("requests", body, key=KEY).content == first.content
    assert ServiceRequest.objects.count() == 1


def test_a_key_used_for_another_address_is_refused(api, company):
    desk, request = api("desk"), company.registered()
    desk.post("requests", registration(company), key=KEY)

    assert desk.post(f"requests/{request.number}/steps/cancel", {"reason": "误报"}, key=KEY).status_code == 422


def test_the_same_key_of_another_person_is_another_key(api, company):
    abroad = company.machine("EX-1", "海外客户", company.beijing, company.overseas)
    first = api("desk").post("requests", registration(company), key=KEY)

    other = api("export").post("requests", registration(company, unit=abroad.serial), key=KEY)
    foreign = api("export").post("requests", registration(company), key="another")

    assert (first.status_code, other.status_code, foreign.status_code) == (201, 201, 422)
    assert first.json()["number"] != other.json()["number"]
    assert "Idempotent-Replayed" not in other


def test_what_was_refused_may_be_sent_again_under_the_same_key(api, company):
    desk, body = api("desk"), registration(company)
    assert desk.post("requests", body | {"fault": ""}, key=KEY).status_code == 422

    assert desk.post("requests", body, key=KEY).status_code == 201
    assert Idempotency.objects.count() == 1


def test_a_step_sent_again_is_taken_once(api, company):
    request, lead = company.registered(), api("lead")
    body = {"engineer": company.engineer.pk}

    answers = [lead.post(f"requests/{request.number}/steps/assign", body, key=KEY) for _again in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.content for answer in answers}) == 1
    assert Entry.objects.filter(action="BX.assign").count() == 1


def test_a_step_without_a_key_is_refused_the_second_time_by_its_state(api, company):
    request, lead = company.registered(), api("lead")
    body = {"engineer": company.engineer.pk}

    first, second = (lead.post(f"requests/{request.number}/steps/assign", body, key=None) for _again in range(2))

    assert (first.status_code, second.status_code) == (200, 409)


def test_opening_a_record_needs_a_key(api, company):
    contacted = company.contacted()

    for caller, path in ((api("desk"), "requests"), (api("lead"), f"requests/{contacted.number}/orders")):
        answer = caller.post(path, {}, key=None)
        assert answer.status_code == 400
        assert answer.json()["type"].endswith("#idempotency-key-missing")
    assert ServiceRequest.objects.count() == 1


@pytest.mark.parametrize("header", ["", '""', "x" * 81, "with\ttab", "一二三"])
def test_what_is_no_key_is_refused(header):
    with pytest.raises(Refusal):
        key_of(header)


def test_a_key_may_be_written_as_a_quoted_string():
    assert key_of('"a-b"') == key_of("a-b") == "a-b"
    assert key_of(None) == ""


def test_the_password_is_no_part_of_what_is_kept(api, company):
    order = company.drafted()
    api("lead").post(f"orders/{order.number}/steps/submit")
    answer = api("head").post(f"orders/{order.number}/steps/approve", {"password": "bihuan-test-2026"}, key=KEY)

    assert answer.status_code == 200
    row = Idempotency.objects.get(key=KEY)
    body = b"[{},null,{}]"
    assert row.fingerprint == fingerprint("POST", f"/api/v1/orders/{order.number}/steps/approve", body)
    assert "13800005678" not in row.answer


def test_a_wrong_password_is_counted_although_nothing_else_remains(api, company):
    from bihuan.kernel.access.models import Attempt

    order = company.drafted()
    api("lead").post(f"orders/{order.number}/steps/submit")
    answers = [api("head").post(f"orders/{order.number}/steps/approve", {"password": "falsch"}, key=f"k{n}") for n in range(3)]

    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert Attempt.objects.get(key=f"proof:{company.head.pk}").count == 3
    assert not Idempotency.objects.filter(key__startswith="k").exists()


def test_old_keys_are_forgotten(api, company):
    api("desk").post("requests", registration(company), key=KEY)
    assert forget_old_keys() == 0

    Idempotency.objects.update(created_at=timezone.now() - dt.timedelta(days=31))

    assert forget_old_keys() == 1


# really at once, on both engines


@pytest.fixture
def crew(committed):
    """The company, committed, and its desk's and lead's callers."""
    company = Company()
    return company, Caller(company.desk), Caller(company.lead)


def test_sent_ten_times_at_once_there_is_one_request_one_notice_and_one_answer(crew):
    company, desk, _lead = crew
    bodies = iter(range(1000))

    def fresh():
        return f"key-{next(bodies)}", registration(company)

    done = together(10, lambda _index, sent: desk.post("requests", sent[1], key=sent[0]), fresh=fresh)

    assert not done.failures
    assert {answer.status_code for answer in done.results} == {201}
    assert len({answer.content for answer in done.results}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in done.results) == 1
    number = json.loads(done.results[0].content)["number"]
    assert Entry.objects.filter(record_number=number, action="BX.register").count() == 1
    rounds = next(bodies)  # one request for each, whether it counted or not
    assert (ServiceRequest.objects.count(), Notice.objects.count()) == (rounds, rounds)
    late = desk.post("requests", done.subject[1], key=done.subject[0])  # a retry after the answer was lost
    assert (late.content, late["Idempotent-Replayed"]) == (done.results[0].content, "true")
    assert desk.post("requests", done.subject[1] | {"fault": "另一件事"}, key=done.subject[0]).status_code == 422
    assert ServiceRequest.objects.count() == rounds


def test_six_leads_assign_at_once_and_one_is_heard(crew):
    company, _desk, lead = crew
    engineers = [company.engineer.pk, company.colleague.pk]

    def assign(index, request):
        return lead.post(f"requests/{request.number}/steps/assign", {"engineer": engineers[index % 2]}, key=f"{request.number}-{index}")

    done = together(6, assign, fresh=company.registered)

    assert not done.failures
    assert sorted(answer.status_code for answer in done.results) == [200, 409, 409, 409, 409, 409]
    losers = [answer.json()["detail"] for answer in done.results if answer.status_code == 409]
    assert all("李建国" in sentence for sentence in losers)
    assert Entry.objects.filter(record_number=done.subject.number, action="BX.assign").count() == 1


def test_two_orders_drafted_at_once_leave_one(crew):
    company, _desk, lead = crew
    body = {
        "engineer": company.engineer.pk,
        "task": "检查高压报警",
        "planned_arrival": (timezone.now() + dt.timedelta(hours=3)).isoformat(),
        "carry": [{"kind": "tool", "name": "压力表"}],
    }

    done = together(
        4,
        lambda index, request: lead.post(f"requests/{request.number}/orders", body, key=f"{request.number}-{index}"),
        fresh=company.contacted,
    )

    assert not done.failures
    assert sorted(answer.status_code for answer in done.results) == [201, 409, 409, 409]
    assert DispatchOrder.objects.filter(request=done.subject).count() == 1
