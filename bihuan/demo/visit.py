"""The visits of a request's story: order, approval, the road, the work, the customer's signature, review and closing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from bihuan.service.domain import order as orders
from bihuan.service.domain import request as requests
from bihuan.service.models import DispatchOrder

from .site import on_site, settled
from .stage import Cue
from .story import MINUTE, UNFINISHED, Teller


def told(teller: Teller) -> Iterator[Cue]:
    """A whole story, from the call to the end."""
    if not (yield from teller.call()):
        yield from _visits(teller)


def _visits(teller: Teller) -> Iterator[Cue]:
    """Visit until the work is done, then close."""
    plan = teller.plan
    if plan.has("hold"):
        yield from _hold(teller, days=teller.chance.randint(1, 3))
    while True:
        plan.visits += 1
        yield from _one_visit(teller)
        outcome = teller.outcome
        if outcome not in UNFINISHED:
            break
        yield teller.soon(30, 200), "visit_again"
        request, reason = teller.request, teller.phrases["visit_again"][outcome]
        requests.visit_again(request, by=teller.cast.lead(request), at=timezone.now(), reason=reason)
        plan.arrival = None
        yield from _hold(teller, days=teller.chance.randint(2, 6))
    yield teller.soon(40, 500), "close"
    while not _confirmed_if_released(teller):  # nothing is closed on the phone's word alone
        yield teller.soon(60, 120), "close"
    requests.close(teller.request, by=teller.cast.desk(), at=timezone.now())


def _confirmed_if_released(teller: Teller) -> bool:
    return not teller.request.orders.filter(phone_approved_at__isnull=False, confirmed_at__isnull=True).exists()


def _hold(teller: Teller, days: int) -> Iterator[Cue]:
    cast, request = teller.cast, teller.request
    yield teller.soon(10, 60), "hold"
    reason = "parts" if teller.plan.visits else teller.pick("hold")
    requests.hold(request, by=cast.lead(request), at=timezone.now(), hold_reason=reason)
    yield teller.cast.office_minutes(480 * days - 120, 480 * days), "resume"
    requests.resume(request, by=cast.lead(request), at=timezone.now())


def _one_visit(teller: Teller) -> Iterator[Cue]:
    yield teller.soon(8, 150), "draft"
    order = _draft(teller)
    yield teller.soon(3, 15), "submit"
    if teller.plan.has("emergency") and teller.plan.visits == 1:
        _release(teller, order)
    else:
        yield from _approved(teller, order)
    yield min(teller.soon(4, 40), max(order.planned_arrival - 60 * MINUTE, timezone.now() + 2 * MINUTE)), "accept"
    orders.accept(order, by=teller.cast.engineer_of(order), at=timezone.now())
    record = yield from on_site(teller, order)
    yield from settled(teller, record)


def _draft(teller: Teller) -> DispatchOrder:
    cast, plan, request = teller.cast, teller.plan, teller.request
    again = plan.visits > 1
    order = DispatchOrder(
        request=request, engineer=request.engineer, task=plan.case["task"] if not again else f"第二次上门：{plan.case['task']}"
    )
    order.planned_hours = 3 if plan.case.get("days", 1) == 1 else 7
    order.planned_arrival = _planned(teller, request)
    if not any(request.cover.values()):
        order.cost_note = "保修期外，按服务报价单收费，客户已确认"
    orders.draft(order, by=cast.lead(request), at=timezone.now(), carry=_carry(teller))
    return order


def _planned(teller: Teller, request: Any) -> dt.datetime:
    plan, now = teller.plan, timezone.now()
    if plan.arrival:
        return plan.arrival
    if plan.has("emergency") and plan.visits == 1:
        return now + teller.chance.randint(90, 150) * MINUTE
    return teller.cast.book(request.engineer, now + 150 * MINUTE, 3, plan.case.get("days", 1))


def _carry(teller: Teller) -> list[dict[str, Any]]:
    parts = teller.plan.case.get("parts", [])
    tools = teller.chance.sample(teller.phrases["tools"], 2)
    return [
        *({"kind": "form", "name": name} for name in teller.phrases["forms"]),
        *({"kind": "tool", "name": name} for name in tools),
        *({"kind": "part", "name": name, "quantity": quantity} for name, _part_no, quantity in parts),
    ]


def _release(teller: Teller, order: DispatchOrder) -> None:
    """On the head's word by phone, to be confirmed within a day; the confirmation is a story of its own."""
    orders.release_by_phone(
        order,
        by=teller.cast.lead(order),
        at=timezone.now(),
        phone_approver="陈志强",
        phone_approved_at=timezone.now() - 3 * MINUTE,
        reason=teller.pick("release"),
    )
    teller.stage.add(_confirmed(teller, order), stop="confirm" if teller.plan.has("unconfirmed") else "")


def _confirmed(teller: Teller, order: DispatchOrder) -> Iterator[Cue]:
    yield teller.cast.office_minutes(20, 240), "confirm"
    orders.confirm(order, by=teller.cast.head(), at=timezone.now())


def _approved(teller: Teller, order: DispatchOrder) -> Iterator[Cue]:
    """Submitted and approved; on the way perhaps sent back by the head, or declined by the engineer."""
    plan = teller.plan
    _submit(teller, order)
    if plan.has("reject"):
        yield teller.soon(10, 70), "reject"
        orders.reject(order, by=teller.cast.head(), at=timezone.now(), reason=teller.pick("reject"))
        yield teller.soon(5, 40), "amend"
        _amend(teller, order)
        _submit(teller, order)
    yield from _approve(teller, order)
    if plan.has("decline"):
        yield teller.soon(5, 30), "decline"
        orders.decline(order, by=teller.cast.engineer_of(order), at=timezone.now(), reason=teller.pick("decline"))
        yield teller.soon(5, 40), "amend"
        _amend(teller, order, other=True)
        _submit(teller, order)
        yield from _approve(teller, order)
    plan.turns -= {"reject", "decline"}


def _submit(teller: Teller, order: DispatchOrder) -> None:
    orders.submit(order, by=teller.cast.lead(order), at=timezone.now())


def _approve(teller: Teller, order: DispatchOrder) -> Iterator[Cue]:
    yield (teller.cast.minutes(4, 12) if teller.plan.quick else teller.soon(5, 100)), "approve"
    orders.approve(order, by=teller.cast.head(), at=timezone.now())


def _amend(teller: Teller, order: DispatchOrder, *, other: bool = False) -> None:
    engineer = teller.cast.engineer_for(order.branch_id, other_than=order.engineer_id) if other else order.engineer
    arrival = order.planned_arrival
    if other or arrival <= timezone.now() + 90 * MINUTE:
        arrival = teller.cast.book(engineer, timezone.now() + 150 * MINUTE, 3)
    orders.amend(
        order,
        by=teller.cast.lead(order),
        at=timezone.now(),
        engineer=engineer,
        task=order.task,
        planned_arrival=arrival,
        carry=_carry(teller),
    )
