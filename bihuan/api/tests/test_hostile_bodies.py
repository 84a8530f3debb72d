"""Every field of every write, filled with what nobody means: refused or kept as text, never an error of ours (#24, #26, #27)."""

import base64
import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone

from bihuan.api.declare import all_resources
from bihuan.api.urls import api as ninja
from bihuan.kernel.testing.api_verdicts import verdicts
from bihuan.privacy.domain.request import refuse
from bihuan.privacy.tests.test_request import received
from bihuan.quality.tests.test_nonconformity import corrected, declared, planned
from bihuan.quality.tests.test_review import judged, opened, review_of
from bihuan.service.domain import order as orders
from bihuan.service.tests.company import PASSWORD, STROKES, png

from .callers import Caller, registration

VALUES = [
    None, "", " ", "x" * 20000, "'; DROP TABLE x; -- <script>{{7*7}}{0.__class__}%(name)s\u202e𠮷野㐂·e\u0301２０２６", "\x00", "\ud800", 0, -1, 10**18, 10**40, 1.5,
    1e308, True, [], [None], [[]], [{}], ["x"], {}, {"a": {"b": []}}, [{"kind": "tool", "name": "表", "quantity": "x"}],
    [{"kind": "tool", "name": "表", "quantity": -1}], [{"kind": "tool", "name": "表", "quantity": None}], [{"kind": "tool", "name": "x" * 500}],
    [{"kind": [], "name": {}}], [{"name": "a", "quantity": 10**12}], [{"ok": "x", "value": {}, "remark": []}], "工具 表 ×²", "2026-02-30",
    "data:image/png;base64,AAAA", [[[10, 10]]], [[["a", "b"]]],
]  # fmt: skip

# an announcement has no body at all, only headers: test_uploads.py
WRITES = {f"POST {operation.path}": operation for bound in ninja._get_bound_routers() for view in bound.path_operations.values() for operation in view.operations if "POST" in operation.methods and not operation.path.endswith("/uploads")}  # fmt: skip
NOT_NOW = {"confirm", "resume", "depart"}  # nothing to confirm, nothing on hold, nothing ticked: refused as they stand
PEOPLE = {"service_desk": "desk", "branch_lead": "lead", "after_sales_head": "head", "@assignee": "engineer"}

ABOUT_PERSONS = {
    "grant_copy": {"password": PASSWORD},
    "correct": {"field": "name", "value": "魏忌"},
    "forget": {"confirm": True, "password": PASSWORD},
    "refuse": {"basis": "withdrawn", "refusal": "本人撤回"},
    "answer": {"answered_how": "phone"},
}


def complete(company, step):
    """The rest of the body, in order, so that the one bad value gets as far as it can."""
    soon, engineer = (timezone.now() + dt.timedelta(hours=5)).isoformat(), company.colleague.pk
    order = {"engineer": engineer, "task": "检查", "planned_arrival": soon, "carry": [{"kind": "tool", "name": "表", "quantity": 1}]}
    picture = "data:image/png;base64," + base64.b64encode(png()).decode()
    return {
        "requests": registration(company),
        "orders": order,
        "amend": order,
        "assign": {"engineer": engineer},
        "reassign": {"engineer": engineer, "reason": "换人"},
        "forward": {"branch": company.east.pk},
        "reroute": {"branch": company.north.pk, "reason": "区域有误"},
        "contact": {"answer": "已约"},
        "solve_by_phone": {"answer": "已解决"},
        "hold": {"hold_reason": "parts"},
        "approve": {"password": PASSWORD},
        "confirm": {"password": PASSWORD},
        "release_by_phone": {"phone_approver": "陈", "phone_approved_at": timezone.now().isoformat(), "reason": "急"},
        "arrive": {"arrival_place": "厂房"},
        "report": {"progress": "顺利"},
        "sign": {"signer_name": "王工", "image": picture, "strokes": STROKES},
        "refuse": {"refusal_reason": "不认可", "refusal_witness": "门卫"},
        "review": {"review_note": "完整"},
        "hand_over": {"responsible": company.lead.pk, "reason": "请假"},
        "reviews/assign": {"reviewer": company.head.pk},
        "reviews/hand_over": {"reviewer": company.head.pk, "reason": "出差"},
        "reviews/clear": {"findings": [1], "reason": "已核对"},
        "reviews/escalate": {"findings": [1], "description": "补录", "responsible": company.lead.pk},
        "reviews/conclude": {"conclusion": "正常", "password": PASSWORD},
        "plan": {"containment": "致歉", "disposition": "rework", "cause": "缺人", "correction": "排班", "due_at": soon},
        "correct": {"result": "已排"},
        "verify": {"finding": "有效"},
        "redo": {"reason": "仍超时", "due_at": soon},
    }.get(step, {"reason": "原因"} if step in {"cancel", "reject", "decline", "send_back", "visit_again"} else {})


def fields_of(operation):
    """The fields of its own; what every write has is tried on one of them."""
    properties = operation.openapi_extra["requestBody"]["content"]["application/json"]["schema"]["properties"]
    return (
        [*properties, "nonsense", "__class__"]
        if operation.path.endswith("cancel")
        else [name for name in properties if name not in {"at", "device_at"}]
    )


@pytest.fixture
def at_each_stage(company):
    """For every write a record from which it starts, where there is one at hand."""
    assigned, contacted, drafted, approved, filled = (
        company.assigned(),
        company.contacted(),
        company.drafted(),
        company.approved(),
        company.filled(),
    )
    submitted, accepted, travelling = company.drafted(), company.approved(), company.approved()
    now, engineer = timezone.now(), company.by("engineer")
    orders.submit(submitted, by=company.by("lead"), at=now)
    for order in (accepted, travelling):
        orders.accept(order, by=engineer, at=now)
    orders.depart(travelling, by=engineer, at=now, carried=[item.pk for item in travelling.carry_items.all()])
    reviewed, signed = company.reviewed().order.request, company.signed()
    waiting = company.registered(site=None, unit=None, customer=company.unit.customer)
    checked = corrected(company, responsible="engineer")

    def asked_for(wish):
        return received(company, wish)

    refused = asked_for("deletion")
    refuse(refused, by=company.by("head"), at=now, basis="withdrawn", refusal="本人撤回")
    stages = {
        "requests": {
            "forward": waiting,
            "assign": company.registered(),
            "contact": assigned,
            "visit_again": reviewed,
            "close": reviewed,
            "": contacted,
        },
        "orders": {
            "approve": submitted,
            "reject": submitted,
            "accept": approved,
            "decline": approved,
            "depart": accepted,
            "arrive": travelling,
            "report": travelling,
            "": drafted,
        },
        "nonconformities": {
            "": declared(company, responsible="engineer"),
            "correct": planned(company, responsible="engineer"),
            "verify": checked,
            "redo": checked,
        },
        "reviews": {"assign": opened(company), "conclude": judged(company), "": review_of(company, company.east)},
        "records": {"review": signed, "send_back": signed, "": filled},
        "person-requests": {
            "": asked_for("deletion"),
            "grant_copy": asked_for("copy"),
            "correct": asked_for("correction"),
            "answer": refused,
        },
    }
    return lambda resource, step: stages[resource].get(step, stages[resource][""]).number


@pytest.mark.parametrize("name", sorted(WRITES))
def test_no_body_brings_a_write_down(company, at_each_stage, name):
    operation = WRITES[name]
    who = next(person for code, person in PEOPLE.items() if code in verdicts()[name])
    caller, parts = Caller(company.people[who]), operation.path.strip("/").split("/")
    path = operation.path.strip("/").replace("{key}", at_each_stage(parts[0], parts[-1])) if "{key}" in operation.path else parts[0]
    if parts[0] == "person-requests":
        rest = ABOUT_PERSONS[parts[-1]]
    else:
        rest = complete(company, f"reviews/{parts[-1]}" if parts[0] == "reviews" else parts[-1])
    with transaction.atomic():
        whole = caller.post(path, rest)
        transaction.set_rollback(True)
    assert whole.status_code in ({200, 201} if parts[-1] not in NOT_NOW else {409, 422}), whole.content.decode()
    wrong = []
    for field in fields_of(operation):
        for value in VALUES:
            with transaction.atomic():
                answer = caller.post(path, rest | {field: value})
                transaction.set_rollback(True)
            if answer.status_code not in {200, 201, 400, 403, 409, 422} or "Traceback" in answer.content.decode():
                wrong.append((field, value, answer.status_code))
    assert wrong == []


def test_every_write_was_tried():
    declared = sum(
        1 for resource in all_resources() if resource.procedure for step in resource.procedure.steps if step.move.frm and not step.follows
    )

    assert len(WRITES) == declared + 2
