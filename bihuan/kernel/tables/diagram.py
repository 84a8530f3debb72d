"""The state diagram of a procedure as SVG, drawn from its table: the path down the middle, other states beside it."""

from __future__ import annotations

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from ..procedures.declare import Procedure

WIDTH, HEIGHT, GAP = 132, 40, 92
LEFT, SIDE = 260, 620


def svg(procedure: Procedure) -> SafeString:
    """The diagram; every text in it escaped."""
    places = _places(procedure)
    arrows = "".join(_arrow(procedure, places, frm, to, labels) for (frm, to), labels in _moves(procedure).items())
    boxes = "".join(_box(procedure, state, *place) for state, place in places.items())
    height = max(y for _x, y in places.values()) + HEIGHT + 30
    title = escape(procedure.title)
    return mark_safe(  # noqa: S308  (own markup; all texts escaped below)
        f'<svg class="state-diagram" viewBox="0 0 {SIDE + WIDTH + 60} {height}" role="img" aria-label="{title}">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
        f'<path d="M0 0L8 4L0 8z"/></marker></defs>{arrows}{boxes}</svg>'
    )


def _places(procedure: Procedure) -> dict[str, tuple[int, int]]:
    places = {str(state): (LEFT, 20 + index * GAP) for index, state in enumerate(procedure.path)}
    aside = [state for state in procedure.status.values if state not in places]
    for index, state in enumerate(aside):
        sources = [places[frm][1] for step in procedure.steps if step.move.to == state for frm in step.move.frm if frm in places]
        wanted = sum(sources) // len(sources) if sources else 20
        taken = {y for x, y in places.values() if x == SIDE}
        while any(abs(wanted - y) < HEIGHT + 20 for y in taken):
            wanted += HEIGHT + 24
        places[state] = (SIDE, wanted + (index % 2) * 6)
    return places


def _moves(procedure: Procedure) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for step in procedure.steps:
        for frm in step.move.frm:
            if step.move.to not in (None, frm):
                found.setdefault((frm, str(step.move.to)), []).append(str(step.label))
    return found


def _box(procedure: Procedure, state: str, x: int, y: int) -> str:
    kind = "final" if state in procedure.final else "open"
    label = escape(procedure.status(state).label)
    return (
        f'<g class="{kind}"><rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        f'<text x="{x + WIDTH // 2}" y="{y + HEIGHT // 2 + 5}" text-anchor="middle">{label}</text></g>'
    )


def _arrow(procedure: Procedure, places: dict[str, tuple[int, int]], frm: str, to: str, labels: list[str]) -> str:
    (x1, y1), (x2, y2) = places[frm], places[to]
    text = escape("、".join(labels))
    if x1 == x2 and y2 - y1 == GAP:  # the next one on the path
        middle = x1 + WIDTH // 2
        return (
            f'<path class="main" d="M{middle} {y1 + HEIGHT}V{y2 - 2}" marker-end="url(#tip)"/>'
            f'<text class="act" x="{middle + 8}" y="{(y1 + HEIGHT + y2) // 2 + 4}">{text}</text>'
        )
    if x1 == x2:  # back or ahead by more than one: an arc on the left
        reach = min(220, 30 + abs(y2 - y1) // 4)
        start, end = y1 + HEIGHT // 2, y2 + HEIGHT // 2
        side = x1 if x1 == LEFT else x1 + WIDTH
        bend = side - reach if x1 == LEFT else side + reach // 2
        return (
            f'<path d="M{side} {start}C{bend} {start} {bend} {end} {side - 2} {end}" marker-end="url(#tip)"/>'
            f'<text class="act" x="{bend + reach // 4}" y="{(start + end) // 2}" text-anchor="end">{text}</text>'
        )
    right = x2 > x1
    start_x, end_x = (x1 + WIDTH, x2 - 2) if right else (x1, x2 + WIDTH + 2)
    start_y, end_y = y1 + HEIGHT // 2, y2 + HEIGHT // 2
    bend = (start_x + end_x) // 2
    at = (start_x + 3 * end_x) // 4 - (20 if right else -20)
    return (
        f'<path d="M{start_x} {start_y}C{bend} {start_y} {bend} {end_y} {end_x} {end_y}" marker-end="url(#tip)"/>'
        f'<text class="act" x="{at}" y="{(start_y + 3 * end_y) // 4 - 6}" text-anchor="middle">{text}</text>'
    )
