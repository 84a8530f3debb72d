"""What hangs together in the main job: a call and those it follows up, its orders, their service records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import Q

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.tables.thread import register_neighbours

from .access import access_orders, access_records, access_requests
from .models import DispatchOrder, ServiceRecord, ServiceRequest


def of_requests(requests: Sequence[ServiceRequest], actor: Actor) -> Iterator[ServiceRequest | DispatchOrder]:
    yield from access_orders.all(actor).filter(request__in=requests)
    earlier = [request.follows_up_id for request in requests if request.follows_up_id]
    yield from access_requests.all(actor).filter(Q(follows_up__in=requests) | Q(pk__in=earlier))


def of_orders(orders: Sequence[DispatchOrder], actor: Actor) -> Iterator[ServiceRequest | ServiceRecord]:
    yield from access_records.all(actor).filter(order__in=orders)
    yield from access_requests.all(actor).filter(pk__in={order.request_id for order in orders})


def of_records(records: Sequence[ServiceRecord], actor: Actor) -> Iterator[DispatchOrder]:
    yield from access_orders.all(actor).filter(pk__in={record.order_id for record in records})


register_neighbours("service.ServiceRequest", of_requests)  # type: ignore[arg-type]
register_neighbours("service.DispatchOrder", of_orders)  # type: ignore[arg-type]
register_neighbours("service.ServiceRecord", of_records)  # type: ignore[arg-type]
