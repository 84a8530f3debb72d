"""The three tables of the main job, cell by cell (see kernel/testing/contract.py)."""

from datetime import timedelta

from django.utils import timezone

from bihuan.kernel.testing.contract import RecordContract
from bihuan.service.domain import order as orders
from bihuan.service.domain import record as records
from bihuan.service.domain import request as requests
from bihuan.service.models import ServiceRequest
from bihuan.service.procedure import ORDER, RECORD, REQUEST

from .company import STROKES, png


def unrouted(company):
    request = ServiceRequest(customer=company.unit.customer, fault="不响", called_at=timezone.now())
    return requests.register(request, by=company.by("desk"), at=timezone.now())


def cancelled(company):
    request = company.registered()
    requests.cancel(request, by=company.by("desk"), at=timezone.now(), reason="客户撤回")
    return request


def refused_record(company):
    record = company.filled()
    records.refuse(record, by=company.by("engineer"), at=timezone.now(), refusal_reason="对费用有异议", refusal_witness="门卫老刘")
    return record


def of_request(make):
    def request(company):
        made = make(company)
        request = made.order.request if hasattr(made, "order") else made.request
        request.refresh_from_db()
        return request

    return request


def of_order(make):
    def order(company):
        order = make(company).order
        order.refresh_from_db()
        return order

    return order


def submitted(company):
    order = company.drafted()
    orders.submit(order, by=company.by("lead"), at=timezone.now())
    return order


def released(company):
    order = company.drafted()
    orders.release_by_phone(
        order, by=company.by("lead"), at=timezone.now(), phone_approver="陈志强", phone_approved_at=timezone.now(), reason="停产，紧急"
    )
    return order


def accepted(company):
    order = company.approved()
    orders.accept(order, by=company.by("engineer"), at=timezone.now())
    return order


def travelling(company):
    order = accepted(company)
    orders.depart(order, by=company.by("engineer"), at=timezone.now(), carried=[item.pk for item in order.carry_items.all()])
    return order


def dropped(company):
    order = company.drafted()
    orders.cancel(order, by=company.by("lead"), at=timezone.now(), reason="客户改期")
    return order


class TestRequest(RecordContract):
    procedure = REQUEST
    reach = {
        "registered": unrouted,
        "forwarded": lambda company: company.registered(),
        "assigned": lambda company: company.assigned(),
        "contacted": lambda company: company.contacted(),
        "dispatched": of_request(lambda company: company.approved()),
        "on_site": of_request(lambda company: company.on_site()),
        "signed": of_request(lambda company: company.signed()),
        "refused": of_request(refused_record),
        "reviewed": of_request(lambda company: company.reviewed()),
        "closed": lambda company: company.closed(),
        "cancelled": cancelled,
    }

    def arguments(self, name, record, company):
        order = record.orders.first() or company.approved()
        return {
            "forward": {"branch": company.east},
            "reroute": {"branch": company.north, "reason": "地址在北京"},
            "assign": {"engineer": company.engineer},
            "reassign": {"engineer": company.colleague, "reason": "请假"},
            "contact": {"answer": "已联系"},
            "solve_by_phone": {"answer": "重启后正常"},
            "hold": {"hold_reason": "parts"},
            "dispatch": {"order": order},
            "undispatch": {"order": order, "reason": "改期"},
            "arrive": {"order": order},
            "sign": {"record": "FW-1"},
            "refuse": {"record": "FW-1"},
            "correct": {"record": "FW-1", "reason": "漏填"},
            "review": {"record": "FW-1"},
            "visit_again": {"reason": "还要换件"},
            "cancel": {"reason": "撤回"},
        }.get(name, {})


class TestOrder(RecordContract):
    procedure = ORDER
    reach = {
        "drafted": lambda company: company.drafted(),
        "submitted": submitted,
        "approved": lambda company: company.approved(),
        "released": released,
        "accepted": accepted,
        "travelling": travelling,
        "on_site": of_order(lambda company: company.on_site()),
        "done": of_order(lambda company: company.signed()),
        "cancelled": dropped,
    }

    def arguments(self, name, record, company):
        later = timezone.now() + timedelta(hours=5)
        return {
            "amend": {"engineer": company.engineer, "task": "再查", "planned_arrival": later},
            "reject": {"reason": "缺工具"},
            "release_by_phone": {"phone_approver": "陈志强", "phone_approved_at": timezone.now(), "reason": "停产"},
            "decline": {"reason": "生病"},
            "depart": {"carried": [item.pk for item in record.carry_items.all()]},
            "arrive": {"arrival_place": "二号厂房"},
            "report": {"progress": "已到现场"},
            "reopen": {"reason": "漏填"},
            "cancel": {"reason": "改期"},
        }.get(name, {})


class TestRecord(RecordContract):
    procedure = RECORD
    reach = {
        "open": lambda company: company.on_site(),
        "signed": lambda company: company.signed(),
        "refused": refused_record,
        "reviewed": lambda company: company.reviewed(),
    }

    def arguments(self, name, record, company):
        return {
            "begin": {},
            "fill_in": {"findings": "阀卡住"},
            "sign": {"signer_name": "王工", "image": png(), "strokes": STROKES},
            "refuse": {"refusal_reason": "有异议", "refusal_witness": "老刘"},
            "send_back": {"reason": "漏填读数"},
            "review": {"review_note": "同意"},
        }[name]
