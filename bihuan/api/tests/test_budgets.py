"""How many statements an answer costs, whatever the amount of data (both engines)."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import bihuan.api.resources  # noqa: F401  (they declare themselves)
from bihuan.api.declare import all_resources
from bihuan.kernel import journal

from .callers import registration

CONTROL = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK", "SET CONSTRAINTS")
DOOR = ("access_token", "organisation_appointment")
KEY = ("access_idempotency",)


def statements(call):
    """What *call* asks of the database, apart from transaction control."""
    with CaptureQueriesContext(connection) as ran:
        answer = call()
    assert answer.status_code in {200, 201}, answer.content.decode()
    return [query["sql"] for query in ran if not query["sql"].startswith(CONTROL)]


def about(tables, asked):
    return [statement for statement in asked if any(table in statement for table in tables)]


def test_registering_costs_twelve_statements_and_two_for_the_key(api, company):
    desk = api("desk")
    desk.post("requests", registration(company))  # the token's last use is written once a day

    asked = statements(lambda: desk.post("requests", registration(company)))

    own = [statement for statement in asked if statement not in about(DOOR + KEY, asked)]
    listed = "\n".join(statement[:90] for statement in own)
    assert len(own) <= 12, listed
    assert len(about(KEY, asked)) == 2
    assert len(about(DOOR, asked)) <= 3
    for table in ("service_servicerequest", "deadlines_deadline", "journal_entry", "notify_notice", "lists_document", "numbering_counter"):
        assert table in listed


@pytest.mark.parametrize("kind", ["requests", "orders", "records"])
def test_a_record_costs_the_same_however_long_its_history(api, company, kind):
    record = company.reviewed()
    number = {"records": record, "orders": record.order, "requests": record.order.request}[kind].number
    lead = api("lead")
    lead.get(f"{kind}/{number}")
    short = statements(lambda: lead.get(f"{kind}/{number}"))
    subject = {"records": record, "orders": record.order, "requests": record.order.request}[kind]
    with journal.unit():
        for n in range(300):
            journal.append(company.by("lead"), "print", subject, at=timezone.now() - dt.timedelta(seconds=n), reason="补打")

    long = statements(lambda: lead.get(f"{kind}/{number}"))

    assert len(long) == len(short) <= 25, "\n".join(statement[:90] for statement in long)


def test_a_record_in_mid_course_with_all_its_forms_stays_in_the_budget(api, company):
    order = company.drafted()
    for who, path in (
        ("lead", f"orders/{order.number}"),
        ("lead", f"requests/{order.request.number}"),
        ("desk", f"requests/{order.request.number}"),
    ):
        caller = api(who)
        caller.get(path)
        assert len(statements(lambda caller=caller, path=path: caller.get(path))) <= 25


@pytest.mark.parametrize("name", [resource.name for resource in all_resources()])
def test_a_page_of_a_list_costs_the_same_with_one_row_and_with_many(api, company, name):
    company.reviewed()
    desk = api("desk")
    desk.get(name)
    few = statements(lambda: desk.get(name, limit=100))
    for n in range(6):
        company.machine(f"33C{n:04}", f"华东{n}厂", company.jiangsu, company.east)
        company.reviewed()

    many = statements(lambda: desk.get(name, limit=100))

    assert len(many) == len(few) <= 6, "\n".join(statement[:90] for statement in many)


def test_the_open_list_by_deadline_costs_one_more_where_it_passes_to_those_without_one(api, company):
    company.on_site()
    for _n in range(3):
        company.registered()
    lead = api("lead")
    lead.get("requests")

    plain, open_ = statements(lambda: lead.get("requests")), statements(lambda: lead.get("requests", open="true"))

    assert len(open_) == len(plain) + 1
