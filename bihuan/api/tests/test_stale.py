"""Versions that were overtaken, and what arrives when its order has gone another way: nothing written is lost (#61, #65)."""

import datetime as dt

import pytest
from django.utils import timezone

from bihuan.kernel.journal.models import Entry
from bihuan.kernel.testing.overlap import together
from bihuan.service.domain import record as records
from bihuan.service.models import DispatchOrder, ServiceRecord, ServiceRequest
from bihuan.service.tests.company import Company

from .callers import Caller

pytestmark = pytest.mark.both


def fill(caller, record, version, key=None, **fields):
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    return caller.post(f"records/{record.number}/steps/fill_in", fields, key=key, **headers)


def test_what_was_prepared_on_version_three_is_told_what_version_four_changed(api, company):
    record, engineer = company.filled(), api("engineer")
    seen = record.version
    assert fill(engineer, record, seen, findings="办公室写的", advice="每月清洗").status_code == 200

    answer = fill(engineer, record, seen, findings="现场写的", work_done="更换压力开关")

    assert answer.status_code == 409
    said = answer.json()
    assert said["type"].endswith("#stale")
    assert said["version"] == seen + 1
    changes = {change["field"]: change for change in said["changes"]}
    assert set(changes) == {"findings", "advice"}
    assert changes["findings"] == {
        "field": "findings", "label": "故障现象与原因", "base": "压力开关失灵", "theirs": "办公室写的", "yours": "现场写的",
    }  # fmt: skip
    assert "yours" not in changes["advice"]
    assert ServiceRecord.objects.get().findings == "办公室写的"
    assert Entry.objects.filter(action="FW.fill_in").count() == 2

    assert fill(engineer, record, said["version"], findings="现场写的").status_code == 200
    assert ServiceRecord.objects.get().findings == "现场写的"


def test_several_versions_later_each_field_is_told_once_from_where_to_where(api, company):
    record, engineer = company.filled(), api("engineer")
    seen = record.version
    for text in ("第一稿", "第二稿"):
        fill(engineer, record, None, findings=text)

    (change,) = fill(engineer, record, seen, work_done="重做").json()["changes"]

    assert (change["field"], change["base"], change["theirs"]) == ("findings", "压力开关失灵", "第二稿")


def test_updates_of_one_device_go_through_in_their_order(api, company):
    record, engineer = company.filled(), api("engineer")
    version = record.version
    for number in range(5):
        answer = fill(engineer, record, version, key=f"tab-{number}", findings=f"第 {number} 次")
        assert answer.status_code == 200
        version = answer.json()["version"]
    again = fill(engineer, record, record.version, key="tab-0", findings="第 0 次")

    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true"), (
        "an answer that was lost comes again, however old the version"
    )
    assert ServiceRecord.objects.get().findings == "第 4 次"


@pytest.mark.parametrize("header", ["x", "0", "-1", "1.5", "9" * 30, "", '"'])
def test_what_is_no_version_is_refused_with_its_name(api, company, header):
    record = company.filled()

    answer = api("engineer").post(f"records/{record.number}/steps/fill_in", {"findings": "x"}, **{"If-Match": header})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "If-Match"


def test_any_version_will_do_for_a_star(api, company):
    record = company.filled()

    assert api("engineer").post(f"records/{record.number}/steps/fill_in", {"findings": "x"}, **{"If-Match": "*"}).status_code == 200


def test_a_phone_number_of_the_caller_is_not_among_the_differences(api, company):
    request = company.registered()
    type(request).objects.filter(pk=request.pk).update(version=request.version + 1)

    answer = api("lead").post(f"requests/{request.number}/steps/assign", {"engineer": company.engineer.pk}, **{"If-Match": "1"})

    assert answer.status_code == 409
    assert "13800005678" not in answer.content.decode()
    assert not {change["field"] for change in answer.json()["changes"]} & {"caller_phone", "caller_name"}


def test_of_two_tabs_with_one_version_one_is_kept_and_the_other_told(committed):
    company = Company()
    engineer = Caller(company.engineer)

    def write(index, record):
        return fill(engineer, record, record.version, key=f"{record.number}-{index}", findings=f"第 {index} 个标签页")

    done = together(4, write, fresh=company.filled)

    assert not done.failures
    assert sorted(answer.status_code for answer in done.results) == [200, 409, 409, 409]
    kept = ServiceRecord.objects.get(pk=done.subject.pk).findings
    losers = [answer.json() for answer in done.results if answer.status_code == 409]
    assert all(said["changes"][0]["theirs"] == kept != said["changes"][0]["yours"] for said in losers), "nobody's words are lost"


def test_two_tabs_with_one_key_leave_one_report(committed):
    company = Company()
    engineer = Caller(company.engineer)

    def send(_index, record):
        return engineer.post(f"orders/{record.order.number}/steps/report", {"progress": "已查明原因"}, key=f"report-{record.pk}")

    done = together(2, send, fresh=company.on_site)

    assert not done.failures
    assert [answer.status_code for answer in done.results] == [200, 200]
    assert done.results[0].content == done.results[1].content
    assert sorted("Idempotent-Replayed" in answer for answer in done.results) == [False, True]
    assert done.subject.order.reports.count() == 1


def gone_another_way(company, how):
    """An order that the engineer was on the way for, or holds a record of, when the office decided otherwise: (path, body)."""
    if how in {"order cancelled", "given to another"}:
        order = company.approved()
        office = Caller(company.lead)
        if how == "order cancelled":
            office.post(f"orders/{order.number}/steps/cancel", {"reason": "客户改期"})
        else:
            Caller(company.engineer).post(f"orders/{order.number}/steps/decline", {"reason": "生病"})
            body = {
                "engineer": company.colleague.pk,
                "task": "检查",
                "planned_arrival": (timezone.now() + dt.timedelta(hours=2)).isoformat(),
            }
            office.post(f"orders/{order.number}/steps/amend", body | {"carry": "工具 压力表 ×1"})
        return f"orders/{order.number}/steps/accept", {}
    if how == "request closed":
        record = ServiceRecord.objects.get(order__request=company.closed())
    else:
        record = company.signed()
        if how == "reviewed":
            records.review(record, by=company.by("lead"), at=timezone.now(), review_note="记录完整")
    return f"records/{record.number}/steps/fill_in", {"findings": "在现场写的话"}


@pytest.mark.parametrize(
    ("how", "status"), [("order cancelled", 409), ("given to another", 403), ("signed", 409), ("reviewed", 409), ("request closed", 409)]
)
def test_what_arrives_for_an_order_gone_another_way_is_refused_whole_and_may_be_sent_elsewhere(api, company, how, status):
    """#65: a sentence that names what has become of it, no trace of it in the record, and the key is free for the right place."""
    path, body = gone_another_way(company, how)
    before = (
        Entry.objects.count(),
        [model.objects.order_by("pk").values().first() for model in (ServiceRequest, DispatchOrder, ServiceRecord)],
    )

    answer = api("engineer").post(path, body, key="from-the-plant-room")

    assert answer.status_code == status
    assert len(answer.json()["detail"]) > 10
    after = (
        Entry.objects.count(),
        [model.objects.order_by("pk").values().first() for model in (ServiceRequest, DispatchOrder, ServiceRecord)],
    )
    assert after == before
    elsewhere = company.on_site(unit=company.machine("ELSE-1", "别处", company.jiangsu, company.east))
    assert (
        api("engineer")
        .post(f"records/{elsewhere.number}/steps/fill_in", {"findings": "在现场写的话"}, key="from-the-plant-room")
        .status_code
        == 200
    )
