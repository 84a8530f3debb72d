"""Who has no sight of telephone numbers gets them masked, in every field of every answer (#2, #10)."""

import json

import pytest
from django.utils import timezone

from bihuan.api.shown import masked_phone, masked_words
from bihuan.customers.models import Phone
from bihuan.kernel.access.actors import Actor, Grant

from .objects import east, everyone

AUDITOR = Actor("沈思", 1, (Grant("auditor", 1, True),))
LEAD = Actor("李建国", 2, (Grant("branch_lead", 2, False),))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("13800005678", "138****5678"),
        ("138 0000 5678", "138****5678"),
        ("+86 138-0000-5678", "138****5678"),
        ("0512-62881234", "051****1234"),
        ("１３８００００５６７８", "138****5678"),
        ("12345", "****"),
        ("", ""),
        (None, None),
    ],
)
def test_a_number_is_shown_by_its_ends_only(written, shown):
    assert masked_phone(AUDITOR, written) == shown
    assert masked_phone(LEAD, written) == written


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("请打13800005678找王工", "请打138****5678找王工"),
        ("电话 +86 138 0000 5678。", "电话 138****5678。"),
        ("序列号 2213800005678001", "序列号 2213800005678001"),
        ("BX-HD-2026-000417", "BX-HD-2026-000417"),
        ("压力 13.8 bar，转速 1480", "压力 13.8 bar，转速 1480"),
        ("两个：13800005678、13900001111", "两个：138****5678、139****1111"),
    ],
)
def test_numbers_within_words_are_masked_and_nothing_else(written, shown):
    assert masked_words(AUDITOR, written) == shown
    assert masked_words(LEAD, written) == written


MARK = "13977776666"


@pytest.fixture
def marked(company):
    """A number in every field where people write numbers."""
    there = east(company)
    there.request.caller_phone = there.request.fault = there.request.answer = there.request.first_answer = f"打{MARK}"
    there.request.caller_phone = MARK
    there.request.save()
    there.order.task = there.order.cost_note = f"到场先打 {MARK}"
    there.order.save()
    there.record.findings = there.record.work_done = there.record.advice = f"已与{MARK}说明"
    there.record.save()
    there.request.contact_log.create(position=9, speaker="客户", text=f"我的手机{MARK}", at=timezone.now())
    there.order.reports.create(day=timezone.localdate(), progress=f"已联系{MARK}", by_name="张伟", at=timezone.now())
    Phone.objects.update(written=MARK)
    company.east.phone = MARK
    company.east.save()
    company.engineer.phone = MARK
    company.engineer.save()
    return there


PATHS = [
    "requests",
    "requests/{requests}",
    "requests/{requests}/history",
    "orders",
    "orders/{orders}",
    "records",
    "records/{records}",
    "contacts/{contacts}",
    "customers/{customers}",
    "branches/HD",
    "people",
    "people/engineer",
    "sites",
    "units",
]


@pytest.mark.parametrize("path", PATHS)
def test_an_auditor_finds_no_number_anywhere(api, company, marked, path):
    text = api("auditor").get(path.format(**marked.keys)).content.decode()

    assert MARK not in text
    assert json.loads(text).get("status") != 404


def test_the_same_answers_give_the_number_to_who_works_with_it(api, company, marked):
    seen = [path for path in PATHS if MARK in api("desk").get(path.format(**marked.keys)).content.decode()]

    assert set(seen) == set(PATHS) - {"requests/{requests}/history", "customers/{customers}", "sites", "units"}


def test_a_number_that_an_auditor_must_not_see_cannot_be_asked_for_either(api, company, marked):
    assert api("auditor").get("contacts", phone=MARK).status_code == 400


# which fields each role gets: a change here is a decision

FIELDS = {
    "requests": "id number status status_label version branch engineer engineer_name customer customer_name site site_name unit model channel called_at "
    "fault is_overseas visits created_at next_due_at next_clock caller_name caller_phone contact_person first_answer answer contacted_at closed_at "
    "hold_reason cover contact_log",
    "orders": "id number status status_label version branch engineer engineer_name request customer customer_name unit visit task planned_departure "
    "planned_arrival departed_at arrived_at finished_at created_at next_due_at next_clock companions planned_hours cost_note approved_at phone_approved_at "
    "confirmed_at phone_approver arrival_place latitude longitude carry reports",
    "records": "id number status status_label version branch engineer engineer_name order request customer customer_name unit outcome findings work_done "
    "labour_minutes travel_minutes signed_at reviewed_at created_at next_due_at next_clock checklist parts photos advice refusal_reason review_note "
    "refusal_witness",
    "customers": "number name short_name is_key_account is_overseas created_at note",
    "sites": "id customer customer_name name address region branch",
    "contacts": "id customer customer_name site name title is_active phone",
    "units": "serial model line customer customer_name site site_name branch place shipped_on commissioned_on parts_until labour_until travel_until "
    "oem_brand is_overseas",
    "models": "id line name description",
    "lines": "code name major_faults",
    "bulletins": "number title issued_on withdrawn_on issued_by body models",
    "branches": "code name city address phone time_zone calendar is_headquarters handles_overseas is_active",
    "people": "id username name branch department phone is_active",
}
PARTS = "path steps impossible_steps deadlines history history_goes_on related attachments uploads signatures"


@pytest.mark.parametrize("resource", FIELDS)
def test_every_role_gets_exactly_the_declared_fields(company, resource):
    from .callers import Caller

    there = east(company)
    wanted = FIELDS[resource] + (f" {PARTS}" if resource in {"requests", "orders", "records"} else "")
    for name, person in everyone(company).items():
        answer = Caller(person).get(f"{resource}/{there.keys[resource]}")
        if answer.status_code == 200:
            assert list(answer.json()) == wanted.split(), name
