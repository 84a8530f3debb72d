"""The flat fields of the cards as the rows a page shows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.equipment.public import limits_text
from bihuan.service.models import ServiceRecord

from .cards import PART_FIELDS, Typed, part_rows


@dataclass(frozen=True)
class CheckLine:
    """A line of the checklist with what was typed."""

    name: str
    place: int
    text: str
    measured: bool
    unit: str
    low: str
    high: str
    ok: str
    value: str
    remark: str

    @property
    def limits(self) -> str:
        """0.6–0.9 MPa, ≥ 2 MΩ, ≤ 40 ℃; nothing without any."""
        limits = limits_text(number(self.low), number(self.high))
        return f"{limits} {self.unit}".strip() if limits else ""

    @property
    def is_off(self) -> bool:
        """Not as it should be: answered no, or measured outside the limits."""
        if not self.measured:
            return self.ok == "no"
        value, low, high = number(self.value), number(self.low), number(self.high)
        return value is not None and ((low is not None and value < low) or (high is not None and value > high))


def number(text: str) -> Decimal | None:
    """*text* as a number; None when it is none."""
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def _short(limit: Any) -> str:
    value = number(str(limit or ""))
    return "" if value is None else f"{value.normalize():f}"


def check_lines(record: ServiceRecord, flat: Typed) -> list[CheckLine]:
    """The checklist with the answers of *flat*."""
    return [
        CheckLine(
            name=f"line-{index}", place=index + 1, text=line["text"], measured=bool(line.get("measured")), unit=line.get("unit", ""),
            low=_short(line.get("low")), high=_short(line.get("high")),
            **{part: flat.get(f"line-{index}-{part}", "") for part in ("ok", "value", "remark")},
        )
        for index, line in enumerate(record.checklist)
    ]  # fmt: skip


def part_lines(flat: Typed) -> list[dict[str, str]]:
    """The parts of *flat*, each with the name its fields begin with."""
    return [{"at": f"part-{index}"} | {name: flat.get(f"part-{index}-{name}", "") for name in PART_FIELDS} for index in part_rows(flat)]


@dataclass(frozen=True)
class Span:
    """Hours and minutes of one kind, with what the clock times of the visit suggest."""

    name: str
    label: str
    hours: str
    minutes: str
    hint: str = ""
    suggested: tuple[int, int] | None = None
    since: dt.datetime | None = None


def spans(record: ServiceRecord, flat: Typed) -> list[Span]:
    """Labour, measured from the arrival, and travel, from setting out to arriving."""
    order, zone = record.order, record.branch.zone
    moments = (("out", order.departed_at), ("there", order.arrived_at))
    shown = {name: timezone.localtime(at, zone).strftime("%H:%M") if at else "" for name, at in moments}
    travel_hint, travelled = "", None
    if order.departed_at and order.arrived_at:
        travelled = divmod(int((order.arrived_at - order.departed_at).total_seconds()) // 60, 60)
        travel_hint = _("%(out)s 出发，%(there)s 到场") % shown
    labour_hint = _("%(there)s 到场") % shown if order.arrived_at else ""
    return [
        Span("labour", _("工时"), flat.get("labour_h", ""), flat.get("labour_m", ""), labour_hint, since=order.arrived_at),
        Span("travel", _("路途"), flat.get("travel_h", ""), flat.get("travel_m", ""), travel_hint, suggested=travelled),
    ]
