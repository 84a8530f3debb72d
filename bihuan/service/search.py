"""What the main job's records are found by."""

from __future__ import annotations

from bihuan.kernel.lists import search

from .models import DispatchOrder, ServiceRecord, ServiceRequest

Findable = ServiceRequest | DispatchOrder | ServiceRecord


def index_new(record: Findable) -> None:
    """Make a record just created findable: one statement."""
    search.index_new(record._meta.label, record.pk, record.branch_id, _texts(record), initials=_initials(record))


def index(record: Findable) -> None:
    """Make a changed record findable by what it says now."""
    search.index(record._meta.label, record.pk, record.branch_id, _texts(record), initials=_initials(record))


def _texts(record: Findable) -> list[str]:
    if isinstance(record, DispatchOrder):
        return [record.number, record.task, record.engineer.name, record.request.number, record.request.customer.name]
    if isinstance(record, ServiceRecord):
        request = record.order.request
        return [record.number, record.findings, record.work_done, request.number, request.customer.name]
    texts = [record.number, record.fault, record.customer.name, record.customer.short_name, record.caller_name, record.caller_phone]
    if record.unit is not None:
        texts += [record.unit.serial, record.unit.model.name]
    elif record.product_model is not None:
        texts.append(record.product_model.name)
    if record.site is not None:
        texts.append(record.site.name)
    return [text for text in texts if text]


def _initials(record: Findable) -> list[str]:
    customer = record.customer if isinstance(record, ServiceRequest) else None
    return customer.initials.split() if customer else []
