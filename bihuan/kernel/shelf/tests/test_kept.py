"""What arrives and cannot be taken lies on the shelf, once, with its reason; nothing is lost and nothing leaks (#59, #65)."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from bihuan.api.tests.callers import Caller, registration
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.notify.models import Notice
from bihuan.kernel.shelf.models import Shelved
from bihuan.kernel.testing.overlap import together
from bihuan.service.domain import order as orders
from bihuan.service.domain import record as records
from bihuan.service.domain import request as requests
from bihuan.service.models import DispatchOrder, ServiceRecord, ServiceRequest
from bihuan.service.tests.company import Company

pytestmark = pytest.mark.both
WORDS = "在现场写的话，电话 13800005678"


def now():
    return timezone.now()


def arriving(company):
    """An order on whose way the engineer is, and what his phone sends when he is there."""
    order = company.approved()
    orders.accept(order, by=company.by("engineer"), at=now())
    return order


def order_cancelled(company):
    order = arriving(company)
    orders.cancel(order, by=company.by("lead"), at=now(), reason="客户改期")
    return f"orders/{order.number}/steps/arrive", {"arrival_place": WORDS}


def request_cancelled(company):
    request = company.assigned()
    requests.cancel(request, by=company.by("lead"), at=now(), reason="误报")
    return f"requests/{request.number}/steps/contact", {"answer": WORDS}


def request_closed(company):
    record = ServiceRecord.objects.get(order__request=company.closed())
    return f"records/{record.number}/steps/fill_in", {"findings": WORDS}


def signed_meanwhile(company):
    return f"records/{company.signed().number}/steps/fill_in", {"findings": WORDS}


def reviewed_meanwhile(company):
    return f"records/{company.reviewed().number}/steps/fill_in", {"findings": WORDS}


def given_to_a_colleague(company):
    request = company.assigned()
    requests.reassign(request, by=company.by("lead"), at=now(), engineer=company.colleague, reason="改由王磊去")
    return f"requests/{request.number}/steps/contact", {"answer": WORDS}


def given_to_another_branch(company):
    request = company.assigned()
    requests.reroute(request, by=company.by("head"), at=now(), branch=company.north, reason="属华北")
    return f"requests/{request.number}/steps/contact", {"answer": WORDS}


def not_there(company):
    """Nothing is ever deleted; after a restore of an older backup a number may be unknown."""
    return "requests/BX-HD-2026-999999/steps/contact", {"answer": WORDS}


CASES = [
    (order_cancelled, 409, "moved_on"),
    (request_cancelled, 409, "moved_on"),
    (request_closed, 409, "moved_on"),
    (signed_meanwhile, 409, "moved_on"),
    (reviewed_meanwhile, 409, "moved_on"),
    (given_to_a_colleague, 403, "not_yours"),
    (given_to_another_branch, 404, "out_of_sight"),
    (not_there, 404, "out_of_sight"),
]  # there is no stock yet (AS-5.3.6)


def everything():
    return [list(model.objects.order_by("pk").values()) for model in (ServiceRequest, DispatchOrder, ServiceRecord)] + [
        Entry.objects.count()
    ]


@pytest.mark.parametrize(("how", "status", "kind"), CASES)
def test_what_arrives_for_a_record_gone_another_way_is_kept_once_with_its_reason(company, how, status, kind):
    path, body = how(company)
    before = everything()

    answers = [Caller(company.engineer).post(path, body, key=None) for _again in range(3)]

    assert {answer.status_code for answer in answers} == {status}
    assert all("待处理来件" in answer.json()["detail"] and answer.json()["kept"] is True for answer in answers)
    assert everything() == before, "nothing of it is in the record"
    item = Shelved.objects.get()
    assert WORDS in item.words.values()
    assert (item.kind, item.person_id, item.branch_id, item.channel) == (kind, company.engineer.pk, company.east.pk, "api")
    assert item.record_number == path.split("/")[1]
    assert item.sentence and item.sentence in answers[0].json()["detail"]
    notice = Notice.objects.get(kind="shelved")
    assert (notice.record_id, notice.to_roles) == (item.pk, ["branch_lead", "export_desk"])
    assert "13800005678" not in str(notice.facts)


@pytest.mark.parametrize(
    ("how", "page", "step"),
    [
        (order_cancelled, "/my/orders/{}/", "arrive"),
        (request_cancelled, "/my/requests/{}/", "contact"),
        (given_to_a_colleague, "/my/requests/{}/", "contact"),
        (given_to_another_branch, "/my/requests/{}/", "contact"),
        (not_there, "/my/requests/{}/", "contact"),
    ],
)
def test_what_the_phone_sends_is_kept_alike(company, client, how, page, step):
    path, body = how(company)
    client.force_login(company.engineer)

    answer = client.post(page.format(path.split("/")[1]), {"step": step, "client_key": "x", **body})

    assert answer.status_code in {404, 409}
    assert "待处理来件" in answer.content.decode()
    assert Shelved.objects.get().words == body


def test_a_card_for_a_signed_record_is_kept_as_the_step_takes_it(company, client):
    record = company.signed()
    client.force_login(company.engineer)

    answer = client.post(
        f"/my/records/{record.number}/work/",
        {
            "work_done": "又紧固了接头",
            "outcome": "repaired",
            "labour_h": "2",
            "labour_m": "0",
            "travel_h": "0",
            "travel_m": "45",
            "base": "alt",
        },
        headers={"Accept": "application/json"},
    )

    assert answer.status_code == 409
    assert "待处理来件" in answer.json()["sentence"]
    assert Shelved.objects.get().words == {"work_done": "又紧固了接头", "labour_minutes": 120}, (
        "what the record holds already is not kept again"
    )


def test_a_refusal_to_sign_that_comes_too_late_is_kept_and_the_phone_is_told(company, client):
    record = company.signed()
    client.force_login(company.engineer)

    answer = client.post(
        f"/my/records/{record.number}/refuse/", {"refusal_reason": "嫌贵", "refusal_witness": "李工", "seen": "1:0"}, follow=True
    )

    assert "待处理来件" in answer.content.decode()
    assert Shelved.objects.get().words == {"refusal_reason": "嫌贵", "refusal_witness": "李工"}


def test_a_key_with_another_body_keeps_both(company):
    desk = Caller(company.desk)
    first = desk.post("requests", registration(company), key="K")

    other = desk.post("requests", registration(company) | {"fault": "换了内容"}, key="K")

    assert (first.status_code, other.status_code) == (201, 422)
    assert ServiceRequest.objects.get().fault == "高压报警停机"
    item = Shelved.objects.get()
    assert (item.kind, item.words["fault"], item.key, item.record_number) == ("other_body", "换了内容", "K", first.json()["number"])


def test_the_same_key_of_somebody_else_neither_leaks_nor_waits(company):
    abroad = company.machine("EX-1", "海外客户", company.beijing, company.overseas)
    first = Caller(company.desk).post("requests", registration(company, fault="只给客服看的话"), key="K")

    other = Caller(company.export).post("requests", registration(company, unit=abroad.serial, fault="海外的话"), key="K")
    foreign = Caller(company.other_engineer).post(f"requests/{first.json()['number']}/steps/contact", {"answer": "别人的话"}, key="K")

    assert (other.status_code, foreign.status_code) == (201, 404)
    for answer in (other, foreign):
        assert "只给客服看的话" not in answer.content.decode()
    item = Shelved.objects.get()
    assert (item.words, item.branch_id, item.stood) == ({"answer": "别人的话"}, company.north.pk, ""), "nothing of the record is told"
    assert sorted(ServiceRequest.objects.values_list("fault", flat=True)) == ["只给客服看的话", "海外的话"]


def test_foreign_and_absent_are_told_in_the_same_words(company):
    foreign = company.registered(unit=company.other_unit)
    caller = Caller(company.engineer)

    answers = [
        caller.post(f"requests/{number}/steps/contact", {"answer": "一句话"}).json() for number in (foreign.number, "BX-HB-2026-999999")
    ]

    assert answers[0]["detail"] == answers[1]["detail"]
    assert answers[0].keys() == answers[1].keys()


def test_a_second_report_under_the_key_of_the_first_is_kept(company, client):
    order = company.on_site().order
    client.force_login(company.engineer)
    body = {"step": "report", "client_key": "eins", "plan": ""}
    client.post(f"/my/orders/{order.number}/", body | {"progress": "拆检中"})

    answer = client.post(f"/my/orders/{order.number}/", body | {"progress": "已装好"})

    assert answer.status_code == 409
    assert order.reports.get().progress == "拆检中"
    assert Shelved.objects.get().words == {"progress": "已装好"}


def test_an_old_version_is_kept_until_its_sender_has_sent_these_fields_on_the_new_one(company):
    record, caller = company.filled(), Caller(company.engineer)
    path, seen = f"records/{record.number}/steps/fill_in", record.version
    caller.post(path, {"advice": "每月清洗"}, **{"If-Match": f'"{seen}"'})

    stale = caller.post(path, {"findings": "现场写的"}, **{"If-Match": f'"{seen}"'})

    assert (stale.status_code, Shelved.objects.get().kind) == (409, "stale")
    caller.post(path, {"work_done": "别的"}, **{"If-Match": f'"{seen + 1}"'})
    assert Shelved.objects.get().is_waiting, "another field says nothing about it"
    caller.post(path, {"findings": "合并后的"}, **{"If-Match": f'"{seen + 2}"'})
    item = Shelved.objects.get()
    assert (item.state, item.into_number, item.words) == ("sent_again", record.number, {"findings": "现场写的"})
    assert Entry.objects.filter(action="shelf.sent_again").count() == 1


def test_what_the_sender_can_mend_or_has_no_words_or_is_there_already_is_not_kept(company):
    request, caller = company.assigned(), Caller(company.engineer)
    path = f"requests/{request.number}/steps/contact"
    assert caller.post(path, {"answer": ""}).status_code == 422
    assert caller.post(path, {"answer": "明早上门"}, key=None).status_code == 200
    assert caller.post(path, {"answer": "明早上门"}, key=None).status_code == 409, "the answer was lost, the same comes again"
    assert Caller(company.lead).post(f"requests/{request.number}/steps/assign", {"engineer": company.colleague.pk}).status_code == 409
    assert caller.post(f"requests/{request.number}/steps/close", {}).status_code == 403
    assert not Shelved.objects.exists()


def test_secrets_signatures_and_files_are_never_kept(company):
    record = company.signed(unit=company.machine("S-1", "另一家", company.jiangsu, company.east))
    sign = {"signer_name": "王工", "remarks": "好", "image": "data:image/png;base64,AAAA", "strokes": "[]"}
    assert Caller(company.engineer).post(f"records/{record.number}/steps/sign", sign).status_code in {409, 422}
    phone = Client()
    phone.force_login(company.engineer)
    assert phone.post(f"/my/records/{record.number}/sign/", sign | {"seen": "1:0"}).status_code == 302
    Caller(company.engineer).post("requests/BX-HD-2026-999999/steps/contact", {"answer": "话", "password": "geheim", "token": "bh_geheim"})

    assert Shelved.objects.get().words == {"answer": "话"}
    assert "geheim" not in str(list(Shelved.objects.values()))


def test_too_much_is_told_instead_of_kept(company, monkeypatch):
    monkeypatch.setattr("bihuan.kernel.shelf.keep.MOST", 1)
    caller = Caller(company.engineer)
    answers = [caller.post("requests/BX-HD-2026-999999/steps/contact", {"answer": f"第 {n} 句"}).json() for n in range(2)]

    assert "已留在" in answers[0]["detail"]
    assert "没有留存" in answers[1]["detail"] and "kept" not in answers[1]
    assert Shelved.objects.count() == 1


def test_ten_equal_refusals_at_once_leave_one(committed):
    company = Company()
    caller = Caller(company.engineer)

    def send(_index, record):
        return caller.post(f"records/{record.number}/steps/fill_in", {"findings": WORDS}, key=None)

    done = together(10, send, fresh=company.signed)

    assert not done.failures
    assert {answer.status_code for answer in done.results} == {409}
    assert all(answer.json()["kept"] for answer in done.results)
    item = Shelved.objects.get(record_number=done.subject.number)
    assert Notice.objects.filter(kind="shelved", record_id=item.pk).count() == 1


def test_words_that_were_settled_may_wait_anew(company):
    path, body = signed_meanwhile(company)
    caller = Caller(company.engineer)
    caller.post(path, body)
    Shelved.objects.update(state="dropped", settled_at=now(), settled_by=company.lead)

    caller.post(path, body)

    assert sorted(Shelved.objects.values_list("state", flat=True)) == ["dropped", "open"]


def test_the_device_s_time_is_kept(company):
    path, body = signed_meanwhile(company)
    at = now() - dt.timedelta(hours=5)
    Caller(company.engineer).post(path, body | {"device_at": at.isoformat()})

    assert Shelved.objects.get().device_at == at


def test_a_record_sent_back_takes_the_words_after_all(company):
    """The whole way: refused, sent back by the lead, entered by the engineer from the shelf."""
    record = company.signed()
    Caller(company.engineer).post(f"records/{record.number}/steps/fill_in", {"findings": WORDS})
    records.send_back(record, by=company.by("lead"), at=now(), reason="补现场内容")
    phone, item = Client(), Shelved.objects.get()
    phone.force_login(company.engineer)
    assert f"/r/{record.number}/steps/fill_in/?shelved={item.pk}" in phone.get(f"/shelf/{item.pk}/").content.decode()
    form = phone.get(f"/r/{record.number}/steps/fill_in/?shelved={item.pk}")
    assert WORDS in form.content.decode()

    phone.post(f"/r/{record.number}/steps/fill_in/", {"findings": WORDS, "shelved": item.pk})

    item.refresh_from_db()
    assert (item.state, item.into_number, item.settled_by_id) == ("taken", record.number, company.engineer.pk)
    assert ServiceRecord.objects.get(pk=record.pk).findings == WORDS
    assert Entry.objects.get(action="shelf.taken").record_number == record.number


def test_two_versions_of_a_card_are_left_to_the_phone_that_holds_both(company, client):
    record = company.filled()
    client.force_login(company.engineer)

    answer = client.post(
        f"/my/records/{record.number}/work/", {"work_done": "平板上写的", "base": "alt"}, headers={"Accept": "application/json"}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "overtaken")
    assert not Shelved.objects.exists()
