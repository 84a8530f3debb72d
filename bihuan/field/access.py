"""The engineer's own records and nobody else's: a colleague's, a foreign one and an absent one get the same answer (#11)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.getters import Getter
from bihuan.kernel.access.refusals import NotFound
from bihuan.service.access import access_orders, access_records, access_requests
from bihuan.service.models import DispatchOrder, ServiceRecord, ServiceRequest


def my_requests(actor: Actor) -> QuerySet[ServiceRequest]:
    """The requests *actor* is to see to, with what a page shows of them."""
    return _mine(access_requests, actor).select_related("contact_person").prefetch_related("contact_person__phones")


def my_orders(actor: Actor) -> QuerySet[DispatchOrder]:
    """The visits *actor* is sent on."""
    rows = _mine(access_orders, actor).select_related("request__contact_person", "request__product_model", "service_record")
    return rows.prefetch_related("request__contact_person__phones")


def my_records(actor: Actor) -> QuerySet[ServiceRecord]:
    """The service records *actor* fills in."""
    rows = _mine(access_records, actor).select_related(
        "order__request__site", "order__request__contact_person", "order__request__product_model"
    )
    return rows.prefetch_related("order__request__contact_person__phones")


def _mine(getter: Getter, actor: Actor) -> QuerySet[Any]:
    return getter.all(actor).filter(engineer_id=actor.person_id, engineer_id__isnull=False)


def one(rows: QuerySet[Any], number: str) -> Any:
    """The one of *rows* with that number. Raises NotFound."""
    row = rows.filter(number=number).first()
    if row is None:
        raise NotFound
    return row
