"""Bulk data that is as good as lived: the chain holds, numbers and pages agree, the same seed gives the same."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from django.db.models import F
from django.test import Client

from bihuan.demo.seed import seed
from bihuan.kernel.access.actors import actor_for
from bihuan.kernel.access.refusals import NotAllowed
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences
from bihuan.kernel.lists.models import Document
from bihuan.kernel.lists.search import find_records
from bihuan.kernel.numbering.models import Counter as Numbering
from bihuan.organisation.models import Person
from bihuan.service.domain import request as requests
from bihuan.service.models import DispatchOrder, ServiceRecord, ServiceRequest

COUNT = 300


@pytest.fixture
def seeded(db) -> str:
    out = io.StringIO()
    seed(COUNT, 7, out)
    return out.getvalue()


def by(username: str):
    return actor_for(Person.objects.get(username=username))


def test_as_many_as_asked_for_with_nothing_to_find_fault_with_in_the_journal(seeded):
    assert ServiceRequest.objects.count() == COUNT
    assert f"已添加 {COUNT} 张" in seeded
    assert list(differences()) == []
    assert Entry.objects.filter(action="BX.register").count() == COUNT
    for chain in set(Entry.objects.values_list("chain", flat=True)):
        moments = list(Entry.objects.filter(chain=chain).order_by("seq").values_list("recorded_at", flat=True))
        assert moments == sorted(moments)


def test_rows_numbers_deadlines_and_entries_speak_of_the_same_records(seeded):
    for model in (ServiceRequest, DispatchOrder, ServiceRecord):
        numbers = dict(model.objects.values_list("pk", "number"))
        assert len(set(numbers.values())) == len(numbers)
        for table in (Deadline, Entry):
            told = set(table.objects.filter(record_type=model._meta.label).values_list("record_id", "record_number"))
            assert told <= set(numbers.items())
        assert Document.objects.filter(record_type=model._meta.label).count() == len(numbers)
    assert not DispatchOrder.objects.exclude(branch=F("request__branch")).exists()
    assert not ServiceRequest.objects.exclude(branch=F("site__branch")).exists()
    assert not Entry.objects.filter(body__contains="\ue000").exists()


def test_what_the_journal_says_is_what_stands_in_the_row(seeded):
    for request in ServiceRequest.objects.order_by("id")[:40]:
        entry = Entry.objects.get(record_type="service.ServiceRequest", record_id=request.pk, action="BX.register")
        assert entry.said["after"]["fault"] == request.fault
        assert entry.said["after"]["customer_id"] == request.customer_id
        assert entry.said["data"]["customer"] == request.customer.name


def test_a_few_of_a_hundred_are_open_and_all_times_are_past(seeded):
    states = Counter(ServiceRequest.objects.values_list("status", flat=True))
    still_open = COUNT - states["closed"] - states["cancelled"]
    assert 2 <= still_open <= COUNT * 0.09
    assert all(entry.recorded_at <= requests_now() for entry in Entry.objects.order_by("-recorded_at")[:5])


def requests_now():
    from django.utils import timezone

    return timezone.now()


def test_the_next_number_and_the_next_step_go_on_from_there(seeded):
    waiting = ServiceRequest.objects.filter(status="forwarded").first() or ServiceRequest.objects.filter(status="assigned").first()
    lead = Person.objects.get(username=f"pl_lead{waiting.branch.code[1:]}")
    step = requests.assign if waiting.status == "forwarded" else requests.cancel
    how = {"engineer": Person.objects.filter(username__startswith=f"pl_eng{waiting.branch.code[1:]}").first()}
    step(waiting, by=actor_for(lead), at=requests_now(), **(how if waiting.status == "forwarded" else {"reason": "试"}))
    assert list(differences()) == []
    model = ServiceRequest.objects.first()
    counted = Numbering.objects.get(form="BX", branch=model.branch.code, year=int(model.number.split("-")[2]))
    highest = ServiceRequest.objects.filter(number__startswith=f"BX-{model.branch.code}-{counted.year}-").order_by("-number").first()
    assert int(highest.number[-6:]) == counted.last


def test_they_are_found_and_their_pages_open(seeded):
    request = ServiceRequest.objects.filter(status="closed", visits=1).order_by("-id").first()
    assert request in find_records(by("pl_desk"), request.number)
    assert find_records(by("pl_desk"), "异响", types=["service.ServiceRequest"])
    client = Client()
    client.force_login(Person.objects.get(username="pl_desk"))
    record = ServiceRecord.objects.get(order__request=request)
    for path in ("/", f"/r/{request.number}/", f"/r/{record.order.number}/", f"/r/{record.number}/"):
        assert client.get(path).status_code == 200, path


def test_the_same_seed_says_the_same(db):
    told = []
    for _time in range(2):
        seed(40, 3, io.StringIO())
        told.append(list(ServiceRequest.objects.order_by("-id").values_list("fault", flat=True)[:40]))
    assert sorted(told[0]) != []
    assert told[0] == told[1]
    assert list(differences()) == []


def test_production_refuses(settings):
    settings.PRODUCTION = True
    with pytest.raises(NotAllowed):
        seed(1, 1, io.StringIO())
