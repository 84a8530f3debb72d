"""What happened in the last ninety days, and what is going on right now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from bihuan.equipment.models import Unit

from .cast import Cast
from .story import MINUTE, Plan
from .world import texts

DAYS = 90
# How many stories take which turns. Together about 115; with what goes on right now 130.
TURNS: tuple[tuple[int, str], ...] = (
    (36, ""),
    (2, "repeat"),
    (16, "phone"),
    (8, "desk phone"),
    (5, "cancel"),
    (9, "second"),
    (5, "emergency"),
    (4, "hold"),
    (4, "late"),
    (3, "late_entry"),
    (3, "refuse"),
    (4, "send_back"),
    (3, "reroute"),
    (3, "reassign"),
    (3, "reject"),
    (2, "decline"),
    (4, "missed_report"),
    (1, "late cancel"),
    (2, "late phone"),
)
FIRST_LOOK = (52, 88)  # these two stories happened to the machine of the first look
CHANNELS = ("phone",) * 7 + ("email", "fax", "portal")
DAYTIME = (7.5, 8, 8.5, 9, 9, 9.5, 10, 10.5, 11, 13, 13.5, 14, 14.5, 15, 16, 17, 19, 22)


class Casebook:
    """Cases dealt so that no words come twice before all have come once."""

    def __init__(self, cast: Cast) -> None:
        self.chance = cast.chance
        self.opening, *visits = texts("visits")["case"]
        self.piles = {"visits": self._shuffled(visits), "calls": self._shuffled(texts("calls")["case"])}
        self.asides = texts("phrases")["asides"]
        self.dealt: dict[tuple[str, int], int] = {}

    def _shuffled(self, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return self.chance.sample(cases, len(cases))

    def first(self) -> tuple[dict[str, Any], str]:
        """The case of the first look, which the history leaves alone."""
        return self.opening, self.opening["said"][0]

    def deal(self, line: str, turns: set[str]) -> tuple[dict[str, Any], str]:
        """The case of *line* that was used least and fits *turns*, and the customer's words for it."""
        name = "calls" if turns & {"phone", "desk"} else "visits"
        fitting = [
            (self.dealt.get((name, number), 0), number)
            for number, case in enumerate(self.piles[name])
            if line in case["lines"] and _fits(case, turns, name)
        ]
        used, number = min(fitting)
        self.dealt[name, number] = used + 1
        case = self.piles[name][number]
        again, way = divmod(used, len(case["said"]))
        aside = self.asides[(number + again) % len(self.asides)] if again else ""
        return case, "。".join(filter(None, [case["said"][way], aside]))


def _fits(case: dict[str, Any], turns: set[str], name: str) -> bool:
    if name == "calls":
        return True
    if ("repeat" in turns) != case.get("repeat", False):
        return False
    if "missed_report" in turns:
        return case.get("days", 1) > 1
    return "emergency" in turns or not case.get("emergency")


def history(cast: Cast, book: Casebook, units: list[Unit], now: dt.datetime) -> Iterator[Plan]:
    """The stories of the last ninety days, each at its time, in its words, on a machine of its own line and place."""
    kinds = [frozenset(turns.split()) for count, turns in TURNS for _ in range(count)]
    kinds = cast.chance.sample(kinds, len(kinds))
    moments = sorted(_moment(cast, now) for _ in kinds)
    seen: list[Unit] = []
    for number, (called_at, turns) in enumerate(zip(moments, kinds, strict=True), start=1):
        unit = units[0] if number in FIRST_LOOK else _unit_for(cast, units, turns, seen)
        seen.append(unit)
        case, said = book.deal(unit.model.line.code, set(turns))
        if case.get("needs_parts") or case.get("second"):
            turns |= {"second"} if not turns & {"phone", "desk", "cancel"} else set()
        if case.get("emergency") and not turns & {"cancel"}:
            turns |= {"emergency"}
        channel = "phone" if turns & {"phone", "desk", "emergency"} else cast.chance.choice(CHANNELS)
        yield Plan(called_at, unit, case, said, turns, channel, number=number, quick="emergency" in turns)


def _moment(cast: Cast, now: dt.datetime) -> dt.datetime:
    """Some time in the last ninety days, but not the last two; mostly on workdays, mostly by day."""
    for _try in range(3):
        day = now.astimezone(cast.office.zone).date() - dt.timedelta(days=cast.chance.randrange(2, DAYS))
        if cast.office.is_workday(day):
            break
    hour = cast.chance.choice(DAYTIME)
    return dt.datetime.combine(day, dt.time(), cast.office.zone) + dt.timedelta(hours=hour, minutes=cast.chance.randrange(30))


def _unit_for(cast: Cast, units: list[Unit], turns: frozenset[str], seen: list[Unit]) -> Unit:
    if "repeat" in turns and len(seen) > 20:
        return seen[len(seen) * 2 // 3]
    fitting = [unit for unit in units if not (unit.is_overseas and turns & {"reroute", "emergency", "reassign", "decline"})]
    if "missed_report" in turns:
        return cast.chance.choice([unit for unit in fitting if unit.model.line.code == "KX"])
    if turns == {"emergency"}:
        return cast.chance.choice([unit for unit in fitting if unit.model.line.code == "LX" or unit.site.branch.code == "HN"])
    return cast.chance.choice(fitting)


# What goes on right now: (minutes since the call, branch, turns, minutes until the visit, engineer, the step not yet taken).
RIGHT_NOW: tuple[tuple[int, str, str, int | None, str, str], ...] = (
    (50, "HD", "", None, "zhangwei", "contact"),
    (76, "HD", "", None, "sunyu", "contact"),
    (7, "HN", "", None, "", "assign"),
    (170, "XN", "", 900, "hemy", "approve"),
    (230, "HB", "", 1000, "gaofeng", "approve"),
    (330, "HN", "emergency unconfirmed", -120, "moshh", "complete"),
    (240, "HD", "", 35, "wanglei", "arrive"),
    (290, "HD", "", -55, "zhangwei", "complete"),
    (560, "HD", "", -290, "sunyu", "review"),
    (1500, "HB", "refuse", -1150, "sunqiang", "review"),
    (900, "HN", "", -600, "chenyt", "close"),
    (1700, "XN", "hold", None, "dengchuan", "resume"),
    (1300, "HD", "", 1080, "zhangwei", "depart"),
    (25, "JC", "", None, "", "assign"),
)


def right_now(book: Casebook, units: list[Unit], spare: list[Unit], now: dt.datetime) -> Iterator[tuple[Plan, str]]:
    """Plans with the step before which each stands now, on *spare* machines; the first one on the machine of the first look."""
    for number, (ago, branch, turns, ahead, engineer, stop) in enumerate(RIGHT_NOW, start=201):
        unit = units[0] if number == 201 else next(unit for unit in spare if unit.site.branch.code == branch)
        spare = [other for other in spare if other is not unit and other is not units[0]]
        case, said = book.first() if number == 201 else book.deal(unit.model.line.code, {"emergency"} & set(turns.split()))
        case = {**case, "days": 1}
        arrival = None if ahead is None else now + ahead * MINUTE
        plan = Plan(
            now - ago * MINUTE, unit, case, said, frozenset(turns.split()), "phone", arrival, engineer, quick=True, work=70, number=number
        )
        yield plan, stop
