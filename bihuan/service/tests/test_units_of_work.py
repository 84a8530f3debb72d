"""What a step reads, locks and writes: a record just opened is nobody else's yet, an older one is always read anew."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bihuan.kernel import journal
from bihuan.kernel.access.refusals import Conflict
from bihuan.kernel.deadlines.models import Deadline
from bihuan.service.domain import request as requests
from bihuan.service.models import ServiceRequest

pytestmark = pytest.mark.django_db


def asked(act):
    with CaptureQueriesContext(connection) as ran:
        act()
    return [query["sql"] for query in ran]


def of_table(statements, verb, table):
    return [statement for statement in statements if statement.startswith(verb) and f'"{table}"' in statement.split("WHERE")[0]]


def test_a_record_opened_in_the_same_unit_is_not_read_again_nor_are_its_clocks(company):
    statements = asked(company.registered)  # registers and forwards: two steps, one unit
    assert of_table(statements, "SELECT", "service_servicerequest") == []
    assert of_table(statements, "SELECT", "deadlines_deadline") == []


def test_in_the_next_unit_the_record_is_read_anew_even_by_who_opened_it(company):
    mine = company.registered()
    theirs = ServiceRequest.objects.get(pk=mine.pk)
    requests.assign(theirs, by=company.by("lead"), at=timezone.now(), engineer=company.colleague)

    with pytest.raises(Conflict, match="已指派"):
        requests.assign(mine, by=company.by("lead"), at=timezone.now(), engineer=company.engineer)
    assert ServiceRequest.objects.get(pk=mine.pk).engineer == company.colleague


def test_a_record_opened_within_a_larger_unit_goes_on_without_being_read(company):
    with journal.unit():
        request = company.registered()
        statements = asked(lambda: requests.assign(request, by=company.by("lead"), at=timezone.now(), engineer=company.engineer))
    assert of_table(statements, "SELECT", "service_servicerequest") == []
    assert ServiceRequest.objects.get(pk=request.pk).status == "assigned"


def test_a_step_writes_only_the_clocks_it_changed(company):
    request = company.assigned()
    running = set(Deadline.objects.filter(record_id=request.pk, state="running").values_list("clock", flat=True))
    assert running

    statements = asked(
        lambda: requests.reassign(request, by=company.by("lead"), at=timezone.now(), engineer=company.colleague, reason="病假")
    )

    assert of_table(statements, "UPDATE", "deadlines_deadline") == []
    assert set(Deadline.objects.filter(record_id=request.pk, state="running").values_list("clock", flat=True)) == running


def test_one_clock_that_ends_is_written_by_a_plain_update(company):
    request = company.assigned()
    (update,) = of_table(
        asked(lambda: requests.contact(request, by=company.by("engineer"), at=timezone.now(), answer="请先断电")),
        "UPDATE",
        "deadlines_deadline",
    )
    assert "CASE" not in update
    assert Deadline.objects.get(record_id=request.pk, clock="first_contact").state == "met"
