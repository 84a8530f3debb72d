"""Whatever is not done is told as a problem (RFC 9457), in the reader's language, and no answer leads anywhere else (#26, #29, #64)."""

import datetime as dt
import json

import pytest
from django.db import IntegrityError, OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from bihuan.api.problems import answered, told
from bihuan.kernel.access.refusals import Conflict, Refusal
from bihuan.service.models import ServiceRequest

from .callers import registration


def problem(answer, status, code):
    """*answer* as a problem of this kind, with everything a problem has."""
    assert answer.status_code == status, answer.content.decode()
    assert answer["Content-Type"] == "application/problem+json"
    said = json.loads(answer.content)
    assert said["status"] == status
    assert said["type"] == f"/api/v1/docs#{code}"
    assert said["title"] and said["detail"] and said["instance"]
    return said


def test_a_missing_field_is_named_with_the_remedy(api, company):
    said = problem(api("desk").post("requests", registration(company, fault="")), 422, "invalid")

    assert [error["field"] for error in said["errors"]] == ["fault"]
    assert said["detail"].startswith("客户原话")


def test_all_fields_at_fault_are_named_at_once(api, company):
    order = company.contacted()
    said = problem(api("lead").post(f"requests/{order.number}/orders", {"task": ""}), 422, "invalid")

    assert {error["field"] for error in said["errors"]} == {"engineer", "planned_arrival", "task", "carry"}


def test_unknown_fields_are_refused_by_name_and_nothing_is_ignored(api, company):
    said = problem(api("desk").post("requests", registration(company, status="closed", branch=2, created_at="2020-01-01")), 422, "invalid")

    assert {error["field"] for error in said["errors"]} == {"status", "branch", "created_at"}
    assert ServiceRequest.objects.count() == 0


def test_a_step_refuses_unknown_fields_too(api, company):
    request = company.registered()
    answer = api("lead").post(f"requests/{request.number}/steps/assign", {"engineer": company.engineer.pk, "status": "closed"})

    assert [error["field"] for error in problem(answer, 422, "invalid")["errors"]] == ["status"]
    assert ServiceRequest.objects.get().status == "forwarded"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", '{"reason": "误报"}'),
        ("application/x-www-form-urlencoded", "reason=x"),
        ("application/json; charset=gbk", '{"reason": "x"}'),
        ("application/xml", "<reason/>"),
        ("", '{"reason": "x"}'),
    ],
)
def test_a_body_of_another_type_is_refused(api, company, kind, body):
    request, caller = company.registered(), api("desk")
    answer = caller.client.post(f"/api/v1/requests/{request.number}/steps/cancel", body, content_type=kind, headers=caller.headers)

    problem(answer, 415, "media-type")
    assert ServiceRequest.objects.get().status == "forwarded"


@pytest.mark.parametrize(
    "body",
    [
        "{", "[]", "1", "null", '"x"', "{'a': 1}", '{"reason": NaN}', '{"reason": 1e999}', '{"reason": "a", "reason": "b"}', '{"reason": -Infinity}',
        b'{"reason": "\xff"}', "[" * 100000, '{"a":' * 5000 + "1" + "}" * 5000, '{"reason": ' + "9" * 5000 + "}",
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_refused(api, company, body):
    request = company.registered()
    answer = api("desk").post(f"requests/{request.number}/steps/cancel", body)

    problem(answer, 400, "unreadable")


@pytest.mark.parametrize(
    "body",
    [
        {"reason": 5}, {"reason": ["a"]}, {"reason": {"a": 1}}, {"reason": True}, {"reason": "a\x00b"}, {"reason": "\ud800"}, {"reason": "x" * 501},
        {"reason": "误报", "at": "2026-11-22T10:00:00"}, {"reason": "误报", "at": "0001-01-01T00:00:00+14:00"}, {"reason": "误报", "at": 1},
        {"reason": "误报", "at": "9999-12-31T23:59:59-14:00"}, {"reason": "误报", "at": "2026-02-30T00:00:00Z"}, {"reason": "误报", "device_at": "x"},
        {"reason": "误报", "at": "2090-01-01T00:00:00Z"}, {"\x00": 1, "reason": "误报"}, {"reason": None}, {"": ""},
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_refused_by_name(api, company, body):
    request = company.registered()
    said = problem(api("desk").post(f"requests/{request.number}/steps/cancel", body), 422, "invalid")

    assert said["errors"]
    assert ServiceRequest.objects.get().status == "forwarded"


def test_a_body_without_end_is_refused(api, company, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    said = problem(api("desk").post("requests", registration(company, fault="长" * 1000)), 413, "too-large")

    assert "减少" in said["detail"]


def test_wrong_state_wrong_person_out_of_sight_and_unheard_of(api, company):
    request = company.registered()
    steps = f"requests/{request.number}/steps"

    problem(api("desk").post(f"{steps}/close"), 409, "conflict")
    assert (
        "分公司售后负责人" in problem(api("desk").post(f"{steps}/assign", {"engineer": company.engineer.pk}), 403, "not-allowed")["detail"]
    )
    problem(api("other_lead").post(f"{steps}/assign", {"engineer": company.engineer.pk}), 404, "not-found")
    problem(api("desk").post(f"{steps}/dispatch"), 404, "not-found")  # follows an order's approval, never alone
    problem(api("desk").post(f"{steps}/teleport"), 404, "not-found")
    problem(api("desk").get("nonsense"), 404, "not-found")
    problem(api("desk").get("requests/"), 404, "not-found")
    problem(api("desk").get("sites/99999999999999999999999"), 404, "not-found")
    problem(api("desk").get("sites/x"), 404, "not-found")


def test_other_methods_are_refused_with_those_there_are(api, company):
    caller = api("desk")
    for method in ("put", "patch", "delete", "options", "head"):
        answer = getattr(caller.client, method)("/api/v1/requests", headers=caller.headers)
        assert answer.status_code == 405
        assert set(answer["Allow"].split(", ")) == {"GET", "POST"}
    assert problem(caller.client.delete("/api/v1/requests", headers=caller.headers), 405, "method")


def test_who_is_nobody_is_told_how_to_come_in(api):
    for answer in (api().get("requests"), api().post("requests", {}), api(Authorization="Bearer bh_wrong").get("requests")):
        problem(answer, 401, "unauthorized")
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_parameters_on_a_write_or_a_record_are_refused(api, company):
    request = company.registered()
    answer = api("desk").post(f"requests/{request.number}/steps/cancel?reason=x", {"reason": "误报"})

    assert problem(answer, 400, "unreadable")["errors"][0]["field"] == "reason"
    assert problem(api("desk").get(f"requests/{request.number}", expand="all"), 400, "unreadable")["errors"][0]["field"] == "expand"


def test_a_problem_is_told_in_the_language_asked_for_or_the_persons_own(api, company):
    request = company.registered()
    company.lead.language = "en"
    company.lead.save()
    path = f"requests/{request.number}/steps/assign"

    own, asked = api("lead").post(path), api("lead", **{"Accept-Language": "zh-hans"}).post(path)

    assert own.json()["errors"][0]["detail"] == "This field is required."
    assert "必填" in asked.json()["errors"][0]["detail"]


def test_nothing_redirects(api, company):
    request = company.registered()
    for path in ("", "requests", "requests/", f"requests/{request.number}/", "docs/", "openapi.json/", "files/x"):
        assert api("desk").get(path).status_code in {200, 404}
        assert api().get(path).status_code in {200, 401, 404}


def test_no_answer_may_be_kept_by_others(api, company):
    for answer in (api("desk").get("requests"), api("desk").get("requests/X"), api().get("requests")):
        assert "no-store" in answer["Cache-Control"]


# what the database says


def driver_error(kind, sqlstate):
    error = kind("SELECT secret FROM somewhere")
    error.__cause__ = type("Driver", (Exception,), {"sqlstate": sqlstate})()
    return error


def asked():
    request = RequestFactory().get("/api/v1/requests")
    request.request_id = "abc"
    return request


def test_what_the_database_asks_to_repeat_is_repeated_until_it_passes():
    tries = iter([driver_error(OperationalError, "40001"), driver_error(OperationalError, "40P01"), None])

    def view(request):
        if (trouble := next(tries)) is not None:
            raise trouble
        return HttpResponse("done")

    assert answered(view)(asked()).content == b"done"


def test_what_never_passes_is_told_as_busy_with_a_time_to_come_again():
    def view(request):
        raise driver_error(OperationalError, "40001")

    answer = answered(view)(asked())
    problem(answer, 503, "busy")
    assert answer["Retry-After"]


def test_the_slower_of_two_is_told_of_the_conflict():
    problem(told(asked(), driver_error(IntegrityError, "23505")), 409, "conflict")
    problem(told(asked(), IntegrityError("UNIQUE constraint failed: a.b")), 409, "conflict")


def test_our_own_faults_are_logged_and_not_told(caplog):
    for trouble in (driver_error(IntegrityError, "23502"), ValueError("SELECT secret"), KeyError("secret")):
        answer = told(asked(), trouble)
        problem(answer, 500, "internal")
        assert "secret" not in answer.content.decode()
        assert "abc" in json.loads(answer.content)["detail"]
    assert "secret" in caplog.text


def test_a_refusal_of_any_status_keeps_its_own(db):
    refusal = Refusal("请稍后再试。")
    refusal.status, refusal.code = 429, "too-many"

    problem(told(asked(), refusal), 429, "too-many")
    problem(told(asked(), Conflict("已办理。")), 409, "conflict")


def test_the_language_of_one_is_not_left_behind_for_the_next(api, company):
    request = company.registered()
    company.lead.language = "en"
    company.lead.save()
    api("lead").get("requests")

    assert "必填" in api("desk").post(f"requests/{request.number}/steps/cancel").json()["errors"][0]["detail"]


def test_a_time_before_the_call_is_refused_by_the_verb_as_on_the_page(api, company):
    request = company.assigned()
    early = (request.called_at - dt.timedelta(hours=1)).isoformat()

    said = problem(api("engineer").post(f"requests/{request.number}/steps/contact", {"answer": "已约", "at": early}), 422, "invalid")

    assert said["errors"] == [{"field": "at", "detail": said["detail"]}]
