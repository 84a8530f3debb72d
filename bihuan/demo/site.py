"""On the road and at the machine: departure, arrival, the record filled in, photos, the signature; then what the office makes of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterator
from decimal import Decimal
from typing import Any

from django.utils import timezone

from bihuan.kernel import journal
from bihuan.kernel.files.store import attach
from bihuan.service.domain import order as orders
from bihuan.service.domain import record as records
from bihuan.service.models import DispatchOrder, ServiceRecord

from . import pictures
from .stage import Cue
from .story import MINUTE, UNFINISHED, Teller

EVENING = (18, 40)  # when daily reports are written, due at 20:00


def on_site(teller: Teller, order: DispatchOrder) -> Generator[Cue, None, ServiceRecord]:
    """From departure to the signature, over one day or several; returns the record."""
    plan, cast = teller.plan, teller.cast
    road = teller.chance.randint(25, 110)
    planned = order.planned_arrival
    yield max(planned - road * MINUTE, timezone.now() + 2 * MINUTE), "depart"
    engineer = cast.engineer_of(order)
    carried = [item.pk for item in order.carry_items.all()]
    orders.depart(order, by=engineer, at=timezone.now(), carried=carried)
    late = teller.chance.random() < 0.08  # traffic
    yield max(planned + teller.chance.randint(*((4, 35) if late else (-22, -1))) * MINUTE, timezone.now() + 10 * MINUTE), "arrive"
    record = orders.arrive(order, by=engineer, at=timezone.now(), arrival_place=f"{order.request.site}（{plan.unit.place}）")
    yield from _days(teller, order)
    yield teller.cast.minutes(12, 30), "begin"
    _begin(teller, record)
    yield timezone.now() + (plan.work or teller.chance.randint(45, 150)) * MINUTE, "complete"
    _complete(teller, record, road)
    yield teller.cast.minutes(4, 15), "sign"
    _sign(teller, record)
    return record


def _days(teller: Teller, order: DispatchOrder) -> Iterator[Cue]:
    """The evenings of a long job, each with its report; ``missed_report``: the first evening nobody reports."""
    zone = teller.cast.office.zone
    for evening in range(teller.plan.case.get("days", 1) - 1 if teller.plan.visits == 1 else 0):
        today = timezone.now().astimezone(zone).date()
        late = dt.datetime.combine(today, dt.time(*EVENING), zone) + teller.chance.randint(0, 60) * MINUTE
        if not (teller.plan.has("missed_report") and evening == 0):
            yield max(late, timezone.now() + 5 * MINUTE), "report"
            text, plan = (teller.phrases[name][(teller.plan.number + evening) % len(teller.phrases[name])] for name in ("report", "plan"))
            orders.report(order, by=teller.cast.engineer_of(order), at=timezone.now(), progress=text, plan=plan)
        yield dt.datetime.combine(today + dt.timedelta(days=1), dt.time(9, 10), zone), "next_day"


def _begin(teller: Teller, record: ServiceRecord) -> None:
    """A half-filled record, as it stands while the work goes on."""
    engineer = teller.cast.engineer_of(record)
    lines = record.checklist
    half = [_ticked(teller, line) if number < len(lines) // 2 else line for number, line in enumerate(lines)]
    with journal.unit():
        records.fill_in(record, by=engineer, at=timezone.now(), checklist=half, findings=teller.phrases["half_findings"])
        _photo(teller, record, engineer, good=False)


def _complete(teller: Teller, record: ServiceRecord, road: int) -> None:
    case, outcome = teller.plan.case, teller.outcome
    engineer, unfinished = teller.cast.engineer_of(record), outcome in UNFINISHED
    with journal.unit():
        records.fill_in(
            record, by=engineer, at=timezone.now(),
            checklist=[line if line["ok"] is not None else _ticked(teller, line) for line in record.checklist],
            findings=case["findings"], work_done=teller.phrases["waiting_work"] if outcome == "waiting_parts" else case["work"],
            parts=[] if unfinished else _parts(teller), outcome=outcome, advice=case.get("advice", ""),
            labour_minutes=_labour(teller, record), travel_minutes=road,
        )  # fmt: skip
        if not unfinished:
            _photo(teller, record, engineer, good=True)


def _labour(teller: Teller, record: ServiceRecord) -> int:
    spent = timezone.now() - record.order.arrived_at
    return int(spent / MINUTE) if spent < dt.timedelta(hours=9) else 420 * teller.plan.case.get("days", 1)


def _ticked(teller: Teller, line: dict[str, Any]) -> dict[str, Any]:
    """A line of the checklist done: measured within its limits, now and then outside them with a remark."""
    if not line["measured"]:
        return {**line, "ok": True}
    low, high = Decimal(line["low"] or "0"), Decimal(line["high"] or "100")
    outside = teller.chance.random() < 0.06
    share = Decimal(str(round(teller.chance.uniform(0.2, 0.8), 2)))
    value = high * Decimal("1.08") if outside else low + (high - low) * share
    return {
        **line,
        "ok": not outside,
        "value": str(value.quantize(Decimal("0.01"))),
        "remark": teller.phrases["out_of_limits"] if outside else "",
    }


def _parts(teller: Teller) -> list[dict[str, Any]]:
    number = teller.plan.number
    return [
        {
            "name": name,
            "part_no": part_no,
            "quantity": quantity,
            "old_serial": f"J{number:03d}-{place}",
            "new_serial": f"N{number:03d}-{place}",
        }
        for place, (name, part_no, quantity) in enumerate(teller.plan.case.get("parts", []), start=1)
    ]


def _photo(teller: Teller, record: ServiceRecord, engineer: Any, *, good: bool) -> None:
    if teller.plan.number % 2:
        return  # not everyone takes photos
    plan, kind = teller.plan, "photo_after" if good else "photo_before"
    reading = "0.72 MPa" if good else "1.02 MPa"
    picture = pictures.photo(f"{plan.unit.model.name}", reading, good=good, note=f"SN {plan.unit.serial}")
    attach(record, picture, kind=kind, by=engineer, at=timezone.now(), name=f"{plan.unit.serial}.jpg")


def _sign(teller: Teller, record: ServiceRecord) -> None:
    engineer, plan = teller.cast.engineer_of(record), teller.plan
    if plan.has("refuse"):
        reason, witness = teller.pick("refuse")
        records.refuse(record, by=engineer, at=timezone.now(), refusal_reason=reason, refusal_witness=witness)
        return
    name = record.order.request.caller_name or "客户代表"
    image, strokes = pictures.signature(name)
    remarks = teller.pick("remarks") if plan.number % 7 == 0 else ""
    records.sign(
        record, by=engineer, at=timezone.now(), signer_name=name, signer_title="设备部", image=image, strokes=strokes, remarks=remarks
    )


def settled(teller: Teller, record: ServiceRecord) -> Iterator[Cue]:
    """The lead reads the record; ``send_back``: it returns for correction once, and the customer signs anew."""
    cast, plan = teller.cast, teller.plan
    if plan.has("send_back"):
        yield teller.soon(60, 240), "send_back"
        records.send_back(record, by=cast.lead(record), at=timezone.now(), reason=teller.pick("send_back"))
        yield teller.soon(60, 200), "correct"
        engineer = cast.engineer_of(record)
        records.fill_in(record, by=engineer, at=timezone.now(), work_done=record.work_done + teller.phrases["amended"])
        yield cast.minutes(3, 20), "sign"
        _sign(teller, record)
        plan.turns -= {"send_back"}
    yield teller.soon(45, 700), "review"
    note = teller.phrases["review_refused"] if record.status == "refused" else teller.pick("review")
    records.review(record, by=cast.lead(record), at=timezone.now(), review_note=note)
