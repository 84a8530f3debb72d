"""Figures worked out for their templates: positions in percent, so that the text in an SVG keeps its size at any width."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from .parts import safe_href
from .pieces import Bar, Block, DayRow, Dot, DotRow

LANES = (0, -6, 6, -11, 11)  # where dots of nearly the same value go, up and down from the middle, in px
LANE_HEIGHT = 36


def percent(part: float, whole: float) -> str:
    """*part* of *whole* as an SVG length, kept within the drawing."""
    return f"{min(max(part / whole, 0), 1) * 100:.2f}%" if whole else "0%"


def plain(value: float) -> str:
    """A number without a needless .0."""
    return f"{value:.1f}".removesuffix(".0")


def dotplot(rows: Sequence[DotRow], *, limit: float, cap: float = 0, unit: str = "") -> dict[str, Any]:
    """Each row a line of dots, one a case; those that missed *limit* stand out and lead to their record.

    Values beyond *cap* (twice the limit unless said) are drawn at the right edge; the table tells them exactly.
    """
    cap = cap or limit * 2
    return {
        "rows": [
            {
                "label": row.label,
                "href": safe_href(row.href),
                "dots": list(_placed(row.dots, cap)),
                "kept": sum(not dot.missed for dot in row.dots),
                "total": len(row.dots),
                "rate": plain(100 * sum(not dot.missed for dot in row.dots) / len(row.dots)) if row.dots else "",
            }
            for row in rows
        ],
        "limit": plain(limit),
        "limit_x": percent(limit, cap),
        "cap": plain(cap),
        "unit": unit,
    }


def _placed(dots: Sequence[Dot], cap: float) -> Iterable[dict[str, Any]]:
    """The dots from left to right, each in the first lane where it covers no other; the missed ones last, on top."""
    last_in_lane = [-1.0] * len(LANES)
    placed = []
    for dot in sorted(dots, key=lambda d: d.value):
        x = min(dot.value / cap, 1)
        lane = next((i for i, last in enumerate(last_in_lane) if x - last > 0.014), 0)
        last_in_lane[lane] = x
        placed.append({"x": f"{x * 100:.2f}%", "y": 16 + LANES[lane], "dot": dot, "href": safe_href(dot.href), "value": plain(dot.value)})
    return sorted(placed, key=lambda p: p["dot"].missed)


def bars(rows: Sequence[Bar], *, unit: str = "") -> dict[str, Any]:
    """Horizontal bars from zero, the longest full width."""
    top = max((row.value for row in rows), default=0)
    return {
        "rows": [{"bar": row, "href": safe_href(row.href), "width": percent(row.value, top), "value": plain(row.value)} for row in rows],
        "unit": unit,
    }


def sparkline(values: Sequence[float | None], *, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    """A line of *values* in a drawing of 96 × 24; a period without a value (None) leaves a gap."""
    known = [value for value in values if value is not None]
    floor, ceiling = (low if low is not None else min(known, default=0)), (high if high is not None else max(known, default=1))
    spread, step = (ceiling - floor) or 1, 90 / max(len(values) - 1, 1)
    points = [None if v is None else (3 + i * step, 21 - 18 * (min(max(v, floor), ceiling) - floor) / spread) for i, v in enumerate(values)]
    return {
        "runs": [" ".join(f"{x:.1f},{y:.1f}" for x, y in run) for run in _runs(points)],
        "gaps": [f"{3 + i * step:.1f}" for i, point in enumerate(points) if point is None],
        "end": next(((f"{p[0]:.1f}", f"{p[1]:.1f}") for p in reversed(points) if p), None),
        "values": ", ".join(_("无") if v is None else plain(v) for v in values),
    }


def _runs(points: Sequence[tuple[float, float] | None]) -> Iterable[list[tuple[float, float]]]:
    """Stretches of neighbouring known points."""
    run: list[tuple[float, float]] = []
    for point in [*points, None]:
        if point:
            run.append(point)
        elif run:
            yield run
            run = []


def rate(value: float | None, target: float, *, unit: str = "%") -> dict[str, Any]:
    """A figure against its target: reached, short by how much, or no record to judge by (None)."""
    if value is None:
        return {"value": "", "unit": unit, "target": plain(target), "state": "none", "width": "0%", "mark": "100%"}
    short = target - value
    # A figure just short of its target must not be rounded up to it.
    text = plain(value) if short <= 0 or plain(value) != plain(target) else f"{value:.2f}"
    state = "kept" if short <= 0 else "broken"
    whole = max(target, value)
    word = _("差 {n} 个百分点") if unit == "%" else _("差 {n}")
    gap = word.format(n=plain(short) if short >= 0.05 else "<0.1") if short > 0 else ""
    return {
        "value": text,
        "unit": unit,
        "target": plain(target),
        "state": state,
        "short": gap,
        "width": percent(value, whole),
        "mark": percent(target, whole),
    }


def dayline(
    rows: Sequence[DayRow], day: datetime, *, first: int = 7, last: int = 20, zone: zoneinfo.ZoneInfo | None = None
) -> dict[str, Any]:
    """People as lines, the hours from *first* to *last* as columns, what they do as blocks; *day* also marks the present hour."""
    local = timezone.localtime(day, zone or None)
    opens = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=first)
    span = (last - first) * 3600.0

    def at(moment: datetime) -> float:
        return (moment - opens).total_seconds()

    return {
        "hours": [{"text": f"{hour:02}", "x": percent(hour - first, last - first)} for hour in range(first, last + 1)],
        "now_x": percent(at(local), span) if 0 < at(local) < span else "",
        "rows": [_lane(row, at, span, zone) for row in rows],
    }


def _lane(row: DayRow, at: Any, span: float, zone: zoneinfo.ZoneInfo | None) -> dict[str, Any]:
    """One person's blocks; those that overlap stand below one another."""
    ends: list[float] = []
    blocks = []
    for block in sorted(row.blocks, key=lambda b: b.start):
        begin, end = max(at(block.start), 0), min(at(block.end), span)
        lane = next((i for i, busy_until in enumerate(ends) if busy_until <= begin), len(ends))
        ends[lane : lane + 1] = [end]
        blocks.append({
            "block": block, "href": safe_href(block.href), "x": percent(begin, span), "width": percent(end - begin, span),
            "y": 4 + lane * LANE_HEIGHT, "hours": _hours(block, zone),
        })  # fmt: skip
    return {"row": row, "href": safe_href(row.href), "blocks": blocks, "height": 8 + LANE_HEIGHT * max(len(ends), 1)}


def _hours(block: Block, zone: zoneinfo.ZoneInfo | None) -> str:
    return f"{timezone.localtime(block.start, zone or None):%H:%M}–{timezone.localtime(block.end, zone or None):%H:%M}"
