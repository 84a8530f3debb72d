"""One call through every layer of the main job, from ring to closing."""

from django.utils import timezone

from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences
from bihuan.service.domain import order as orders
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


def test_a_second_release_by_phone_needs_a_confirmation_of_its_own(company):
    """What was confirmed went with the engineer who declined; random lives found that it did not (#62)."""
    order, now = company.drafted(), timezone.now()
    told = {"phone_approver": "陈志强", "reason": "停产"}

    def head():
        return company.by("head").proved(timezone.now())

    orders.release_by_phone(order, by=company.by("lead"), at=now, phone_approved_at=now, **told)
    orders.confirm(order, by=head(), at=now)
    orders.decline(order, by=company.by("engineer"), at=now, reason="生病")
    orders.release_by_phone(order, by=company.by("lead"), at=now, phone_approved_at=now, **told)
    assert order.confirmed_at is None
    orders.confirm(order, by=head(), at=now)
    assert order.confirmed_at == now
