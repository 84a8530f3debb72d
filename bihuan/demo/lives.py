"""A dozen lives of a request, lived once through the real verbs: what the bulk seed makes its many copies from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from bihuan.equipment.models import Unit
from bihuan.kernel.access.actors import Actor
from bihuan.organisation.models import Person
from bihuan.service.domain import order as orders
from bihuan.service.domain import record as records
from bihuan.service.domain import request as requests
from bihuan.service.models import DispatchOrder, ServiceRequest

from . import pictures
from .clock import as_of

# (share of all requests in thousandths, how far it goes). Open ones are those that stop before "closed".
KINDS: tuple[tuple[int, str], ...] = (
    (320, "phone"),
    (500, "closed"),
    (70, "second"),
    (40, "late"),
    (30, "cancelled"),
    (6, "forwarded"),
    (7, "assigned"),
    (9, "contacted"),
    (5, "submitted"),
    (4, "dispatched"),
    (5, "on_site"),
    (4, "signed"),
)
OPEN = ("forwarded", "assigned", "contacted", "submitted", "dispatched", "on_site", "signed")
START = dt.datetime(2026, 3, 3, 1, 0, tzinfo=dt.UTC)  # a Tuesday, 9:00 in China
FAULT, ANSWER, FINDINGS = "〔故障原话〕", "请先停机断电，工程师已在安排。", "〔现场发现〕"
MINUTE = dt.timedelta(minutes=1)


@dataclass
class Players:
    """Who takes the steps of a life."""

    desk: Actor
    lead: Actor
    head: Actor
    engineer: Actor
    person: Person


class Life:
    """One request on its way; each method is a stretch of it, ``at`` minutes after the call."""

    def __init__(self, players: Players, unit: Unit) -> None:
        self.players, self.unit, self.clock = players, unit, START

    def live(self, kind: str) -> ServiceRequest:
        """The life that goes as far as *kind* says."""
        self.request = self._call()
        if kind == "forwarded":
            return self.request
        self._do(requests.assign, self.request, self.players.lead, 6, engineer=self.players.person)
        if kind == "assigned":
            return self.request
        if kind == "phone":
            self._do(requests.solve_by_phone, self.request, self.players.engineer, 24, answer=ANSWER)
            return self.request
        self._do(requests.contact, self.request, self.players.engineer, 75 if kind == "late" else 21, answer=ANSWER)
        if kind == "contacted":
            return self.request
        if kind == "cancelled":
            self._do(requests.cancel, self.request, self.players.lead, 90, reason="客户自行处理好了，来电要求取消")
            return self.request
        self._visit(kind)
        if kind == "second":
            self._do(requests.visit_again, self.request, self.players.lead, 60, reason="备件到货后再次上门更换")
            self._visit("closed")
        self.request.refresh_from_db()
        if self.request.status == "reviewed":
            self._do(requests.close, self.request, self.players.desk, 150)
        return self.request

    def _do(self, verb: Any, record: Any, by: Actor, minutes: int, **more: Any) -> Any:
        self.clock += minutes * MINUTE + dt.timedelta(seconds=17, microseconds=4321)
        with as_of(self.clock):
            return verb(record, by=by.proved(self.clock), at=self.clock, **more)

    def _call(self) -> ServiceRequest:
        unit = self.unit
        contact = unit.site.contacts.first()
        request = ServiceRequest(
            customer=unit.customer, site=unit.site, unit=unit, contact_person=contact, caller_name="王工", caller_phone="138 0000 0001",
            called_at=self.clock, fault=FAULT, first_answer="您好，已登记，一小时内工程师会与您联系。",
        )  # fmt: skip
        return self._do(requests.register, request, self.players.desk, 2)

    def _visit(self, kind: str) -> None:
        players, request = self.players, self.request
        order = DispatchOrder(
            request=request, engineer=players.person, task="检查故障原因并处理", planned_arrival=self.clock + 300 * MINUTE
        )
        carry = [{"kind": "form", "name": "售后服务记录单"}, {"kind": "tool", "name": "数字压力表"}]
        self._do(orders.draft, order, players.lead, 30, carry=carry)
        self._do(orders.submit, order, players.lead, 5)
        if kind == "submitted":
            return
        self._do(orders.approve, order, players.head, 25)
        self._do(orders.accept, order, players.engineer, 12)
        if kind == "dispatched":
            return
        self._do(orders.depart, order, players.engineer, 100, carried=[item.pk for item in order.carry_items.all()])
        record = self._do(orders.arrive, order, players.engineer, 60, arrival_place=str(request.site))
        if kind == "on_site":
            return
        self._record(record, "waiting_parts" if kind == "second" else "repaired")
        if kind != "signed":
            self._do(records.review, record, players.lead, 200, review_note="记录完整，同意。")

    def _record(self, record: Any, outcome: str) -> None:
        lines = [{**line, "ok": True, "value": line["high"] or "1"} for line in record.checklist]
        self._do(
            records.fill_in, record, self.players.engineer, 70, checklist=lines, findings=FINDINGS, work_done="更换损坏件，清洁紧固，试机正常。",
            parts=[], outcome=outcome, advice="按期保养。", labour_minutes=70, travel_minutes=60,
        )  # fmt: skip
        image, strokes = pictures.signature("王工")
        self._do(records.sign, record, self.players.engineer, 8, signer_name="王工", image=image, strokes=strokes)
