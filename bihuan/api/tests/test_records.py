"""One record in full, and a call carried through every step by the API alone (AS-5.1 – 5.3, #2, #43)."""

import base64
import datetime as dt
import json

import pytest
from django.utils import timezone

from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences
from bihuan.kernel.signing.models import Signature
from bihuan.service.models import ServiceRequest
from bihuan.service.tests.company import PASSWORD, STROKES, png

from .callers import registration


def step(said, name):
    return next(step for step in said["steps"] if step["name"] == name)


def test_a_record_tells_where_it_stands_and_what_may_be_done_by_whom(api, company):
    request = company.registered()
    said = api("lead").get(f"requests/{request.number}").json()

    assert (said["number"], said["status"], said["branch"], said["unit"]) == (request.number, "forwarded", "HD", "22A0457")
    assert [stop["state"] for stop in said["path"][:3]] == ["taken", "now", "ahead"]
    assert {step["name"] for step in said["steps"]} == {"assign", "solve_by_phone", "cancel"}
    assert all(step["why_not"] for step in said["impossible_steps"])
    assert "reroute" in {step["name"] for step in said["impossible_steps"]}


def test_a_step_says_what_it_asks_for(api, company):
    request = company.assigned()
    said = api("lead").get(f"requests/{request.number}").json()
    asked = {field["name"]: field for field in step(said, "reassign")["fields"]}
    engineer, reason, at = asked["engineer"], asked["reason"], asked["at"]

    assert (engineer["label"], engineer["type"], engineer["required"], engineer["max_length"]) == ("工程师", "choice", True, None)
    assert {choice["label"] for choice in engineer["choices"]} == {"张伟", "王磊"}
    assert (reason["type"], reason["max_length"]) == ("string", 500)
    assert (at["type"], at["required"]) == ("date-time", False)


def test_the_carry_list_is_asked_item_by_item(api, company):
    order = company.approved()
    api("engineer").post(f"orders/{order.number}/steps/accept")
    said = api("engineer").get(f"orders/{order.number}").json()
    asked = {field["name"]: field for field in step(said, "depart")["fields"]}
    items = [item["id"] for item in said["carry"]]

    assert asked["carried"]["type"] == "choices"
    assert [choice["value"] for choice in asked["carried"]["choices"]] == items
    assert {f"remark_{item}" for item in items} <= set(asked)
    answer = api("engineer").post(f"orders/{order.number}/steps/depart", {"carried": items[:1], f"remark_{items[1]}": "已在现场"})
    assert answer.status_code == 200, answer.content.decode()


def test_deadlines_come_with_their_verdicts(api, company):
    request = company.registered(at=timezone.now() - dt.timedelta(hours=2))
    by_clock = {row["clock"]: row for row in api("lead").get(f"requests/{request.number}").json()["deadlines"]}

    assert by_clock["forwarding"]["verdict"] == "kept"
    assert (by_clock["first_contact"]["state"], by_clock["first_contact"]["verdict"]) == ("running", "open")
    assert by_clock["first_contact"]["clause"] == "AS-5.2.1"


def test_the_history_has_three_clocks(api, company):
    request = company.assigned()
    said_at = timezone.now() - dt.timedelta(seconds=1)
    device = timezone.now() + dt.timedelta(days=400)
    ServiceRequest.objects.update(called_at=said_at - dt.timedelta(minutes=9))
    sent = {"answer": "明早上门", "at": said_at.isoformat(), "device_at": device.isoformat()}

    assert api("engineer").post(f"requests/{request.number}/steps/contact", sent).status_code == 200

    line = api("lead").get(f"requests/{request.number}").json()["history"][0]
    assert dt.datetime.fromisoformat(line["happened_at"]) == said_at
    assert dt.datetime.fromisoformat(line["device_at"]) == device
    assert abs(dt.datetime.fromisoformat(line["recorded_at"]) - timezone.now()) < dt.timedelta(minutes=1)
    assert (line["action"], line["who"], line["role"], line["channel"]) == ("BX.contact", "张伟", "assignee", "api")


def test_a_long_history_is_cut_and_can_be_walked(api, company):
    request, lead = company.contacted(), api("lead")
    for _n in range(30):
        lead.post(f"requests/{request.number}/steps/hold", {"hold_reason": "parts"})
        lead.post(f"requests/{request.number}/steps/resume")
    said = lead.get(f"requests/{request.number}").json()
    assert (len(said["history"]), said["history_goes_on"]) == (50, True)

    found, cursor = [], None
    while True:
        page = lead.get(f"requests/{request.number}/history", limit=20, **({"cursor": cursor} if cursor else {})).json()
        found += page["items"]
        if (cursor := page["next"]) is None:
            break

    assert [entry["id"] for entry in found[:50]] == [entry["id"] for entry in said["history"]]
    assert len(found) == Entry.objects.filter(record_number=request.number).count() == 64
    assert found[-1]["action"] == "BX.register"


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "x"},
        {"cursor": "-1"},
        {"cursor": "0"},
        {"limit": "101"},
        {"limit": "x"},
        {"page": "1"},
        {"cursor": "9" * 30},
        {"limit": ["1", "2"]},
    ],
)
def test_a_history_refuses_what_it_does_not_offer(api, company, query):
    assert api("lead").get(f"requests/{company.registered().number}/history", **query).status_code == 400


def test_relatives_are_named_with_their_address(api, company):
    record = company.reviewed()
    request = api("lead").get(f"requests/{record.order.request.number}").json()["related"]
    orders = api("lead").get(f"orders/{record.order.number}").json()["related"]

    assert [(row["type"], row["number"]) for row in request] == [("orders", record.order.number)]
    assert {row["type"] for row in orders} == {"requests", "records"}
    for row in request + orders:
        assert api("lead").get(row["href"].removeprefix("/api/v1/")).json()["number"] == row["number"]


def test_signatures_say_whether_they_still_hold(api, company):
    record = company.reviewed()
    customer, lead = api("auditor").get(f"records/{record.number}").json()["signatures"]

    assert (customer["name"], customer["meaning"], customer["method"], customer["verdict"]) == ("王工", "received", "drawn", "intact")
    assert customer["time"].endswith("UTC+08:00")
    assert (lead["name"], lead["meaning"], lead["verdict"]) == ("李建国", "reviewed", "intact")

    type(record).objects.filter(pk=record.pk).update(work_done="另写一套")
    assert [row["verdict"] for row in api("auditor").get(f"records/{record.number}").json()["signatures"]] == ["broken", "broken"]


def test_a_void_signature_is_shown_as_void(api, company):
    record = company.signed()
    api("lead").post(f"records/{record.number}/steps/send_back", {"reason": "读数有误"})
    (signature,) = api("lead").get(f"records/{record.number}").json()["signatures"]

    assert signature["verdict"] == "void"
    assert "读数有误" in signature["state"]


def test_a_call_is_carried_through_by_the_api_alone(api, company):
    desk, lead, head, engineer = api("desk"), api("lead"), api("head"), api("engineer")

    def taken(caller, path, **body):
        answer = caller.post(path, body)
        assert answer.status_code in {200, 201}, (path, answer.content.decode())
        return answer.json()

    request = taken(desk, "requests", **registration(company))["number"]
    taken(lead, f"requests/{request}/steps/assign", engineer=company.engineer.pk)
    taken(engineer, f"requests/{request}/steps/contact", answer="明早上门")
    soon = (timezone.now() + dt.timedelta(hours=2)).isoformat()
    carry = [{"kind": "form", "name": "售后服务记录单"}, {"kind": "tool", "name": "压力表", "quantity": 2}]
    order = taken(
        lead,
        f"requests/{request}/orders",
        engineer=company.engineer.pk,
        task="检查高压",
        planned_arrival=soon,
        carry=carry,
        planned_hours=3.5,
    )["number"]
    taken(lead, f"orders/{order}/steps/submit")
    taken(head, f"orders/{order}/steps/approve", password=PASSWORD)
    taken(engineer, f"orders/{order}/steps/accept")
    items = [item["id"] for item in engineer.get(f"orders/{order}").json()["carry"]]
    taken(engineer, f"orders/{order}/steps/depart", carried=items)
    arrived = taken(engineer, f"orders/{order}/steps/arrive", arrival_place="二号厂房", latitude=31.299379, longitude=120.619585)
    (created,) = arrived["created"]
    assert created["type"] == "records"
    record = created["number"]
    taken(engineer, f"orders/{order}/steps/report", progress="已查明原因")
    lines = [
        {**line, "ok": True, "value": "0.75" if line["measured"] else ""} for line in engineer.get(f"records/{record}").json()["checklist"]
    ]
    taken(
        engineer, f"records/{record}/steps/fill_in", checklist=lines, findings="压力开关失灵", work_done="更换压力开关", outcome="repaired",
        parts=[{"name": "压力开关", "quantity": 1}], labour_minutes=90, travel_minutes=30,
    )  # fmt: skip
    image = "data:image/png;base64," + base64.b64encode(png()).decode()
    taken(engineer, f"records/{record}/steps/sign", signer_name="王工", image=image, strokes=STROKES)
    taken(lead, f"records/{record}/steps/review", review_note="记录完整")
    done = taken(desk, f"requests/{request}/steps/close")

    assert (done["status"], done["next_due_at"]) == ("closed", None)
    assert Signature.objects.count() == 3
    assert {entry.said["channel"] for entry in Entry.objects.filter(record_number=request)} == {"api"}
    assert list(differences()) == []


def test_the_form_may_be_sent_as_multipart(api, company):
    request, caller = company.contacted(), api("lead")
    body = {
        "engineer": company.engineer.pk, "task": "检查", "planned_arrival": (timezone.now() + dt.timedelta(hours=2)).isoformat(), "carry": "工具 压力表 ×1",
    }  # fmt: skip
    headers = caller.headers | {"Idempotency-Key": "multi-1"}

    answers = [caller.client.post(f"/api/v1/requests/{request.number}/orders", body, headers=headers) for _again in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201], answers[0].content.decode()
    assert answers[1]["Idempotent-Replayed"] == "true"


def test_a_file_where_none_is_asked_for_is_refused(api, company):
    from django.core.files.uploadedfile import SimpleUploadedFile

    request, caller = company.registered(), api("desk")
    body = {"reason": "误报", "photo": SimpleUploadedFile("a.png", png(), "image/png")}

    answer = caller.client.post(f"/api/v1/requests/{request.number}/steps/cancel", body, headers=caller.headers)

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "photo", "detail": "这里不收文件，请去掉。"}]


def test_what_a_write_answers_names_no_person(api, company):
    """It is kept for repeats, longer than a person's data may be (#96)."""
    answer = json.loads(api("desk").post("requests", registration(company, caller_name="王工")).content)

    assert set(answer) == {"type", "number", "href", "status", "status_label", "version", "next_due_at", "next_clock", "created"}


def test_what_a_unit_implies_is_filled_in(api, company):
    api("desk").post("requests", registration(company, channel="email"))
    request = ServiceRequest.objects.get()

    assert (request.customer, request.site, request.product_model) == (company.unit.customer, company.unit.site, company.model)
    assert request.cover["parts"] is True
    assert (request.channel, request.branch.code) == ("email", "HD")


@pytest.mark.parametrize("channel", ["import", "telepathy"])
def test_a_channel_that_is_not_offered_is_refused(api, company, channel):
    assert api("desk").post("requests", registration(company, channel=channel)).status_code == 422


def test_a_call_without_anybody_is_refused_with_what_to_fill_in(api, company):
    answer = api("desk").post("requests", registration(company, unit=None))

    assert answer.status_code == 422
    assert "至少一项" in answer.json()["detail"]
