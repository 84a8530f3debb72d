"""One call through every layer of the main job, from ring to closing."""

from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences
from bihuan.service.models import ServiceRequest


def test_a_call_is_taken_from_ring_to_closing(company):
    request = company.closed()

    kept = ServiceRequest.objects.get(pk=request.pk)
    assert kept.status == "closed"
    assert kept.number.startswith("BX-HD-")
    actions = list(
        Entry.objects.filter(record_type="service.ServiceRequest", record_id=kept.pk).order_by("id").values_list("action", flat=True)
    )
    assert actions == [
        f"BX.{step}" for step in ("register", "forward", "assign", "contact", "dispatch", "arrive", "sign", "review", "close")
    ]
    assert {(d.clock, d.verdict) for d in Deadline.objects.filter(record_id=kept.pk, record_type="service.ServiceRequest")} == {
        (clock, "kept") for clock in ("forwarding", "first_contact", "plan_visit", "review", "closing")
    }
    assert list(differences()) == []
