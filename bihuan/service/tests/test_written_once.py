"""A request that is registered and passed on at once is one row written once, and its journal tells both steps."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.deadlines.models import Deadline, State
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.lists.models import Document
from bihuan.service.domain import request as requests
from bihuan.service.models import ServiceRequest

from .company import Company

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_it_is_written_once_as_it_stands_at_the_end(company: Company):
    with CaptureQueriesContext(connection) as told:
        made = company.registered()
    touched = [one["sql"].split()[0] for one in told.captured_queries if '"service_servicerequest"' in one["sql"]]
    assert touched == ["INSERT"]
    there = ServiceRequest.objects.get()
    assert (there.pk, there.number, there.version, there.status) == (made.pk, made.number, 2, "forwarded")
    assert (there.next_clock, there.next_due_at) == ("first_contact", made.next_due_at)
    clocks = {one.clock: one for one in Deadline.objects.filter(record_type="service.ServiceRequest", record_id=there.pk)}
    assert {name: one.state for name, one in clocks.items()} == {"forwarding": State.MET, "first_contact": State.RUNNING}
    assert clocks["forwarding"].stopped_by == "forward"
    entries = Entry.objects.filter(record_type="service.ServiceRequest", record_id=there.pk).order_by("seq")
    assert [one.action for one in entries] == ["BX.register", "BX.forward"]
    assert Document.objects.filter(record_type="service.ServiceRequest", record_id=there.pk).count() == 1


def test_ids_go_on_after_it(company: Company):
    ids = [company.registered().pk for _number in range(3)]
    plain = ServiceRequest(**{name: getattr(ServiceRequest.objects.latest("pk"), name) for name in _fields()} | {"number": "BX-X"})
    plain.save()
    assert ids == list(range(ids[0], ids[0] + 3)) and plain.pk == ids[-1] + 1


def test_what_was_refused_half_way_has_no_id_and_left_nothing(company: Company):
    late = timezone.now() + dt.timedelta(hours=1)
    request = ServiceRequest(customer=company.unit.customer, site=company.unit.site, unit=company.unit, fault="异响", called_at=late)
    with pytest.raises(Invalid):
        requests.register(request, by=company.by("desk"), at=timezone.now())
    type(company.unit.site.branch).objects.filter(pk=company.unit.site.branch_id).update(is_active=False)
    request.called_at = timezone.now()
    request.site.branch.is_active = False
    with pytest.raises(Invalid):
        requests.register(request, by=company.by("desk"), at=timezone.now())
    assert request.pk is None and not hasattr(request, "_held")
    assert not ServiceRequest.objects.exists() and not Deadline.objects.exists()


def _fields() -> list[str]:
    return [field.attname for field in ServiceRequest._meta.concrete_fields if not field.primary_key]
